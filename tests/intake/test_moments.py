"""Times as feeds write them: with a zone of their own, as numbers, at the end of the day, without a date."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_city import ROW, small_city

from blocklight.errors import CityFileError
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident
from blocklight.intake.values.moments import (
    from_day,
    from_epoch_ms,
    from_excel,
    from_iso,
    from_local,
    from_time_of_day,
)
from blocklight.model.vocabulary import Status

CHICAGO = ZoneInfo("America/Chicago")
SEVEN_PAST_FOUR = datetime(2026, 11, 28, 16, 7, 59, tzinfo=UTC)


def read(fields: dict[str, Any], source: dict[str, Any] | None = None, /, **row: object) -> Incident:
    """Read a row of the small city at noon, with changes to its source and to the row."""
    city = small_city(fields=fields, **(source or {}))
    return Normaliser.of(city.sources[0], city)({**ROW, **row}, datetime(2026, 3, 1, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-11-28T10:07:59", None),
        ("2026-11-28T16:07:59Z", None),
        ("2026-11-28 16:07:59 UTC", None),
        ("2026-11-28 16:07:59 GMT", None),
        ("2026-11-28 16:07:59 utc", None),
        ("2026-11-28 16:07:59 UTC", "%Y-%m-%d %H:%M:%S UTC"),
        ("2026-11-28T16:07:59Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("11/28/2026 16:07:59Z", "%m/%d/%Y %H:%M:%S"),
        ("11/28/2026 04:07:59 PM UTC", "%m/%d/%Y %I:%M:%S %p"),
        ("11/28/2026 10:07:59", "%m/%d/%Y %H:%M:%S"),
        ("Sat, 28 Nov 2026 16:07:59 GMT", None),
        ("28 Nov 2026 16:07:59 +0000", None),
        ("Sat, 28 Nov 2026 10:07:59 CST", None),
        ("Sat, 28 Nov 2026 10:07:59 -0600", None),
        ("28 Nov 2026 10:07:59", None),
        ("/Date(1795882079000)/", None),
        ("/Date(1795882079000-0600)/", None),
        ("1795860479000", None),  # a wall clock that was written down as if it were UTC
        (1_795_860_479_000, None),
        (1_795_860_479_000.0, None),
        ("2026-11-28 10:07:59 CST", None),
        ("2026-11-28 11:07:59 EST", None),
        ("2026-11-28 10:07:59 America/Chicago", None),
        ("2026-11-28T10:07:59-06:00[America/Chicago]", None),
        ("2026-11-28T16:07:59Z[UTC]", None),
        ("2026-11-28 16:07:59 +0000 UTC", None),
        ("Sat Nov 28 2026 10:07:59 GMT-0600 (Central Standard Time)", None),
        ("11/28/2026 10:07:59 AM CST", "%m/%d/%Y %I:%M:%S %p"),
        ("11/28/2026 08:07:59 (PST)", "%m/%d/%Y %H:%M:%S"),
        ("11/28/2026 16:07:59 +00:00", "%m/%d/%Y %H:%M:%S"),
        ("11/28/2026 16:07:59+00", "%m/%d/%Y %H:%M:%S"),
        ("11/28/2026 10:07:59 UTC-6", "%m/%d/%Y %H:%M:%S"),
        ("11/28/2026 10:07:59 a.m.", "%m/%d/%Y %I:%M:%S %p"),
        ("11/28/2026 10:07:59A", "%m/%d/%Y %I:%M:%S%p"),
        ("11/28/2026 10:07:59 hrs", "%m/%d/%Y %H:%M:%S"),
        ("2026-11-28T00:00:00.000 10:07:59", None),
        ("2026-11-28 10:07:59 AM", None),
        ("2026-11-28 00:00:00 1899-12-30T10:07:59", None),
        ("1795824000000 10:07:59", None),  # a layer's day, and a clock beside it
        ("1795824000000 100759", None),
        ("2026-11-28 10:07:59 Central Standard Time", None),
        ("11/28/2026 11:07:59 Eastern Time", "%m/%d/%Y %H:%M:%S"),
        ("2026-11-28 08:07:59 PT", None),
    ],
)
def test_a_time_is_of_the_zone_that_it_names_and_else_of_the_city(text: object, form: str | None) -> None:
    assert from_local(text, CHICAGO, form) == SEVEN_PAST_FOUR


@pytest.mark.parametrize(
    "text", ["Sat, 28 Nov 2026 16:07:59 GMT", "2026-11-28 16:07:59 UTC", "Sat, 28 Nov 2026 10:07:59 CST"]
)
def test_text_with_a_zone_in_words_has_an_offset(text: str) -> None:
    assert from_iso(text) == SEVEN_PAST_FOUR


def test_what_microsoft_writes_is_milliseconds_in_utc_whatever_offset_stands_beside_them() -> None:
    assert (
        from_epoch_ms("/Date(1795882079000)/")
        == from_epoch_ms("/Date(1795882079000+0930)/")
        == SEVEN_PAST_FOUR
    )


@pytest.mark.parametrize(
    ("clock", "shown"),
    [
        ("5", "00:05"),
        ("45", "00:45"),
        ("105", "01:05"),
        ("157", "01:57"),
        ("0914", "09:14"),
        ("1839", "18:39"),
        ("105.0", "01:05"),
        ("0", "00:00"),
    ],
)
def test_a_clock_that_is_written_as_a_number_lacks_only_its_leading_zeros(clock: str, shown: str) -> None:
    wanted = from_local(f"2026-11-27 {shown}", CHICAGO, None)
    assert from_local(f"11/27/2026 {clock}", CHICAGO, "%m/%d/%Y %H%M") == wanted
    fetched_at = wanted + timedelta(hours=1)
    assert from_time_of_day(clock, CHICAGO, [], fetched_at=fetched_at) == wanted
    assert from_time_of_day(clock, CHICAGO, ["%H%M"], fetched_at=fetched_at) == wanted


@given(st.times())
def test_hours_minutes_and_seconds_as_one_number_are_read_back(clock: time) -> None:
    number = int(f"{clock:%H%M%S}")
    wanted = from_local(f"2026-07-01 {clock:%H:%M:%S}", CHICAGO, None)
    assert from_local(f"07/01/2026 {number}", CHICAGO, "%m/%d/%Y %H%M%S") == wanted
    assert from_local(f"20260701{clock:%H%M%S}", CHICAGO, "%Y%m%d%H%M%S") == wanted


@pytest.mark.parametrize("clock", ["2460", "2561", "99", "-5", "10:05", "1005 PM", "123456"])
def test_a_number_that_no_clock_shows_is_no_time(clock: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_local(f"11/27/2026 {clock}", CHICAGO, "%m/%d/%Y %H%M")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-11-27T24:00:00", None),
        ("2026-11-27 24:00", None),
        ("11/27/2026 24:00", "%m/%d/%Y %H:%M"),
        ("11/27/2026 24:00:00", "%m/%d/%Y %H:%M:%S"),
        ("11/27/2026 2400", "%m/%d/%Y %H%M"),
    ],
)
def test_twenty_four_o_clock_is_the_end_of_its_day(text: str, form: str | None) -> None:
    assert from_local(text, CHICAGO, form) == datetime(2026, 11, 28, 6, tzinfo=UTC)


def test_a_part_of_a_day_is_a_clock_too() -> None:
    fetched_at = datetime(2026, 11, 28, 20, tzinfo=UTC)
    assert from_time_of_day(0.25, CHICAGO, [], fetched_at=fetched_at) == datetime(
        2026, 11, 28, 12, tzinfo=UTC
    )


def test_a_spreadsheets_day_number_is_a_wall_clock() -> None:
    assert from_excel(46354.421516, CHICAGO) == datetime(2026, 11, 28, 16, 6, 59, tzinfo=UTC)
    assert from_excel("46204", CHICAGO) == datetime(2026, 7, 1, 5, tzinfo=UTC)
    with pytest.raises(ValueError, match="day number"):
        from_excel(1_795_882_079, CHICAGO)


@pytest.mark.parametrize("text", ["2026-11-27T10:05:00", "11/27/2026 10:05", "2026-11-27T10:05:00-06:00"])
def test_a_text_with_a_clock_in_it_never_becomes_a_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_day(text, CHICAGO, ["%m/%d/%Y %H:%M"] if "/" in text else [])


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-27",
        "2026-11-27T00:00:00.000",
        "2026-11-27T06:00:00Z",
        "2026-11-27T00:00:00Z",
        "2026-11-27 00:00",
    ],
)
def test_midnight_is_how_some_write_a_day(text: str) -> None:
    assert from_day(text, CHICAGO, []) == datetime(2026, 11, 27, 6, tzinfo=UTC)


def test_a_stage_just_before_its_call_is_not_a_day_after_it() -> None:
    received_at = datetime(2026, 11, 28, 16, 5, 30, tzinfo=UTC)

    def stage(text: str) -> datetime:
        return from_time_of_day(text, CHICAGO, [], fetched_at=received_at, not_before=received_at)

    assert stage("10:05") == received_at, "it is the same minute"
    assert stage("10:03:10") == received_at - timedelta(seconds=140)
    assert stage("10:05:00") == received_at - timedelta(seconds=30)
    assert stage("09:50:00") == received_at + timedelta(days=1) - timedelta(seconds=930)


def test_a_call_that_ended_before_it_began_is_over() -> None:
    incident = read({}, {"closes": "time"}, closed="2026-03-01T11:59:00Z")
    assert (incident.status, incident.closed_at) == (Status.CLOSED, None)
    assert incident.repaired == ("closed_at",)


def test_the_zone_of_a_source_or_of_one_field_stands_before_the_citys() -> None:
    local = {"from": "received", "convert": "local"}
    noon = "2026-03-01T12:00:00"
    assert read({"received_at": local}, received=noon).received_at.hour == 18
    of_source = read({"received_at": local}, {"zone": "UTC"}, received=noon)
    assert of_source.received_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    of_field = read({"received_at": local | {"zone": "America/New_York"}}, {"zone": "UTC"}, received=noon)
    assert of_field.received_at == datetime(2026, 3, 1, 17, tzinfo=UTC)


def test_a_zone_that_would_be_forgotten_or_is_none_is_refused() -> None:
    with pytest.raises((CityFileError, ValueError), match="%Z reads the name of a zone and ignores it"):
        small_city(fields={"received_at": {"from": "r", "convert": "local", "format": "%H:%M %Z"}})
    with pytest.raises((CityFileError, ValueError), match="not a time zone"):
        small_city(fields={"received_at": {"from": "r", "convert": "local", "zone": "CST6"}})
    with pytest.raises((CityFileError, ValueError), match="`zone` belongs to"):
        small_city(fields={"received_at": {"from": "r", "convert": "iso", "zone": "UTC"}})


@pytest.mark.parametrize(
    "text",
    [
        "1:05 AM",
        "1:05 a.m.",
        "1:05:00 AM",
        "1:05A",
        "0105 hrs",
        "01:05h",
        "1:05",
        "01:05:00.000",
        "1899-12-30T01:05:00",
        "12/30/1899 1:05:00 AM",
        "1900-01-01 01:05:00",
        "01:05:00 CST",
        "07:05 UTC",
    ],
)
def test_a_clock_is_read_in_each_of_its_forms(text: str) -> None:
    moment = from_time_of_day(text, CHICAGO, (), fetched_at=datetime(2026, 3, 1, 20, tzinfo=UTC))
    assert moment == datetime(2026, 3, 1, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["01.05", "14.30", "13:05 PM", "0:05 AM", "25:05", "1:5", "PT1H"])
def test_what_may_be_another_clock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_time_of_day(text, CHICAGO, (), fetched_at=datetime(2026, 3, 1, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28 10:07:59 XYZ",
        "2026-11-28 10:07:59 Nowhere/Atall",
        "11/28/2026 00:00 10:07",
        "2026-11-28 08:00:00 10:07:59",  # two clocks
    ],
)
def test_what_names_no_zone_and_two_clocks_are_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_local(text, CHICAGO, None)
