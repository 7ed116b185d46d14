"""A town of a few streets in a grid over two beats, with its files, for tests of approved places."""

import json
from pathlib import Path
from typing import Any

from small_city import small_city

from blocklight.config.city import City
from blocklight.geo.areas import Areas
from blocklight.prepare.places.build import Plane, build, served_by, write_places
from blocklight.prepare.places.layers import read_layer

WEST, SOUTH = -95.51, 29.49
STEP = 0.001
LINES = 11
BORDER = WEST + 5.4 * STEP
EAST, NORTH = WEST + (LINES - 1) * STEP, SOUTH + (LINES - 1) * STEP


def collection(features: list[dict[str, Any]], **members: object) -> str:
    """Return GeoJSON text."""
    return json.dumps({"type": "FeatureCollection", **members, "features": features})


def feature(kind: str, coordinates: object, **properties: object) -> dict[str, Any]:
    """Return one GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def square(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    """Return a polygon's coordinates."""
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def streets() -> list[dict[str, Any]]:
    """Return eleven streets each way, a step apart."""
    at = [number * STEP for number in range(LINES)]
    across = [
        feature("LineString", [[WEST, SOUTH + y], [EAST, SOUTH + y]], name=f"{n + 1} ST")
        for n, y in enumerate(at)
    ]
    up = [
        feature("LineString", [[WEST + x, SOUTH], [WEST + x, NORTH]], name=f"AVENUE {chr(65 + n)}")
        for n, x in enumerate(at)
    ]
    return across + up


def addresses() -> list[dict[str, Any]]:
    """Return four addresses on each block of each street that runs east, none in the north-east corner."""
    return [
        feature("Point", [WEST + (i + part) * STEP, SOUTH + j * STEP + 0.0001])
        for i in range(LINES - 1)
        for j in range(LINES)
        for part in (0.2, 0.4, 0.6, 0.8)
        if not (i > 7 and j > 7)
    ]


def write_layers(folder: Path) -> None:
    """Write the town's beats, streets and addresses."""
    beats = [
        feature("Polygon", square(WEST - 0.01, SOUTH - 0.01, BORDER, NORTH + 0.01), id="W", name="West"),
        feature("Polygon", square(BORDER, SOUTH - 0.01, EAST + 0.01, NORTH + 0.01), id="E", name="East"),
    ]
    (folder / "beats.geojson").write_text(collection(beats))
    (folder / "streets.geojson").write_text(collection(streets()))
    (folder / "addresses.geojson").write_text(collection(addresses()))


def build_places(city: City, folder: Path) -> None:
    """Build the places of a city on the town's ground from its layers in *folder*."""
    bounds = city.city.bounds
    lines = read_layer(folder / "streets.geojson", "streets", column="name", crs=None, bounds=bounds)
    served = read_layer(folder / "addresses.geojson", "addresses", column=None, crs=None, bounds=bounds)
    made = build(city, Areas(city), lines, served_by(served, None, Plane(city)))
    write_places(made, city, folder / "places.geojson")


def grid_town(folder: Path, *, policy: dict[str, Any] | None = None, **places: Any) -> City:  # noqa: ANN401 - any key
    """Write the town's files and return its city; *places* are keys of its [places]."""
    write_layers(folder)
    top = {
        "areas": [{"kind": "beat", "label": "Beats", "file": "beats.geojson"}],
        "places": {"file": "places.geojson", "streets": "streets.geojson", "addresses": "addresses.geojson"}
        | places,
        "policy": {"place": "nearest"} | (policy or {}),
    }
    return small_city(folder, top=top)
