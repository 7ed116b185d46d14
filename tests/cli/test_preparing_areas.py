import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from exact_calls import public_place

from blocklight.cli.preparing_areas import prepare_areas
from blocklight.config.city import AreaLayer, load_city
from blocklight.errors import BlocklightError, CityFileError
from blocklight.geo.areas import Areas


def square(west: float, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - any property
    ring = [[west, 37.7], [west + 0.01, 37.7], [west + 0.01, 37.71], [west, 37.71], [west, 37.7]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygons(folder: Path) -> Path:
    features = [
        square(-122.20, BEAT="01X", NAME="Harbour", PHONE="555-0100"),
        square(-122.19, BEAT="01X", NAME="Harbour", PHONE="555-0100"),
        square(-122.17, BEAT="02Y", NAME=None, PHONE=""),
        square(-122.15, BEAT=None, NAME="Nowhere", PHONE=""),
    ]
    path = folder / "theirs.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


LAYER = AreaLayer(kind="beat", label="Police beats", file="beat.geojson", id="BEAT", name="NAME")


def test_polygons_of_one_id_become_one_area_and_nothing_else_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "beat.geojson"
    prepare_areas("oakland", polygons(tmp_path), LAYER, crs=None, output=target)
    said = capsys.readouterr().out
    assert "2 areas, 1 polygons without an id left out" in said
    assert 'file = "beat.geojson"' in said
    features = json.loads(target.read_text("utf-8"))["features"]
    assert [one["properties"] for one in features] == [
        {"id": "01X", "name": "Harbour"},
        {"id": "02Y", "name": "Police Beat 02Y"},
    ]


def test_the_lines_that_are_shown_make_a_city_file_with_areas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_areas("oakland", polygons(tmp_path), LAYER, crs=None, output=tmp_path / "beat.geojson")
    lines = capsys.readouterr().out.partition("[[areas]]")[2]
    cities = Path(__file__).parents[2] / "src/blocklight/cities"
    for ground in ("oakland", "east-bay"):
        shutil.copytree(cities / ground, tmp_path / ground)
    text = (cities / "oakland.toml").read_text("utf-8")
    (tmp_path / "oakland.toml").write_text(f"{text}\n[[areas]]{lines}", "utf-8")
    city = load_city(str(tmp_path / "oakland.toml"))
    assert [layer.kind for layer in load_city("oakland").areas] == ["zip"]
    assert Areas(city).areas_of_public(public_place(-122.185, 37.705))["beat"] == "01X"


def test_what_cannot_be_prepared_is_one_line(tmp_path: Path) -> None:
    theirs, target = polygons(tmp_path), tmp_path / "beat.geojson"
    wrong = LAYER.model_copy(update={"id": "NUMBER"})
    with pytest.raises(CityFileError, match="no column 'NUMBER'; there are: BEAT, NAME, PHONE"):
        prepare_areas("oakland", theirs, wrong, crs=None, output=target)
    with pytest.raises(CityFileError, match="within the city's bounds"):
        prepare_areas("houston", theirs, LAYER, crs=None, output=target)
    with pytest.raises(BlocklightError, match="exists already"):
        prepare_areas("oakland", theirs, LAYER, crs=None, output=theirs)


@pytest.mark.parametrize(
    ("file", "column", "areas"),
    [
        ("police_beats_2009.geojson", "CP_BEAT", 57),
        ("council_districts.geojson", "name", 7),
        ("neighborhoods_clickthathood.geojson", "name", 131),
    ],
)
def test_oaklands_own_files_become_areas(
    shared_data: Path, tmp_path: Path, file: str, column: str, areas: int
) -> None:
    layer = AreaLayer(kind="area", label="Areas", file="x.geojson", id=column, name=column)
    target = tmp_path / "x.geojson"
    prepare_areas("oakland", shared_data / "gis" / "oakland" / file, layer, crs=None, output=target)
    found = json.loads(target.read_text("utf-8"))["features"]
    assert len(found) >= areas


def test_oaklands_council_districts_have_names_that_people_say(shared_data: Path, tmp_path: Path) -> None:
    layer = AreaLayer(kind="district", label="Council districts", file="x.geojson", id="name", name="name")
    file, target = shared_data / "gis" / "oakland" / "council_districts.geojson", tmp_path / "x.geojson"
    prepare_areas("oakland", file, layer, crs=None, output=target)
    properties = [feature["properties"] for feature in json.loads(target.read_text("utf-8"))["features"]]
    assert {"id": "CCD6", "name": "Council District 6"} in properties
