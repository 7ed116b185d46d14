import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import shapely
from exact_calls import public_place
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from small_city import TABLE, small_city

from blocklight.config.city import City, load_city, parse_city, shipped_cities
from blocklight.errors import CityFileError
from blocklight.geo.areas import Areas
from blocklight.model.record import Area


def _square(west: float, south: float, size: float = 1.0) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _file(path: Path, *shapes: tuple[str, dict[str, Any]]) -> None:
    features = [
        {"type": "Feature", "properties": {"id": id_, "name": f"Beat {id_}"}, "geometry": geometry}
        for id_, geometry in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def _areas(folder: Path, *shapes: tuple[str, dict[str, Any]]) -> Areas:
    _file(folder / "beats.geojson", *shapes)
    return Areas(_city(folder))


def _city(folder: Path, bounds: tuple[float, float, float, float] = (-179, -89, 179, 89)) -> City:
    layer = {"kind": "beat", "label": "Beats", "file": "beats.geojson"}
    table = deepcopy(TABLE) | {"areas": [layer]}
    table["city"]["bounds"] = dict(zip(("west", "south", "east", "north"), bounds, strict=True))
    return parse_city(table, file="smallton.toml", folder=folder)


def test_a_point_lies_in_the_area_that_is_drawn_around_it(tmp_path: Path) -> None:
    areas = _areas(tmp_path, ("1A", _square(0, 0)), ("1B", _square(1, 0)))
    assert areas.areas_of_public(public_place(0.5, 0.5)) == {"beat": "1A"}
    assert areas.areas_of_public(public_place(1.5, 0.5)) == {"beat": "1B"}
    assert areas.areas_of_public(public_place(5, 5)) == {}
    assert areas.by_kind == {"beat": [Area("beat", "1A", "Beat 1A"), Area("beat", "1B", "Beat 1B")]}


@settings(max_examples=25)
@given(st.permutations(["N", "E", "S", "W"]), st.floats(0, 1))
def test_on_a_border_the_first_in_the_file_wins_always(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], along: float
) -> None:
    squares = {"N": _square(0, 1), "E": _square(1, 0), "S": _square(0, 0), "W": _square(1, 1)}
    areas = _areas(tmp_path_factory.mktemp("areas"), *((name, squares[name]) for name in order))
    for lon, lat, meeting in ((1, along, "SE"), (along, 1, "SN"), (1, 1, "NESW")):
        near = [name for name in order if name in meeting or along in (0, 1)]
        touching = [name for name in near if shape(squares[name]).intersects(shapely.Point(lon, lat))]
        assert (
            areas.areas_of_public(public_place(lon, lat))
            == {"beat": touching[0]}
            == areas.areas_of_public(public_place(lon, lat))
        )


def test_a_polygon_that_crosses_itself_is_repaired_and_served_valid(tmp_path: Path) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    assert not shape(bow_tie).is_valid
    areas = _areas(tmp_path, ("X", bow_tie))
    assert (
        areas.areas_of_public(public_place(0.3, 1))
        == {"beat": "X"}
        == areas.areas_of_public(public_place(1.7, 1))
    )
    assert areas.areas_of_public(public_place(1, 0.2)) == {}
    served = areas.geojson("beat")
    assert served is not None
    assert [shape(feature["geometry"]).is_valid for feature in served["features"]] == [True]


def test_areas_are_served_with_their_id_name_and_kind_and_nothing_else_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "beats.geojson"
    _file(path, ("1A", _square(0, 0)))
    table = json.loads(path.read_text())
    table["features"][0]["properties"] |= {"CAPTAIN": "Doe", "PHONE": "555-0100"}
    path.write_text(json.dumps(table))
    areas = Areas(_city(tmp_path))
    served = areas.geojson("beat")
    assert served is not None
    assert served["features"][0]["properties"] == {"id": "1A", "name": "Beat 1A", "kind": "beat"}
    assert areas.geojson("district") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not json", "not a GeoJSON FeatureCollection"),
        ("[]", "not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection"}', "not a GeoJSON FeatureCollection"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": [0, 0]}}]}', "must be polygons"),
        ('{"features": [{"geometry": null}]}', "must be polygons"),
        ('{"features": [{"geometry": {"type": "Blob"}}]}', "must be polygons"),
        ('{"features": [7]}', "must be polygons"),
        (
            """{"features": [{"properties": {"id": 1, "name": "a line"}, "geometry": {"type": "Polygon",
                "coordinates": [[[0, 0], [1, 0], [2, 0], [0, 0]]]}}]}""",
            "must be polygons",
        ),
        (
            """{"features": [{"properties": {"id": 1}, "geometry": {"type": "Polygon",
                "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}]}""",
            "no property 'name'",
        ),
    ],
)
def test_a_file_that_draws_no_areas_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "beats.geojson").write_text(content)
    layer = {"kind": "beat", "label": "Beats", "file": "beats.geojson"}
    city = small_city(tmp_path, top={"areas": [layer]})
    with pytest.raises(CityFileError, match=reason) as caught:
        Areas(city)
    assert caught.value.file.endswith("beats.geojson")


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ([("A", _square(-13_614_000, 4_540_000, 9000))], "no area lies within the city's bounds"),
        ([("A", _square(10, 50))], "no area lies within the city's bounds"),
        ([("A", _square(29.2, -95.8, 0.5))], "longitude and latitude are swapped"),
        ([], "there are no areas in it"),
        ([("", _square(-96, 29))], "1 to 80 characters, and no colon"),
        ([("beat:A", _square(-96, 29))], "1 to 80 characters, and no colon"),
    ],
)
def test_areas_that_no_call_could_be_in_or_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, shapes: list[tuple[str, dict[str, Any]]], reason: str
) -> None:
    _file(tmp_path / "beats.geojson", *shapes)
    with pytest.raises(CityFileError, match=reason) as caught:
        Areas(_city(tmp_path, (-96, 29, -95, 30)))
    assert caught.value.file.endswith("beats.geojson")
    assert caught.value.key == "beat"


def test_features_of_one_id_and_name_are_parts_of_one_area(tmp_path: Path) -> None:
    areas = _areas(tmp_path, ("A", _square(0, 0)), ("B", _square(2, 2)), ("A", _square(5, 5)))
    assert [area.id for area in areas.by_kind["beat"]] == ["A", "B"]
    assert [areas.areas_of_public(public_place(0.5, 0.5)), areas.areas_of_public(public_place(5.5, 5.5))] == [
        {"beat": "A"}
    ] * 2
    served = areas.geojson("beat")
    assert served is not None
    assert [shape(one["geometry"]).area for one in served["features"]] == [2, 1]


def test_two_areas_of_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "beats.geojson"
    _file(path, ("A", _square(0, 0)), ("A", _square(5, 5)))
    path.write_text(path.read_text("utf-8").replace('"Beat A"', '"Another beat"', 1), "utf-8")
    with pytest.raises(CityFileError, match="'A' is the id of two areas"):
        Areas(_city(tmp_path))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", None),
        ("EPSG:4326", None),
        ("urn:ogc:def:crs:EPSG::4326", None),
        ("urn:ogc:def:crs:EPSG::2278", "in urn:ogc:def:crs:EPSG::2278, not in degrees"),
    ],
)
def test_an_older_file_that_names_its_reference_system_is_believed(
    tmp_path: Path, name: str, reason: str | None
) -> None:
    _file(tmp_path / "beats.geojson", ("A", _square(-96, 29)))
    table = json.loads((tmp_path / "beats.geojson").read_text())
    table["crs"] = {"type": "name", "properties": {"name": name}}
    (tmp_path / "beats.geojson").write_text(json.dumps(table))
    if reason is None:
        assert Areas(_city(tmp_path, (-96, 29, -95, 30))).areas_of_public(public_place(-95.5, 29.5)) == {
            "beat": "A"
        }
        return
    with pytest.raises(CityFileError, match=reason) as caught:
        Areas(_city(tmp_path, (-96, 29, -95, 30)))
    assert caught.value.key == "crs"


def test_every_shipped_city_has_areas_that_can_be_read() -> None:
    assert {"demo", "houston", "san-francisco-fire"} <= set(shipped_cities())
    for name in shipped_cities():
        city = load_city(name)
        assert set(Areas(city).by_kind) == {layer.kind for layer in city.areas}


def test_a_recorded_district_that_is_invalid_is_repaired(shared_data: Path, tmp_path: Path) -> None:
    files = [
        (path, feature)
        for path in sorted((shared_data / "gis").rglob("*.geojson"))
        if not path.name.startswith("osm_")
        for feature in json.loads(path.read_bytes()).get("features", [])
        if (feature.get("geometry") or {}).get("type") in ("Polygon", "MultiPolygon")
    ]
    broken = [feature for path, feature in files if not shape(feature["geometry"]).is_valid]
    assert broken, "one council district polygon is said to be invalid"
    for feature in broken:
        areas = _areas(tmp_path, ("X", feature["geometry"]))
        inside = shapely.make_valid(shape(feature["geometry"])).representative_point()
        assert areas.areas_of_public(public_place(inside.x, inside.y)) == {"beat": "X"}
