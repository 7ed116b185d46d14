import json
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest
import shapely

from blocklight.config.city import load_city
from blocklight.demo import areas, city_plan, ground
from blocklight.demo.places import spots
from blocklight.geo.exact import ExactAddress, ExactPoint
from blocklight.intake.blocks import Blocks
from blocklight.intake.geomask import hundred_block

AREA_FILES = {"beats": 28, "neighborhoods": 24, "council_districts": 7}


def committed(name: str) -> dict[str, Any]:
    path = resources.files("blocklight").joinpath("cities", "demo", f"{name}.geojson")
    return dict(json.loads(path.read_text("utf-8")))


def shapes(name: str) -> list[Any]:
    return [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in committed(name)["features"]]


def coordinates(value: object) -> Iterator[float]:
    if isinstance(value, list):
        for part in value:
            yield from coordinates(part)
    elif isinstance(value, int | float):
        yield value


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[dict[str, Any]]]:
    return city_plan.layers()


def test_the_committed_files_are_what_the_code_draws(drawn: dict[str, list[dict[str, Any]]]) -> None:
    assert len(drawn) == 11
    for name, features in drawn.items():
        stored = committed(name)["features"]
        fresh = json.loads(city_plan.encode(features))["features"]
        assert [_named(f) for f in stored] == [_named(f) for f in fresh], name
        for a, b in zip(stored, fresh, strict=True):
            numbers = zip(_numbers(a), _numbers(b), strict=True)
            assert all(abs(x - y) <= 2 for x, y in numbers), (name, a["properties"])
        for a, b in zip(stored, fresh, strict=True):
            here, there = (list(coordinates(f["geometry"]["coordinates"])) for f in (a, b))
            assert len(here) == len(there), (name, a["properties"])
            # Another processor may round the last digit, a metre, the other way.
            assert max(abs(x - y) for x, y in zip(here, there, strict=True)) < 2e-5, (name, a["properties"])


def _numbers(feature: dict[str, Any]) -> list[int]:
    """Return the house numbers of a street, which are metres, and rounded as its points are."""
    return [value for key, value in feature["properties"].items() if key in {"from", "to"}]


def _named(feature: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in feature["properties"].items() if key not in {"from", "to"}}


def test_the_files_together_stay_small() -> None:
    folder = resources.files("blocklight").joinpath("cities", "demo")
    sizes = [len(entry.read_bytes()) for entry in folder.iterdir()]
    assert len(sizes) == 11
    assert sum(sizes) < 1_400_000


@pytest.mark.parametrize("name", ["land", "water", "parks", *AREA_FILES])
def test_every_polygon_is_valid(name: str) -> None:
    found = shapes(name)
    assert found
    assert all(shape.is_valid and not shape.is_empty for shape in found)


@pytest.mark.parametrize(("name", "count"), AREA_FILES.items())
def test_areas_tile_the_city_without_gaps_or_overlaps(name: str, count: int) -> None:
    found = shapes(name)
    assert len(found) == count
    assert shapely.coverage_is_valid(found)
    city = shapely.transform(ground.city_land(), city_plan.sheet_to_degrees)
    uncovered = city.symmetric_difference(shapely.union_all(found)).area / city.area
    assert uncovered < 0.002


@pytest.mark.parametrize("name", AREA_FILES)
def test_area_ids_and_names_are_unique(name: str) -> None:
    features = committed(name)["features"]
    ids = [feature["properties"]["id"] for feature in features]
    assert len(set(ids)) == len({feature["properties"]["name"] for feature in features}) == AREA_FILES[name]
    assert ids == [feature["id"] for feature in features]


def test_every_area_is_large_enough_to_be_a_place() -> None:
    for areas_km2 in (areas.beats(), areas.neighborhoods(), areas.council_districts()):
        assert min(shape.area for shape in areas_km2.values()) > 0.4


def test_a_council_district_is_made_of_whole_beats() -> None:
    beats = list(areas.beats().values())
    districts = list(areas.council_districts().values())
    shares = [max(beat.intersection(d).area for d in districts) / beat.area for beat in beats]
    assert len(shares) == 28
    assert min(shares) == pytest.approx(1)


def test_land_and_water_fill_the_sheet_and_parks_are_dry() -> None:
    land, water = shapes("land")[0], shapely.union_all(shapes("water"))
    assert land.contains(water)
    # A beach follows the shore, so rounding may wet its edge.
    assert shapely.union_all(shapes("parks")).intersection(water).area < 1e-6


def test_streets_have_names_and_lie_within_the_city() -> None:
    features = committed("roads_minor")["features"]
    assert len(features) > 400
    assert all(feature["properties"]["name"] for feature in features)
    city = shapely.transform(ground.city_land(), city_plan.sheet_to_degrees).buffer(0.0005)
    streets = shapely.union_all(shapes("roads_minor"))
    assert streets.difference(city).length / streets.length < 0.001


def test_main_roads_are_named_for_what_they_are() -> None:
    kinds = {feature["properties"]["class"] for feature in committed("roads_major")["features"]}
    assert kinds == {"boulevard", "runway", "ramp", "freeway"}


def test_the_city_lies_far_from_any_shore_within_its_bounds() -> None:
    bounds = load_city("demo").city.bounds
    west, south, east, north = shapely.total_bounds(shapes("beats"))
    assert bounds.west <= west < east <= bounds.east
    assert bounds.south <= south < north <= bounds.north
    assert east < -125.5  # the Pacific coast of that latitude lies near -123.8


def test_map_layers_are_listed_in_drawing_order() -> None:
    order = [layer.kind for layer in load_city("demo").map.layers]
    assert order == ["land", "water", "park", "road_minor", "road_major", "rail", "label"]
    assert all(a != b for a, b in pairwise(order))


def test_most_calls_are_at_an_address_whose_block_the_streets_know() -> None:
    blocks = Blocks.of(load_city("demo"))
    assert blocks is not None
    known = 0
    some = spots()[::150]
    for spot in some:
        label = hundred_block(ExactAddress(f"{spot.hundred + 50} {spot.street}"))
        assert label is not None
        known += blocks.around(label, ExactPoint(*spot.degrees())) is not None
    assert len(some) > 100
    assert known / len(some) > 0.5
