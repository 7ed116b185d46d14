"""What the page of an area, or of the city, says of its past: counts by span, kind, hour, week and ending."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from blocklight.config.city import City
from blocklight.insight.past import Past
from blocklight.model.vocabulary import Section, Status
from blocklight.store import IncidentQuery

SPANS_H = (24, 168, 672)
# Whole weeks of a year: every weekday and season is in it once as often.
WEEKS = 52

_DAYS, _HOURS = 7, 24


class Period(StrEnum):
    """How long one point of a series is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class SpanCount:
    """What was received during one span, by the sections that the map lists apart."""

    since: datetime
    until: datetime
    counts: dict[Section, int]


@dataclass(frozen=True, slots=True)
class Point:
    """The count of the period that begins on a local day."""

    start: date
    n: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """What was counted, as of a moment; calls that officers opened are in the spans alone."""

    as_of: datetime
    seq: int
    spans: tuple[SpanCount, ...]
    categories: dict[str, int]
    city_categories: dict[str, int]
    week_hours: tuple[tuple[int, ...], ...]
    endings: dict[str, int]


def summary(past: Past, area: tuple[str, str] | None) -> Summary | None:
    """What is counted in an area, or in the whole city; ``None`` where nothing was ever published."""
    as_of = past.snapshot().as_of
    if as_of is None:
        return None
    calls = IncidentQuery(area=area, section=Section.CALLS, until=as_of)
    month = replace(calls, since=as_of - timedelta(hours=SPANS_H[-1]))
    year = replace(calls, since=as_of - timedelta(weeks=WEEKS))
    hours = past.count(year, ("weekday", "hour"))
    table = Counter({row.key: row.n for row in hours.rows})
    endings = past.count(replace(year, status=Status.CLOSED), ("disposition",))
    return Summary(
        as_of,
        hours.seq,
        tuple(_span(past, area, as_of, length) for length in SPANS_H),
        _by(past, month, "category"),
        _by(past, replace(month, area=None), "category"),
        tuple(tuple(table[weekday, hour] for hour in range(_HOURS)) for weekday in range(_DAYS)),
        {str(row.key[0] or ""): row.n for row in endings.rows},
    )


def series(past: Past, city: City, query: IncidentQuery, period: Period) -> list[Point]:
    """Count by local days, weeks or months, without a gap; the running period is not complete."""
    snapshot = past.snapshot()
    first_at = past.first_received_at()
    if first_at is None or snapshot.as_of is None:
        return []
    zone = city.city.zone
    counted = past.count(query, (period,))
    counts = {date.fromisoformat(f"{row.key[0]}-01"[:10]): row.n for row in counted.rows}
    begin = first_at.astimezone(zone)
    since = max(begin, query.since.astimezone(zone)) if query.since else begin
    until = min(snapshot.as_of, query.until or snapshot.as_of).astimezone(zone)
    points = []
    start = _first_day(since.date(), period)
    while (starts_at := _midnight(start, zone)) < until:
        following = _first_day(start + timedelta(days={"day": 1, "week": 7, "month": 31}[period]), period)
        complete = since <= starts_at and _midnight(following, zone) <= until
        points.append(Point(start, counts.get(start, 0), complete))
        start = following
    return points


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _first_day(day: date, period: Period) -> date:
    if period is Period.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period is Period.WEEK else day


def _span(past: Past, area: tuple[str, str] | None, as_of: datetime, hours: int) -> SpanCount:
    since = (as_of - timedelta(hours=hours)).astimezone(UTC)
    counted = past.count(IncidentQuery(area=area, since=since, until=as_of), ("section",))
    counts = Counter({row.key[0]: row.n for row in counted.rows})
    return SpanCount(since, as_of, {section: counts[section] for section in Section})


def _by(past: Past, query: IncidentQuery, group: str) -> dict[str, int]:
    rows = sorted(past.count(query, (group,)).rows, key=lambda row: -row.n)
    return {str(row.key[0]): row.n for row in rows}
