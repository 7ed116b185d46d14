"""What is done because of a place follows from the public place alone: all of its ground looks alike."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from exact_calls import changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_city import ROW, rules_of, small_city

from blocklight.errors import CityFileError
from blocklight.geo.hexagons import cell_at, cell_of, resolution_of
from blocklight.intake.geomask import mask_point
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, redact
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind, Reason

Table = dict[str, Any]

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
CITY = small_city()
CALL = Normaliser.of(CITY.source("calls"), CITY)(ROW, NOW)
LON, LAT = -95.5, 29.5
AREAS: dict[str, dict[str, tuple[float, float, float, float]]] = {
    "beat": {"W": (-96, 29, LON, 30), "E": (LON, 29, -95, 30)},
    "hood": {"S": (-96, 29, -95, LAT), "N": (-96, LAT, -95, 30)},
}
# Points on both sides of the borders, some in each cell that a border cuts.
NEAR = [(LON + i * 0.0011, LAT + j * 0.0011) for i, j in product(range(-14, 15), repeat=2)]

named = [f"{kind}:{name}" for kind, members in AREAS.items() for name in members]


def files(folder: Path) -> None:
    for kind, members in AREAS.items():
        features = [
            {"type": "Feature", "properties": {"id": name, "name": name}, "geometry": _box(*corners)}
            for name, corners in members.items()
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (folder / f"{kind}.geojson").write_text(text)


def _box(west: float, south: float, east: float, north: float) -> Table:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("areas")
    files(path)
    return path


def rules_in(folder: Path, *rules: Table, **policy: object) -> Rules:
    given_names = [{"name": f"rule{number}", **rule} for number, rule in enumerate(rules)]
    layers = [{"kind": kind, "label": kind, "file": f"{kind}.geojson"} for kind in AREAS]
    return rules_of(small_city(folder, top={"areas": layers, "policy": {"rules": given_names, **policy}}))


def outcomes(rules: Rules, call: Incident = CALL) -> dict[tuple[float, float], Outcome]:
    return {(lon, lat): redact(changed(call, lon=lon, lat=lat), rules) for lon, lat in NEAR}


def shown(outcome: Outcome) -> PublicIncident | None:
    incident = outcome.incident if isinstance(outcome, Held) else outcome
    return incident if isinstance(incident, PublicIncident) else None


def on_ground(place: Place, point: tuple[float, float], rules: Rules, coarsest: int) -> bool:
    """Whether a point lies on the ground that a public place stands for."""
    cell = cell_of(place)
    if cell is not None:
        return cell_at(*point, resolution_of(cell)) == cell
    assert place.kind is PlaceKind.AREA
    middle = mask_point(*point, coarsest)
    kinds = rules.areas.areas_of_public(middle).items()
    return any(rules.areas.centre(*area)[:2] == (place.lon, place.lat) for area in kinds)  # type: ignore[index]


actions = st.sampled_from(
    [
        {"action": "publish"},
        {"action": "publish", "place": "none"},
        {"action": "publish", "place": "area", "area_kind": "beat"},
        {"action": "publish", "place": "area", "area_kind": "hood"},
        {"action": "publish", "resolution": 8},
        {"action": "publish", "resolution": 7},
        {"action": "publish", "time_step_min": 15},
        {"action": "hold", "for_min": 30},
        {"action": "hold", "for_min": 5, "until_closed": True, "resolution": 8},
        {"action": "withhold"},
    ]
)
conditions = st.fixed_dictionaries(
    {}, optional={"area": st.lists(st.sampled_from(named), min_size=1, max_size=2, unique=True)}
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    drawn=st.lists(st.tuples(conditions, actions), min_size=1, max_size=4),
    what=st.sampled_from(["NOISE", "SICK PERSON"]),
)
def test_whatever_the_rules_all_of_the_ground_of_a_public_place_looks_alike(
    folder: Path, drawn: list[tuple[Table, Table]], what: str
) -> None:
    rules_drawn = [{**condition, **action} for condition, action in drawn]
    try:
        rules = rules_in(folder, *rules_drawn)
    except CityFileError as error:
        assert "never reached" in error.reason  # noqa: PT017 - a refused policy is the other good end
        return
    coarsest = min(
        rule.get("resolution", 9) for rule in [*rules_drawn, {"resolution": 8 if what[0] == "S" else 9}]
    )
    found = outcomes(rules, replace(CALL, source_type=what))
    nowhere = {repr(outcome) for outcome in found.values() if (one := shown(outcome)) and one.place is None}
    assert len(nowhere) < 2
    seen: set[Place] = set()
    for outcome in found.values():
        incident = shown(outcome)
        if incident is None or incident.place is None or incident.place in seen:
            continue
        seen.add(incident.place)
        ground = [point for point in NEAR if on_ground(incident.place, point, rules, coarsest)]
        assert ground
        assert all(found[point] == outcome for point in ground)


def places(rules: Rules, call: Incident = CALL) -> Iterator[tuple[tuple[float, float], Place | None]]:
    for point, outcome in outcomes(rules, call).items():
        incident = shown(outcome)
        assert incident is not None
        yield point, incident.place


def test_a_mask_of_an_area_is_that_of_every_cell_which_touches_it(folder: Path) -> None:
    rules = rules_in(folder, {"action": "publish", "area": "beat:W", "resolution": 8})
    finer = set()
    for point, place in places(rules):
        coarse = mask_point(*point, 8)
        assert place in (coarse, mask_point(*point, 9))
        if place != coarse:
            finer.add(coarse)
    assert finer
    assert all(coarse.lon - LON > 0.004 for coarse in finer)  # not one of them reaches the border


def test_the_middle_of_an_area_is_that_of_the_cells_centre(folder: Path) -> None:
    rules = rules_in(folder, {"action": "publish", "place": "area", "area_kind": "beat"})
    across = 0
    for (lon, lat), outcome in outcomes(rules).items():
        incident = shown(outcome)
        assert incident is not None
        assert incident.areas == {"beat": "W" if mask_point(lon, lat, 9).lon < LON else "E"}
        assert incident.place is not None
        assert incident.place.kind is PlaceKind.AREA
        across += (mask_point(lon, lat, 9).lon < LON) != (lon < LON)
    assert across


def test_of_a_border_the_stricter_side_counts_whatever_the_order_of_the_rules(folder: Path) -> None:
    hold = {"action": "hold", "area": "beat:W", "for_min": 30}
    longer = {"action": "hold", "area": "beat:E", "for_min": 90, "resolution": 8}
    for order in ((hold, longer), (longer, hold)):
        edge = redact(changed(CALL, lon=LON), rules_in(folder, *order))
        assert isinstance(edge, Held)
        assert edge.release_at is not None
        assert (edge.release_at - CALL.received_at).total_seconds() == 90 * 60
        assert edge.incident.place == mask_point(LON, LAT, 8)


def test_a_place_is_in_the_city_when_the_centre_of_its_cell_is(folder: Path) -> None:
    rules = rules_in(folder)
    sides = set()
    for number in range(400):
        lon, lat = LON + number % 20 / 1000, 30 + (number // 20 - 10) / 2500
        cell = mask_point(lon, lat, 9)
        outcome = redact(changed(CALL, lon=lon, lat=lat), rules)
        assert isinstance(outcome, Withheld) is (cell.lat > 30)
        if isinstance(outcome, Withheld):
            assert outcome.reason is Reason.OUTSIDE_CITY
        sides.add((cell.lat > 30, lat > 30))
    assert sides == {(True, True), (False, False), (True, False), (False, True)}


@pytest.mark.parametrize("point", [(0.0, 0.0), (29.5, -95.5), (-95.5, 999.0), (float("nan"), 29.5)])
def test_what_is_no_place_of_the_city_is_outside_it(folder: Path, point: tuple[float, float]) -> None:
    outcome = redact(
        changed(CALL, lon=point[0], lat=point[1]), rules_in(folder, {"action": "publish", "place": "none"})
    )
    assert isinstance(outcome, Withheld)
    assert outcome.reason is Reason.OUTSIDE_CITY


def test_what_has_no_place_may_lie_in_any_area(folder: Path) -> None:
    rules = rules_in(
        folder,
        {"action": "withhold", "area": "beat:W"},
        {"action": "publish", "place": "none"},
    )
    unplaced = redact(changed(CALL, lon=None, lat=None), rules)
    assert isinstance(unplaced, Withheld)
    assert unplaced.reason is Reason.POLICY
    only_there = rules_in(folder, {"action": "publish", "area": "beat:W", "place": "none"})
    unplaced = redact(changed(CALL, lon=None, lat=None), only_there)
    assert isinstance(unplaced, Withheld)
    assert unplaced.reason is Reason.NO_PLACE


# Several types


@pytest.mark.parametrize("turn", [("NOISE", "THEFT"), ("THEFT", "NOISE")])
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"action": "hold", "for_min": 5}, {"action": "hold", "for_min": 240}, (240, None, 0)),
        (
            {"action": "hold", "for_min": 5},
            {"action": "hold", "until_closed": True, "for_min": 2},
            (None, None, 300),
        ),
        ({"action": "publish"}, {"action": "hold", "for_min": 7}, (7, None, 0)),
        (
            {"action": "hold", "for_min": 7},
            {"action": "publish", "time_step_min": 20},
            (7, 20, 0),
        ),
    ],
)
def test_of_what_two_types_ask_for_the_stricter_counts_in_each_respect(
    folder: Path,
    turn: tuple[str, str],
    one: Table,
    other: Table,
    expected: tuple[int | None, int | None, int],
) -> None:
    rules = rules_in(folder, {"types": "NOISE", **one}, {"types": "THEFT", **other})
    outcome = redact(replace(CALL, source_type=turn[0], other_types=(turn[1],)), rules)
    assert isinstance(outcome, Held)
    wait = outcome.release_at and (outcome.release_at - CALL.received_at).total_seconds() / 60
    assert (wait, outcome.step_min, outcome.after_close_s) == expected


@pytest.mark.parametrize("turn", [("NOISE", "THEFT"), ("THEFT", "NOISE")])
@pytest.mark.parametrize(
    ("asked", "resolution"),
    [
        (({"place": "none"}, {}), None),
        (({"resolution": 7}, {"resolution": 8}), 7),
        (({"resolution": 8}, {}), 8),
        (({"place": "area", "area_kind": "beat"}, {"place": "area", "area_kind": "hood"}), None),
    ],
)
def test_of_two_masks_the_coarser_counts_and_of_two_kinds_of_area_none(
    folder: Path, turn: tuple[str, str], asked: tuple[Table, Table], resolution: int | None
) -> None:
    one, other = ({"action": "publish", **mask} for mask in asked)
    rules = rules_in(folder, {"types": "NOISE", **one}, {"types": "THEFT", **other})
    incident = shown(redact(replace(CALL, source_type=turn[0], other_types=(turn[1],)), rules))
    assert incident is not None
    assert incident.place == (None if resolution is None else mask_point(LON, LAT, resolution))
