"""Speaks the query operation of ArcGIS Feature and Map Services, and understands none of the rows.

The protocol: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from blocklight.config.city import SourceSpec
from blocklight.errors import RowsMoved, SourceChanged, SourceUnavailable
from blocklight.intake.connectors.arcgis_json import (
    Layer,
    column_names,
    error_code,
    named_error,
    to_row,
    with_coded_words,
)
from blocklight.intake.connectors.arcgis_pages import (
    Cursor,
    Page,
    both,
    expect_ids,
    listed,
    moved_on,
    numbers,
)
from blocklight.intake.connectors.arcgis_points import Degrees
from blocklight.intake.connectors.http import Answer, Conversation, Decode, json_document
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord
from blocklight.intake.threads import POLLING, in_thread

_GEOMETRY = ("__lon", "__lat", "__shape")
_WGS84 = 4326
_ABSENT = "absent"
# Codes inside HTTP 200; from here on they may pass, while those below mean a mistake in what was asked.
_SERVER_ERROR = 500

_TOO_MANY_REQUESTS = 429
# Servers before 10.1 cut an answer short without saying so, and some at less than their layer's limit.
# Whoever sets a limit sets a round number.
_ROUND = 50
_COUNT = {"returnCountOnly": "true"}
# Limits, columns and coded words change when somebody republishes the layer, which is seldom.
_LAYER_LIFE = timedelta(days=1)
# A layer may read `timestamp '…'` as its own wall clock; no clock is further from UTC than this.
_LARGEST_OFFSET = timedelta(hours=14)

# What a ``Page`` has beside its answer.
_Rows = tuple[list[RawRecord], list[int], bool]


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
        self._columns = _fields_to_select(source)
        self._degrees = Degrees(source)
        self._as_text = _read_as_text(source)
        self._layer: Layer | None = None
        self._described_at: datetime | None = None
        self._too_long_for_one = False
        self._validators: Mapping[str, str] = {}

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the layer's rows, or those edited since *cursor* where the source has a cursor column.

        A source that closes calls by dropping them is always read whole.
        """
        source = self._source
        await self._described()
        if source.cursor_column is not None and source.closes != "vanish":
            batches = self._edited(source.cursor_column, Cursor.parse(cursor) if cursor else None)
        elif self._too_long_for_one:
            batches = self._whole()
        else:
            batches = self._with_one_question()
        async for batch in batches:
            yield batch

    async def _with_one_question(self) -> AsyncIterator[Batch]:
        validators, self._validators = self._validators, {}  # of an answer that is not stored, none are kept
        page = await self._page(self._question(self._source.where), validators)
        answer = page.answer
        if answer.unchanged:
            self._validators = validators
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        if await self._cut_short(page):
            self._too_long_for_one = True
            async for batch in self._whole():
                yield batch
            return
        self._admit(len(page.records))
        yield Batch(page.records, answer.fetched_at, complete=True)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._validators = answer.validators

    async def _cut_short(self, page: Page) -> bool:
        """Whether the answer to one question is not all that the layer holds."""
        count = len(page.records)
        if page.more or "exceededTransferLimit" in page.answer.value or not count:
            return page.more
        layer = await self._described()
        if layer.limit is not None and count >= layer.limit:
            return True
        if count % _ROUND:
            return False
        answer = await self._ask("/query", {"f": "json", "where": self._source.where or "1=1"} | _COUNT)
        whole = answer.value.get("count")
        if not isinstance(whole, int) or whole <= count:
            return False
        self._layer = replace(layer, limit=count, page=max(2, min(layer.page, count)))
        return True

    async def _whole(self) -> AsyncIterator[Batch]:
        count = 0
        async for page in self._pages(self._source.where, None):
            count += len(page.records)
            self._admit(count)
            yield Batch(page.records, page.answer.fetched_at, complete=not page.more, more=page.more)

    def _admit(self, count: int) -> None:
        if count > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)

    async def _edited(self, column: str, cursor: Cursor | None) -> AsyncIterator[Batch]:
        """Yield rows edited since *cursor*; past the row limit, the next fetch goes on where this ended."""
        layer = await self._described()
        if layer.columns and column not in layer.columns:
            raise SourceChanged(f"column {column!r} is gone")
        place = cursor or Cursor(self._first_ms())
        if cursor is not None and cursor.after is None:
            since = cursor.since - round(self._source.overlap_s * 1000)
            place = Cursor(since, newest=cursor.since)
        condition = self._since(column, place.since, layer) if place.since > 0 else self._source.where
        whole = cursor is None and place.since <= 0
        count = 0
        async for page in self._pages(condition, place.after):
            place = await in_thread(POLLING, moved_on, place, page, column)
            count += len(page.records)
            fetched_at = page.answer.fetched_at
            if not page.more:
                end = str(Cursor(min(place.newest, place.began)))
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
        return both(self._source.where, f"{column} >= timestamp '{since:%Y-%m-%d %H:%M:%S}'")

    async def _pages(self, condition: str, after: int | None) -> AsyncIterator[Page]:
        layer = await self._described()
        if layer.object_id is None:
            pages = self._by_offset(layer, condition)
        elif layer.pages:
            pages = self._by_range(layer, layer.object_id, condition, after)
        else:
            pages = self._by_list(layer, layer.object_id, condition, after)
        async for page in pages:
            yield page

    async def _by_range(
        self, layer: Layer, column: str, condition: str, after: int | None
    ) -> AsyncIterator[Page]:
        """Read in the order of the object ids; each page begins with the last id of the one before.

        The overlap keeps rows that share an id, which views and map services over them do have.
        """
        sent: set[tuple[str, ...]] = set()
        while True:
            clause = condition if after is None else both(condition, f"{column} >= {after}")
            extra = {"orderByFields": f"{column} ASC", "resultRecordCount": str(layer.page)}
            page = await self._page(self._question(clause, column) | extra, id_column=column)
            has_more = page.more or len(page.records) >= layer.page
            last = page.ids[-1] if page.ids else after
            fresh, sent = await in_thread(POLLING, self._in_range, page, column, after, sent)
            if has_more and last == after:
                raise SourceChanged("more rows share an object id than fit on a page")
            after = last
            yield replace(fresh, more=has_more)
            if not has_more:
                return

    def _in_range(
        self, page: Page, column: str, after: int | None, sent: AbstractSet[tuple[str, ...]]
    ) -> tuple[Page, set[tuple[str, ...]]]:
        """A page without the rows that were *sent*, and what the rows of its last id are known by."""
        if page.ids != sorted(page.ids) or (page.ids and after is not None and page.ids[0] < after):
            raise SourceChanged("the layer does not return rows in the requested order")
        last = page.ids[-1] if page.ids else after
        fresh = [row for row in page.records if self._identity(row, column) not in sent]
        last_given = {self._identity(row, column) for row in page.records if row.get(column) == last}
        return replace(page, records=fresh, ids=[row[column] for row in fresh]), last_given

    async def _by_list(
        self, layer: Layer, column: str, condition: str, after: int | None
    ) -> AsyncIterator[Page]:
        """Read the list of object ids, which no limit cuts short, and then the rows in lists of ids."""
        answer = await self._ask("/query", self._question(condition) | {"returnIdsOnly": "true"})
        ids = await in_thread(POLLING, listed, answer, after)
        if not ids:
            yield Page([], [], answer, more=False)
        size, start = layer.page, 0
        while start < len(ids):
            chunk = ids[start : start + size]
            question = self._question("", column) | {"objectIds": ",".join(map(str, chunk))}
            del question["where"]
            page = await self._page(question, id_column=column)
            await in_thread(POLLING, expect_ids, page, chunk)
            if page.more:
                if size == 1:
                    raise SourceChanged("more rows share an object id than fit on a page")
                size = max(1, size // 2)
                continue
            start += len(chunk)
            # The ids that were asked for say how far the read is, also where their rows are gone.
            yield replace(page, ids=chunk, more=start < len(ids))

    async def _by_offset(self, layer: Layer, condition: str) -> AsyncIterator[Page]:
        """Read by position; each page repeats the last row of the one before, to see that none moved."""
        order = tuple(dict.fromkeys((*self._source.order_by, *self._source.key)))
        start, anchor = 0, None
        while True:
            extra = {"orderByFields": ",".join(c for c in order if c not in _GEOMETRY)}
            extra |= {"resultOffset": str(start), "resultRecordCount": str(layer.page)}
            page = await self._page(self._question(condition) | extra)
            records = page.records
            if anchor is not None:
                if not records or self._identity(records[0]) != anchor:
                    raise RowsMoved
                records = records[1:]
            has_more = bool(records) and (page.more or len(page.records) >= layer.page)
            yield Page(records, [], page.answer, has_more)
            if not has_more:
                return
            anchor = self._identity(records[-1])
            start += len(page.records) - 1

    def _identity(self, row: RawRecord, *columns: str) -> tuple[str, ...]:
        return tuple(str(row.get(column)) for column in (*columns, *self._source.key))

    def _question(self, condition: str, *more_columns: str) -> dict[str, str]:
        columns = dict.fromkeys((*self._columns, *more_columns))
        return {
            "f": "json",
            "where": condition or "1=1",
            "outFields": "*"
            if self._source.every_column
            else ",".join(column for column in columns if column not in _GEOMETRY),
            "outSR": str(_WGS84),
            "returnGeometry": "true" if set(_GEOMETRY) & set(columns) else "false",
        }

    async def _described(self) -> Layer:
        """What the layer says about itself, asking again once a day, as limits and words change."""
        now = self._http.now()
        if self._layer is None or self._described_at is None or now - self._described_at >= _LAYER_LIFE:
            answer = await self._ask("", {"f": "json"})
            self._layer = Layer.of(answer.value, self._source.page_size)
            self._described_at = now
        return self._layer

    async def _ask(
        self,
        path: str,
        params: Mapping[str, str],
        validators: Mapping[str, str] | None = None,
        decode: Decode | None = None,
    ) -> Answer:
        """An answer that is an object and no error; ArcGIS puts its errors inside HTTP 200."""
        answer = await self._http.ask(
            self._url + path, {**self._fixed, **params}, validators=validators, decode=decode, aside=not path
        )
        if answer.unchanged:
            return answer
        if not isinstance(answer.value, dict):
            raise SourceChanged("the answer is not a JSON object")
        if "error" in answer.value:
            code = error_code(answer.value["error"])
            if code >= _SERVER_ERROR or code == _TOO_MANY_REQUESTS:
                raise SourceUnavailable(named_error(code))
            if path:
                await self._name_a_missing_column()
            raise SourceChanged(named_error(code))
        return answer

    async def _name_a_missing_column(self) -> None:
        """Raise ``SourceChanged`` with the column that was asked for and that the layer does not have."""
        self._layer = None  # what it said of itself may be what has changed
        try:
            layer = await self._described()
        except SourceChanged:
            return
        if layer.columns:
            self._check(layer.columns)

    async def _page(
        self,
        question: Mapping[str, str],
        validators: Mapping[str, str] | None = None,
        *,
        id_column: str | None = None,
    ) -> Page:
        """The rows that answer a question, read in the thread that decodes them; none if unchanged."""
        layer = await self._described()
        rows: _Rows = [], [], False

        def decode(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
            nonlocal rows
            value = json_document(body)
            if isinstance(value, dict) and "error" not in value:  # `_ask` refuses the others
                rows = self._rows_of(value, layer, id_column)
            return value

        answer = await self._ask("/query", question, validators, decode)
        records, ids, has_more = rows
        return Page(records, ids, answer, has_more)

    def _rows_of(self, value: Mapping[str, Any], layer: Layer, id_column: str | None) -> _Rows:
        words = layer.words
        features = value.get("features", _ABSENT)
        if features is None:  # some servers write an empty list so
            features = []
        if not isinstance(features, list):
            raise SourceChanged("no features in the answer")
        if not self._source.every_column:
            words = {column: words[column] for column in words.keys() & self._as_text}
        records = [with_coded_words(to_row(feature), words) for feature in features]
        records = self._degrees.of(records, value.get("spatialReference"))
        # What the rows themselves have would tell of withheld ones: `judge_answer` looks at the others.
        if declared := column_names(value):
            self._check(declared)
        properties = value.get("properties")
        places = (value, properties if isinstance(properties, dict) else {})
        has_more = any(bool(place.get("exceededTransferLimit")) for place in places)
        ids = [] if id_column is None else numbers(record.get(id_column) for record in records)
        return records, ids, has_more

    def _check(self, present: AbstractSet[str]) -> None:
        specs = (spec.source for _, spec in self._source.fields.named())
        for columns in (*specs, *((column,) for column in self._source.key)):
            if columns and not any(column in present or column in _GEOMETRY for column in columns):
                raise SourceChanged(f"column {columns[0]!r} is gone")


def _read_as_text(source: SourceSpec) -> frozenset[str]:
    """The columns that stand for words, whose codes are translated; numbers and times are not."""
    specs = [spec for _, spec in source.fields.named() if spec.convert == "text"]
    return frozenset(column for spec in specs for column in spec.source)


def _fields_to_select(source: SourceSpec) -> tuple[str, ...]:
    named = (column for _, spec in source.fields.named() for column in spec.source)
    cursor = () if source.cursor_column is None else (source.cursor_column,)
    return tuple(dict.fromkeys((*source.key, *named, *cursor)))
