"""Speaks SODA 2.1, the query language of Socrata's portals, and understands none of the rows.

The protocol: https://dev.socrata.com/docs/endpoints.html and https://dev.socrata.com/docs/queries/
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import httpx2
import orjson
from pydantic import SecretStr

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.intake.connectors.http import Answer, Conversation
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord
from blocklight.intake.threads import POLLING, in_thread

_ROW_ID = ":id"
_SYSTEM_TIMES = frozenset({":updated_at", ":created_at"})
_STEPS_BACK = 20
_CAP = 1000  # of rows at once: portals that give fewer than are asked for give a multiple of it
# Times without a zone are read as if in the zone that is farthest from UTC: rows may come twice, and none
# is missed.
_FURTHEST_ZONE = timedelta(hours=14)

_CODE = re.compile(r"[\w.\-]{1,80}")
_COLUMN = re.compile(r":?\w{1,100}")
_GONE = "query.soql.no-such-column"


class _NoSuchColumn(SourceChanged):
    def __init__(self, column: str) -> None:
        super().__init__(f"column {column!r} is gone")
        self.column = column


def token_header(token: SecretStr | None) -> dict[str, str]:
    """The header that names the application, which lifts a portal's limit on anonymous questions."""
    return {} if token is None else {"X-App-Token": token.get_secret_value()}


def explain(status: int, body: object) -> SourceError | None:
    """The error in a portal's error document, without its message, which repeats the question."""
    if not isinstance(body, dict):
        return None
    code = body.get("errorCode") or body.get("code")
    code = code if isinstance(code, str) and _CODE.fullmatch(code) else "error"
    data = body.get("data")
    column = data.get("column") if isinstance(data, dict) else None
    if code == _GONE and isinstance(column, str) and _COLUMN.fullmatch(column):
        return _NoSuchColumn(column)
    return SourceChanged(f"HTTP {status}: {code}")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a read stands: *skip* rows into those whose cursor column is at or after *value*.

    Growing offsets alone would skip rows while others change. So the offset counts rows of one value
    only, and the row at it must be known: read before, or *anchor*, the last row of the fetch before.
    """

    value: str | None = None
    skip: int = 0
    anchor: str | None = None

    @classmethod
    def parse(cls, cursor: str, overlap_s: float) -> "_Place":
        """Read a stored cursor: a plain value is where a read came to its end, a list is one under way."""
        if not cursor.startswith("["):
            return cls(_stepped_back(cursor, timedelta(seconds=overlap_s)))
        try:
            value, skip, anchor = orjson.loads(cursor)
            return cls(value, int(skip), anchor)
        except (ValueError, TypeError):
            raise SourceChanged("the stored cursor belongs to another connector") from None

    def __str__(self) -> str:
        return orjson.dumps([self.value, self.skip, self.anchor]).decode()


@dataclass(frozen=True, slots=True)
class _Step:
    """One answer: its new rows, its last value of the cursor column, and where to go *then*."""

    place: _Place
    then: _Place | None
    records: list[RawRecord]
    last: str | None
    answer: Answer


class Socrata:
    """Reads one dataset: whole, or what changed since the cursor.

    Rows without a value in the cursor column are not read; a source that closes calls by dropping
    them is always read whole.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        address, mark, query = source.url.partition("?")
        self._url = address.rstrip("/").removesuffix(".json") + ".json" + mark + query
        self._column = None if source.closes == "vanish" else source.cursor_column
        self._columns = _columns_to_select(source)
        self._limit = max(2, source.page_size)
        self._absent: set[str] = set()
        self._asked: Mapping[str, str] = {}
        self._validators: Mapping[str, str] = {}

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the dataset's rows, or those from a margin before *cursor* in the cursor column."""
        start = self._start(cursor)
        whole = self._column is None or (cursor is None and start.value is None)
        count = 0
        async for step in self._walk(start):
            fetched_at = step.answer.fetched_at
            if step.answer.unchanged:
                yield Batch([], fetched_at, unchanged=True)
                return
            count += len(step.records)
            if self._column is None and count > self._source.max_rows:
                raise SourceChanged(TOO_MANY_ROWS)
            if step.then is None:
                yield Batch(step.records, fetched_at, cursor=self._end(step, cursor), complete=whole)
                # Reached only when the batch was stored: after a fetch that failed later, all is asked again.
                if step.place == start:
                    self._asked, self._validators = self._question(start), step.answer.validators
            else:
                under_way = None if self._column is None else str(step.then)
                yield Batch(step.records, fetched_at, cursor=under_way, more=True)
                if count >= self._source.max_rows and under_way:
                    return

    def _start(self, cursor: str | None) -> _Place:
        if self._column is None:
            return _Place()
        if cursor is not None:
            return _Place.parse(cursor, self._source.overlap_s)
        if self._source.first_days is None:
            return _Place()
        first = self._http.now() - timedelta(days=self._source.first_days)
        return _Place(_as_soda_time(first, zoned=self._column in _SYSTEM_TIMES))

    def _end(self, step: _Step, cursor: str | None) -> str | None:
        """The cursor after a whole read; a row from the future does not move it there."""
        if self._column is None:
            return None
        value = step.last or (step.place.value if cursor and cursor.startswith("[") else None)
        moment = _timestamp(value) if value else None
        now = self._http.now()
        if value is None or moment is None or moment <= now + _FURTHEST_ZONE:
            return value
        zoned = value.endswith("Z")
        return _as_soda_time(now if zoned else now - _FURTHEST_ZONE, zoned=zoned)

    async def _walk(self, place: _Place) -> AsyncIterator[_Step]:
        """Read page after page; each begins with a row that is known, or steps back to find one."""
        sent = set() if place.anchor is None else {place.anchor}
        lost = 0
        first = True
        while True:
            answer = await self._ask(place, conditional=first)
            first = False
            if answer.unchanged:
                yield _Step(place, None, [], None, answer)
                return
            step = await in_thread(POLLING, self._step, place, answer, sent)
            if step is None:
                lost += 1
                place = replace(place, skip=max(0, place.skip - self._limit // 2))
            else:
                lost += not step.records
                yield step
                if step.then is None:
                    return
                place = step.then
            if lost > _STEPS_BACK:
                raise SourceUnavailable("the rows kept changing while they were read")

    def _step(self, place: _Place, answer: Answer, sent: set[str]) -> _Step | None:
        """An answer without the rows that were *sent*, ``None`` if its first row is not known."""
        rows = self._rows(answer)
        names = [_version_name(row) for row in rows]
        if place.skip and (not rows or names[0] not in sent):
            return None
        fresh = [row for row, name in zip(rows, names, strict=True) if name not in sent]
        sent.update(names)
        full = len(rows) >= self._limit or (rows and len(rows) % _CAP == 0)
        then = self._after(place, rows, names) if full else None
        return _Step(place, then, fresh, self._value(rows), answer)

    def _after(self, place: _Place, rows: list[RawRecord], names: list[str]) -> _Place:
        """The place of the page after one that is full; it begins with this one's last row."""
        last = self._value(rows)
        if self._column is None or last in (None, place.value):
            return replace(place, skip=place.skip + len(rows) - 1, anchor=names[-1])
        same = sum(1 for row in rows if row.get(self._column) == last)
        return _Place(last, same - 1, names[-1])

    def _value(self, rows: list[RawRecord]) -> str | None:
        value = rows[-1].get(self._column) if rows and self._column else None
        return None if value is None else str(value)

    def _question(self, place: _Place) -> dict[str, str]:
        source, column = self._source, self._column
        if column is None:
            lower, order = "", (*source.order_by, *(source.key if source.rows == "unit" else ()))
        else:
            order = (column, *source.order_by, *source.key)
            lower = (
                f"{column} IS NOT NULL" if place.value is None else f"{column} >= {_soql_string(place.value)}"
            )
        clauses = [f"({clause})" for clause in (source.where, lower) if clause]
        return {
            "$select": ":*,*"
            if source.every_column
            else ",".join(dict.fromkeys((_ROW_ID, *(c for c in self._columns if c not in self._absent)))),
            **({"$where": " AND ".join(clauses)} if clauses else {}),
            "$order": ",".join(dict.fromkeys((*order, _ROW_ID))),
            "$limit": str(self._limit),
            "$offset": str(place.skip),
        }

    async def _ask(self, place: _Place, *, conditional: bool) -> Answer:
        """Ask for the page at *place*, leaving out columns that do not exist where a field has others."""
        while True:
            question = self._question(place)
            validators: Mapping[str, str] = {}
            if conditional:  # of an answer that is not stored, none are kept
                validators = self._validators if question == self._asked else {}
                self._validators = {}
            try:
                answer = await self._http.ask(self._url, question, validators=validators)
            except _NoSuchColumn as error:
                if not self._can_do_without(error.column):
                    raise
                self._absent.add(error.column)
            else:
                if answer.unchanged:
                    self._validators = validators
                return answer

    def _can_do_without(self, column: str) -> bool:
        source, gone = self._source, {*self._absent, column}
        specs = (spec.source for _, spec in source.fields.named() if spec.source)
        needed = (*source.key, source.cursor_column)
        return column not in {*needed, *self._absent} and all(set(columns) - gone for columns in specs)

    def _rows(self, answer: Answer) -> list[RawRecord]:
        if answer.value is None:
            return []
        if not isinstance(answer.value, list):
            raise explain(httpx2.codes.OK, answer.value) or SourceChanged("the answer is not a list of rows")
        return [row if isinstance(row, dict) else {} for row in answer.value]


def _columns_to_select(source: SourceSpec) -> tuple[str, ...]:
    named = (column for _, spec in source.fields.named() for column in spec.source)
    cursor = () if source.cursor_column is None else (source.cursor_column,)
    return tuple(dict.fromkeys((*source.key, *named, *cursor)))


def _version_name(row: RawRecord) -> str:
    """What tells a version of a row from all others."""
    packed = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    return f"{row.get(_ROW_ID, '')} {blake2b(packed, digest_size=8).hexdigest()}"


def _soql_string(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _timestamp(text: str) -> datetime | None:
    """A timestamp, taking a floating one as if it were UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_soda_time(moment: datetime, *, zoned: bool) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z" if zoned else text


def _stepped_back(value: str, overlap: timedelta) -> str:
    moment = _timestamp(value)
    return value if moment is None else _as_soda_time(moment - overlap, zoned=value.endswith("Z"))
