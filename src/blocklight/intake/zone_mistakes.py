"""Notices times that are whole hours off, as they are when read in the wrong time zone."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# How many times a running source says it of, and of how few a person who looks at a feed is asked.
ENOUGH, ENOUGH_TO_ASK = 10, 3

# No zone is farther from UTC.
_MOST_HOURS = 14

# How fresh the newest call of a feed is, give or take, where its times are read right.
_EARLY, _LATE = timedelta(minutes=2), timedelta(minutes=20)

_AN_HOUR = timedelta(hours=1)


def whole_hours_off(
    received: Iterable[datetime], fetched_at: datetime, zone: ZoneInfo, *, enough: int = ENOUGH
) -> str | None:
    """Why the times seem to be read in the wrong zone, ``None`` if they do not.

    They do if the newest of at least *enough* different times is as old as *zone* differs from UTC, in
    either half of the year; or a whole number of hours old, and far longer than the gaps before it.
    """
    times = sorted(set(received))
    if len(times) < enough:
        return None
    newest = times[-1]
    age = fetched_at - newest
    if not (_is_late_by(age, _away_from_utc(zone, fetched_at)) or _is_a_long_gap(times, fetched_at)):
        return None
    shown = newest.astimezone(zone)
    return (
        f"The newest of {len(times)} times is {_hours_and_minutes(age)} old: is it read in the right zone? "
        f"{newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC is {shown:%H:%M} on the city's clock ({zone.key})."
    )


def _is_late_by(age: timedelta, spans: Iterable[timedelta]) -> bool:
    return any(-_EARLY <= age - span <= _LATE for span in spans if span >= _AN_HOUR)


def _away_from_utc(zone: ZoneInfo, at: datetime) -> set[timedelta]:
    """How far a zone differs from UTC, in both halves of the year; some by half an hour more."""
    half_a_year = timedelta(days=182)
    return {abs(moment.astimezone(zone).utcoffset() or timedelta()) for moment in (at, at - half_a_year)}


def _is_a_long_gap(times: list[datetime], fetched_at: datetime) -> bool:
    """Whether the newest is whole hours old, and far older than the gaps between the newest are long."""
    whole_hours = (hours * _AN_HOUR for hours in range(1, _MOST_HOURS + 1))
    newest = times[-ENOUGH:]
    if len(newest) < ENOUGH or not _is_late_by(fetched_at - newest[-1], whole_hours):
        return False
    longest = max(later - earlier for earlier, later in itertools.pairwise(newest))
    return fetched_at - newest[-1] > 4 * longest


def _hours_and_minutes(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
