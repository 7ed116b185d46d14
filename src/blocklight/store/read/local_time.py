"""Asks in SQL for hours and weekdays as a city's clocks showed them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa

_HOUR_MS = 3_600_000
_WEEK_MS = 7 * 24 * _HOUR_MS
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
# 1970-01-01 was a Thursday; Monday is 0.
_FIRST_WEEKDAY = 3
# No zone was ever known to change its offset and change it back within a week.
_STRIDE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """Hours of the day and days of the week (Monday is 0) in a zone; an empty set is all of them."""

    zone: ZoneInfo
    hours: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()

    def conditions(self, column: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
        """What a column of milliseconds since 1970 must meet."""
        if not self.hours and not self.weekdays:
            return []
        steps = offsets(self.zone, datetime.now(UTC).year + 2)
        changes = [(column >= begins, sa.literal(offset)) for begins, offset in reversed(steps[1:])]
        always = sa.literal(steps[0][1])
        shift = sa.case(*changes, else_=always) if changes else always
        hour = (column + shift + _WEEK_MS) // _HOUR_MS  # below 0, engines round towards it
        tests: list[sa.ColumnElement[bool]] = []
        if self.hours:
            tests.append((hour % 24).in_(sorted(self.hours)))
        if self.weekdays:
            tests.append(((hour // 24 + _FIRST_WEEKDAY) % 7).in_(sorted(self.weekdays)))
        return tests


@lru_cache(maxsize=16)
def offsets(zone: ZoneInfo, year: int) -> list[tuple[int, int]]:
    """When each UTC offset of a zone began, from 1970 up to *year*, both in milliseconds."""
    time, offset = _FIRST, _offset(_FIRST, zone)
    changes = [(0, _span_ms(offset))]
    while time.year < year:
        later = time + _STRIDE
        if (changed := _offset(later, zone)) != offset:
            changes.append((_span_ms(_begin(time, later, zone) - _FIRST), _span_ms(changed)))
        time, offset = later, changed
    return changes


def _begin(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset of *after* began, by halving."""
    target = _offset(after, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (before, middle) if _offset(middle, zone) == target else (middle, after)
    return after


def _offset(time: datetime, zone: ZoneInfo) -> timedelta:
    return time.astimezone(zone).utcoffset() or timedelta()


def _span_ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
