"""Reads the service requests of an Open311 server (GeoReport v2), and understands none of them.

The protocol: https://wiki.open311.org/GeoReport_v2/. A server gives some hundred requests at once, the newest
first, and counts pages of a list that moves. So a span of time is asked for that is halved until an
answer is plainly not full: what comes or goes in one span moves nothing in another.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged
from blocklight.intake.connectors.http import Answer, Conversation
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.extent import NOT_ALL
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord
from blocklight.intake.threads import POLLING, in_thread

# The one column that an Open311 server can be asked by besides the time of the request.
UPDATED = "updated_datetime"

_REQUESTED = "requested_datetime"
_ID, _CODE, _NAME = "service_request_id", "service_code", "service_name"
_SPANS = {_REQUESTED: ("start_date", "end_date"), UPDATED: ("updated_after", "updated_before")}
# Of which the specification lets a server answer where nothing is said.
_FIRST_DAYS = 90.0

# Well within the 90 days to which the specification lets a server limit a span.
_LONGEST_SPAN = timedelta(days=30)

_SHORTEST_SPAN = timedelta(seconds=2)
# A server's clock may be ahead of ours, or in another zone than it says.
_AHEAD = timedelta(days=1)
# A row so far outside the span that was asked for was not chosen by it, whatever the server's zone.
_AROUND = timedelta(days=2)

# A span with too many requests is halved again and again: a server that ignores spans would be asked
# without end.
_MOST_QUESTIONS = 500

_CAP = 50  # of rows at once: servers that give fewer than are asked for give a multiple of it

RowsOf = Callable[[Any], Sequence[object]]


class _IgnoresSpan(Exception):
    """The server does not choose by the time that it was asked by."""


def is_xml(url: str) -> bool:
    """Whether the address asks for XML; a server gives JSON as well if it is worth its name."""
    return urlsplit(url).path.endswith(".xml")


class Open311:
    """Reads the requests of the last *first_days*, or what changed since the last fetch.

    *rows_of* takes the rows out of a document.
    """

    def __init__(self, source: SourceSpec, http: Conversation, rows_of: RowsOf) -> None:
        self._source = source
        self._http = http
        self._rows_of = rows_of
        self._columns = Columns(source)
        self._page_size = min(source.page_size, 1_000)
        self._form = "xml" if is_xml(source.url) else "json"
        self._ignores_updates = False
        self._names: dict[str, str] | None = None
        self._questions = 0
        # The server's clock when it gave its first answer of a fetch.
        self._answered_at: datetime | None = None

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the requests in one batch; they never are all that the server holds."""
        self._questions, self._answered_at = 0, None
        rows = await self._requests(cursor)
        if len(rows) > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)
        await self._name_services(rows)
        records = await in_thread(POLLING, self._columns.records, rows)
        end = self._end()
        yield Batch(records, self._http.now(), cursor=end)

    def _end(self) -> str | None:
        """Where the next fetch begins: by the clock that is behind, so that nothing between is missed."""
        if self._source.cursor_column is None or self._answered_at is None:
            return None
        return _text(min(self._answered_at, self._http.now()))

    async def _requests(self, cursor: str | None) -> list[RawRecord]:
        now = self._http.now()
        first = now - timedelta(days=self._source.first_days or _FIRST_DAYS)
        if self._source.cursor_column is not None and cursor is not None and not self._ignores_updates:
            since = _time_of(cursor)
            if since is None:
                raise SourceChanged("the stored cursor belongs to another connector")
            try:
                since -= timedelta(seconds=self._source.overlap_s)
                return await self._between(UPDATED, since, now + _AHEAD)
            except _IgnoresSpan:
                self._ignores_updates = True
        try:
            return await self._between(_REQUESTED, first, now + _AHEAD)
        except _IgnoresSpan:
            detail = 'read it page by page: connector = "json" or "feed", with `pages`'
            raise SourceChanged("the server does not filter requests by time", detail=detail) from None

    async def _between(self, column: str, begin: datetime, end: datetime) -> list[RawRecord]:
        """The rows of a span of time by *column*, each once."""
        rows: dict[object, RawRecord] = {}
        while begin < end:
            until = min(begin + _LONGEST_SPAN, end)
            rows |= await self._span(column, begin, until)
            begin = until
        return list(rows.values())

    async def _span(
        self,
        column: str,
        begin: datetime,
        end: datetime,
        around: Mapping[object, RawRecord] | None = None,
    ) -> dict[object, RawRecord]:
        rows, is_full = await self._ask(column, begin, end)
        if not is_full:
            return rows
        # A server that chooses by the day gives the same for half a day.
        if end - begin <= _SHORTEST_SPAN or (around is not None and rows.keys() == around.keys()):
            return await self._further_pages(column, begin, end, rows)
        middle = begin + (end - begin) / 2
        earlier = await self._span(column, begin, middle, rows)
        return earlier | await self._span(column, middle, end, rows)

    async def _further_pages(
        self, column: str, begin: datetime, end: datetime, rows: dict[object, RawRecord]
    ) -> dict[object, RawRecord]:
        for page in count(2):
            following, is_full = await self._ask(column, begin, end, page)
            if following and following.keys() <= rows.keys():
                raise SourceChanged(NOT_ALL, detail="the server returns its first page every time")
            rows = rows | following
            if not is_full:
                break
        return rows

    async def _ask(
        self, column: str, begin: datetime, end: datetime, page: int = 1
    ) -> tuple[dict[object, RawRecord], bool]:
        """The rows of one answer by their ids, and whether there may be more.

        Raises ``_IgnoresSpan`` where they are of another time.
        """
        self._questions += 1
        if self._questions > _MOST_QUESTIONS:
            raise SourceChanged(NOT_ALL, detail="too many questions: ask for fewer days with `first_days`")
        since, until = _SPANS[column]
        parameters = {since: _text(begin), until: _text(end), "page_size": str(self._page_size)}
        if page > 1:
            parameters["page"] = str(page)
        answer = await self._http.ask(self._address("requests"), parameters)
        self._answered_at = self._answered_at or answer.answered_at
        rows, row_count = await in_thread(POLLING, self._rows, answer)
        times = [time for row in rows.values() if (time := _time_of(row.get(column))) is not None]
        if any(not begin - _AROUND <= time <= end + _AROUND for time in times):
            raise _IgnoresSpan
        return rows, row_count >= self._page_size or (row_count > 0 and row_count % _CAP == 0)

    def _rows(self, answer: Answer) -> tuple[dict[object, RawRecord], int]:
        """The rows by their ids, and how many there were with those that a server gives twice."""
        rows = self._rows_of(answer.value)
        if not all(isinstance(row, Mapping) for row in rows):
            raise SourceChanged("no list of requests in the answer")
        # A row without an id is rejected later, and not lost.
        named = {
            row.get(_ID) or ("no id", at): row for at, row in enumerate(rows) if isinstance(row, Mapping)
        }
        return named, len(rows)

    async def _name_services(self, rows: list[RawRecord]) -> None:
        """Write the name of its service into each row that has only the code."""
        nameless = [at for at, row in enumerate(rows) if not row.get(_NAME) and row.get(_CODE)]
        if not nameless:
            return
        if self._names is None or any(str(rows[at][_CODE]) not in self._names for at in nameless):
            answer = await self._http.ask(self._address("services"), {}, aside=True)
            services = [service for service in self._rows_of(answer.value) if isinstance(service, Mapping)]
            self._names = {str(service.get(_CODE)): str(service.get(_NAME) or "") for service in services}
        for at in nameless:
            rows[at] = {**rows[at], _NAME: self._names.get(str(rows[at][_CODE])) or None}

    def _address(self, noun: str) -> str:
        """The address of a noun below the server's root; ``jurisdiction_id`` stays behind it."""
        parts = urlsplit(self._source.url)
        root = parts.path.removesuffix(".json").removesuffix(".xml").removesuffix("/requests").rstrip("/")
        return urlunsplit(parts._replace(path=f"{root}/{noun}.{self._form}"))


def json_rows(document: object) -> Sequence[object]:
    """The rows of a document in JSON; raises ``SourceChanged`` for another one."""
    if not isinstance(document, list):
        raise SourceChanged("no list of requests in the answer")
    return document


def _text(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time_of(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
