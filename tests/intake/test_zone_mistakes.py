"""A feed that is whole hours off is noticed before it is published, and a quiet night is not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.intake.zone_mistakes import ENOUGH_TO_ASK, whole_hours_off

CHICAGO = ZoneInfo("America/Chicago")
ADELAIDE = ZoneInfo("Australia/Adelaide")
NOW = datetime(2026, 11, 28, 16, 18, tzinfo=UTC)


def every(minutes: float, *, until: datetime, count: int = 200) -> list[datetime]:
    return [until - timedelta(minutes=minutes * number) for number in range(count)]


def test_times_of_the_citys_clock_that_were_read_as_utc_are_noticed() -> None:
    told = whole_hours_off(every(3, until=NOW - timedelta(hours=6, minutes=4)), NOW, CHICAGO)
    assert told == (
        "The newest of 200 times is 6 h 04 min old: is it read in the right zone? "
        "2026-11-28 10:14 UTC is 04:14 on the city's clock (America/Chicago)."
    )


@pytest.mark.parametrize("hours", [1, 2, 3, 5, 8, 11, 14])
def test_any_whole_hour_is_noticed_where_calls_come_every_few_minutes(hours: int) -> None:
    times = every(4, until=NOW - timedelta(hours=hours, minutes=7))
    assert whole_hours_off(times, NOW, CHICAGO) is not None


@given(st.floats(0.5, 40), st.floats(0, 30))
def test_a_feed_that_is_up_to_date_is_never_asked_about(minutes: float, age_minutes: float) -> None:
    assert whole_hours_off(every(minutes, until=NOW - timedelta(minutes=age_minutes)), NOW, CHICAGO) is None


def test_a_quiet_night_and_a_few_calls_are_not_asked_about() -> None:
    hour = timedelta(hours=1)
    assert whole_hours_off(every(95, until=NOW - 3 * hour), NOW, CHICAGO) is None
    assert whole_hours_off(every(3, until=NOW - 6 * hour, count=9), NOW, CHICAGO) is None
    assert whole_hours_off(every(3, until=NOW - timedelta(days=2)), NOW, CHICAGO) is None
    assert whole_hours_off(every(3, until=NOW - 6.5 * hour), NOW, CHICAGO) is None


def test_somebody_who_looks_at_a_few_calls_is_asked_where_they_are_as_old_as_the_zone_is_far() -> None:
    few = every(10, until=NOW - timedelta(hours=6, minutes=4), count=4)
    assert whole_hours_off(few, NOW, CHICAGO, enough=ENOUGH_TO_ASK) is not None
    assert whole_hours_off(few, NOW - timedelta(hours=3), CHICAGO, enough=ENOUGH_TO_ASK) is None
    assert whole_hours_off(few[:2], NOW, CHICAGO, enough=ENOUGH_TO_ASK) is None


@pytest.mark.parametrize("hours", [9.5, 10.5])
def test_a_zone_of_half_hours_differs_by_them(hours: float) -> None:
    times = every(90, until=NOW - timedelta(hours=hours, minutes=4), count=12)
    assert whole_hours_off(times, NOW, ADELAIDE) is not None
    assert whole_hours_off(times, NOW, CHICAGO) is None


def test_a_zone_of_half_hours_is_left_to_the_gap() -> None:
    times = every(3, until=NOW - timedelta(hours=10, minutes=2))
    assert whole_hours_off(times, NOW, ADELAIDE) is not None
