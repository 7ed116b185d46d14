"""Ready cities whose licences allow it carry a small ground, and say whose it is."""

import json
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from blocklight.app.missing_ground import missing_ground
from blocklight.config.city import load_city

CITIES = Path("src/blocklight/cities")
CARRIED = {
    "oakland": ("OpenStreetMap", None),
    "berkeley": ("OpenStreetMap", "The map has no areas"),
    "san-francisco": ("DataSF", None),
    "san-francisco-fire": ("DataSF", None),
}
SMALL = 450_000


@pytest.mark.parametrize("name", CARRIED)
def test_a_city_that_carries_a_ground_stands_on_it_and_names_its_source(name: str) -> None:
    city = load_city(name)
    source, missing = CARRIED[name]
    assert source in (city.map.attribution or "")
    kinds = {layer.kind for layer in city.map.layers}
    assert {"land", "park", "label"} <= kinds
    assert ((missing_ground(city, name) or "").partition(":")[0] or None) == missing
    bounds = city.city.bounds
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    for layer in city.map.layers:
        document = json.loads((CITIES / layer.file).read_text("utf-8"))
        shapes = [shape(one["geometry"]) for one in document["features"]]
        assert len(shapes) > 0
        assert all(one.is_valid for one in shapes), layer.file
        assert sum(one.intersects(box) for one in shapes) > 0, layer.file


def test_every_carried_file_is_small_and_its_licence_is_written_down() -> None:
    folders = {"east-bay", "oakland", "san-francisco"}
    licences = (CITIES / "GROUND.md").read_text("utf-8")
    files = [file for folder in sorted(folders) for file in (CITIES / folder).iterdir()]
    assert len(files) >= 9
    assert all(folder in licences for folder in folders)
    sizes = {folder: sum(f.stat().st_size for f in files if f.parent.name == folder) for folder in folders}
    assert max(sizes.values()) < SMALL, sizes


def test_main_streets_are_under_oakland_and_neighbourhoods_over_san_francisco() -> None:
    streets = json.loads((CITIES / "east-bay/roads_major.geojson").read_text("utf-8"))["features"]
    names = {one["properties"].get("name") for one in streets}
    assert {"Broadway", "International Boulevard", "Grand Avenue", "Telegraph Avenue"} <= names
    quarters = json.loads((CITIES / "san-francisco/neighborhoods.geojson").read_text("utf-8"))["features"]
    assert len(quarters) == 41
    assert "Mission" in {one["properties"]["name"] for one in quarters}
