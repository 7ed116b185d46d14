"""A basemap from files to tiles: what is drawn where, whom it names, and what is refused."""

import gzip
import json
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles
from small_city import small_city

from blocklight.cli.building_basemap import build_basemap
from blocklight.config.city import Bounds, City
from blocklight.config.pmtiles_header import TilesFile
from blocklight.errors import CityFileError, UsageError
from blocklight.prepare.basemap.parts import OPENSTREETMAP, Drawing, Part, credit_of_file, parts_of, read_part
from blocklight.prepare.basemap.tiles import MAX_ZOOM, MIN_ZOOM, write_tiles

BOUNDS = Bounds(west=-96, south=29, east=-95, north=30)
LAKE = [[-95.6, 29.4], [-95.4, 29.4], [-95.4, 29.6], [-95.6, 29.6], [-95.6, 29.4]]


def feature(shape: str, coordinates: Any, **properties: object) -> dict[str, Any]:  # noqa: ANN401 - coordinates nest
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": shape, "coordinates": coordinates},
    }


def geojson(path: Path, *features: dict[str, Any], **members: object) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


@pytest.fixture
def drawings(tmp_path: Path) -> list[Drawing]:
    lake = geojson(tmp_path / "lake.geojson", feature("Polygon", [LAKE]))
    road = geojson(tmp_path / "road.geojson", feature("LineString", [[-95.9, 29.5], [-95.1, 29.5]]))
    label = geojson(tmp_path / "label.geojson", feature("Point", [-95.5, 29.5], name="Midtown <b>"))
    parts = [Part("water", lake), Part("road_minor", road), Part("label", label)]
    return [read_part(part, BOUNDS, None) for part in parts]


def tiles_of(path: Path) -> dict[tuple[int, int, int], dict[str, Any]]:
    """Return every tile, decoded, by zoom, x and y."""
    with path.open("rb") as file:
        return {
            place: mapbox_vector_tile.decode(gzip.decompress(body))
            for place, body in all_tiles(MmapSource(file))
        }


def test_tiles_hold_the_shapes_that_lie_in_them(drawings: list[Drawing], tmp_path: Path) -> None:
    cut = write_tiles(drawings, BOUNDS, "Somebody", tmp_path / "a.pmtiles")
    tiles = tiles_of(tmp_path / "a.pmtiles")
    assert cut.tiles == len(tiles) > 100
    assert cut.kinds == ("label", "road_minor", "water")
    assert {zoom for zoom, _, _ in tiles} == set(range(MIN_ZOOM, MAX_ZOOM + 1))
    (middle,) = (tile for (zoom, x, y), tile in tiles.items() if (zoom, x, y) == (10, 240, 424))
    assert set(middle) == {"water", "label"}, "small roads begin at zoom 11"
    (named,) = middle["label"]["features"]
    assert named["properties"] == {"name": "Midtown <b>"}
    assert middle["water"]["features"][0]["properties"] == {}


def test_what_lies_inside_a_shape_is_whole_and_what_lies_outside_is_no_tile(
    drawings: list[Drawing], tmp_path: Path
) -> None:
    write_tiles(drawings[:1], BOUNDS, "", tmp_path / "a.pmtiles")
    tiles = tiles_of(tmp_path / "a.pmtiles")
    inside = [place for place in tiles if place[0] == MAX_ZOOM]
    assert 60 < len(inside) < 150, "the lake is 9 tiles wide and 10 high, with those on its shore"
    x, y = 3842, 6781
    assert (MAX_ZOOM, x, y) in tiles
    corners = tiles[MAX_ZOOM, x, y]["water"]["features"][0]["geometry"]["coordinates"][0]
    assert {abs(at - 2048) for corner in corners for at in corner} == {2048 + 64}


def test_the_same_shapes_always_give_the_same_bytes(drawings: list[Drawing], tmp_path: Path) -> None:
    write_tiles(drawings, BOUNDS, "", tmp_path / "a.pmtiles")
    write_tiles(drawings, BOUNDS, "", tmp_path / "b.pmtiles")
    assert (tmp_path / "a.pmtiles").read_bytes() == (tmp_path / "b.pmtiles").read_bytes()


def test_a_file_says_what_is_in_it_and_whom_it_names(drawings: list[Drawing], tmp_path: Path) -> None:
    write_tiles(drawings, BOUNDS, OPENSTREETMAP, tmp_path / "a.pmtiles")
    found = TilesFile.read(tmp_path / "a.pmtiles")
    where_it_ends = (-95.9, 29.4, -95.1, 29.6)
    assert found == TilesFile(("label", "road_minor", "water"), OPENSTREETMAP, where_it_ends)
    with (tmp_path / "a.pmtiles").open("rb") as file:
        header = Reader(MmapSource(file)).header()
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (MIN_ZOOM, MAX_ZOOM, True)
    assert header["min_lon_e7"] < -96e7 < -95e7 < header["max_lon_e7"]


@pytest.mark.parametrize(
    ("members", "properties", "named"),
    [
        ({"attribution": "County GIS \u00e9"}, {}, "County GIS é"),
        ({"name": "osm_roads"}, {}, OPENSTREETMAP),
        ({}, {"@id": "way/12"}, OPENSTREETMAP),
        ({}, {"osm_id": "12"}, OPENSTREETMAP),
        ({"name": "streets"}, {"id": "12"}, None),
    ],
)
def test_who_made_a_layer_is_named(
    tmp_path: Path, members: dict[str, object], properties: dict[str, object], named: str | None
) -> None:
    file = geojson(tmp_path / "a.geojson", feature("Polygon", [LAKE], **properties), **members)
    assert credit_of_file(file) == named


def test_a_part_of_a_file_is_chosen_by_a_property(tmp_path: Path) -> None:
    features = [feature("Polygon", [LAKE], what=what) for what in ("lake", "it's", "park")]
    file = geojson(tmp_path / "a.geojson", *features)
    chosen = Part.parse(f"water={file}#what=lake,it's")
    assert len(read_part(chosen, BOUNDS, None).shapes) == 2


def test_a_shape_that_crosses_itself_is_drawn_as_well_as_it_can_be(tmp_path: Path) -> None:
    bow = [[-95.6, 29.4], [-95.4, 29.6], [-95.4, 29.4], [-95.6, 29.6], [-95.6, 29.4]]
    file = geojson(tmp_path / "a.geojson", feature("Polygon", [bow]), feature("Polygon", [LAKE]))
    drawing = read_part(Part("water", file), BOUNDS, None)
    assert write_tiles([drawing], BOUNDS, "", tmp_path / "a.pmtiles").kinds == ("water",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("water", "^--layer: expected KIND=FILE, for example water=lakes.geojson, not 'water'$"),
        ("pond=a.geojson", "^--layer: 'pond' is not one of land, water, park"),
    ],
)
def test_a_layer_that_names_no_kind_and_file_is_a_mistake_of_the_command(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Part.parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("water=none.geojson", "no such file"),
        ("water={file}#what=lake", "cannot be queried with"),
        ("water={file}#rivers", "no layer 'rivers'; there are: a"),
    ],
)
def test_a_part_that_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = geojson(tmp_path / "a.geojson", feature("Polygon", [LAKE]))
    with pytest.raises(CityFileError, match=reason):
        read_part(Part.parse(text.format(file=file)), BOUNDS, None)


def with_tiles(folder: Path, **map_: object) -> City:
    return small_city(folder, top={"map": {"tiles": "a.pmtiles"} | map_})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "no such file"),
        (b"PMTiles\x02" + bytes(200), "not a PMTiles file of version 3"),
        (b"PMTiles\x03" + bytes(20), "not a PMTiles file of version 3"),
        (b"PMTiles\x03" + bytes(200), "vector tiles are required"),
    ],
)
def test_a_file_of_tiles_that_is_of_no_use_is_refused(
    tmp_path: Path, body: bytes | None, reason: str
) -> None:
    if body is not None:
        (tmp_path / "a.pmtiles").write_bytes(body)
    with pytest.raises(CityFileError, match=reason):
        _ = with_tiles(tmp_path).tiles


def test_tiles_that_were_damaged_are_refused(drawings: list[Drawing], tmp_path: Path) -> None:
    target = tmp_path / "a.pmtiles"
    write_tiles(drawings, BOUNDS, "", target)
    whole = target.read_bytes()
    offset = int.from_bytes(whole[24:32], "little")
    target.write_bytes(whole[:offset] + bytes(40) + whole[offset + 40 :])
    with pytest.raises(CityFileError, match="metadata cannot be read"):
        _ = with_tiles(tmp_path).tiles


def test_tiles_do_not_lie_under_a_style_from_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match="`tiles` and `style_url` exclude each other"):
        with_tiles(tmp_path, style_url="https://tiles.example.org/style.json")


def test_a_city_is_built_from_the_layers_of_its_own_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_basemap("demo", [], crs=None, credit=None, output=tmp_path / "demo.pmtiles")
    assert set(TilesFile.read(tmp_path / "demo.pmtiles").layers) == {
        "land", "water", "park", "road_minor", "road_major", "rail", "label",
    }  # fmt: skip
    assert 'write into [map]: tiles = "demo.pmtiles"' in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["demo.pmtiles"]


def test_a_city_without_layers_or_a_place_to_write_to_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--layer: required: houston has no map\.layers"):
        build_basemap("houston", [], crs=None, credit=None, output=tmp_path / "a.pmtiles")
    with pytest.raises(UsageError, match=r"^--output: required: demo has no map\.tiles"):
        build_basemap("demo", [], crs=None, credit=None, output=None)
    assert parts_of(small_city()) == []


def test_oaklands_streets_and_water_become_tiles_that_name_openstreetmap(
    shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "gis" / "oakland"
    water = folder / "osm_landuse_water_oakland_wgs84.geojson"
    roads = folder / "osm_basemap_oakland.topojson"
    layers = [f"water={water}#layer=waterbodies", f"road_major={roads}#motorways"]
    build_basemap("oakland", layers, crs="EPSG:2227", credit=None, output=tmp_path / "oakland.pmtiles")
    found = TilesFile.read(tmp_path / "oakland.pmtiles")
    assert (found.layers, found.attribution) == (("road_major", "water"), OPENSTREETMAP)
