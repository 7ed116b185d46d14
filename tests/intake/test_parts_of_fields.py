"""Fields that are told in part, in other systems or in codes: split columns, projections, durations, days."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from exact_calls import lon_lat
from hypothesis import given
from hypothesis import strategies as st
from small_city import ROW, rules_of, small_city

from blocklight.errors import CityFileError, RecordRejected
from blocklight.intake.normalise import Normaliser, join_unit_rows
from blocklight.intake.record import Incident
from blocklight.intake.redact import redact
from blocklight.intake.values.converters import from_xy, to_lat_lon, to_units
from blocklight.intake.values.moments import from_time_of_day
from blocklight.model.outcomes import Withheld

PACIFIC = ZoneInfo("America/Los_Angeles")
NOON = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)  # in Chicago


def read(fields: dict[str, Any], *, folder: Path = Path(), at: datetime = NOON, **row: object) -> Incident:
    city = small_city(folder, fields=fields)
    return Normaliser.of(city.sources[0], city)({**ROW, **row}, at)


def test_a_date_and_a_time_in_two_columns_are_one_time() -> None:
    joined = {
        "from": ["date", "clock"],
        "join": " ",
        "convert": "local",
        "format": "%Y-%m-%dT00:00:00 %H:%M:%S",
    }
    incident = read({"received_at": joined}, date="2026-03-01T00:00:00", clock="11:58:59")
    assert incident.received_at == datetime(2026, 3, 1, 17, 58, 59, tzinfo=UTC)


def test_a_field_of_joined_columns_is_empty_when_one_of_them_is() -> None:
    joined = {"from": ["date", "clock"], "join": " ", "convert": "local", "format": "%Y-%m-%d %H:%M"}
    assert read({"closed_at": joined}, date="2026-03-01", clock="").closed_at is None
    with pytest.raises(RecordRejected, match="no_time"):
        read({"received_at": joined}, date=None, clock="11:00")


def test_the_first_format_that_fits_is_taken() -> None:
    several = {
        "from": "received",
        "convert": "local",
        "format": ["%m/%d/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S"],
    }
    for text in ("03/01/2026 11:30:00 AM", "2026-03-01T11:30:00"):
        assert read({"received_at": several}, received=text).received_at.minute == 30
    with pytest.raises(RecordRejected, match="bad_time"):
        read({"received_at": several}, received="1 March")


@pytest.mark.parametrize(
    ("x", "y", "lon", "lat"),
    # By the definition of Web Mercator: x = R * lon, y = R * ln(tan(45 deg + lat / 2)), R = 6,378,137 m.
    [("0", "5621521.486192066", 0.0, 45.0), ("-10018754.171394622", "0", -90.0, 0.0)],
)
def test_a_place_in_web_mercator_becomes_degrees(x: str, y: str, lon: float, lat: float) -> None:
    assert from_xy(f"{x} {y}", 1, "EPSG:3857") == pytest.approx((lon, lat), abs=1e-9)


def test_a_state_plane_place_goes_there_and_back() -> None:
    from pyproj import Transformer  # noqa: PLC0415 - the reference that only this test needs

    there = Transformer.from_crs("EPSG:4326", "EPSG:3452", always_xy=True)
    x, y = there.transform(-90.0715, 29.9511)
    assert from_xy(f"{x},{y}", 1, "EPSG:3452") == pytest.approx((-90.0715, 29.9511), abs=1e-7)


@pytest.mark.parametrize("text", ["0 0", "1e99 1e99", "inf 3", "12", "1 2 3", "", "a b"])
def test_what_is_no_place_in_a_projection_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_xy(text, 1, "EPSG:3452")


def test_millionths_of_degrees_are_scaled() -> None:
    millionths = {"from": ["x", "y"], "join": " ", "convert": "xy", "scale": 0.000001}
    incident = read({"point": millionths}, x="-95467381", y="29616340")
    assert lon_lat(incident) == pytest.approx((-95.467381, 29.61634))
    scaled = {"from": "x", "convert": "float", "scale": 1e-6}
    assert (lon_lat(read({"lon": scaled}, x="-95467381")) or (0, 0))[0] == pytest.approx(-95.467381)


@pytest.mark.parametrize(
    "text", ["45.590501 -122.758066", "45.590501,-122.758066", " 45.590501, -122.758066 "]
)
def test_text_with_latitude_first_is_read_so(text: str) -> None:
    assert to_lat_lon(text) == (-122.758066, 45.590501)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (">E21", 1),
        ("CM31X5 ?TAC35 >Q62 >E61", 4),
        ("E1>E2*>T3", 3),
        ("A058;M067", 2),
        ("E1, E1", 1),
        ("", 0),
        (">", 0),
    ],
)
def test_units_are_counted_whatever_marks_their_status(text: str, count: int) -> None:
    assert to_units(text) == count


def test_a_clock_reading_late_in_the_evening_read_after_midnight_is_yesterdays() -> None:
    just_after = datetime(2024, 9, 10, 0, 5, tzinfo=PACIFIC)
    received = from_time_of_day("11:58:00 PM", PACIFIC, ["%I:%M:%S %p"], fetched_at=just_after)
    assert received == datetime(2024, 9, 9, 23, 58, tzinfo=PACIFIC)


def test_a_clock_reading_that_has_its_date_after_all_is_read_with_it() -> None:
    forms = ["%I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"]
    late = datetime(2022, 4, 28, 0, 5, tzinfo=PACIFIC)
    for text in ("4/27/2022 11:51:25 PM", "11:51:25 PM"):
        received = from_time_of_day(text, PACIFIC, forms, fetched_at=late)
        assert received == datetime(2022, 4, 27, 23, 51, 25, tzinfo=PACIFIC)


def test_a_clock_that_is_a_little_ahead_of_ours_is_todays() -> None:
    before = datetime(2024, 9, 10, 12, 0, tzinfo=PACIFIC)
    received = from_time_of_day("12:05", PACIFIC, [], fetched_at=before)
    assert received == datetime(2024, 9, 10, 12, 5, tzinfo=PACIFIC)


def test_a_stage_without_a_date_follows_the_call_over_midnight() -> None:
    clock = {"convert": "time_of_day"}
    incident = read(
        {"dispatched_at": {"from": "dispatched", **clock}, "on_scene_at": {"from": "on_scene", **clock}},
        received="2026-02-28T23:59:00-06:00",
        dispatched="23:59:30",
        on_scene="00:07:00",
    )
    assert incident.dispatched_at == datetime(2026, 3, 1, 5, 59, 30, tzinfo=UTC)
    assert incident.on_scene_at == datetime(2026, 3, 1, 6, 7, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2039, 1, 1)), st.times())  # noqa: DTZ001 - made aware below
def test_a_clock_reading_lies_within_the_day_before_it_was_read(fetched: datetime, reading: time) -> None:
    fetched_at = fetched.replace(tzinfo=UTC)
    found = from_time_of_day(reading.isoformat(), PACIFIC, [], fetched_at=fetched_at)
    assert timedelta(minutes=-10) <= fetched_at - found <= timedelta(hours=25)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2039, 1, 1)), st.times())  # noqa: DTZ001 - made aware below
def test_a_stage_without_a_date_lies_within_a_day_after_the_call(received: datetime, reading: time) -> None:
    received_at = received.replace(tzinfo=UTC, microsecond=0)
    text = reading.replace(microsecond=0).isoformat()
    found = from_time_of_day(text, PACIFIC, [], fetched_at=received_at, not_before=received_at)
    assert timedelta(minutes=-10) <= found - received_at <= timedelta(hours=25)


def test_a_day_without_a_time_is_its_beginning_here_and_the_source_says_so() -> None:
    day = {"from": "received", "convert": "day", "format": "%m/%d/%Y"}
    incident = read({"received_at": day}, received="02/28/2026")
    assert incident.received_at == datetime(2026, 2, 28, 6, tzinfo=UTC)
    assert small_city(fields={"received_at": day}).sources[0].precision == "day"
    assert small_city().sources[0].precision == "time"


def test_a_closing_day_that_is_the_calls_own_is_the_time_of_the_call() -> None:
    day = {"from": "closed", "convert": "day"}
    assert read({"closed_at": day}, closed="2026-03-01").repaired == ()
    assert read({"closed_at": day}, closed=date(2026, 3, 1)).repaired == ()


def test_durations_become_times_after_the_call() -> None:
    fields = {
        "dispatched_at": {"from": ["intake", "queue"], "join": "+", "convert": "duration", "scale": 60},
        "on_scene_at": {"from": "response", "convert": "duration", "scale": 60},
    }
    incident = read(fields, intake=1.5, queue="2", response=11)
    assert incident.dispatched_at == incident.received_at + timedelta(seconds=210)
    assert incident.on_scene_at == incident.received_at + timedelta(minutes=11)
    assert read(fields, intake=1.5, queue=None, response=-3).repaired == ("on_scene_at",)


def test_a_code_table_beside_the_city_file_names_the_types(tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("code,meaning,remark\n10-50,THEFT,\n10-51,NOISE,old\n", "utf-8")
    named = {"from": "type", "codes": "codes.csv", "map": {"10-51": "ALARM"}}
    assert read({"source_type": named}, folder=tmp_path, type="10-50").source_type == "THEFT"
    assert read({"source_type": named}, folder=tmp_path, type="10-51").source_type == "ALARM"


@pytest.mark.parametrize("content", [None, b"", b"code,meaning\n", b"a,b\nc\n", b"a,b\n\xff,x\n"])
def test_a_code_table_that_cannot_be_read_is_an_error_of_the_city_file(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "codes.csv").write_bytes(content)
    with pytest.raises(CityFileError, match=r"sources\.calls\.fields\.source_type\.codes"):
        small_city(tmp_path, fields={"source_type": {"from": "type", "codes": "codes.csv"}})


def test_a_code_table_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match="beside the city file"):
        small_city(tmp_path, fields={"source_type": {"from": "type", "codes": "../codes.csv"}})


def test_every_further_type_of_a_call_is_kept_for_judging() -> None:
    fields = {"other_type": {"from": ["first_type", "offence"]}}
    assert read(fields, first_type="NOISE", offence="FIGHT").other_types == ("NOISE", "FIGHT")
    assert read(fields, first_type="", offence="FIGHT").other_types == ("FIGHT",)


@pytest.mark.parametrize("value", [{"a": 1}, "x" * 300])
def test_a_further_type_that_cannot_be_read_makes_the_record_unreadable(value: object) -> None:
    with pytest.raises(RecordRejected, match="bad_other_type"):
        read({"other_type": "offence"}, offence=value)


def test_a_call_whose_further_type_is_sensitive_is_withheld() -> None:
    city = small_city(fields={"other_type": "offence"})
    normalise, rules = Normaliser.of(city.sources[0], city), rules_of(city)
    hushed = redact(normalise({**ROW, "offence": "HUSH"}, NOON), rules)
    assert isinstance(hushed, Withheld)
    assert hushed.sensitive
    assert not isinstance(redact(normalise({**ROW, "offence": "FIGHT"}, NOON), rules), Withheld)


def test_parts_of_an_incident_are_joined_without_counting_them_as_units() -> None:
    city = small_city(rows="part", fields={"units": {"from": "n", "convert": "int"}})
    normalise = Normaliser.of(city.sources[0], city)
    rows = [normalise({**ROW, "type": kind, "n": 2}, NOON) for kind in ("NOISE", "HUSH", "THEFT")]
    [joined] = join_unit_rows(rows, are_units=False)
    assert joined.units == 2
    assert {joined.source_type, *joined.other_types} == {"NOISE", "HUSH", "THEFT"}
    assert isinstance(redact(joined, rules_of(city)), Withheld)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"from": "x", "join": " "}, "several columns"),
        ({"from": "x", "crs": "EPSG:3857"}, "belongs to"),
        ({"from": "x", "gaps": True}, "belongs to"),
        ({"from": "x", "convert": "xy", "crs": "EPSG:1"}, "not a coordinate reference system"),
        ({"from": "x", "scale": 2}, "belongs to"),
        ({"from": "x", "convert": "int", "scale": -1}, "larger than 0"),
        ({"from": "x", "convert": "float", "scale": 0}, "larger than 0"),
        ({"from": "x", "format": "%Y"}, "belongs to"),
    ],
)
def test_a_setting_that_would_do_nothing_is_an_error(field: dict[str, Any], reason: str) -> None:
    with pytest.raises(CityFileError, match=reason):
        small_city(fields={"address": field})


def test_a_duration_cannot_be_the_first_time() -> None:
    with pytest.raises(CityFileError, match="no earlier time is known"):
        small_city(fields={"received_at": {"from": "x", "convert": "duration"}})
