"""Days of 23 and 25 hours, a leap day and a month without data, counted as a clock on the wall has them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from archived import build_all
from living_city import a_city, an_incident
from msgspec.structs import replace

from blocklight.archive.archive import Archive
from blocklight.archive.engine import Engine
from blocklight.insight.area_summary import Period, series, summary
from blocklight.insight.past import Past
from blocklight.store import IncidentQuery, Store

_ZONE = ZoneInfo("America/Los_Angeles")
# Two calls an hour over both nights of 2025 on which the clock was set, and over the end of February 2024.
_BEGINNINGS = (
    datetime(2024, 2, 28, 8, tzinfo=UTC),
    datetime(2025, 3, 8, 8, tzinfo=UTC),
    datetime(2025, 11, 1, 7, tzinfo=UTC),
)
_MOMENTS = [start + timedelta(minutes=30 * number) for start in _BEGINNINGS for number in range(3 * 48)]
_NOW = datetime(2025, 11, 10, tzinfo=UTC)


@contextmanager
def _past(folder: Path, now: datetime = _NOW) -> Iterator[Past]:
    city = a_city(folder)
    with Store.open(f"sqlite:///{folder / 'city.sqlite3'}", "smallville") as store:
        incidents = [
            replace(an_incident(number), received_at=moment) for number, moment in enumerate(_MOMENTS)
        ]
        store.apply("dispatch", incidents, at=now)
        archive = Archive(store, folder / "archive", city="smallville", area_kinds=["beat"], now=lambda: now)
        build_all(archive)
        engine = Engine(archive)
        yield Past(city, engine)
        engine.close()
        archive.close()


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with _past(tmp_path) as past:
        yield past


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _local() -> list[datetime]:
    return [moment.astimezone(_ZONE) for moment in _MOMENTS]


def test_a_day_of_23_or_25_hours_has_the_calls_of_its_own_hours(past: Past) -> None:
    points = {point.start: point for point in series(past, past.city, IncidentQuery(), Period.DAY)}
    assert points[date(2025, 3, 8)].n == 48
    assert points[date(2025, 3, 9)].n == 46
    assert points[date(2025, 11, 2)].n == 50
    assert points[date(2024, 2, 29)].n == 48
    assert points[date(2025, 3, 9)].complete
    assert points[date(2025, 11, 2)].complete
    counts = Counter(moment.date() for moment in _local())
    assert {day: point.n for day, point in points.items() if point.n} == counts
    days = sorted(points)
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def test_weeks_and_months_have_no_gap_and_an_empty_one_is_zero(past: Past) -> None:
    for period, first_day in ((Period.WEEK, _monday), (Period.MONTH, _first_of_month)):
        points = series(past, past.city, IncidentQuery(), period)
        counts = Counter(first_day(moment.date()) for moment in _local())
        assert {point.start: point.n for point in points if point.n} == counts
        assert len({point.start for point in points}) == len(points)
    months = {point.start: (point.n, point.complete) for point in points}
    assert months[date(2025, 7, 1)] == (0, True)
    assert len(months) == 22


def test_the_hour_that_comes_twice_is_one_hour_and_the_one_left_out_has_none(past: Past) -> None:
    for day, hour, n in ((date(2025, 11, 2), 1, 4), (date(2025, 3, 9), 2, 0), (date(2025, 3, 9), 3, 2)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=_ZONE)
        of_day = IncidentQuery(
            since=midnight.astimezone(UTC), until=(midnight + timedelta(days=1)).astimezone(UTC)
        )
        hours = {row.key[0]: row.n for row in past.count(of_day, ("hour",)).rows}
        assert hours.get(hour, 0) == n, (day, hour)


def test_the_hours_of_the_week_are_those_of_the_wall(past: Past) -> None:
    found = summary(past, None)
    assert found is not None
    year = [moment for moment in _local() if moment >= found.as_of - timedelta(weeks=52)]
    expected = Counter((moment.weekday(), moment.hour) for moment in year)
    assert {
        (day, hour): n for day, row in enumerate(found.week_hours) for hour, n in enumerate(row) if n
    } == expected


def test_a_series_that_ends_at_midnight_has_no_point_for_the_day_that_begins_then(past: Past) -> None:
    until = datetime(2025, 3, 10, tzinfo=_ZONE).astimezone(UTC)
    points = series(past, past.city, IncidentQuery(until=until), Period.DAY)
    assert points[-1].start == date(2025, 3, 9)
    assert points[-1].complete
