"""Places made from streets: where they are, whom they serve, and what is refused."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from grid_town import (
    BORDER,
    EAST,
    NORTH,
    SOUTH,
    STEP,
    WEST,
    addresses,
    collection,
    feature,
    grid_town,
    square,
    streets,
)
from loopback.server import Reply, serving
from pyproj import Transformer

from blocklight.cli.building_places import build_places
from blocklight.config.city import City
from blocklight.errors import CityFileError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.geo.exact import ExactPoint
from blocklight.prepare.places.build import Built, Plane, build, served_by
from blocklight.prepare.places.layers import esri_shape, read_layer
from blocklight.prepare.places.make import Sources
from blocklight.prepare.places.streets import candidates, shown_street_name


def built(folder: Path, **places: Any) -> tuple[City, Built]:  # noqa: ANN401 - any key
    city = grid_town(folder, **places)
    return city, built_of(city, folder)


def built_of(city: City, folder: Path) -> Built:
    bounds = city.city.bounds
    streets = read_layer(folder / "streets.geojson", "streets", column="name", crs=None, bounds=bounds)
    served = read_layer(folder / "addresses.geojson", "addresses", column=None, crs=None, bounds=bounds)
    return build(city, Areas(city), streets, served_by(served, None, Plane(city)))


def test_streets_give_their_crossings_and_the_middles_of_their_blocks() -> None:
    def line(*points: tuple[float, float]) -> Any:  # noqa: ANN401 - shapely has no types of its own
        return shapely.LineString(points)

    found = candidates(
        [
            ("Main St", line((0, 0), (100, 0))),
            ("Main St", line((100, 0), (300, 0))),
            ("Oak Ave", line((100, -100), (100, 100))),
            ("Elm Ave", line((200, -40), (200, 40))),
            ("Elm Ave", line((215, -40), (215, 40))),  # its other roadway
        ]
    )
    told = {one.label: (str(one.kind), one.x, one.y) for one in found}
    assert told["Main St & Oak Ave"] == ("intersection", 100, 0)
    assert [label for label in told if "Elm" in label and "&" in label] == ["Elm Ave & Main St"]
    assert told["Main St between Elm Ave and Oak Ave"] == ("block", 150, 0)
    assert told["Main St near Oak Ave"] == ("block", 50, 0)
    assert len(found) == 7  # Oak Ave has such a block on each side


def test_the_order_of_the_streets_changes_nothing() -> None:
    lines = [(f"{n} St", shapely.LineString([(0, 90 * n), (900, 90 * n + 40)])) for n in range(9)]
    lines += [(f"{n} Ave", shapely.LineString([(90 * n, 0), (90 * n, 900)])) for n in range(9)]
    assert candidates(lines) == candidates(reversed(lines))
    assert len(candidates(lines)) > 100


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MAIN ST", "Main St"),
        ("N 14TH ST", "N 14th St"),
        ("Van Ness", "Van Ness"),
        (None, None),
        ("x\x07y", None),
    ],
)
def test_a_streets_name_reads_as_people_write_it(text: str | None, name: str | None) -> None:
    assert shown_street_name(text) == name


def test_every_place_serves_enough_addresses_of_its_own_areas(tmp_path: Path) -> None:
    city, made = built(tmp_path, serves=9)
    build_places(_file(tmp_path, city), Sources(), None)
    places = ApprovedPlaces.of(city, Areas(city))
    served = Counter(places.nearest(ExactPoint(*one["geometry"]["coordinates"])) for one in addresses())
    assert made.places
    assert made.without == served.pop(None, 0)
    assert {(place.lon, place.lat): n for place, n in served.items() if place} == {
        (place.lon, place.lat): place.addresses for place in made.places
    }
    assert min(served.values()) >= 9
    assert len(made.places) < made.candidates["intersection"]


def test_a_larger_number_of_addresses_merges_places_and_leaves_none_out(tmp_path: Path) -> None:
    few = built(tmp_path, serves=8)[1]
    many = built(tmp_path, serves=40, furthest_m=2000)[1]
    assert len(many.places) < len(few.places) / 3
    assert min(place.addresses for place in many.places) >= 40
    assert many.without == 0
    assert many.moved_m[0] > few.moved_m[0]


@pytest.mark.parametrize(("furthest_m", "serves"), [(150, 7), (400, 12)])
def test_addresses_out_of_a_places_reach_do_not_count_towards_those_it_serves(
    tmp_path: Path, furthest_m: int, serves: int
) -> None:
    crossing = (WEST, SOUTH)
    lines = [
        feature("LineString", [[WEST - 0.02, SOUTH], [WEST + 0.02, SOUTH]], name="MAIN ST"),
        feature("LineString", [[WEST, SOUTH - 0.02], [WEST, SOUTH + 0.02]], name="OAK AVE"),
    ]
    near = [feature("Point", [WEST + 0.0001 * n, SOUTH + 0.0001]) for n in range(7)]
    far = [feature("Point", [WEST + 0.003, SOUTH + 0.00001 * n]) for n in range(5)]  # 290 m away
    city = grid_town(tmp_path, serves=8, furthest_m=furthest_m)
    (tmp_path / "streets.geojson").write_text(collection(lines))
    (tmp_path / "addresses.geojson").write_text(collection(near + far))
    made = built_of(city, tmp_path)
    assert [place.addresses for place in made.places if (place.lon, place.lat) == crossing] == (
        [serves] if serves >= 8 else []
    )
    assert made.addresses == 12
    assert made.without == (0 if serves >= 8 else 12)


def test_no_place_reaches_farther_than_it_says(tmp_path: Path) -> None:
    city, made = built(tmp_path)
    build_places(_file(tmp_path, city), Sources(), None)
    places = ApprovedPlaces.of(city, Areas(city))
    reach = {(place.lon, place.lat): place.radius_m for place in made.places}
    plane = Plane(city)
    found = 0
    for i in range(60):
        for j in range(60):
            lon, lat = WEST + (EAST - WEST) * i / 59, SOUTH + (NORTH - SOUTH) * j / 59
            place = places.nearest(ExactPoint(lon, lat))
            if place is not None:
                found += 1
                ends = plane.flat(shapely.LineString([(lon, lat), (place.lon, place.lat)]))
                assert ends.length <= reach[place.lon, place.lat] == place.radius_m
    assert found > 3000


def test_blocks_stand_in_for_addresses_counted_or_not(tmp_path: Path) -> None:
    blocks = [
        feature("Polygon", square(x, y, x + STEP * 0.9, y + STEP * 0.9), homes=0 if i > 4 else 30)
        for i in range(10)
        for j in range(10)
        for x, y in [(WEST + i * STEP, SOUTH + j * STEP)]
    ]
    (tmp_path / "blocks.geojson").write_text(collection(blocks))
    city = grid_town(tmp_path, addresses=None, blocks="blocks.geojson")
    path = _file(tmp_path, city)
    build_places(path, Sources(), None)
    estimated = json.loads((tmp_path / "places.geojson").read_text())["features"]
    build_places(path, Sources(count="homes"), None)
    counted = json.loads((tmp_path / "places.geojson").read_text())["features"]
    assert len(counted) > 20
    assert max(one["geometry"]["coordinates"][0] for one in estimated) > BORDER + STEP
    assert max(one["geometry"]["coordinates"][0] for one in counted) < BORDER


def test_shapefiles_in_another_reference_system_give_the_same_places(tmp_path: Path) -> None:
    city = grid_town(tmp_path)
    path = _file(tmp_path, city)
    build_places(path, Sources(), None)
    plain = (tmp_path / "places.geojson").read_text()
    for name in ("streets", "addresses"):
        meta, _, shapes, columns = pyogrio.raw.read(tmp_path / f"{name}.geojson")
        moved = shapely.transform(shapely.from_wkb(shapes), _to_web_mercator)
        kind = "LineString" if name == "streets" else "Point"
        pyogrio.raw.write(
            tmp_path / f"{name}.shp", shapely.to_wkb(moved), columns, meta["fields"],
            geometry_type=kind, crs="EPSG:3857",
        )  # fmt: skip
    build_places(path, Sources(str(tmp_path / "streets.shp"), None, str(tmp_path / "addresses.shp")), None)
    again = json.loads((tmp_path / "places.geojson").read_text())["features"]
    first = json.loads(plain)["features"]
    assert [one["properties"] for one in again] == [one["properties"] for one in first]
    for one, other in zip(again, first, strict=True):
        assert one["geometry"]["coordinates"] == pytest.approx(other["geometry"]["coordinates"], abs=2e-6)


def _to_web_mercator(points: Any) -> Any:  # noqa: ANN401 - of numpy
    ahead = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    return np.stack(ahead.transform(*points.T), axis=1)


BOW = [[[WEST, SOUTH], [EAST, NORTH], [EAST, SOUTH], [WEST, NORTH], [WEST, SOUTH]]]
OUT_AND_BACK = [[EAST, SOUTH], [EAST + 0.002, SOUTH], [EAST, SOUTH]]
SPIKE = [[[WEST, SOUTH], *OUT_AND_BACK, [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (collection([feature("Polygon", BOW)]), "blocks.geojson: addresses.0: not a valid shape: Self-inter"),
        (
            collection([feature("Point", [6_000_000.0, 2_000_000.0])]),
            "not degrees: name their reference system",
        ),
        (collection([feature("Point", [SOUTH, WEST])]), "longitude and latitude are swapped"),
        (collection([feature("Point", [2.3, 48.8])]), "within the city's bounds: wrong reference system?"),
        (collection([]), "there is nothing in it"),
        ("{}", "not a file of geographic data"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_file_key_and_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "blocks.geojson").write_text(text)
    city = grid_town(tmp_path, addresses=None, blocks="blocks.geojson")
    with pytest.raises(CityFileError) as error:
        build_places(_file(tmp_path, city), Sources(), None)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "places.geojson").exists()


def test_a_polygon_that_can_be_repaired_without_harm_is(tmp_path: Path) -> None:
    (tmp_path / "blocks.geojson").write_text(collection([feature("Polygon", SPIKE)]))
    bounds = grid_town(tmp_path).city.bounds
    layer = read_layer(tmp_path / "blocks.geojson", "blocks", column=None, crs=None, bounds=bounds)
    assert layer.repaired == 1
    assert layer.shapes[0].equals(shapely.box(WEST, SOUTH, EAST, NORTH))


def test_a_named_reference_system_is_followed(tmp_path: Path) -> None:
    grid_town(tmp_path)
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    x, y = _to_web_mercator(np.array([[WEST, SOUTH]]))[0].tolist()
    (tmp_path / "one.geojson").write_text(collection([feature("Point", [x, y])], crs=system))
    bounds = grid_town(tmp_path).city.bounds
    layer = read_layer(tmp_path / "one.geojson", "addresses", column=None, crs=None, bounds=bounds)
    assert (layer.shapes[0].x, layer.shapes[0].y) == pytest.approx((WEST, SOUTH), abs=1e-9)


def test_an_arcgis_layer_is_read_through_the_connector(tmp_path: Path) -> None:
    lines = [
        {
            "attributes": {"FULLNAME": one["properties"]["name"]},
            "geometry": {"paths": [one["geometry"]["coordinates"]]},
        }
        for one in streets()
    ]
    path = _file(tmp_path, grid_town(tmp_path))
    build_places(path, Sources(), None)
    plain = (tmp_path / "places.geojson").read_text()
    answer = Reply.json({"spatialReference": {"wkid": 4326}, "features": lines})
    with serving(lambda _: answer) as server:
        url = f"{server.url}/arcgis/rest/services/Streets/FeatureServer/0"
        build_places(path, Sources(streets=url, street_name="FULLNAME"), None)
        questions = [request for request in server.asked if request.path.endswith("/query")]
        assert {request.params["outSR"] for request in questions} == {"4326"}
    assert (tmp_path / "places.geojson").read_text() == plain


def test_rings_of_arcgis_become_polygons_with_holes() -> None:
    outline = [[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    assert esri_shape({"rings": [outline, hole]}).area == 15
    assert esri_shape({"x": 1, "y": 2}).equals(shapely.Point(1, 2))
    assert esri_shape({"rings": [[[0, 0]]]}) is None
    assert esri_shape(None) is None


def _file(folder: Path, city: City) -> str:
    """Write a city that was made from a table as a file, with what a build needs of it."""
    bounds, spec = city.city.bounds, city.places
    assert spec is not None
    told = spec.model_dump(exclude_none=True)
    path = folder / "town.toml"
    path.write_text(
        f"""
[city]
id = "smallton"
name = "Smallton"
time_zone = "America/Chicago"
bounds = {{ west = {bounds.west}, south = {bounds.south}, east = {bounds.east}, north = {bounds.north} }}
[[sources]]
id = "calls"
label = "Calls"
connector = "arcgis"
url = "http://127.0.0.1:9/calls/FeatureServer/0"
key = ["number"]
closes = "vanish"
fields = {{ received_at = "at", source_type = "type", agency = {{ default = "police" }}, address = "where" }}
[[areas]]
kind = "beat"
label = "Beats"
file = "beats.geojson"
[places]
"""
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items())
    )
    return str(path)
