"""Reads the rows of one query from somebody else's database, which it neither changes nor keeps waiting.

A dispatch system's reporting database is read while people work with it. So each fetch is one question with
limits of time, of waiting and of rows, in a transaction that may only read, over a connection that is closed
behind it. What each kind of database is told so is in ``sql_guards``.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import orjson
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy import exc

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.http import Clock
from blocklight.intake.connectors.sql_guards import Guard, failure_of
from blocklight.intake.forms.columns import Columns
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord
from blocklight.intake.threads import POLLING, in_thread

_WHOLE_ANSWER = 3  # times the source's time-out, as with an answer over HTTP
_FURTHEST_ZONE = timedelta(hours=14)
_SAMPLE_TYPES: dict[str, Callable[[str], Any]] = {
    "time": datetime.fromisoformat,
    "day": date.fromisoformat,
    "int": int,
    "number": Decimal,
    "bytes": bytes.fromhex,
    "text": str,
}

T = TypeVar("T")


class Mark(NamedTuple):
    """Where a read begins: at a value of the cursor column, and at a key there if the last was cut off."""

    value: Any
    key: tuple[Any, ...] | None = None

    @classmethod
    def parse(cls, cursor: str) -> "Mark":
        """Read a stored cursor."""
        try:
            value, key = orjson.loads(cursor)
            return cls(_decoded(value), None if key is None else tuple(map(_decoded, key)))
        except (ValueError, TypeError, KeyError, ArithmeticError):
            raise SourceChanged("the stored cursor is not one of this connector's") from None

    def __str__(self) -> str:
        key = None if self.key is None else [_encoded(part) for part in self.key]
        return orjson.dumps([_encoded(self.value), key]).decode()


class _Read(NamedTuple):
    """What one question gave: its rows, and where the next one begins if not all of them came."""

    rows: list[RawRecord]
    cursor: str | None
    is_cut: bool


class SqlRows:
    """Reads the query whole, or with a ``cursor_column`` what is new since the last fetch.

    Rows without a value in the cursor column are then not read.
    """

    def __init__(self, source: SourceSpec, password: SecretStr | None, now: Clock) -> None:
        self._source = source
        self._guard = Guard.of(source, password)
        self._now = now
        self._columns = Columns(source)
        self._cursor_column = None if source.closes == "vanish" else source.cursor_column
        self._is_asking = False

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the rows, in pieces that belong to one answer."""
        mark = None if cursor is None or self._cursor_column is None else Mark.parse(cursor)
        read = await self._answered(lambda: self._read(mark))
        records = await in_thread(POLLING, self._columns.records, read.rows)
        is_whole = self._cursor_column is None or (cursor is None and self._source.first_days is None)
        yield Batch(records, self._now(), cursor=read.cursor, complete=is_whole and not read.is_cut)

    async def _answered(self, question: Callable[[], T]) -> T:
        """Do *question* in a thread that nobody has to wait for: a database that hangs is given up.

        While it hangs it is not asked again, so that questions do not pile up there.
        """
        if self._is_asking:
            raise SourceUnavailable(
                "timed out", detail="the database has not let go of the last question yet"
            )
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(value: T | None, error: Exception | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(value)  # type: ignore[arg-type]  # of the question that succeeded

        def ask() -> None:
            value, error = None, None
            try:
                value = question()
            except Exception as failed:  # noqa: BLE001 - raised where it is waited for
                error = failed
            self._is_asking = False
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, value, error)

        self._is_asking = True
        threading.Thread(target=ask, name=f"sql-{self._source.id}", daemon=True).start()
        try:
            async with asyncio.timeout(_WHOLE_ANSWER * self._source.timeout_s):
                return await answer
        except TimeoutError:
            raise SourceUnavailable("timed out") from None

    def _read(self, mark: Mark | None) -> _Read:
        try:
            with self._guard.connection() as connection:
                heading = self._heading(connection)
                selected = [
                    name for name in heading if self._columns.every or name in self._columns.read_from
                ]
                return self._rows(connection, heading, selected, mark)
        except (exc.SQLAlchemyError, UnicodeDecodeError) as error:
            raise failure_of(error) from None

    def _heading(self, connection: sa.Connection) -> Sequence[str]:
        """The names of the query's columns; raises ``SourceChanged`` where one of ours is not among them."""
        nothing = sa.select(sa.text("*")).select_from(self._query()).where(sa.false())
        heading = tuple(connection.execute(nothing).keys())
        if not self._columns.every:
            self._columns.expect_in_heading(set(heading))
        return heading

    def _query(self, columns: Iterable[str] = ()) -> sa.Subquery:
        # Its colons are its own: a time in it is no parameter.
        text = sa.text(self._source.query.replace("\\", "\\\\").replace(":", "\\:"))
        return text.columns(*(sa.column(name) for name in columns)).subquery("calls")

    def statement(self, heading: Sequence[str], selected: Sequence[str], mark: Mark | None) -> sa.Select[Any]:
        """The question for the rows after *mark*; everything but the query itself is a bound parameter."""
        calls = self._query(heading)
        rows = sa.select(*(calls.c[name] for name in selected)).limit(self._most + 1)
        if self._cursor_column is None:
            return rows
        column = calls.c[self._cursor_column]
        key = [calls.c[name] for name in self._key if name in heading]
        rows = rows.where(column.is_not(None)).order_by(column, *key)
        if mark is None:
            return rows
        if mark.key is None:
            return rows.where(column >= _bound(_earlier(mark.value, self._source.overlap_s)))
        return rows.where(_from(column, mark.value, key, mark.key))

    @property
    def _key(self) -> tuple[str, ...]:
        return tuple(name for name in self._source.key if name != self._cursor_column)

    @property
    def _most(self) -> int:
        return max(2, self._source.row_limit)

    def _rows(
        self, connection: sa.Connection, heading: Sequence[str], selected: Sequence[str], mark: Mark | None
    ) -> _Read:
        if mark is None and self._cursor_column is not None and self._source.first_days is not None:
            mark = self._first(connection)
        statement = self.statement(heading, selected, mark)
        rows, size = list[RawRecord](), 0
        bounded = connection.execution_options(yield_per=self._source.page_size)
        with bounded.execute(statement) as result:
            for row in result.mappings():
                size += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
                if size > self._source.max_bytes:
                    raise SourceChanged("an answer larger than max_bytes")
                rows.append({str(name): value for name, value in row.items()})
        is_cut = len(rows) > self._most
        if is_cut and self._cursor_column is None:
            raise SourceChanged(TOO_MANY_ROWS)
        rows = rows[: self._most]
        plain: list[RawRecord] = [{name: _plain(value) for name, value in row.items()} for row in rows]
        return _Read(plain, self._end(rows, mark, is_cut=is_cut), is_cut)

    def _first(self, connection: sa.Connection) -> Mark | None:
        """Where a first read begins that goes back some days: in the notation that the column has."""
        column = self._query([str(self._cursor_column)]).c[str(self._cursor_column)]
        value = connection.execute(sa.select(column).where(column.is_not(None)).limit(1)).scalar()
        # A day more for wall clocks, whose zone the database does not know.
        days = (self._source.first_days or 0) + 1
        begin = self._now() - timedelta(days=days)
        first = _like(value, begin)
        return None if first is None else Mark(first)

    def _end(self, rows: Sequence[Mapping[str, Any]], mark: Mark | None, *, is_cut: bool) -> str | None:
        """The cursor after a read; a row from the future does not move it there."""
        if self._cursor_column is None:
            return None
        if is_cut:
            return self._reached(rows, mark)
        # A text that is no time sorts behind all times: as a cursor it would hide what comes after it.
        times = (row[self._cursor_column] for row in reversed(rows))
        value = next((value for value in times if not isinstance(value, str) or _moment(value)), None)
        if value is None and mark is not None and mark.key is not None:
            value = mark.value
        return None if value is None else str(Mark(_no_later(value, self._now())))

    def _reached(self, rows: Sequence[Mapping[str, Any]], mark: Mark | None) -> str:
        """Where the next fetch goes on with a read that was cut: at the last row that has a whole key."""
        for row in reversed(rows):
            key = tuple(row[name] for name in self._key)
            if None not in key:
                reached = str(Mark(row[self._cursor_column], key))
                if mark is None or reached != str(mark):
                    return reached
        raise SourceChanged(TOO_MANY_ROWS, detail="so many have the same key and cursor_column, or no key")


def _from(
    column: sa.ColumnElement[Any],
    value: object,
    key: Sequence[sa.ColumnElement[Any]],
    parts: Sequence[object],
) -> sa.ColumnElement[bool]:
    """The rows from a place in the order of a column and a key on, with those at the place itself."""
    pairs = [(column, value), *zip(key, parts, strict=True)]
    choices = []
    for at, (one, bound) in enumerate(pairs):
        last = at == len(pairs) - 1
        equal = [before == _bound(part) for before, part in pairs[:at]]
        choices.append(sa.and_(*equal, one >= _bound(bound) if last else one > _bound(bound)))
    return sa.or_(*choices)


def _bound(value: object) -> sa.BindParameter[Any]:
    return sa.bindparam(None, value, unique=True)


def _encoded(value: object) -> list[str]:
    match value:
        case datetime():
            return ["time", value.isoformat()]
        case date():
            return ["day", value.isoformat()]
        case bool() | int():
            return ["int", str(int(value))]
        case float() | Decimal():
            return ["number", str(value)]
        case bytes() | memoryview() | bytearray():
            return ["bytes", bytes(value).hex()]
        case _:
            return ["text", str(value)]


def _decoded(pair: Sequence[str]) -> Any:  # noqa: ANN401 - whatever a column holds
    kind, text = pair
    return _SAMPLE_TYPES[kind](text)


def _earlier(value: object, overlap_s: float) -> object:
    """A value some time before *value*; of what is no time, itself."""
    overlap = timedelta(seconds=overlap_s)
    if isinstance(value, datetime):
        return value - overlap
    if isinstance(value, str) and (moment := _moment(value)) is not None:
        return _like(value, moment - overlap)
    return value


def _no_later(value: object, now: datetime) -> object:
    moment = value if isinstance(value, datetime) else _moment(value) if isinstance(value, str) else None
    if moment is None:
        return value
    latest = now if moment.tzinfo is not None else now.replace(tzinfo=None) + _FURTHEST_ZONE
    return (
        value if moment <= latest else _like(value, now - (timedelta() if moment.tzinfo else _FURTHEST_ZONE))
    )


def _like(sample: object, moment: datetime) -> object:
    """A moment in the notation of *sample*, ``None`` where that is no time."""
    if isinstance(sample, datetime):
        return moment if sample.tzinfo is not None else _naive(moment)
    if isinstance(sample, date):
        return moment.date()
    if isinstance(sample, str) and (written := _moment(sample)) is not None:
        zoned = moment.astimezone(written.tzinfo) if written.tzinfo else moment
        # Without an offset, which would not compare as text anyway: a beginning is before all that go on.
        return _naive(zoned).isoformat(" " if " " in sample.strip() else "T", timespec="seconds")
    return None


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _plain(value: object) -> object:
    """A value of a database as the values of other feeds are."""
    match value:
        case None | str() | bool() | int() | float() | dict() | list():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
        case timedelta():
            return value.total_seconds()
        case bytes() | memoryview() | bytearray():
            return bytes(value).hex()
        case _:
            return str(value)
