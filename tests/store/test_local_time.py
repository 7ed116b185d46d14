from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from blocklight.store.read.local_time import LocalTimes, offsets

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES = [
    "UTC",
    "America/Los_Angeles",
    "America/Phoenix",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
]


def _answer(condition: sa.ColumnElement[bool]) -> bool:
    with sa.create_engine("sqlite://").connect() as connection:
        return bool(connection.scalar(sa.select(condition)))


@given(
    zone=st.sampled_from(_ZONES),
    seconds=st.integers(0, 60 * 365 * 86400),
    hours=st.frozensets(st.integers(0, 23)),
    weekdays=st.frozensets(st.integers(0, 6)),
)
@example("America/Los_Angeles", 25_201, frozenset({0}), frozenset())  # still 1969 there
@example("America/Los_Angeles", 25_201, frozenset({23}), frozenset({2}))
def test_sql_reads_the_clock_on_the_wall_as_python_does(
    zone: str, seconds: int, hours: frozenset[int], weekdays: frozenset[int]
) -> None:
    local = (_FIRST + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone))
    if local.year > datetime.now(UTC).year:
        return
    expected = (not hours or local.hour in hours) and (not weekdays or local.weekday() in weekdays)
    column = sa.literal(seconds * 1000)
    assert (
        _answer(sa.and_(sa.true(), *LocalTimes(ZoneInfo(zone), hours, weekdays).conditions(column)))
        == expected
    )


@pytest.mark.parametrize("zone", _ZONES)
def test_an_offset_begins_in_the_second_in_which_the_clocks_change(zone: str) -> None:
    found = offsets(ZoneInfo(zone), 2027)
    assert found[0][0] == 0
    assert len(found) > 50 or zone in {"UTC", "America/Phoenix", "Asia/Kathmandu"}
    for begins, offset in found[1:]:
        after = _FIRST + timedelta(milliseconds=begins)
        told = [time.astimezone(ZoneInfo(zone)).utcoffset() for time in (after - timedelta(seconds=1), after)]
        assert told[1] == timedelta(milliseconds=offset) != told[0]


def test_all_hours_and_days_ask_for_nothing() -> None:
    assert LocalTimes(ZoneInfo("UTC")).conditions(sa.literal(0)) == []
