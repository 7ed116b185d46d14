"""What is shown of a call with a label follows from the label: wherever on its block the call was."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from exact_calls import changed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_city import ROW, rules_of, small_city

from blocklight.errors import CityFileError
from blocklight.geo.exact import ExactAddress
from blocklight.geo.hexagons import BLOCK_BEYOND_M, cell_of, coarsened, distance_m, mask_point
from blocklight.intake.geomask import hundred_block
from blocklight.intake.normalise import Normaliser
from blocklight.intake.redact import Rules, redact
from blocklight.intake.refilter import Again, refilter, vocabulary
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
CITY = small_city()
CALL = Normaliser.of(CITY.source("calls"), CITY)(ROW, NOW)
LON, LAT = -95.5, 29.5
_METRES = 111_195
_ACROSS = _METRES * math.cos(math.radians(LAT))
BEATS = {"W": (-96, 29, LON, 30), "E": (LON, 29, -95, 30)}
Point = tuple[float, float]


def at(east_m: float, north_m: float) -> Point:
    return LON + east_m / _ACROSS, LAT + north_m / _METRES


def labelled_town(
    folder: Path,
    *lines: tuple[str, Point, Point],
    rules: list[dict[str, Any]] | None = None,
    **policy: object,
) -> Rules:
    """Return the rules of a town with labels; lines go from 1400 to 1499, in metres from the middle."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "from": 1400, "to": 1499},
            "geometry": {"type": "LineString", "coordinates": [at(*start), at(*end)]},
        }
        for name, start, end in lines
    ]
    (folder / "lines.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    boxes = [
        {
            "type": "Feature",
            "properties": {"id": name, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        }
        for name, (w, s, e, n) in BEATS.items()
    ]
    (folder / "beats.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": boxes}))
    named = [{"name": f"rule{number}", **rule} for number, rule in enumerate(rules or [])]
    top = {
        "geocoder": {"streets": {"file": "lines.geojson", "ranges": ["from", "to"]}},
        "areas": [{"kind": "beat", "label": "Beats", "file": "beats.geojson"}],
        "policy": {"labels": "hundred_block", "rules": named, **policy},
    }
    return rules_of(small_city(folder, top=top))


def shown_at(rules: Rules, point: Point, address: str = "1412 MAIN ST", **other: object) -> Outcome:
    return redact(
        changed(CALL, lon=point[0], lat=point[1], address=address, cross_street=None, **other), rules
    )


def place_at(rules: Rules, point: Point, address: str = "1412 MAIN ST", **other: object) -> Place:
    outcome = shown_at(rules, point, address, **other)
    incident = outcome.incident if isinstance(outcome, Held) else outcome
    assert isinstance(incident, PublicIncident)
    assert incident.place is not None
    return incident.place


def but_for_which_area(outcome: Outcome) -> Outcome:
    """Leave out the area that stands for a place: where a block is cut by its border, it tells the side."""
    incident = outcome.incident if isinstance(outcome, Held) else outcome
    if not isinstance(incident, PublicIncident) or incident.place is None:
        return outcome
    if incident.place.kind is not PlaceKind.AREA:
        return outcome
    assert incident.place.label is None
    bare = replace(incident, place=None, areas={})
    return replace(outcome, incident=bare) if isinstance(outcome, Held) else bare


masks = st.sampled_from(
    [
        {"action": "publish"},
        {"action": "publish", "time_step_min": 15},
        {"action": "publish", "resolution": 8},
        {"action": "publish", "place": "none"},
        {"action": "publish", "place": "area", "area_kind": "beat"},
        {"action": "hold", "for_min": 30},
        {"action": "withhold"},
    ]
)
where = st.fixed_dictionaries({}, optional={"area": st.sampled_from([["beat:W"], ["beat:E"]])})


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    street=st.tuples(
        st.floats(-900, 900), st.floats(-900, 900), st.floats(20, 270), st.floats(0, 2 * math.pi)
    ),
    along=st.lists(st.tuples(st.floats(0, 1), st.floats(-55, 55)), min_size=2, max_size=6),
    drawn=st.lists(st.tuples(where, masks), max_size=3),
)
@example(
    street=(0.0, 0.0, 85.0, 0.0),
    along=[(0.0, 0.0), (1.0, 0.0)],
    drawn=[({}, {"action": "publish", "place": "area", "area_kind": "beat"})],
)
def test_wherever_on_its_block_a_call_was_it_is_published_alike(
    tmp_path_factory: pytest.TempPathFactory,
    street: tuple[float, float, float, float],
    along: list[tuple[float, float]],
    drawn: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    *centre, length, turn = street
    middle = centre[0], centre[1]
    east, north = math.cos(turn) * length / 2, math.sin(turn) * length / 2
    start, end = (middle[0] - east, middle[1] - north), (middle[0] + east, middle[1] + north)
    try:
        rules = labelled_town(
            tmp_path_factory.mktemp("town"),
            ("Main St", start, end),
            rules=[{**area, **mask} for area, mask in drawn],
        )
    except CityFileError as error:
        assert "never reached" in error.reason  # noqa: PT017 - a refused policy is the other good end
        return
    points = [
        at(
            start[0] + part * 2 * east - math.sin(turn) * aside,
            start[1] + part * 2 * north + math.cos(turn) * aside,
        )
        for part, aside in along
    ]
    near = [point for point in points if distance_m(*point, *at(*middle)) < length / 2 + 55]
    outcomes = [shown_at(rules, point) for point in near]
    alike = [but_for_which_area(outcome) for outcome in outcomes]
    assert all(outcome == alike[0] for outcome in alike)
    for point, outcome in zip(near, outcomes, strict=True):
        incident = outcome.incident if isinstance(outcome, Held) else outcome
        if isinstance(incident, PublicIncident) and incident.place is not None:
            place = incident.place
            assert place.kind is PlaceKind.AREA or distance_m(*point, place.lon, place.lat) <= place.radius_m
            if place.label is not None:
                cell = mask_point(*at(*middle), 9)
                assert (place.lon, place.lat) == (cell.lon, cell.lat)


def test_both_halves_of_a_block_that_a_border_cuts_stand_in_the_cell_of_its_middle(
    tmp_path: Path,
) -> None:
    cell = mask_point(LON, LAT, 9)
    halves = 0
    for north in range(-400, 400, 20):
        rules = labelled_town(tmp_path, ("Main St", (-60, north), (60, north)))
        ends = [at(-59, north), at(59, north)]
        own = {mask_point(*point, 9) for point in ends}
        places = {place_at(rules, point) for point in ends}
        middle = mask_point(*at(0, north), 9)
        assert {(place.lon, place.lat) for place in places} == {(middle.lon, middle.lat)}
        assert len(places) == 1
        halves += len(own) > 1
    assert halves > 5
    assert cell.kind is PlaceKind.GRID


@pytest.mark.parametrize("rule", ["withhold", "hold"])
def test_a_rule_for_an_area_is_met_by_each_block_that_may_reach_into_it(tmp_path: Path, rule: str) -> None:
    asked = {"action": rule, "area": ["beat:W"]} | ({"for_min": 30} if rule == "hold" else {})
    seen = set()
    blocks = [(east, north) for north in range(-400, 401, 80) for east in (5, 25, 45, 650)]
    for east, north in blocks:
        ends = (east - 60, north), (east + 60, north)
        rules = labelled_town(tmp_path, ("Main St", *ends), rules=[asked])
        outcome = shown_at(rules, at(east + 59, north))
        kept_back = isinstance(outcome, Held | Withheld)
        seen.add(kept_back)
        if east - 60 < 0:
            assert kept_back  # part of it lies in the area, wherever the call was
    assert seen == {True, False}


def test_one_label_has_one_place_though_two_streets_answer_to_it(tmp_path: Path) -> None:
    lines = [("N Main St", (0, 400), (0, 500)), ("S Main St", (0, -500), (0, -400))]
    rules = labelled_town(tmp_path, *lines)
    for point in (at(0, 450), at(0, -450)):
        assert hundred_block(ExactAddress("1412 MAIN ST")) == "1400 block of Main St"
        assert place_at(rules, point) == mask_point(*point, 9)  # nobody knows which one is meant
    rules = labelled_town(tmp_path, lines[0])
    assert place_at(rules, at(0, 450)).label == "1400 block of Main St"
    far = at(0, -450)  # an address that is not where the call is: one of both is wrong
    assert place_at(rules, far) == mask_point(*far, 9)


@pytest.mark.parametrize("address", ["1512 MAIN ST", "1412 OAK ST", "SMITH RESIDENCE", "MAIN ST & OAK AVE"])
def test_without_a_known_block_there_is_no_label_and_the_cell_is_that_of_the_call(
    tmp_path: Path, address: str
) -> None:
    rules = labelled_town(tmp_path, ("Main St", (-60, 0), (60, 0)))
    assert place_at(rules, at(30, 0), address) == mask_point(*at(30, 0), 9)


@pytest.mark.parametrize(
    ("address", "cross_street"),
    [
        ("SMITH RESIDENCE", "1412 MAIN ST, J DOE"),
        ("1412 MAIN ST, J DOE", None),
        ("SMITH RESIDENCE", "MAIN ST & OAK AVE"),
    ],
)
def test_no_text_goes_out_as_it_is_though_the_streets_would_know_the_block_in_it(
    tmp_path: Path, address: str, cross_street: str | None
) -> None:
    rules = labelled_town(tmp_path, ("Main St", (-60, 0), (60, 0)), ("Oak Ave", (0, -60), (0, 60)))
    lon, lat = at(30, 0)
    call = changed(CALL, lon=lon, lat=lat, address=address, cross_street=cross_street)
    outcome = redact(call, rules)
    assert isinstance(outcome, PublicIncident)
    assert outcome.place == mask_point(lon, lat, 9)


def test_a_block_too_long_for_its_middle_to_stand_for_it_has_no_label(tmp_path: Path) -> None:
    rules = labelled_town(tmp_path, ("Main St", (-150, 0), (150, 0)))
    assert place_at(rules, at(100, 0)) == mask_point(*at(100, 0), 9)
    rules = labelled_town(tmp_path, ("Main St", (-139, 0), (139, 0)))
    assert place_at(rules, at(100, 0)).label is not None


def test_without_street_lines_there_is_no_label(tmp_path: Path) -> None:
    streets = {"service": "nominatim", "url": "http://127.0.0.1:9/", "locality": "Smallton, TX"}
    city = small_city(tmp_path, top={"policy": {"labels": "hundred_block"}, "geocoder": streets})
    assert place_at(rules_of(city), (LON, LAT)) == mask_point(LON, LAT, 9)


def test_all_calls_at_a_crossing_stand_in_the_cell_of_the_crossing(tmp_path: Path) -> None:
    rules = labelled_town(tmp_path, ("Main St", (-300, 0), (300, 0)), ("Oak Ave", (0, -300), (0, 300)))
    points = [at(east, north) for east in (-40, 0, 40) for north in (-40, 0, 40)]
    places = {place_at(rules, point, "MAIN ST & OAK AVE") for point in points}
    assert len(places) == 1
    (place,) = places
    middle = mask_point(LON, LAT, 9)
    assert (place.lon, place.lat, place.label) == (middle.lon, middle.lat, "Main St & Oak Ave")


def test_a_medical_call_has_no_label_and_the_cell_of_its_own_place(tmp_path: Path) -> None:
    rules = labelled_town(tmp_path, ("Main St", (-60, 0), (60, 0)))
    for east in (-59, 0, 59):
        assert place_at(rules, at(east, 0), source_type="SICK PERSON") == mask_point(*at(east, 0), 8)


def test_a_stricter_policy_takes_the_label_and_the_number_that_told_of_its_block(tmp_path: Path) -> None:
    rules = labelled_town(tmp_path, ("Main St", (-100, 0), (100, 0)))
    public = shown_at(rules, at(90, 0))
    assert isinstance(public, PublicIncident)
    assert public.place is not None
    assert cell_of(public.place) is not None
    known = vocabulary(CITY.call_types, ())
    assert refilter(public, rules, known, NOW) == Again(None)
    cell = mask_point(LON, LAT, 9)
    for policy, resolution in (({"labels": "none"}, 9), ({"labels": "none", "resolution": 7}, 7)):
        stricter = labelled_town(tmp_path, ("Main St", (-100, 0), (100, 0)), **policy)
        told = refilter(public, stricter, known, NOW).outcome
        assert isinstance(told, PublicIncident)
        coarse = mask_point(cell.lon, cell.lat, resolution)
        assert told.place == Place(coarse.lon, coarse.lat, PlaceKind.GRID, coarse.radius_m + BLOCK_BEYOND_M)
        assert refilter(told, stricter, known, NOW + timedelta(days=1)) == Again(None)
        assert coarsened(told.place, resolution) == told.place
