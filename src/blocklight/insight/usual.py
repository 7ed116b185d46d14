"""How much is received in an area or the city, beside the same hours and weekday in the weeks before."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from blocklight.config.city import City, SourceSpec
from blocklight.insight.predictive import Range, pooled_size, usual_range
from blocklight.model.vocabulary import Category, Kind, Origin
from blocklight.store import Beginning, ReadStore, Received, SourceHealth, Span

# From fewer no spread can be estimated; beyond twelve the season is another one.
LEAST_WEEKS, MOST_WEEKS = 4, 12

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
# A source that tells nothing for longer than this before a week is taken not to have told of that week.
_QUIET = timedelta(days=28)

# A source that is slower is read in bulk: waiting for its slowest tenth would compare nothing.
_LONGEST_LAG = timedelta(days=3)

# Of a day, so that no more than a twenty-fourth of it can be missing unnoticed.
_MOST_SILENT = timedelta(hours=1)

# Hardly a real day has less than half of what is usual in a whole city: a source was incomplete.
_LEAST_SHARE = 0.5

_REMEMBERED_S = 60.0


class Verdict(StrEnum):
    """How what was received compares with the past, or why it cannot be compared."""

    FEWER = "fewer"
    USUAL = "usual"
    MORE = "more"
    TOO_FEW_WEEKS = "too_few_weeks"
    INCOMPLETE = "incomplete"


class Missing(StrEnum):
    """Why a week is not compared."""

    NOT_COVERED = "not_covered"
    OUTAGE = "outage"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Week:
    """The same hours in a week before: its count, or why it does not count."""

    start: datetime
    end: datetime
    count: int | None
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class Part:
    """Incidents of one origin, ``None`` where the source does not tell it."""

    origin: Origin | None
    now: int
    weeks: tuple[Week, ...]
    mean: float | None
    usual: Range | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Told:
    """An area's answer for one kind of incident: what was received from *start* to before *end*.

    *end* lies before now by as much as the sources are usually late. *weeks* is how many of the past are
    compared, *size* how much counts vary from week to week beyond chance.
    """

    kind: Kind
    start: datetime | None
    end: datetime | None
    weeks: int
    size: float | None
    parts: tuple[Part, ...]


class _Past(NamedTuple):
    """What the past of all areas of a kind says: the spans, which of them count, and every count."""

    spans: tuple[Span, ...]
    missing: tuple[Missing | None, ...]
    rows: list[Received]


class Usual:
    """Answers for one city; what all areas together say is remembered for a minute, and so is the whole city.

    What is counted in an area itself is read anew for each answer, so that what was taken back is not in it.
    """

    def __init__(self, city: City, store: ReadStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._city = city
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str | None, Kind], tuple[float, object, _Past]] = {}

    def tell(
        self,
        kind: Kind,
        area: tuple[str, str] | None,
        categories: Collection[Category],
        now: datetime,
        *,
        version: object = None,
    ) -> Told:
        """Compare the last 24 hours of an area, or of the city, with the past.

        Of some categories, or of all where none is given. What is remembered goes when *version* changes.
        """
        past = self._past(kind, None if area is None else area[0], now, version)
        if past is None:
            return Told(kind, None, None, 0, None, ())
        counting = [0, *(number for number, missing in enumerate(past.missing) if number and missing is None)]
        rows = past.rows
        if area is not None:
            counted = self._store.received(kind, *area, [past.spans[number] for number in counting])
            rows = [row._replace(span=counting[row.span]) for row in counted]
        matching = [row for row in rows if row.span in counting and _is_of(row, categories)]
        origins = sorted({row.origin for row in matching}, key=lambda origin: origin or "~") or [None]
        size = _shared_size(self._spread(past, kind, area, now, version), categories)
        parts = tuple(
            _part_of_past(past, origin, [row for row in matching if row.origin == origin], size)
            for origin in origins
        )
        start, end, _ = past.spans[0]
        return Told(kind, start, end, len(counting) - 1, size, parts)

    def _spread(
        self, past: _Past, kind: Kind, area: tuple[str, str] | None, now: datetime, version: object
    ) -> _Past:
        """The past from which the size comes: for the whole city too its areas', if it has any.

        Twelve weeks of one city are too few to tell it, and what all areas share, as in a storm, they tell.
        """
        if area is not None or not self._city.areas:
            return past
        return self._past(kind, self._city.areas[0].kind, now, version) or past

    def _past(self, kind: Kind, area_kind: str | None, now: datetime, version: object) -> _Past | None:
        """What is remembered, or look: one at a time, as everybody would wait for the same."""
        with self._lock:
            remembered = self._known.get((area_kind, kind))
            if remembered is not None and remembered[1] == version and self._clock() < remembered[0]:
                return remembered[2]
            past = self._look(kind, area_kind, now)
            if past is not None:
                self._known[area_kind, kind] = (self._clock() + _REMEMBERED_S, version, past)
            return past

    def _look(self, kind: Kind, area_kind: str | None, now: datetime) -> _Past | None:
        sources = [source for source in self._city.sources if source.kind is kind]
        healths = {health.source: health for health in self._store.sources()}
        end = _known_until([healths.get(source.id) for source in sources], now)
        if end is None:
            return None
        hours = same_hours(end, self._city.city.zone)
        beginnings = self._store.beginnings([source.id for source in sources], hours[-1][0] - _QUIET)
        reporting = [source for source in sources if source.id in beginnings]
        missing = [_missing_reason(reporting, beginnings, healths, start, end) for start, end in hours]
        age = now - end
        spans = tuple(
            Span(start, end, _seen(reporting, beginnings, healths, start, end + age)) for start, end in hours
        )
        rows = self._store.received(kind, area_kind, None, spans)
        totals = Counter(dict.fromkeys(range(len(spans)), 0))
        for row in rows:
            totals[row.span] += row.n
        whole = [totals[number] for number in range(1, len(spans)) if missing[number] is None]
        incomplete = [None if is_whole(totals[number], whole) else Missing.INCOMPLETE for number in totals]
        return _Past(
            spans,
            tuple(missing_source or two for missing_source, two in zip(missing, incomplete, strict=True)),
            rows,
        )


def same_hours(end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The day that ends at *end*, and the same hours of each week before, newest first, in UTC.

    Days and weeks are those of the wall clock in *zone*: where it changes, a day has 23 or 25 hours.
    """
    local = end.astimezone(zone)
    # Subtracting nothing would forget which of two equal hours it was, on the night that repeats one.
    ends = [local, *(local - number * _WEEK for number in range(1, MOST_WEEKS + 1))]
    return [((hour_end - _DAY).astimezone(UTC), hour_end.astimezone(UTC)) for hour_end in ends]


def is_whole(total: int, totals: Collection[int]) -> bool:
    """Whether all areas together told at least half of what comparable days tell, as the median has it."""
    return not totals or total >= _LEAST_SHARE * median(totals)


def _known_until(healths: Sequence[SourceHealth | None], now: datetime) -> datetime | None:
    """Until when nine in ten incidents are known of every source that was ever read."""
    moments = [
        min(health.last_success_at, now)
        - min(timedelta(seconds=health.delays.p90 if health.delays else 0), _LONGEST_LAG)
        for health in healths
        if health is not None and health.last_success_at is not None
    ]
    return min(moments).replace(second=0, microsecond=0) if moments else None


def _missing_reason(
    sources: Sequence[SourceSpec],
    beginnings: Mapping[str, Beginning],
    healths: Mapping[str, SourceHealth],
    start: datetime,
    end: datetime,
) -> Missing | None:
    """Why a span is not one that every source covers wholly."""
    if not sources or any(beginnings[source.id].received_at > start for source in sources):
        return Missing.NOT_COVERED
    # A feed of what is open now never tells what it missed; others do at the next fetch.
    forgetful = [source.id for source in sources if source.closes == "vanish" or source.connector == "push"]
    silent = max((_silence(healths.get(source), start, end) for source in forgetful), default=timedelta())
    return Missing.OUTAGE if silent > _MOST_SILENT else None


def _silence(health: SourceHealth | None, start: datetime, end: datetime) -> timedelta:
    gaps = () if health is None else health.gaps
    spans = (min(gap.end, end) - max(gap.start, start) for gap in gaps)
    return sum((span for span in spans if span > timedelta()), timedelta())


def _seen(
    sources: Sequence[SourceSpec],
    beginnings: Mapping[str, Beginning],
    healths: Mapping[str, SourceHealth],
    start: datetime,
    seen: datetime,
) -> datetime | None:
    """*seen* where the store followed every source from *start* on and at that very moment.

    What was imported later, or caught up with after an outage, cannot be told apart by when it was known.
    """
    followed = all(beginnings[source.id].released_at <= start for source in sources)
    gaps = (gap for source in sources if (health := healths.get(source.id)) for gap in health.gaps)
    return seen if followed and not any(gap.start <= seen <= gap.end for gap in gaps) else None


def _is_of(row: Received, categories: Collection[Category]) -> bool:
    return not categories or row.category in categories


def _shared_size(past: _Past, categories: Collection[Category]) -> float:
    """The size that all areas share, of the weeks that count."""
    weeks = [number for number, missing in enumerate(past.missing) if number and missing is None]
    counts: dict[tuple[str, Origin | None], Counter[int]] = {}
    for row in past.rows:
        if _is_of(row, categories):
            counts.setdefault((row.area, row.origin), Counter())[row.span] += row.n
    return pooled_size([[of_category[number] for number in weeks] for of_category in counts.values()])


def _part_of_past(past: _Past, origin: Origin | None, rows: Sequence[Received], size: float) -> Part:
    counts: Counter[int] = Counter()
    for row in rows:
        counts[row.span] += row.n
    weeks = tuple(_weeks(past, counts))
    history = [week.count for week in weeks if week.count is not None]
    now = counts[0]
    mean = sum(history) / len(history) if history else None
    if len(history) < LEAST_WEEKS:
        return Part(origin, now, weeks, mean, None, Verdict.TOO_FEW_WEEKS)
    usual = usual_range(history, size)
    if past.missing[0] is not None:
        return Part(origin, now, weeks, mean, usual, Verdict.INCOMPLETE)
    verdict = Verdict.FEWER if now < usual.low else Verdict.MORE if now > usual.high else Verdict.USUAL
    return Part(origin, now, weeks, mean, usual, verdict)


def _weeks(past: _Past, counts: Mapping[int, int]) -> Iterator[Week]:
    """Yield the weeks before, newest first."""
    for number, ((start, end, _), missing) in enumerate(zip(past.spans, past.missing, strict=True)):
        if number:
            yield Week(start, end, counts.get(number, 0) if missing is None else None, missing)
