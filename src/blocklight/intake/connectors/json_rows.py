"""Reads a list of records out of one JSON document, and understands none of them."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.http import Answer, Body, Conversation, json_document
from blocklight.intake.connectors.pages import Pages, Part
from blocklight.intake.forms.columns import Columns, reach
from blocklight.intake.forms.extent import FAILED, Extent, extent_of, says_failed
from blocklight.intake.forms.row_lists import described_names, list_at, tables_of_rows
from blocklight.intake.record import TOO_MANY_ROWS, Batch, Unreadable
from blocklight.intake.threads import POLLING, in_thread

# Fetched anew well before tokens usually end, so that none ends within a fetch.
_TOKEN_LIFE = timedelta(minutes=30)


class JsonRows:
    """Reads the whole list at each fetch, page by page where it has several.

    It asks for a token first where the city file says where.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        self._columns = Columns(source)
        self._pages = Pages(source, http)
        self._token_at: datetime | None = None

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - the list is always read whole
        """Yield the list in one batch."""
        await self._introduce()
        answer, rows = await self._pages.read(self._part)
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        if len(rows) > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)
        yield await in_thread(POLLING, self._batch, answer, rows)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    def _batch(self, answer: Answer, rows: list[object]) -> Batch:
        records = self._columns.records(row for row in rows if not isinstance(row, Unreadable))
        unreadable = [row for row in rows if isinstance(row, Unreadable)]
        return Batch(records, answer.fetched_at, complete=self._pages.complete, unreadable=unreadable)

    def _part(self, answer: Answer) -> Part:
        """The rows of a document, and what it says of others."""
        source, document = self._source, answer.value
        if says_failed(document):
            raise SourceUnavailable(FAILED)
        extent = extent_of(document, source.records, url=source.url, headers=answer.headers)
        rows = list_at(document, source.records)
        if rows is None:
            rows = self._without_list(document, extent)
        around = reach(document, source.records.rpartition(".")[0])
        around = around if isinstance(around, Mapping) else {}
        if rows and isinstance(rows[0], list):
            around = {**around, "columns": described_names(document, source.records, len(rows[0]))}
        named, unreadable = tables_of_rows(rows, source.columns, self._columns.read, around)
        return Part([*named, *unreadable], extent)

    def _without_list(self, document: object, extent: Extent) -> list[object]:
        """The rows of a document without a list: one alone, or none where it counts none.

        What turns XML into JSON writes a list of one record as that record.
        """
        alone = reach(document, self._source.records)
        if isinstance(alone, Mapping) and all(alone.get(column) is not None for column in self._source.key):
            return [alone]
        failed = isinstance(document, Mapping) and any("error" in str(name).casefold() for name in document)
        if extent.total == 0 and not extent.lacks_some(0) and not failed:
            return []
        raise SourceChanged("no list of records in the answer")

    async def _introduce(self) -> None:
        """Ask for a new token now and then, and carry it."""
        if self._source.token_url is None:
            return
        now = self._http.now()
        if self._token_at is not None and now - self._token_at < _TOKEN_LIFE:
            return
        empty = Body(b"", "application/x-www-form-urlencoded")
        answer = await self._http.ask(self._source.token_url, {}, post=empty, decode=json_document)
        token = _token(answer.value)
        if token is None:
            raise SourceUnavailable("no token in the answer")
        self._http.say("authorization", f"Bearer {token}")
        self._token_at = now


def _token(value: object) -> str | None:
    token = value.get("token", value.get("access_token")) if isinstance(value, Mapping) else None
    return token if isinstance(token, str) and token.isascii() and token.isprintable() else None
