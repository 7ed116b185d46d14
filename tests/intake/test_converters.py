import string
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.intake.values.converters import CONVERTERS, read_degrees, to_length, to_point, to_text
from blocklight.intake.values.moments import from_epoch_ms, from_epoch_s, from_iso, from_local
from blocklight.intake.values.numbers import to_float, to_int

CHICAGO = ZoneInfo("America/Chicago")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
ZONES = st.sampled_from([CHICAGO, LOS_ANGELES])

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**400)
    | st.floats()
    | st.text()
    | st.sampled_from(["1e999", "NaN", "POINT (", "POINT (1e999 2)", "(1, 2", "0001-01-01T00:00:00+14:00"])
    | st.sampled_from(["9999-12-31T23:59:59-12:00", "9999-12-31", "0001-01-01", "24:00", "\x00", "٣"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coordinates", "longitude", "latitude", "type", "human_address"]), inner
        )
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(CONVERTERS)), anything)
def test_nonsense_is_never_anything_but_a_value_error(name: str, value: Any) -> None:  # noqa: ANN401 - it is anything
    try:
        converted = CONVERTERS[name](value)
    except ValueError:
        return
    if isinstance(converted, datetime):
        assert converted.utcoffset() == timedelta(0)


@given(anything, ZONES, st.sampled_from([None, "%Y-%m-%d %H:%M", "%m/%d/%Y %I:%M:%S %p", "%"]))
def test_a_local_time_that_is_none_is_a_value_error(
    value: Any,  # noqa: ANN401 - it is anything
    zone: ZoneInfo,
    form: str | None,
) -> None:
    with suppress(ValueError):
        assert from_local(value, zone, form).utcoffset() == timedelta(0)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)), ZONES)  # noqa: DTZ001 - a wall clock
def test_a_wall_clock_reading_shows_itself_again_unless_it_never_was(wall: datetime, zone: ZoneInfo) -> None:
    read = from_local(wall.isoformat(), zone, None)
    again = read.astimezone(zone).replace(tzinfo=None)
    assert again in (wall, wall + timedelta(hours=1))
    if again != wall:  # in the gap: no instant of that day shows it
        assert all(
            (read + timedelta(minutes=m)).astimezone(zone).replace(tzinfo=None) != wall
            for m in (-120, -60, 60)
        )


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        # The clocks of 2026 go forward on 8 March and back on 1 November, both at 2.
        (CHICAGO, "2026-03-08 01:59:59", "2026-03-08T07:59:59+00:00"),
        (CHICAGO, "2026-03-08 02:30:00", "2026-03-08T08:30:00+00:00"),
        (CHICAGO, "2026-03-08 03:00:00", "2026-03-08T08:00:00+00:00"),
        (CHICAGO, "2026-11-01 00:59:59", "2026-11-01T05:59:59+00:00"),
        (CHICAGO, "2026-11-01 01:30:00", "2026-11-01T06:30:00+00:00"),
        (CHICAGO, "2026-11-01 02:00:00", "2026-11-01T08:00:00+00:00"),
        (LOS_ANGELES, "2026-03-08 02:30:00", "2026-03-08T10:30:00+00:00"),
        (LOS_ANGELES, "2026-11-01 01:30:00", "2026-11-01T08:30:00+00:00"),
        (LOS_ANGELES, "2026-07-04 12:00:00", "2026-07-04T19:00:00+00:00"),
        (LOS_ANGELES, "2026-01-04 12:00:00", "2026-01-04T20:00:00+00:00"),
    ],
)
def test_gaps_and_folds_are_read_as_a_clock_on_the_wall_showed_them(
    zone: ZoneInfo, wall: str, expected: str
) -> None:
    assert from_local(wall, zone, "%Y-%m-%d %H:%M:%S").isoformat() == expected


def test_a_reading_that_was_twice_is_the_second_when_the_first_lies_before_the_call() -> None:
    received = from_local("2026-11-01T01:50:00", CHICAGO, None)
    dispatched = from_local("2026-11-01T01:10:00", CHICAGO, None, not_before=received)
    assert dispatched - received == timedelta(minutes=20)


@given(st.integers(0, 59), st.integers(0, 119), ZONES)
def test_a_stage_in_the_fold_is_never_before_its_call(minute: int, later: int, zone: ZoneInfo) -> None:
    received = from_local(f"2026-11-01T01:{minute:02}:00", zone, None)
    truth = received + timedelta(minutes=later)
    wall = truth.astimezone(zone).replace(tzinfo=None)
    read = from_local(wall.isoformat(), zone, None, not_before=received)
    assert read >= received
    assert abs(read - truth) in (timedelta(0), timedelta(hours=1))


def test_a_reading_with_an_offset_needs_no_zone() -> None:
    assert from_local("2026-07-04T12:00:00-07:00", CHICAGO, None) == datetime(2026, 7, 4, 19, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - UTC follows
def test_epoch_seconds_and_milliseconds_name_the_same_time(naive: datetime) -> None:
    when = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    ms = round(when.timestamp() * 1000)
    assert from_epoch_ms(ms) == from_epoch_ms(str(ms)) == when
    assert abs(from_epoch_s(ms / 1000) - when) < timedelta(milliseconds=1)


@pytest.mark.parametrize("value", [1_759_710_240_000, "1759710240000", 10**18, -(10**18)])
def test_milliseconds_are_not_taken_for_seconds(value: object) -> None:
    with pytest.raises(ValueError, match="not seconds"):
        from_epoch_s(value)


@pytest.mark.parametrize(("text", "year"), [("2104-05-06T07:08:00Z", 2104), ("2914-07-01T00:00:00Z", 2914)])
def test_an_absurd_year_is_still_a_time_and_left_to_be_judged(text: str, year: int) -> None:
    assert from_iso(text).year == year
    assert from_local(text.removesuffix("Z"), LOS_ANGELES, None).year == year


def test_a_time_without_an_offset_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="offset"):
        from_iso("2026-01-01T00:00:00")


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Point", "coordinates": [-122.27, 37.8]},
        {"type": "Point", "coordinates": ["-122.27", "37.8", 12.5]},
        {"longitude": "-122.27", "latitude": "37.8", "human_address": "{}"},
        "POINT (-122.27 37.8)",
        "point(-122.27   37.8)",
        "(37.8, -122.27)",
        "1400 BROADWAY\nOakland, CA\n(37.8, -122.27)",
    ],
)
def test_every_notation_of_a_point_is_lon_then_lat(value: object) -> None:
    assert to_point(value) == (-122.27, 37.8)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_point_is_read_back_from_geojson_and_wkt(lon: float, lat: float) -> None:
    assert to_point({"coordinates": [lon, lat]}) == (lon, lat)
    assert to_point(f"POINT ({lon} {lat})") == (lon, lat)


@pytest.mark.parametrize("value", ["REDACTED", "", "0", {}, {"coordinates": []}, {"coordinates": "12"}, []])
def test_what_is_no_point_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        to_point(value)


@given(st.text())
def test_text_has_no_control_characters_and_no_runs_of_space(text: str) -> None:
    read = to_text(text)
    assert read.isprintable()
    assert read == read.strip()
    assert "  " not in read
    assert to_text(read) == read


@given(
    st.lists(st.text(string.ascii_letters + string.digits + " ", min_size=1).filter(str.strip), max_size=8)
)
def test_a_list_of_units_becomes_their_number_and_nothing_else(units: list[str]) -> None:
    assert to_length(",".join(units)) == len(units)
    assert to_length("; ".join(units)) == len(units)


@pytest.mark.parametrize("value", [True, "NaN", "inf", "-Infinity", None, [], "12 units", 10**400])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        to_float(value)


def test_a_whole_number_may_be_written_as_a_float_and_a_half_one_is_refused() -> None:
    assert to_int("3.0") == 3
    with pytest.raises(ValueError, match="whole"):
        to_int(2.5)


@pytest.mark.parametrize("text", ["(" + "1" * 100_000, "POINT (" + "1" * 100_000, "1" * 999, "(" * 100_000])
def test_a_text_that_is_no_point_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match="not a point"):
        to_point(text)


def test_a_point_may_stand_behind_its_address() -> None:
    assert to_point("1400 MAIN ST\nANYTOWN, CA\n(37.81, -122.27)") == (-122.27, 37.81)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("97.33 W", -97.33),
        ("W 97.33", -97.33),
        ("97°19'48\"W", -97.33),
        ("97°19.8′ w", -97.33),
        ("37.68°", 37.68),
        ("-37.68°", -37.68),
        ("37.68 N", 37.68),
        ("1e2", 100.0),
        ("37,68", 37.68),
    ],
)
def test_degrees_may_name_their_half_of_the_earth(text: str, degrees: float) -> None:
    assert read_degrees(text) == pytest.approx(degrees)


@pytest.mark.parametrize("text", ["E", "12N34", "37 40.8 N", "97°19", "N 37 W", ""])
def test_what_are_no_degrees_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any reason
        read_degrees(text)
