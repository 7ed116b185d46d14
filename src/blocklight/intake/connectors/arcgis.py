"""Speaks the query operation of ArcGIS Feature and Map Services, and understands none of the rows.

The protocol: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl

from blocklight.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.arcgis_json import Layer, column_names, error_code, to_row
from blocklight.intake.connectors.http import Answer, Conversation
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord

_GEOMETRY = ("__lon", "__lat", "__shape")
_WGS84 = 4326
_ABSENT = "absent"
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
# The smallest usual limit of a layer. Servers before 10.1 cut an answer short without saying so.
_SUSPICIOUS = 500
# A layer may read `timestamp '…'` as its own wall clock; no clock is further from UTC than this.
_LARGEST_OFFSET = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer's rows, the value of the object id in each, and whether there are more rows."""

    records: list[RawRecord]
    ids: list[int]
    answer: Answer
    more: bool


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A place in a layer that knows when its rows were edited, in epoch ms.

    With *after*, a read is under way: rows edited from *since* on are still to be read beyond that object
    id. The next read begins at *newest*, but no later than *began*: what was read may have changed since.
    """

    since: int
    after: int | None = None
    newest: int = 0
    began: int = 0

    @classmethod
    def parse(cls, text: str) -> "_Cursor":
        try:
            return cls(*map(int, text.split(":")))
        except (TypeError, ValueError):
            raise SourceChanged("the stored cursor is not one of this connector's") from None

    def __str__(self) -> str:
        under_way = () if self.after is None else (self.after, self.newest, self.began)
        return ":".join(map(str, (self.since, *under_way)))


class ArcGIS:
    """Reads one layer: whole, or what was edited since the cursor.

    A layer is read with one question where it fits into one answer. Otherwise by ranges of object
    ids, which neither skips nor repeats a row while others come and go; where the layer cannot page, by
    lists of object ids; where it has none, by offset in the order of the city file's columns.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        address, _, query = source.url.partition("?")
        self._url = address.rstrip("/").removesuffix("/query")
        self._fixed = dict(parse_qsl(query))
        self._columns = _wanted(source)
        self._layer: Layer | None = None
        self._too_long_for_one = False
        self._validators: Mapping[str, str] = {}

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the layer's rows, or those edited since *cursor* where the source has a cursor column.

        A source that closes calls by dropping them is always read whole.
        """
        source = self._source
        if source.cursor_column is not None and source.closes != "vanish":
            batches = self._edited(source.cursor_column, _Cursor.parse(cursor) if cursor else None)
        elif self._too_long_for_one:
            batches = self._whole()
        else:
            batches = self._with_one_question()
        async for batch in batches:
            yield batch

    async def _with_one_question(self) -> AsyncIterator[Batch]:
        validators, self._validators = self._validators, {}  # of an answer that is not stored, none are kept
        answer = await self._ask("/query", self._question(self._source.where), validators)
        if answer.unchanged:
            self._validators = validators
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        page = await self._page(answer)
        if await self._cut_short(page):
            self._too_long_for_one = True
            async for batch in self._whole():
                yield batch
            return
        self._admit(len(page.records))
        yield Batch(page.records, answer.fetched_at, complete=True)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._validators = answer.validators

    async def _cut_short(self, page: _Page) -> bool:
        if page.more or len(page.records) < _SUSPICIOUS or "exceededTransferLimit" in page.answer.value:
            return page.more
        limit = (await self._described()).limit
        return limit is not None and len(page.records) >= limit

    async def _whole(self) -> AsyncIterator[Batch]:
        count = 0
        async for page in self._pages(self._source.where, None):
            count += len(page.records)
            self._admit(count)
            yield Batch(page.records, page.answer.fetched_at, complete=not page.more, more=page.more)

    def _admit(self, count: int) -> None:
        if count > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)

    async def _edited(self, column: str, cursor: _Cursor | None) -> AsyncIterator[Batch]:
        """Yield rows edited since *cursor*; past the row limit, the next fetch goes on where this ended."""
        layer = await self._described()
        if layer.columns and column not in layer.columns:
            raise SourceChanged(f"column {column!r} is gone")
        place = cursor or _Cursor(self._first_ms())
        if cursor is not None and cursor.after is None:
            since = cursor.since - round(self._source.overlap_s * 1000)
            place = _Cursor(since, newest=cursor.since)
        where = self._since(column, place.since, layer) if place.since > 0 else self._source.where
        whole = cursor is None and place.since <= 0
        count = 0
        async for page in self._pages(where, place.after):
            place = _moved_on(place, page, column)
            count += len(page.records)
            fetched_at = page.answer.fetched_at
            if not page.more:
                end = str(_Cursor(min(place.newest, place.began)))
                yield Batch(page.records, fetched_at, cursor=end, complete=whole)
            elif place.after is None:
                self._admit(count)
                yield Batch(page.records, fetched_at, more=True)
            else:
                yield Batch(page.records, fetched_at, cursor=str(place), more=True)
                if count >= self._source.max_rows:
                    return

    def _first_ms(self) -> int:
        days = self._source.first_days
        return 0 if days is None else round((self._http.now() - timedelta(days=days)).timestamp() * 1000)

    def _since(self, column: str, since_ms: int, layer: Layer) -> str:
        since = datetime.fromtimestamp(since_ms // 1000, UTC)
        since -= timedelta(0) if layer.utc else _LARGEST_OFFSET
        return _both(self._source.where, f"{column} >= timestamp '{since:%Y-%m-%d %H:%M:%S}'")

    async def _pages(self, where: str, after: int | None) -> AsyncIterator[_Page]:
        layer = await self._described()
        if layer.object_id is None:
            pages = self._by_offset(layer, where)
        elif layer.pages:
            pages = self._by_range(layer, layer.object_id, where, after)
        else:
            pages = self._by_list(layer, layer.object_id, where, after)
        async for page in pages:
            yield page

    async def _by_range(
        self, layer: Layer, column: str, where: str, after: int | None
    ) -> AsyncIterator[_Page]:
        """Read in the order of the object ids; each page begins with the last id of the one before.

        The overlap keeps rows that share an id, which views and map services over them do have.
        """
        given: set[tuple[Any, ...]] = set()
        while True:
            clause = where if after is None else _both(where, f"{column} >= {after}")
            extra = {"orderByFields": f"{column} ASC", "resultRecordCount": str(layer.page)}
            page = await self._page(
                await self._ask("/query", self._question(clause, column) | extra), id_column=column
            )
            if page.ids != sorted(page.ids) or (page.ids and after is not None and page.ids[0] < after):
                raise SourceChanged("the layer does not page in the order that it is asked for")
            more = page.more or len(page.records) >= layer.page
            last = page.ids[-1] if page.ids else after
            if more and last == after:
                raise SourceChanged("more rows share an object id than fit on a page")
            fresh = [row for row in page.records if self._identity(row, column) not in given]
            given = {self._identity(row, column) for row in page.records if row.get(column) == last}
            after = last
            yield _Page(fresh, [row[column] for row in fresh], page.answer, more)
            if not more:
                return

    async def _by_list(
        self, layer: Layer, column: str, where: str, after: int | None
    ) -> AsyncIterator[_Page]:
        """Read the list of object ids, which no limit cuts short, and then the rows in lists of ids."""
        answer = await self._ask("/query", self._question(where) | {"returnIdsOnly": "true"})
        ids = _listed(answer)
        ids = [i for i in ids if after is None or i > after]
        if not ids:
            yield _Page([], [], answer, more=False)
        size, start = layer.page, 0
        while start < len(ids):
            wanted = ids[start : start + size]
            question = self._question("", column) | {"objectIds": ",".join(map(str, wanted))}
            del question["where"]
            page = await self._page(await self._ask("/query", question), id_column=column)
            if not set(page.ids) <= set(wanted):
                raise SourceChanged("the layer gave rows that were not asked for")
            if page.more:
                if size == 1:
                    raise SourceChanged("more rows share an object id than fit on a page")
                size = max(1, size // 2)
                continue
            start += len(wanted)
            # The ids that were asked for say how far the read is, also where their rows are gone.
            yield replace(page, ids=wanted, more=start < len(ids))

    async def _by_offset(self, layer: Layer, where: str) -> AsyncIterator[_Page]:
        """Read by position; each page repeats the last row of the one before, to see that none moved."""
        order = tuple(dict.fromkeys((*self._source.order_by, *self._source.key)))
        start, anchor = 0, None
        while True:
            extra = {"orderByFields": ",".join(c for c in order if c not in _GEOMETRY)}
            extra |= {"resultOffset": str(start), "resultRecordCount": str(layer.page)}
            page = await self._page(await self._ask("/query", self._question(where) | extra))
            records = page.records
            if anchor is not None:
                if not records or self._identity(records[0]) != anchor:
                    raise SourceUnavailable("rows moved while they were read")
                records = records[1:]
            more = bool(records) and (page.more or len(page.records) >= layer.page)
            yield _Page(records, [], page.answer, more)
            if not more:
                return
            anchor = self._identity(records[-1])
            start += len(page.records) - 1

    def _identity(self, row: RawRecord, *columns: str) -> tuple[Any, ...]:
        return tuple(str(row.get(column)) for column in (*columns, *self._source.key))

    def _question(self, where: str, *more_columns: str) -> dict[str, str]:
        columns = dict.fromkeys((*self._columns, *more_columns))
        return {
            "f": "json",
            "where": where or "1=1",
            "outFields": "*"
            if self._source.every_column
            else ",".join(column for column in columns if column not in _GEOMETRY),
            "outSR": str(_WGS84),
            "returnGeometry": "true" if set(_GEOMETRY) & set(columns) else "false",
        }

    async def _described(self) -> Layer:
        if self._layer is None:
            answer = await self._ask("", {"f": "json"})
            self._layer = Layer.of(answer.value, self._source.page_size)
        return self._layer

    async def _ask(
        self, path: str, params: Mapping[str, str], validators: Mapping[str, str] | None = None
    ) -> Answer:
        """Return an answer that is an object and no error; ArcGIS puts its errors inside HTTP 200."""
        answer = await self._http.ask(self._url + path, {**self._fixed, **params}, validators=validators)
        if answer.unchanged:
            return answer
        if not isinstance(answer.value, dict):
            raise SourceChanged("the answer is not a JSON object")
        if "error" in answer.value:
            code = error_code(answer.value["error"])
            if code >= _SERVER_ERROR or code == _TOO_MANY_REQUESTS:
                raise SourceUnavailable(f"ArcGIS error {code}")
            if path:
                await self._name_a_missing_column()
            raise SourceChanged(f"ArcGIS error {code}")
        return answer

    async def _name_a_missing_column(self) -> None:
        """Raise ``SourceChanged`` with the column that was asked for and that the layer does not have."""
        try:
            layer = await self._described()
        except SourceChanged:
            return
        if layer.columns:
            self._check(layer.columns)

    async def _page(self, answer: Answer, *, id_column: str | None = None) -> _Page:
        value = answer.value
        features = value.get("features", _ABSENT)
        if features is None:  # some servers write an empty list so
            features = []
        if not isinstance(features, list):
            raise SourceChanged("no features in the answer")
        reference = value.get("spatialReference")
        if isinstance(reference, dict) and reference.get("wkid", _WGS84) != _WGS84:
            raise SourceChanged("coordinates are not in WGS 84")
        records = [to_row(feature) for feature in features]
        # What the rows themselves have would tell of withheld ones: `judge_answer` looks at the others.
        if declared := column_names(value):
            self._check(declared)
        properties = value.get("properties")
        told = (value, properties if isinstance(properties, dict) else {})
        more = any(bool(place.get("exceededTransferLimit")) for place in told)
        ids = [] if id_column is None else _numbers(record.get(id_column) for record in records)
        return _Page(records, ids, answer, more)

    def _check(self, present: AbstractSet[str]) -> None:
        specs = (spec.source for _, spec in self._source.fields.named())
        for columns in (*specs, *((column,) for column in self._source.key)):
            if columns and not any(column in present or column in _GEOMETRY for column in columns):
                raise SourceChanged(f"column {columns[0]!r} is gone")


def _wanted(source: SourceSpec) -> tuple[str, ...]:
    named = (column for _, spec in source.fields.named() for column in spec.source)
    cursor = () if source.cursor_column is None else (source.cursor_column,)
    return tuple(dict.fromkeys((*source.key, *named, *cursor)))


def _both(one: str, two: str) -> str:
    return f"({one}) AND ({two})" if one else two


def _numbers(values: Iterable[object]) -> list[int]:
    numbers = list(values)
    if not all(isinstance(number, int) for number in numbers):
        raise SourceChanged("object ids are not numbers")
    return cast("list[int]", numbers)


def _listed(answer: Answer) -> list[int]:
    ids = answer.value.get("objectIds", ())
    if not isinstance(ids, list | None):
        raise SourceChanged("no object ids in the answer")
    return sorted(set(_numbers(ids or ())))


def _moved_on(place: _Cursor, page: _Page, column: str) -> _Cursor:
    began = place.began or round(page.answer.answered_at.timestamp() * 1000)
    edited = (value for row in page.records if isinstance(value := row.get(column), int))
    # What claims to be edited in the future would keep the next fetch from seeing anything else.
    newest = max((value for value in edited if value <= began), default=0)
    after = page.ids[-1] if page.ids else place.after
    return _Cursor(place.since, after, max(place.newest, newest), began)
