"""Speaks the data store API of CKAN portals, and understands none of the rows.

The protocol: https://docs.ckan.org/en/latest/maintaining/datastore.html and https://docs.ckan.org/en/latest/api/
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from blocklight.config.city import SourceSpec
from blocklight.config.matching import Matcher
from blocklight.errors import RowsMoved, SourceChanged, SourceError
from blocklight.intake.connectors.http import Answer, Conversation
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.extent import NOT_ALL
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord
from blocklight.intake.threads import POLLING, in_thread

_ROW_ID = "_id"
_ABSENT = "absent"


def error_of_document(status: int, body: object) -> SourceError | None:
    """The error in a portal's error document, by its type alone: its message repeats the question."""
    error = body.get("error") if isinstance(body, Mapping) else None
    kind = error.get("__type") if isinstance(error, Mapping) else None
    if isinstance(kind, str) and re.fullmatch(r"[\w ]{1,40}", kind):
        return SourceChanged(f"HTTP {status}: {kind}")
    return None


def address(url: str) -> tuple[str, str]:
    """The address of a portal's actions, and the package in that of a data set's page."""
    portal, _, rest = url.partition("?")[0].partition("/dataset/")
    return portal.rstrip("/") + "/api/3/action/", rest.strip("/").split("/")[0]


def newest_table(package: RawRecord, pattern: Matcher | None = None) -> str:
    """The id of a package's newest table in the data store, of those whose name or id is *pattern*."""
    resources = [table for table in package.get("resources") or () if isinstance(table, Mapping)]
    tables = [table for table in resources if table.get("datastore_active")]
    if pattern is not None:
        tables = [t for t in tables if any(pattern.search(str(t.get(name))) for name in ("name", "id"))]
    if not tables:
        raise SourceChanged("the package has no such table in the data store")
    newest = max(tables, key=lambda table: str(table.get("last_modified") or table.get("created") or ""))
    return str(newest.get("id"))


@dataclass(frozen=True, slots=True)
class _Page:
    """The records of one page, its newest cursor value, and whether it reaches below the floor."""

    records: list[RawRecord]
    newest: str = ""
    is_below: bool = False


class Ckan:
    """Reads the newest table of a package: whole, or with a cursor column from the newest row back.

    The table is looked up at each fetch: portals replace it by another, some of them daily.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        self._columns = Columns(source)
        self._resource = None if source.resource is None else Matcher(source.resource)
        self._actions, self._package = address(source.url)

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the table's rows, or those from a margin before *cursor* on, newest first."""
        column = None if self._source.closes == "vanish" else self._source.cursor_column
        floor = None if column is None else self._floor(cursor)
        newest = None if column is None else cursor
        held: Batch | None = None
        # The generator is left early, with rows in it that nobody else may hold.
        async with aclosing(self._pages(await self._table(), column)) as pages:
            async for rows, answer, has_more in pages:
                page = await in_thread(POLLING, self._page, rows, column, floor)
                if column is not None and held is None:
                    newest = max(newest or "", page.newest)
                if held is not None:
                    yield replace(held, more=True)
                # With the newest first, the cursor is only true once all down to the floor is stored.
                held = Batch(page.records, answer.fetched_at)
                if not has_more or page.is_below:
                    break
        if held is None:  # a read has always a first page
            return
        whole = floor is None
        end = _not_ahead(newest, self._http.now()) if column is not None else None
        yield Batch(held.records, held.fetched_at, cursor=end or cursor, complete=whole)

    def _page(self, rows: Sequence[Mapping[str, object]], column: str | None, floor: str | None) -> _Page:
        if column is None:
            return _Page(self._columns.records(rows))
        values = [_column_text(row, column) for row in rows]
        recent = [row for row, text in zip(rows, values, strict=True) if text and text >= (floor or "")]
        below = any(text and text < (floor or "") for text in values)
        return _Page(self._columns.records(recent), max(values, default=""), below)

    def _floor(self, cursor: str | None) -> str | None:
        if cursor is not None:
            moment = _time_of(cursor)
            if moment is None:
                raise SourceChanged("the stored cursor belongs to another connector")
            return _as_ckan_time(moment - timedelta(seconds=self._source.overlap_s))
        days = self._source.first_days
        return None if days is None else _as_ckan_time(self._http.now() - timedelta(days=days))

    async def _table(self) -> str:
        """The id of the newest table of the package."""
        if not self._package:
            raise SourceChanged("the address is not that of a data set: …/dataset/NAME")
        result = (await self._ask("package_show", {"id": self._package})).value
        return newest_table(result, self._resource)

    async def _pages(
        self, table: str, column: str | None
    ) -> AsyncGenerator[tuple[list[RawRecord], Answer, bool], None]:
        """Yield pages; each begins with the last row of the one before, to see that none moved."""
        order = f"{_ROW_ID} asc" if column is None else f'"{column}" desc, {_ROW_ID} desc'
        size, start, count = max(2, self._source.page_size), 0, 0
        anchor = None
        while True:
            question = {"resource_id": table, "limit": str(size), "offset": str(start), "sort": order}
            answer = await self._ask("datastore_search", question)
            rows = await in_thread(POLLING, self._rows, answer.value)
            row_count = len(rows)
            has_more = _has_more(answer.value, start, row_count, size)
            if has_more and row_count < 2:  # noqa: PLR2004 - each page begins with the last row of the one before
                raise SourceChanged(NOT_ALL, detail="the portal returns too few rows at a time")
            if anchor is not None:
                if not rows or rows[0].get(_ROW_ID) != anchor:
                    raise RowsMoved
                rows = rows[1:]
            count += len(rows)
            if count > self._source.max_rows:
                raise SourceChanged(TOO_MANY_ROWS)
            yield rows, answer, has_more
            if not has_more:
                return
            anchor = rows[-1].get(_ROW_ID)
            start += row_count - 1

    def _rows(self, result: Mapping[str, object]) -> list[RawRecord]:
        rows, fields = result.get("records", _ABSENT), result.get("fields")
        rows = [] if rows is None else rows
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise SourceChanged("no records in the answer")
        if isinstance(fields, Sequence):
            self._columns.expect_in_heading({str(f.get("id")) for f in fields if isinstance(f, Mapping)})
        return rows

    async def _ask(self, action: str, params: Mapping[str, str]) -> Answer:
        """An answer whose value is the result of an action."""
        answer = await self._http.ask(self._actions + action, params)
        result = answer.value.get("result") if isinstance(answer.value, Mapping) else None
        if not isinstance(result, Mapping):
            raise SourceChanged("the answer is not a result")
        return Answer(result, answer.fetched_at, answer.headers)


def _has_more(result: Mapping[str, object], start: int, count: int, size: int) -> bool:
    """Whether there are rows after a page, which a portal may cut shorter than was asked for."""
    total, limit = result.get("total"), result.get("limit")
    if isinstance(total, int) and not result.get("total_was_estimated"):
        return start + count < total
    cap = min(size, limit) if isinstance(limit, int) and limit > 0 else size
    return count >= cap or bool(result.get("records_truncated"))


def _column_text(row: Mapping[str, object], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value)


def _time_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_ckan_time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _not_ahead(newest: str | None, now: datetime) -> str | None:
    """The cursor, which a row from the future does not move there; ``None`` if it is no time."""
    moment = _time_of(newest) if newest else None
    if moment is None:
        return None
    return newest if moment <= now + timedelta(hours=14) else _as_ckan_time(now - timedelta(hours=14))
