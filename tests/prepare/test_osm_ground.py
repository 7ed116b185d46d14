"""A ground from OpenStreetMap: Overpass and its answers, extracts, and recorded ones of both."""

import bz2
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from border_town import Census
from exact_calls import public_place
from loopback.server import Loopback, serving
from osm_town import CITY, SOUTH, STEP, WEST, Overpass, answer
from test_city_ground import drawn, place_of

from blocklight.app.opening import wall_clock
from blocklight.cli.making_ground import make_city_ground
from blocklight.config.city import load_city
from blocklight.errors import CityFileError, SourceError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.prepare.city_ground.arcgis_layers import SHAPE, read_arcgis_layer
from blocklight.prepare.city_ground.features import box_of, read_features, together
from blocklight.prepare.city_ground.openstreetmap import extract_parts
from blocklight.prepare.city_ground.sources import GroundSources
from blocklight.prepare.city_ground.themes import Theme

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def overpass() -> Iterator[tuple[Overpass, Loopback]]:
    application = Overpass()
    with serving(application) as server:
        yield application, server


def city_file(folder: Path) -> Path:
    path = folder / "neustadt.toml"
    path.write_text(CITY, "utf-8")
    return path


def make(path: Path, url: str = NOWHERE, extract: Path | None = None) -> None:
    sources = GroundSources(
        tiger_url=NOWHERE, tigerweb_url=NOWHERE, overpass_url=f"{url}/api", origin="osm", extract=extract
    )
    make_city_ground(str(path), sources, print_only=False, fresh=False)


def test_overpass_is_asked_once_and_makes_a_ground(
    tmp_path: Path, overpass: tuple[Overpass, Loopback], capsys: pytest.CaptureFixture[str]
) -> None:
    application, server = overpass
    path = city_file(tmp_path)
    make(path, server.url)
    make(path, server.url)
    (query,) = application.queries
    assert "[out:json]" in query
    assert "[bbox:48.985000,8.385000,49.025000,8.425000]" in query
    assert "Missing" not in capsys.readouterr().out
    city = load_city(str(path))
    assert city.tiles is not None
    assert city.tiles.attribution == "© OpenStreetMap contributors"
    assert drawn(city.path(city.map.tiles or "")) == {
        "park": {""}, "water": {""}, "road_minor": {""}, "road_major": {""}, "rail": {""},
        "label": {"Neustadt"},
    }  # fmt: skip
    assert Areas(city).areas_of_public(public_place(WEST, SOUTH)) == {"neighborhood": "Weststadt"}
    assert Areas(city).areas_of_public(public_place(WEST + 0.009, SOUTH)) == {
        "neighborhood": "Oststadt & Höhe"
    }
    assert place_of(city, "GASSE 2 & WEG 3") == pytest.approx((WEST + 2 * STEP, SOUTH + STEP), abs=1e-5)
    ApprovedPlaces.of(city, Areas(city))
    (row,) = json.loads((tmp_path / "neustadt" / "ground.json").read_text("utf-8"))["sources"]
    assert row["licence"].startswith("ODbL 1.0")
    assert row["url"] == f"{server.url}/api/interpreter"
    assert len(row["sha256"]) == 64


def test_the_hole_of_a_park_is_no_park_and_a_path_is_no_road(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer()), "utf-8")
    bounds = load_city(str(city_file(tmp_path))).city.bounds
    features = [read_features(part, box_of(bounds)) for part in extract_parts(file, tmp_path)]
    park = together(features, Theme.PARK)
    assert park is not None
    assert not shapely.intersects(park.shapes[0], shapely.Point(WEST + 0.0049, SOUTH + 0.0029))
    assert park.shapes[0].area == pytest.approx(0.0015**2 - 0.0005**2, rel=1e-3)
    roads = together(features, Theme.ROADS)
    assert roads is not None
    assert {"residential", "primary", "footway"} == set(roads.column("class"))


def test_a_house_with_a_point_of_its_own_is_one_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer()), "utf-8")
    make(city_file(tmp_path), extract=file)
    assert f"of {6 * 5 * 4} addresses" in capsys.readouterr().out


@pytest.mark.parametrize("form", [".json.gz", ".osm", ".osm.bz2"])
def test_extracts_and_answers_of_every_form_make_the_same_ground(tmp_path: Path, form: str) -> None:
    plain = tmp_path / "answer.json"
    plain.write_text(json.dumps(answer()), "utf-8")
    list(extract_parts(plain, tmp_path))
    (xml,) = tmp_path.glob("osm_*.osm")
    file = tmp_path / f"town{form}"
    packed = {
        ".json.gz": gzip.compress(plain.read_bytes()),
        ".osm": xml.read_bytes(),
        ".osm.bz2": bz2.compress(xml.read_bytes()),
    }
    file.write_bytes(packed[form])
    for number, extract in enumerate((plain, file)):
        (tmp_path / str(number)).mkdir()
        make(city_file(tmp_path / str(number)), extract=extract)
    tiles = [(tmp_path / str(number) / "neustadt" / "basemap.pmtiles").read_bytes() for number in (0, 1)]
    assert tiles[0] == tiles[1]


def test_ways_that_carry_their_own_geometry_are_read(tmp_path: Path) -> None:
    document = answer()
    nodes = {element["id"]: element for element in document["elements"] if element["type"] == "node"}
    for element in document["elements"]:
        if element["type"] == "way":
            element["geometry"] = [
                {"lat": nodes[ref]["lat"], "lon": nodes[ref]["lon"]} for ref in element["nodes"]
            ]
    document["elements"] = [
        element for element in document["elements"] if element["type"] != "node" or element["tags"]
    ]
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(document), "utf-8")
    path = city_file(tmp_path)
    make(path, extract=file)
    assert place_of(load_city(str(path)), "GASSE 2 & WEG 3") is not None


def test_half_an_answer_is_a_failure_and_is_asked_for_again(
    tmp_path: Path, overpass: tuple[Overpass, Loopback]
) -> None:
    application, server = overpass
    path = city_file(tmp_path)
    application.document["remark"] = 'runtime error: Query timed out in "query" at line 3 after 181 seconds.'
    with pytest.raises(SourceError, match=r"Overpass stopped before the end \(timed out\)"):
        make(path, server.url)
    assert path.read_text("utf-8") == CITY
    del application.document["remark"]
    make(path, server.url)
    assert len(application.queries) == 2


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("a.json", b"{", "not a whole JSON document"),
        ("a.json", b'{"type": "FeatureCollection", "features": []}', "not an answer of Overpass"),
        ("a.json", b'{"elements": [{"type": "way", "id": "x"}]}', "not elements of Overpass"),
        ("a.osm.bz2", b"BZh9", "damaged"),
        ("a.shp", b"", "not a file of .pbf"),
    ],
)
def test_what_is_no_extract_is_one_line(tmp_path: Path, name: str, body: bytes, reason: str) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    with pytest.raises(CityFileError, match=reason):
        make(city_file(tmp_path), extract=file)


def test_an_extract_of_elsewhere_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer()), "utf-8")
    path = city_file(tmp_path)
    path.write_text(CITY.replace("8.395", "9.395").replace("8.415", "9.415"), "utf-8")
    with pytest.raises(CityFileError, match="nothing of the ground lies within them"):
        make(path, extract=file)


def test_few_addresses_make_no_places_and_everything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.json"
    document = answer(addresses=1)
    numbered = [one for one in document["elements"] if "addr:housenumber" in one.get("tags", {})]
    document["elements"] = [one for one in document["elements"] if one not in numbered[4:]]
    file.write_text(json.dumps(document), "utf-8")
    path = city_file(tmp_path)
    make(path, extract=file)
    assert "Missing: no approved places: no place would serve 8 addresses." in capsys.readouterr().out
    city = load_city(str(path))
    assert city.places is None
    assert city.tiles is not None


def test_a_layer_is_read_without_any_of_its_columns() -> None:
    with serving(Census()) as bureau:
        layer = f"{bureau.url}/web/State_County/MapServer/11?geometry=-95,39,-94,40&inSR=4326"
        assert len([row[SHAPE] for row in read_arcgis_layer(layer, [], wall_clock)]) == 2


def recorded(shared_data: Path, number: int) -> Path:
    return shared_data / "wire" / "overpass" / f"overpass_response_{number}.json.gz"


@pytest.mark.parametrize(
    ("number", "bounds", "ways"),
    [(3, (-112.1, 33.2, -111.5, 33.7), 534), (4, (-122.3, 37.7, -122.1, 37.9), 287)],
)
def test_recorded_answers_give_every_street_with_its_name(
    tmp_path: Path, shared_data: Path, number: int, bounds: tuple[float, ...], ways: int
) -> None:
    file = recorded(shared_data, number)
    document: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    told = [element["tags"] for element in document["elements"] if element["type"] == "way"]
    assert len(told) == ways
    west, south, east, north = bounds
    features = [read_features(part, (west, south, east, north)) for part in extract_parts(file, tmp_path)]
    streets = [one for one in features if one.theme is Theme.STREETS]
    names = sorted(name for one in streets for name in one.column("name"))
    assert names == sorted(" ".join(tags["name"].split()) for tags in told if "name" in tags)
    roads = [one for one in features if one.theme is Theme.ROADS]
    assert sum(len(one.shapes) for one in roads) == ways


def test_recorded_buildings_with_addresses_are_addresses(tmp_path: Path, shared_data: Path) -> None:
    file = recorded(shared_data, 2)
    features = [read_features(part, (-122.5, 37.7, -122.4, 37.8)) for part in extract_parts(file, tmp_path)]
    document = json.loads(gzip.decompress(file.read_bytes()))
    numbered = [one for one in document["elements"] if "addr:housenumber" in one.get("tags", {})]
    assert len(numbered) > 100
    assert sum(len(one.shapes) for one in features if one.theme is Theme.ADDRESSES) == len(numbered)


def test_a_recorded_extract_is_read(tmp_path: Path, shared_data: Path) -> None:
    file = shared_data / "gis" / "oakland" / "West-Oakland.osm.bz2"
    features = [read_features(part, (-122.4, 37.7, -122.2, 37.9)) for part in extract_parts(file, tmp_path)]
    roads = together(features, Theme.ROADS)
    assert roads is not None
    assert len(roads.shapes) > 300
