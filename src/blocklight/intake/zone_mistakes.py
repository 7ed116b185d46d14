"""Notices times that are whole hours off, as they are when read in the wrong time zone."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_ENOUGH = 10
_FEWEST_HOURS, _MOST_HOURS = 1, 14
_EARLY, _LATE = timedelta(minutes=2), timedelta(minutes=20)
_AN_HOUR = timedelta(hours=1)


def whole_hours_off(received: Iterable[datetime], fetched_at: datetime, zone: ZoneInfo) -> str | None:
    """Why the times seem to be read in the wrong zone, ``None`` if they do not.

    They do if the newest of at least ten different times is as many hours old as *zone* differs from UTC, in
    either half of the year; or a whole number of hours old, and far longer than the gaps before it.
    """
    times = sorted(set(received))
    if len(times) < _ENOUGH:
        return None
    newest = times[-1]
    hours = round((fetched_at - newest - (_LATE - _EARLY) / 2) / _AN_HOUR)
    late = fetched_at - newest - hours * _AN_HOUR
    if not (_FEWEST_HOURS <= hours <= _MOST_HOURS and -_EARLY <= late <= _LATE):
        return None
    if hours not in _away_from_utc(zone, fetched_at) and not _is_a_long_gap(times, fetched_at):
        return None
    shown, age = newest.astimezone(zone), _span(fetched_at - newest)
    return (
        f"The newest of {len(times)} times is {age} old: is it read in the right zone? "
        f"{newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC is {shown:%H:%M} on the city's clock ({zone.key})."
    )


def _away_from_utc(zone: ZoneInfo, at: datetime) -> set[int]:
    """How many hours a zone differs from UTC, in both halves of the year."""
    half_a_year = timedelta(days=182)
    offsets = (moment.astimezone(zone).utcoffset() or timedelta() for moment in (at, at - half_a_year))
    return {round(abs(offset) / _AN_HOUR) for offset in offsets}


def _is_a_long_gap(times: list[datetime], fetched_at: datetime) -> bool:
    """Whether the newest time is far older than the gaps between the newest times are long."""
    newest = times[-_ENOUGH:]
    longest = max(later - earlier for earlier, later in itertools.pairwise(newest))
    return fetched_at - newest[-1] > 4 * longest


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
