"""Reads a list of records out of one JSON document, and understands none of them."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from blocklight.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.columns import Columns, list_at
from blocklight.intake.connectors.http import Conversation
from blocklight.intake.connectors.pages import Pages
from blocklight.intake.record import TOO_MANY_ROWS, Batch

_TOKEN_LIFE = timedelta(minutes=30)


class JsonRows:
    """Reads the whole list at each fetch, asking for a token first where the city file says where."""

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        self._columns = Columns(source)
        self._pages = Pages(source, http)
        self._token_at: datetime | None = None

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - the list is always read whole
        """Yield the list in one batch."""
        await self._introduce()
        answer = await self._pages.ask()
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        rows = list_at(answer.value, self._source.records)
        if rows is None:
            raise SourceChanged("no list of records in the answer")
        if len(rows) > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)
        records = self._columns.records(rows)
        yield Batch(records, answer.fetched_at, complete=True)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    async def _introduce(self) -> None:
        """Ask for a new token now and then, and carry it."""
        if self._source.token_url is None:
            return
        now = self._http.now()
        if self._token_at is not None and now - self._token_at < _TOKEN_LIFE:
            return
        answer = await self._http.ask(self._source.token_url, {}, post=True)
        token = _token(answer.value)
        if token is None:
            raise SourceUnavailable("no token in the answer")
        self._http.say("authorization", f"Bearer {token}")
        self._token_at = now


def _token(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    found = value.get("token", value.get("access_token")) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else None
