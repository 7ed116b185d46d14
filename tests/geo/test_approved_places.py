"""The approved places: which is nearest, that no border is crossed, and which files are refused."""

import json
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from exact_calls import an_incident, changed, public_place
from grid_town import BORDER, EAST, NORTH, SOUTH, STEP, WEST, addresses, build_places, grid_town
from msgspec.structs import replace
from small_city import rules_of, small_city

from blocklight.app.policy_change import fingerprint
from blocklight.config.city import City
from blocklight.errors import CityFileError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.geo.exact import ExactPoint
from blocklight.intake.redact import redact
from blocklight.intake.refilter import refilter
from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Kind, PlaceKind, Reason, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = an_incident(
    source="calls",
    source_key="P26-000117",
    kind=Kind.CALL,
    agency="police",
    source_type="NOISE",
    status=Status.OPEN,
    received_at=NOW,
    lon=WEST + 0.0041,
    lat=SOUTH + 0.0032,
    address="1412 MAIN ST",
)


def town(folder: Path, **settings: Any) -> City:  # noqa: ANN401 - of grid_town
    """Return the grid town with its places built."""
    city = grid_town(folder, **settings)
    build_places(city, folder)
    return city


def told(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "places.geojson").read_text())
    return document


def test_the_nearest_place_in_the_same_areas_is_found_as_by_looking_at_each(tmp_path: Path) -> None:
    city = town(tmp_path)
    areas = Areas(city)
    places = ApprovedPlaces.of(city, areas)
    every = [one["geometry"]["coordinates"] for one in told(tmp_path)["features"]]
    shrink = math.cos(math.radians((city.city.bounds.south + city.city.bounds.north) / 2))
    chance, found = random.Random(3), 0  # noqa: S311 - makes examples, guards nothing
    for _ in range(4_000):
        lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
        same = [
            at
            for at in every
            if areas.areas_of_public(public_place(*at)) == areas.areas_of_public(public_place(lon, lat))
        ]
        best = min(math.hypot((x - lon) * shrink, y - lat) for x, y in same)
        place = places.nearest(ExactPoint(lon, lat))
        if place is not None:
            found += 1
            away = math.hypot((place.lon - lon) * shrink, place.lat - lat)
            assert away == pytest.approx(best, rel=1e-9)
            assert (place.lon < BORDER) == (lon < BORDER)
            assert places.nearest(ExactPoint(lon, lat)) == place
    assert found > 3_500


def test_a_point_beyond_the_reach_of_every_place_has_none(tmp_path: Path) -> None:
    city = town(tmp_path, furthest_m=150)
    places = ApprovedPlaces.of(city, Areas(city))
    assert places.nearest(ExactPoint(WEST - 0.009, SOUTH)) is None
    assert places.nearest(ExactPoint(-95.9, 29.9)) is None
    assert places.nearest(ExactPoint(WEST + STEP, SOUTH + STEP)) is not None


def test_a_call_is_shown_at_its_place_with_the_places_own_label(tmp_path: Path) -> None:
    rules = rules_of(town(tmp_path, policy={"labels": "hundred_block"}))
    public = redact(CALL, rules)
    assert isinstance(public, PublicIncident)
    assert public.place is not None
    assert public.place.kind in (PlaceKind.INTERSECTION, PlaceKind.BLOCK)
    assert public.place.label is not None
    assert "1400" not in public.place.label
    assert public.areas == {"beat": "W"}
    assert (
        public.place == rules.places.nearest(ExactPoint(WEST + 0.0041, SOUTH + 0.0032))
        if rules.places
        else False
    )


def test_a_call_that_no_place_serves_is_withheld_and_counted(tmp_path: Path) -> None:
    rules = rules_of(town(tmp_path, furthest_m=150))
    outcome = redact(changed(CALL, lon=WEST - 0.009), rules)
    assert isinstance(outcome, Withheld)
    assert (outcome.reason, outcome.sensitive) == (Reason.NO_PLACE, False)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ({"place": "cell"}, PlaceKind.GRID),
        ({"resolution": 8}, PlaceKind.GRID),
        ({"place": "area", "area_kind": "beat"}, PlaceKind.AREA),
        ({"time_step_min": 5}, None),
    ],
)
def test_a_rule_may_choose_another_mask_for_some(
    tmp_path: Path, rule: dict[str, Any], kind: PlaceKind | None
) -> None:
    policy = {"rules": [{"name": "some", "action": "publish", "category": "noise"} | rule]}
    rules = rules_of(town(tmp_path, policy=policy))
    outcome = redact(CALL, rules)
    public = outcome if isinstance(outcome, PublicIncident) else getattr(outcome, "incident", None)
    assert isinstance(public, PublicIncident)
    assert public.place is not None
    assert public.place.kind in ((PlaceKind.INTERSECTION, PlaceKind.BLOCK) if kind is None else (kind,))


def test_a_rule_may_ask_for_the_nearest_place_where_the_city_shows_cells(tmp_path: Path) -> None:
    rule = {"name": "noise", "action": "publish", "category": "noise", "place": "nearest"}
    rules = rules_of(town(tmp_path, policy={"place": "cell", "rules": [rule]}))
    shown = [redact(replace(CALL, source_type=text), rules) for text in ("NOISE", "THEFT")]
    kinds = [one.place.kind for one in shown if isinstance(one, PublicIncident) and one.place]
    assert len(kinds) == 2
    assert kinds[0] is not PlaceKind.GRID
    assert kinds[1] is PlaceKind.GRID


def test_medical_calls_stay_in_their_coarse_cells_without_a_label(tmp_path: Path) -> None:
    rule = {"name": "all", "action": "publish", "place": "nearest"}
    outcome = redact(
        replace(CALL, source_type="SICK PERSON"), rules_of(town(tmp_path, policy={"rules": [rule]}))
    )
    assert isinstance(outcome, Held)
    public = outcome.incident
    assert public.place is not None
    assert (public.place.kind, public.place.label) == (PlaceKind.GRID, None)
    assert public.place.radius_m > 400


def test_calls_at_all_addresses_that_a_place_serves_look_alike(tmp_path: Path) -> None:
    rules = rules_of(town(tmp_path))
    homes: dict[Place, set[tuple[float, float]]] = {}
    for one in addresses():
        lon, lat = one["geometry"]["coordinates"]
        public = redact(changed(CALL, lon=lon, lat=lat), rules)
        if isinstance(public, PublicIncident) and public.place:
            homes.setdefault(public.place, set()).add((lon, lat))
    assert len(homes) > 20
    assert min(map(len, homes.values())) >= 8


def test_a_place_that_is_approved_no_more_gives_way_to_one_that_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    loose, strict = town(tmp_path / "a"), town(tmp_path / "b", serves=60, furthest_m=2000)
    before, after = rules_of(loose), rules_of(strict)
    assert fingerprint(loose, before) != fingerprint(strict, after)
    public = redact(CALL, before)
    assert isinstance(public, PublicIncident)
    assert refilter(public, before, {}, NOW).outcome is None
    moved = refilter(public, after, {}, NOW).outcome
    assert isinstance(moved, PublicIncident)
    assert after.places is not None
    assert moved.place is not None
    assert public.place is not None
    assert moved.place in after.places
    assert moved.place.radius_m > public.place.radius_m
    assert refilter(moved, after, {}, NOW).outcome is None


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda file: file.clear(), "not a file that `blocklight place build` wrote"),
        (lambda file: file["features"].clear(), "features: there are no places"),
        (lambda file: file.update(serves=7), "serves: its places serve at least 7 addresses"),
        (lambda file: file.update(areas="00"), "areas: the areas have changed since"),
        (lambda file: file.update(within=[]), "areas: the areas have changed since"),
        (lambda file: file["features"].append(file["features"][0]), "features.43: two places at one point"),
        (lambda file: file["features"][1].pop("geometry"), "features.1: no 'geometry'"),
        (lambda file: _point(file, [1e6, 2e6]), "features.1: coordinates are not degrees of WGS 84"),
        (lambda file: _point(file, [-80.0, 29.5]), "features.1: outside the city's bounds"),
        (lambda file: _point(file, ["x", 29.5]), "features.1: could not convert"),
        (lambda file: _said(file, addresses=3), "features.1: serves 3 addresses, fewer than 8"),
        (lambda file: _said(file, radius_m=900), "features.1: radius_m: expected a whole number up to"),
        (lambda file: _said(file, label="x" * 121), "features.1: label: expected a text of at most 120"),
        (lambda file: _said(file, kind="grid"), "features.1: kind: expected intersection or block"),
        (lambda file: _said(file, kind="house"), "features.1: 'house' is not a valid PlaceKind"),
    ],
)  # fmt: skip
def test_a_place_file_that_cannot_be_meant_is_refused_in_one_line(
    tmp_path: Path, change: Change, reason: str
) -> None:
    city = town(tmp_path)
    document = told(tmp_path)
    change(document)
    (tmp_path / "places.geojson").write_text(json.dumps(document))
    with pytest.raises(CityFileError) as error:
        ApprovedPlaces.of(city, Areas(city))
    assert str(error.value).startswith(f"{tmp_path / 'places.geojson'}: {reason.partition(':')[0]}")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def _point(file: dict[str, Any], coordinates: list[Any]) -> None:
    file["features"][1]["geometry"]["coordinates"] = coordinates


def _said(file: dict[str, Any], **properties: object) -> None:
    file["features"][1]["properties"] |= properties


def test_a_place_file_that_is_missing_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match=r"places.file: no such file: places.geojson; make it with"):
        rules_of(grid_town(tmp_path))


def test_a_policy_that_asks_for_places_needs_them(tmp_path: Path) -> None:

    with pytest.raises(CityFileError, match=r"policy.place: this city has no \[places\]"):
        small_city(tmp_path, top={"policy": {"place": "nearest"}})
    with pytest.raises(CityFileError, match=r"places.within: this city has no areas of kind 'ward'"):
        grid_town(tmp_path, within=["ward"])
