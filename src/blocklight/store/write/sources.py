"""How each source's fetches went, and where its next one begins."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import orjson
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.ledger import SETTLES_IN
from blocklight.store.schema import tables
from blocklight.store.schema.rows import from_ms, maybe_time, to_ms
from blocklight.store.write.statements import Statements, fetch

# Enough for a 99th percentile, few enough to follow a feed that became slower.
_DELAYS_KEPT = 500

# As long as the data page shows them.
_GAPS_KEPT = timedelta(days=90)

_STEP = 10


@dataclass(frozen=True, slots=True)
class WithheldUsual:
    """Which share of a source's records was withheld over about a day, and over some weeks."""

    for_a_day: float
    for_weeks: float


@dataclass(frozen=True, slots=True)
class FetchReport:
    """How one fetch went: *failure* is a short class of reason, or ``None`` for a success.

    After *late_after_s* without a success, the time until the next one is a gap. *noticed* counts what else
    a source is known by, to be added up: ``places_sought``, ``places_found``, ``places_redrawn``,
    ``told_twice``. With *if_shown* it is remembered only when the public sees something of what came: the
    moment of a push that brings nothing but withheld records would tell of them. What an answer held is not
    counted here: a count that the public sees describes what stands published, and is made from that.
    *withheld_usual* is what share is usually withheld, where it has changed; it is never published.
    """

    source: str
    at: datetime
    late_after_s: float
    failure: str | None = None
    noticed: Mapping[str, int] = field(default_factory=dict)
    if_shown: bool = False
    withheld_usual: WithheldUsual | None = None


class Noticed(msgspec.Struct):
    """What was counted of a source: on *day* (UTC) so far, and on all days before it."""

    day: str = ""
    today: dict[str, int] = {}
    before: dict[str, int] = {}

    def total(self) -> dict[str, int]:
        """Add up all days."""
        return dict(Counter(self.before) + Counter(self.today))

    def whole_days(self, day: str) -> dict[str, int]:
        """Add up the days before *day*, cut to whole tens; what is below ten is left out.

        A count that grows while somebody watches would tell of single calls. So would the difference of two
        counts from day to day: what was sought and not found is withheld, and small counts of it are private.
        """
        counts = self.total() if self.day < day else self.before
        return {event: n // _STEP * _STEP for event, n in counts.items() if n >= _STEP}

    def plus(self, day: str, fresh: Mapping[str, int]) -> "Noticed":
        """The counts with those of a fetch on *day*."""
        if day <= self.day:
            return Noticed(self.day, dict(Counter(self.today) + Counter(fresh)), self.before)
        return Noticed(day, dict(fresh), self.total())


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from received to first stored, over the latest incidents of a source."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A span without a successful fetch."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What is known of a source's fetches.

    *reason* is the latest failure's class while *failures* in a row have happened, else ``None``. *short_at*
    says since when its answers lack unusually many published calls, which nobody has closed yet.
    """

    source: str
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    reason: str | None
    failures: int
    delays: Delays | None
    gaps: tuple[Gap, ...]
    noticed: Noticed = field(default_factory=Noticed)
    short_at: datetime | None = None


_NOTICED = msgspec.json.Decoder(Noticed).decode
_NEW: dict[str, object] = dict.fromkeys((column.name for column in tables.source.c), None) | {
    "failures": 0,
    "delays": "[]",
    "noticed": "{}",
    "closings": "[]",
    "short_confirmed": 0,
}


def new_row(source: str, cursor: str | None) -> tuple[object, ...]:
    """The first row of a source, in the order of its columns."""
    return tuple((_NEW | {"source": source, "cursor": cursor}).values())


def with_delays(stored: str, fresh: Sequence[float]) -> str:
    """Add *fresh* delays to the stored ones, of which the latest are kept."""
    before = stored[1:-1].split(",") if len(stored) > len("[]") else []  # numbers, read only to be shown
    latest = [*before, *(repr(round(delay, 1)) for delay in fresh)][-_DELAYS_KEPT:]
    return f"[{','.join(latest)}]"


def is_new(cursor: DBAPICursor, sql: Statements, source: str) -> bool:
    """Whether no fetch of a source has succeeded yet."""
    rows = fetch(cursor, sql.source, (source,))
    return not rows or rows[0][2] is None


def record_fetch(cursor: DBAPICursor, sql: Statements, report: FetchReport) -> None:
    """Remember how a fetch went."""
    rows = fetch(cursor, sql.source, (report.source,))
    if not rows:
        cursor.execute(sql.insert_source, new_row(report.source, None))
    _, _, last_success_at, failures = rows[0] if rows else (None, None, None, 0)
    at = to_ms(report.at)
    if report.failure is not None:
        cursor.execute(sql.note_failure, (at, at, report.failure, failures + 1, report.source))
        return
    if last_success_at is not None:
        _note_gap(cursor, sql, report, last_success_at)
    cursor.execute(sql.note_success, (at, at, None, 0, report.source))
    if report.withheld_usual is not None:
        usual = report.withheld_usual
        cursor.execute(sql.note_withheld_usual, (usual.for_a_day, usual.for_weeks, report.source))
    if any(report.noticed.values()):
        ((stored,),) = fetch(cursor, sql.noticed, (report.source,))
        # What is stored after midnight of an answer from before it adds to no day that is told by then.
        day = (report.at + SETTLES_IN).astimezone(UTC).date()
        counts = _NOTICED(stored).plus(day.isoformat(), report.noticed)
        cursor.execute(sql.note_noticed, (msgspec.json.encode(counts).decode(), report.source))


def _note_gap(cursor: DBAPICursor, sql: Statements, report: FetchReport, start: int) -> None:
    end = to_ms(report.at)
    if end - start > report.late_after_s * 1000:
        cursor.execute(sql.delete_old_gaps, (report.source, to_ms(report.at - _GAPS_KEPT)))
        cursor.execute(sql.delete_gap, (report.source, start))
        cursor.execute(sql.insert_gap, (report.source, start, end))


def advance(
    driver: DBAPICursor, sql: Statements, source: str, cursor: str | None, delays: Sequence[float]
) -> None:
    """Move a source's cursor and remember how late its new incidents came.

    Lateness is counted from the second successful fetch on: the first one brings the past, which is not late.
    """
    if cursor is None and not delays:
        return
    rows = fetch(driver, sql.source, (source,))
    if not rows:
        driver.execute(sql.insert_source, new_row(source, cursor))
        return
    ((old_cursor, old_delays, last_success_at, *_),) = rows
    new_cursor, new_delays = cursor if cursor is not None else old_cursor, old_delays
    if delays and last_success_at is not None:
        new_delays = with_delays(old_delays, delays)
    if (new_cursor, new_delays) != (old_cursor, old_delays):
        driver.execute(sql.advance_source, (new_cursor, new_delays, source))


def cursor(connection: sa.Connection, source: str) -> str | None:
    """Where *source*'s next fetch may begin."""
    table = tables.source
    position: str | None = connection.scalar(sa.select(table.c.cursor).where(table.c.source == source))
    return position


def withheld_usual(connection: sa.Connection, source: str) -> WithheldUsual | None:
    """What share of a source's records is usually withheld, ``None`` before the first count."""
    table = tables.source
    shares = sa.select(table.c.withheld_usual, table.c.withheld_for_weeks).where(table.c.source == source)
    row = connection.execute(shares).first()
    if row is None or row[0] is None:
        return None
    return WithheldUsual(row[0], row[0] if row[1] is None else row[1])


def healths(connection: sa.Connection) -> list[SourceHealth]:
    """The health of every source that was ever fetched, by id."""
    gaps: dict[str, list[Gap]] = {}
    for source, start, end in connection.execute(sa.select(tables.gap).order_by(tables.gap.c.from_at)):
        gaps.setdefault(source, []).append(Gap(from_ms(start), from_ms(end)))
    table = tables.source
    return [
        SourceHealth(
            source=row.source,
            last_attempt_at=maybe_time(row.last_attempt_at),
            last_success_at=maybe_time(row.last_success_at),
            last_failure_at=maybe_time(row.last_failure_at),
            reason=row.reason,
            failures=row.failures,
            delays=_delays_of(orjson.loads(row.delays)),
            gaps=tuple(gaps.get(row.source, ())),
            noticed=_NOTICED(row.noticed),
            short_at=maybe_time(row.short_at),
        )
        for row in connection.execute(sa.select(table).order_by(table.c.source))
    ]


def _delays_of(delays: list[float]) -> Delays | None:
    if not delays:
        return None
    delays.sort()
    p50, p90, p99 = (delays[int(share * (len(delays) - 1))] for share in (0.5, 0.9, 0.99))
    return Delays(p50, p90, p99)
