"""Cities that are known from documentation, each with a row written by hand in the shape of its feed."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from city_runs import KEY, Run

from blocklight.areas import Areas
from blocklight.city import City, load_city, parse_city, shipped_cities
from blocklight.intake.normalise import Normaliser, join_unit_rows
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, redact
from blocklight.model import Category, Disposition, Origin, PublicIncident, Reason, Status, Withheld
from blocklight.store import Store

NOW = datetime(2026, 9, 30, tzinfo=UTC)
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "cincinnati": (
        "police",
        {
            "event_number": "CPD260924000001",
            "create_time_incident": "2026-09-24T10:00:00.000",
            "dispatch_time_primary_unit": "2026-09-24T10:02:00.000",
            "arrival_time_primary_unit": "2026-09-24T10:09:30.000",
            "closed_time_incident": "2026-09-24T10:40:00.000",
            "incident_type_desc": "NOISE COMPLAINT",
            "priority": "23",
            "disposition_text": "ADV: ADVISED",
            "address_x": "12XX VINE ST",
            "latitude_x": "39.1084",
            "longitude_x": "-84.5154",
        },
    ),
    "new-orleans": (
        "police",
        {
            "nopd_item": "I0000126",
            "timecreate": "2026-09-24T10:00:00.000",
            "timedispatch": "2026-09-24T10:02:00.000",
            "timearrive": "2026-09-24T10:09:30.000",
            "timeclosed": "2026-09-24T10:40:00.000",
            "typetext": "AUTO ACCIDENT",
            "initialtypetext": "HIT & RUN",
            "priority": "1E",
            "selfinitiated": "N",
            "dispositiontext": "REPORT TO FOLLOW",
            "mapx": "3682000",
            "mapy": "532000",
            "block_address": "012XX Canal St",
        },
    ),
    "detroit": (
        "police",
        {
            "incident_entry_id": 987654,
            "called_at": 1790258400000,
            "intake_time": 1.0,
            "dispatch_time": 1.0,
            "travel_time": 7.5,
            "total_response_time": 9.5,
            "total_time": 40.0,
            "call_description": "NOISE COMPLAINT",
            "category": "NOISE",
            "priority": "3",
            "incident_location": "Woodward Ave & Main St",
            "longitude": -83.05,
            "latitude": 42.33,
        },
    ),
    "seattle-fire": (
        "calls",
        {
            "incident_number": "F260000001",
            "datetime": "2026-09-24T07:00:00.000",
            "type": "Rubbish Fire",
            "address": "8th Ave Nw / Nw Market St",
            "latitude": "47.6686",
            "longitude": "-122.3661",
            "report_location": {"type": "Point", "coordinates": [-122.3661, 47.6686]},
        },
    ),
    "san-francisco": (
        "police",
        {
            "cad_number": "262680001",
            "received_datetime": "2026-09-24T07:00:00.000",
            "dispatch_datetime": "2026-09-24T07:02:00.000",
            "enroute_datetime": "2026-09-24T07:03:00.000",
            "onscene_datetime": "2026-09-24T07:09:30.000",
            "close_datetime": "2026-09-24T07:40:00.000",
            "call_type_original_desc": "NOISE NUISANCE",
            "call_type_final_desc": "NOISE NUISANCE",
            "priority_final": "C",
            "onview_flag": "N",
            "disposition": "GOA",
            "intersection_point": {"type": "Point", "coordinates": [-122.42, 37.77]},
            "intersection_name": "A ST \\ B ST",
        },
    ),
}
CATEGORIES = {
    "cincinnati": Category.NOISE,
    "new-orleans": Category.TRAFFIC_COLLISION,
    "detroit": Category.NOISE,
    "seattle-fire": Category.FIRE,
    "san-francisco": Category.NOISE,
}


def read(name: str, source_id: str, row: dict[str, Any]) -> tuple[City, Incident]:
    city = load_city(name)
    return city, Normaliser.of(city.source(source_id), city)(row, NOW)


def shown(city: City, incident: Incident) -> object:
    return redact(incident, Rules.of(city, KEY, Areas(city)))


@pytest.mark.parametrize("name", ROWS)
def test_a_row_in_the_documented_shape_is_understood_whole(name: str) -> None:
    city, incident = read(name, *ROWS[name])
    public = shown(city, incident)
    assert isinstance(public, PublicIncident)
    assert incident.repaired == ()
    assert public.category is CATEGORIES[name]
    assert incident.received_at == datetime(2026, 9, 24, 14, tzinfo=UTC) or name == "new-orleans"
    stages = {"dispatched_at", "on_scene_at", "closed_at"} & {n for n, _ in city.sources[0].fields.named()}
    waits = {n: getattr(incident, n) - incident.received_at for n in stages}
    expected = {"dispatched_at": 120, "on_scene_at": 570, "closed_at": 2400}
    assert waits == {n: timedelta(seconds=expected[n]) for n in stages}


def test_new_orleans_lies_where_it_does() -> None:
    _, incident = read("new-orleans", *ROWS["new-orleans"])
    assert (incident.lon, incident.lat) == pytest.approx((-90.07, 29.95), abs=0.03)
    assert (incident.priority, incident.origin) == (2, Origin.COMMUNITY)
    assert incident.disposition is Disposition.REPORT_TAKEN


def test_a_call_of_new_orleans_that_began_as_a_domestic_one_stays_withheld() -> None:
    source_id, row = ROWS["new-orleans"]
    city, incident = read("new-orleans", source_id, row | {"initialtypetext": "DOMESTIC DISTURBANCE"})
    found = shown(city, incident)
    assert isinstance(found, Withheld)
    assert found.sensitive


@pytest.mark.parametrize("said", [True, "true", "Y"])
def test_a_call_of_san_francisco_that_its_publisher_marks_is_withheld_whenever_it_is(said: object) -> None:
    source_id, row = ROWS["san-francisco"]
    city, plain = read("san-francisco", source_id, row | {"sensitive_call": False})
    assert isinstance(shown(city, plain), PublicIncident)
    _, marked = read("san-francisco", source_id, row | {"sensitive_call": said})
    found = shown(city, marked)
    assert isinstance(found, Withheld)
    assert found.sensitive
    assert not city.source(source_id).where, "a row that is not read takes back nothing"


def test_dallas_is_understood_and_withheld_for_want_of_a_place() -> None:
    units = ("A643", "B399")
    row = {
        "incident_number": "26-0000001",
        "date": "2026-09-24T00:00:00.000",
        "time": "09:00:00",
        "nature_of_call": "7X - Major Accident",
        "priority": "2",
        "status": "At Scene",
        "location": "Frankford Rd / Midway Rd",
    }
    city = load_city("dallas")
    normalise = Normaliser.of(city.source("active"), city)
    [joined] = join_unit_rows(normalise({**row, "unit_number": unit}, NOW) for unit in units)
    assert joined.received_at == datetime(2026, 9, 24, 14, tzinfo=UTC)
    assert (joined.units, joined.status) == (2, Status.OPEN)
    found = shown(city, joined)
    assert isinstance(found, Withheld)
    assert found.reason is Reason.NO_PLACE


def test_every_shipped_city_says_what_was_checked() -> None:
    names = set(shipped_cities())
    assert set(ROWS) | {"dallas", "menlo-park", "san-mateo-fire", "berkeley", "oakland", "portland"} <= names
    said = ("Checked against", "Known only from", "Known from")
    for name in names - {"demo", "houston", "san-francisco-fire"}:
        text = shipped_cities()[name].read_text("utf-8")
        assert any(words in text for words in said), name


def a_page(*calls: tuple[str, str, str, str]) -> bytes:
    """Write Seattle's page as those who read it describe it: headings, then a table within a table."""
    names = ("Date/Time", "Incident #", "Level", "Units", "Location", "Type")
    heading = "".join(f"<td class=regbold>{name}</td>" for name in names)
    rows = ""
    for number, (id_, units, type_, look) in enumerate(calls, 1):
        cells = ("9/24/2026 6:33:28 PM", id_, "1", units, "8th Ave Nw / Nw Market St", type_)
        rows += (
            f"<tr id=row_{number}>" + "".join(f'<td class="{look}">{cell}</td>' for cell in cells) + "</tr>"
        )
    key = '<table><tr><td class="regtext"><img src="grsq.gif"> = Active Incident</td><td></td></tr></table>'
    return (
        f'<html><table><tr><td colspan="6">{key}</td></tr><tr>{heading}</tr><tr><td colspan="6"><table><tr>'
        f"<td><table>{rows}</table></td></tr></table></td></tr></table></html>"
    ).encode()


def seattles_page() -> City:
    """Return Seattle's city file with the source that stands in it as a remark."""
    text = shipped_cities()["seattle-fire"].read_text("utf-8")
    remark = re.search(r"^# \[\[sources\]\]\n(?:#.*\n)+", text, re.MULTILINE)
    assert remark is not None
    source = tomllib.loads(re.sub(r"^# ?", "", remark[0], flags=re.MULTILINE))["sources"]
    return parse_city(tomllib.loads(text) | {"sources": source}, file="seattle-fire.toml", folder=Path())


def test_the_page_of_seattle_that_is_a_remark_in_its_file_would_be_understood(tmp_path: Path) -> None:
    page = a_page(
        ("F260137529", "E35", "Rubbish Fire", "active"),
        ("F260137530", "E25", "Medic Response, 6 per Rule", "closed"),
        ("F260137530", "A26 L10 M10", "Medic Response, 6 per Rule", "active"),
        ("F260137531", "A4", "Medic Response, Overdose", "closed"),
    )
    city = seattles_page()
    with Store.open(f"sqlite:///{tmp_path / 'city.sqlite3'}", city.city.id) as store:
        account = Run(city, store).replay("page", [(NOW, page)])
    assert not account.failed
    assert not account.rejected
    assert not account.repaired
    assert account.withheld == {Reason.NO_PLACE: 2, Reason.SENSITIVE: 1}
    [source] = city.sources
    normalised = Normaliser.of(source, city)
    row = {
        "Date/Time": "9/24/2026 6:33:28 PM",
        "Incident #": "F1",
        "Type": "Rubbish Fire",
        "Type@class": "closed",
    }
    incident = normalised(row, NOW)
    assert incident.received_at == datetime(2026, 9, 25, 1, 33, 28, tzinfo=UTC)
    assert incident.status is Status.CLOSED
