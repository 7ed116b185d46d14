"""A ground from the Census Bureau's files and TIGERweb, for a town in two counties of two states."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import mapbox_vector_tile
import pytest
from border_town import COUNTIES, EAST, SOUTH, STEP, WEST, Census, as_json, write_city
from exact_calls import public_place
from loopback.server import Loopback, Reply, Request, serving
from pmtiles.reader import MmapSource, all_tiles

from blocklight.cli.building_places import build_places
from blocklight.cli.making_ground import make_city_ground
from blocklight.config.city import City, load_city
from blocklight.errors import BlocklightError, CityFileError, NotFound, SourceError, UsageError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.geo.exact import degrees
from blocklight.intake.geocode.addresses import readings
from blocklight.intake.geocode.streets import Streets
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.own_files import own_part
from blocklight.prepare.city_ground.sources import GroundSources
from blocklight.prepare.places.make import Sources

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def census() -> Iterator[tuple[Census, Loopback]]:
    bureau = Census()
    with serving(bureau) as server:
        yield bureau, server


@pytest.fixture
def sources(census: tuple[Census, Loopback]) -> GroundSources:
    return census_at(census[1].url)


def census_at(url: str) -> GroundSources:
    return GroundSources(tiger_url=f"{url}/tiger", tigerweb_url=f"{url}/web", overpass_url=f"{url}/overpass")


def make(path: Path, sources: GroundSources, *, print_only: bool = False) -> None:
    make_city_ground(str(path), sources, print_only=print_only, fresh=False)


def place_of(city: City, address: str) -> tuple[float, float] | None:
    """Return where an address is found on the city's street lines."""
    assert city.geocoder is not None
    assert city.geocoder.streets is not None
    streets = Streets.of(city.geocoder.streets, city)
    points = (streets.find(reading) for reading in readings(address))
    return next((degrees(point) for point in points if point is not None), None)


def drawn(path: Path) -> dict[str, set[str]]:
    """Return for each kind that is drawn the names in it."""
    kinds: dict[str, set[str]] = {}
    with path.open("rb") as file:
        for _, body in all_tiles(MmapSource(file)):
            for kind, layer in mapbox_vector_tile.decode(gzip.decompress(body)).items():
                names = {feature["properties"].get("name", "") for feature in layer["features"]}
                kinds.setdefault(kind, set()).update(names)
    return kinds


def test_one_command_puts_map_areas_streets_and_places_under_a_city(
    tmp_path: Path, sources: GroundSources, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_city(tmp_path)
    make(path, sources)
    said = capsys.readouterr().out
    assert "Written into " in said
    assert "Missing" not in said
    assert "The map will name: U.S. Census Bureau\n" in said
    city = load_city(str(path))
    assert "# Border City, an invented town." in path.read_text("utf-8")
    assert city.map.attribution == "Border City"
    assert {layer.kind: layer.label for layer in city.areas} == {
        "zip": "ZIP codes", "tract": "Census tracts", "county_subdivision": "County subdivisions",
    }  # fmt: skip
    assert drawn(city.path(city.map.tiles or "")) == {
        "park": {""}, "water": {""}, "road_minor": {""}, "road_major": {""}, "rail": {""},
        "label": {"Border City"},
    }  # fmt: skip
    assert city.tiles is not None
    assert city.tiles.attribution == "U.S. Census Bureau"


def test_areas_have_names_that_people_read(tmp_path: Path, sources: GroundSources) -> None:
    path = write_city(tmp_path)
    make(path, sources)
    areas = Areas(load_city(str(path)))
    names = {kind: sorted(area.name for area in of_kind) for kind, of_kind in areas.by_kind.items()}
    assert names == {
        "zip": ["98101", "99101"],
        "tract": ["Census Tract 001", "Census Tract 001", "Census Tract 101", "Census Tract 101"],
        "county_subdivision": ["East township", "West"],
    }
    assert areas.areas_of_public(public_place(WEST + 0.001, SOUTH + 0.001))["zip"] == "98101"
    assert areas.areas_of_public(public_place(EAST - 0.001, SOUTH + 0.001))["zip"] == "99101"


def test_addresses_on_both_sides_of_the_border_are_found(tmp_path: Path, sources: GroundSources) -> None:
    path = write_city(tmp_path)
    make(path, sources)
    city = load_city(str(path))
    assert place_of(city, "150 3RD ST") == pytest.approx((WEST + 0.5 * STEP, SOUTH + 2 * STEP), abs=1e-4)
    assert place_of(city, "8XX 3RD ST") == pytest.approx((WEST + 7.5 * STEP, SOUTH + 2 * STEP), abs=1e-4)
    assert place_of(city, "ASH AVE & 2ND ST") == pytest.approx((WEST, SOUTH + STEP), abs=1e-4)


def test_approved_places_serve_the_homes_that_the_census_counted(
    tmp_path: Path, sources: GroundSources, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_city(tmp_path)
    make(path, sources)
    assert "of 2,400 addresses" in capsys.readouterr().out
    city = load_city(str(path))
    assert city.places is not None
    assert city.places.count == "count"
    ApprovedPlaces.of(city, Areas(city))
    features = as_json(city.path(city.places.file))["features"]
    assert len(features) > 50
    assert all(feature["properties"]["addresses"] >= 8 for feature in features)


def test_a_second_run_fetches_nothing_and_changes_no_byte(
    tmp_path: Path, census: tuple[Census, Loopback], sources: GroundSources
) -> None:
    path = write_city(tmp_path)
    make(path, sources)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    asked = len(census[1].asked)
    make(path, sources)
    queries = [request for request in census[1].asked[asked:] if "State_County" not in request.path]
    assert queries == []
    manifest = tmp_path / "border" / "ground.json"
    assert {file for file, body in before.items() if file.read_bytes() != body} <= {manifest}


def test_what_a_person_put_there_is_used_and_stays_when_the_rest_is_fetched_again(
    tmp_path: Path, census: tuple[Census, Loopback], sources: GroundSources
) -> None:
    bureau, server = census
    path = write_city(tmp_path)
    name = f"tl_2024_{COUNTIES[0]}_roads.zip"
    (tmp_path / "border" / "downloads").mkdir(parents=True)
    (tmp_path / "border" / "downloads" / name).write_bytes(bureau.files[name])
    make(path, sources)
    asked = len(server.asked)
    make_city_ground(str(path), sources, print_only=False, fresh=True)
    again = [request.path for request in server.asked[asked:] if request.path.endswith(".zip")]
    assert len(again) == 7
    assert not any(name in file for file in again)
    assert (tmp_path / "border" / "downloads" / name).read_bytes() == bureau.files[name]


def test_the_manifest_says_where_everything_came_from(tmp_path: Path, sources: GroundSources) -> None:
    make(write_city(tmp_path), sources)
    manifest = as_json(tmp_path / "border" / "ground.json")
    rows = {row["file"]: row for row in manifest["sources"]}
    for county in COUNTIES:
        row = rows[f"tl_2024_{county}_addrfeat.zip"]
        assert row["licence"].startswith("Public domain")
        assert row["url"] == f"{sources.tiger_url}/TIGER2024/ADDRFEAT/tl_2024_{county}_addrfeat.zip"
        assert len(row["sha256"]) == 64
        assert row["last_modified"] == "Mon, 02 Sep 2024 10:00:00 GMT"
        assert row["downloaded_at"]
    assert sum(row["file"].startswith("tigerweb_") for row in rows.values()) == 7
    assert manifest["credit"] == "U.S. Census Bureau"


def test_with_print_the_city_file_stays_and_the_lines_make_the_same_city(
    tmp_path: Path, sources: GroundSources, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_city(tmp_path)
    before = path.read_text("utf-8")
    make(path, sources, print_only=True)
    assert path.read_text("utf-8") == before
    said = capsys.readouterr().out
    assert '[[areas]]\nkind = "zip"\n' in said
    assert 'tiles = "border/basemap.pmtiles"' in said


def test_what_the_city_file_has_already_stays(tmp_path: Path, sources: GroundSources) -> None:
    path = write_city(tmp_path)
    (tmp_path / "own.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature",'
        ' "properties": {"id": "1", "name": "A"},'
        ' "geometry": {"type": "Polygon", "coordinates": [[[-94.61, 39.09], [-94.60, 39.09], [-94.60, 39.10],'
        " [-94.61, 39.09]]]}}]}"
    )
    text = path.read_text("utf-8").replace(
        "[map]\n", '[map]\nstyle_url = "https://tiles.example/style.json"\n'
    )
    path.write_text(f'{text}\n[[areas]]\nkind = "zip"\nlabel = "Own"\nfile = "own.geojson"\n', "utf-8")
    make(path, sources)
    city = load_city(str(path))
    assert city.map.style_url == "https://tiles.example/style.json"
    assert city.map.tiles is None
    assert [(layer.kind, layer.file) for layer in city.areas][:1] == [("zip", "own.geojson")]
    assert [layer.kind for layer in city.areas] == ["zip", "tract", "county_subdivision"]


def test_approved_places_of_the_citys_own_stay_valid(
    tmp_path: Path, sources: GroundSources, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_city(tmp_path)
    make(path, sources)
    places = tmp_path / "own.geojson"
    text = path.read_text("utf-8")
    head = text.partition("[[areas]]")[0].rstrip()
    path.write_text(f'{head}\n\n[places]\nfile = "own.geojson"\n', "utf-8")
    make_city_places(path, tmp_path / "border")
    before = places.read_bytes()
    make(path, sources)
    assert "ZIP codes: left out; name `within` in [places] first" in capsys.readouterr().out
    city = load_city(str(path))
    assert city.areas == ()
    assert places.read_bytes() == before
    ApprovedPlaces.of(city, Areas(city))


def make_city_places(path: Path, ground: Path) -> None:
    """Build the places of a city from what a ground left behind."""
    streets, blocks = str(ground / "streets.fgb"), str(ground / "blocks.fgb")
    build_places(str(path), Sources(streets, "FULLNAME", None, blocks, "count"), None)


def test_files_of_the_census_alone_are_enough_without_tigerweb(
    tmp_path: Path,
    census: tuple[Census, Loopback],
    sources: GroundSources,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bureau = census[0]
    for state, county in (("98", COUNTIES[0]), ("99", COUNTIES[1])):
        for kind, service, layer in (
            ("place", "Places_CouSub_ConCity_SubMCD", "Incorporated Places"),
            ("cousub", "Places_CouSub_ConCity_SubMCD", "County Subdivisions"),
            ("tract", "Tracts_Blocks", "Census Tracts"),
            ("tabblock20", "Tracts_Blocks", "2020 Census Blocks"),
        ):
            name = f"tl_2024_{state}_{kind}"
            bureau.files[f"{name}.zip"] = bureau.services[service][layer].shapefile(name)
        del county
    path = write_city(tmp_path)
    make(path, replace(sources, tigerweb=False, counties=COUNTIES))
    assert [layer.kind for layer in load_city(str(path)).areas] == ["tract", "county_subdivision"]
    assert load_city(str(path)).places is not None
    with pytest.raises(UsageError, match="--county: required without TIGERweb"):
        make(path, replace(sources, tigerweb=False))
    assert "Missing" not in capsys.readouterr().out


@pytest.mark.parametrize("county", ["4820", "48A01", "482011"])
def test_a_county_is_five_digits(tmp_path: Path, sources: GroundSources, county: str) -> None:
    with pytest.raises(UsageError, match="--county: expected five digits"):
        make(write_city(tmp_path), replace(sources, counties=(county,)))


def test_a_year_without_files_is_named_and_the_city_file_stays(
    tmp_path: Path, sources: GroundSources
) -> None:
    path = write_city(tmp_path)
    with pytest.raises(NotFound, match=r"TIGER2031/ROADS/tl_2031_98001_roads\.zip: HTTP 404.*--year"):
        make(path, replace(sources, year=2031))
    assert "tiles" not in path.read_text("utf-8")


def test_a_shipped_city_is_not_written_into(sources: GroundSources) -> None:
    with pytest.raises(BlocklightError, match="houston comes with Blocklight: copy its file"):
        make_city_ground("houston", sources, print_only=False, fresh=False)


def test_tigerweb_that_fails_leaves_the_city_file_as_it_was(
    tmp_path: Path, census: tuple[Census, Loopback]
) -> None:
    bureau = census[0]

    def failing(request: Request) -> Reply:
        if "Tracts_Blocks" in request.path and request.path.endswith("query"):
            return Reply.json({"error": {"code": 400, "message": "no"}})
        return bureau(request)

    path = write_city(tmp_path)
    before = path.read_text("utf-8")
    with serving(failing) as server:
        url = server.url
        with pytest.raises(SourceError, match="ArcGIS"):
            make(path, census_at(url))
    assert path.read_text("utf-8") == before


def test_own_layers_stand_in_for_what_would_be_fetched(
    tmp_path: Path, census: tuple[Census, Loopback], sources: GroundSources
) -> None:
    path = write_city(tmp_path)
    own = tmp_path / "own.geojson"
    own.write_text(
        '{"type": "FeatureCollection", "attribution": "Border City GIS", "features": [{"type": "Feature",'
        ' "properties": {"name": "Long Lake"}, "geometry": {"type": "Polygon", "coordinates":'
        " [[[-94.61, 39.09], [-94.60, 39.09], [-94.60, 39.10], [-94.61, 39.09]]]}}]}"
    )
    asked = len(census[1].asked)
    make(path, replace(sources, own=(own_part(f"water={own}", None),)))
    assert not any("AREAWATER" in request.path for request in census[1].asked[asked:])
    tiles = load_city(str(path)).tiles
    assert tiles is not None
    assert tiles.attribution == "U.S. Census Bureau · Border City GIS"


@pytest.mark.parametrize("text", ["water", "lake=a.geojson", "=a.geojson"])
def test_a_layer_that_names_no_theme_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--layer: expected THEME=FILE"):
        own_part(text, None)


def test_a_layer_from_elsewhere_is_named(tmp_path: Path, sources: GroundSources) -> None:
    own = tmp_path / "own.geojson"
    own.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},'
        ' "geometry": {"type": "Point", "coordinates": [10, 50]}}]}'
    )
    with pytest.raises(CityFileError, match="nothing in it lies within the map"):
        make(write_city(tmp_path), replace(sources, origin="files", own=(own_part(f"park={own}", None),)))


class Broken:
    """A server that breaks off its first answer after some bytes."""

    def __init__(self, census: Census, name: str, after: int) -> None:
        self.census, self.name, self.after = census, name, after
        self.ranges: list[str | None] = []

    def __call__(self, request: Request) -> Reply:
        reply = self.census.file(self.name, request)
        self.ranges.append(request.headers.get("range"))
        if len(self.ranges) == 1:
            body = b"".join(reply.chunks)
            return replace(
                reply,
                chunks=(body[: self.after],),
                headers={**reply.headers, "content-length": str(len(body))},
            )
        return reply


def downloads(folder: Path, url: str) -> Downloads:
    del url
    return Downloads(
        folder, named=frozenset({"127.0.0.1"}), now=lambda: NOON, say=lambda _: None, sleep=lambda _: None
    )


def test_a_download_that_breaks_off_goes_on_where_it_was(
    tmp_path: Path, census: tuple[Census, Loopback]
) -> None:
    name = f"tl_2024_{COUNTIES[0]}_roads.zip"
    broken = Broken(census[0], name, 500)

    def closing(request: Request) -> Reply:
        reply = broken(request)
        return (
            reply
            if len(broken.ranges) > 1
            else replace(reply, headers={**reply.headers, "connection": "close"})
        )

    with serving(closing) as server:
        path = downloads(tmp_path, server.url).get(f"{server.url}/{name}", name, 10_000_000)
    assert path.read_bytes() == census[0].files[name]
    assert broken.ranges == [None, "bytes=500-"]


def test_a_kept_file_that_was_damaged_is_fetched_again(
    tmp_path: Path, census: tuple[Census, Loopback]
) -> None:
    bureau, server = census
    name = f"tl_2024_{COUNTIES[0]}_roads.zip"
    kept = downloads(tmp_path, server.url)
    path = kept.get(f"{server.url}/tiger/{name}", name, 10_000_000)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert downloads(tmp_path, server.url).get(f"{server.url}/tiger/{name}", name, 10_000_000) == path
    assert path.read_bytes() == bureau.files[name]


def test_what_is_too_large_or_no_archive_or_leads_inside_is_refused(tmp_path: Path) -> None:
    replies: dict[str, Reply] = {
        "/large.zip": Reply(200, (b"x" * 2000,)),
        "/page.zip": Reply(200, (b"<html>",)),
        "/away.zip": Reply(302, (), {"location": "http://127.0.0.2/a.zip"}),
    }
    with serving(lambda request: replies[request.path]) as server:
        kept = downloads(tmp_path, server.url)
        with pytest.raises(SourceError, match="larger than 1,000 bytes"):
            kept.get(f"{server.url}/large.zip", "large.zip", 1000)
        with pytest.raises(SourceError, match="not a whole zip archive"):
            kept.get(f"{server.url}/page.zip", "page.zip", 1000)
        with pytest.raises(SourceError, match="not allowed"):
            kept.get(f"{server.url}/away.zip", "away.zip", 1000)
    assert not [file for file in tmp_path.iterdir() if file.suffix == ".zip"]


def test_a_city_as_wide_as_a_state_is_refused(tmp_path: Path, sources: GroundSources) -> None:
    path = write_city(tmp_path)
    path.write_text(path.read_text("utf-8").replace("west = -94.62", "west = -99.62"), "utf-8")
    with pytest.raises(CityFileError, match=r"city\.bounds: more than 4 degrees across"):
        make(path, sources)
