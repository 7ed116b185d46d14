"""Draws the demo city and writes its GeoJSON files: ``python -m blocklight.demo.city_plan [FOLDER]``."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from blocklight.demo import areas, ground
from blocklight.demo.hill_lanes import hill_lanes
from blocklight.demo.house_numbers import pieces_by_number
from blocklight.demo.main_roads import Road, boulevards, freeways, rails, ramps, runways
from blocklight.demo.parks import parks
from blocklight.demo.streets import GRIDS, grid_streets, street_ground

_DIGITS = 5
Feature = dict[str, Any]


@cache
def minor_streets() -> tuple[Road, ...]:
    """All minor streets of the city, in kilometres."""
    green = shapely.union_all([shape.buffer(0.01, join_style="mitre") for _, shape in parks()])
    airfield = ground.near(10.45, 0.25, 1.3)
    open_ground = street_ground(green.union(airfield))
    drawn: list[Road] = []
    for name, hood in areas.grid_grounds().items():
        drawn += grid_streets(GRIDS[name], hood.intersection(open_ground))
    drawn += hill_lanes(ground.hills().buffer(0.08).intersection(open_ground), drawn)
    return tuple(drawn)


def layers() -> dict[str, list[Feature]]:
    """Every GeoJSON file of the city: its name → its features, in WGS 84 degrees."""
    roads = {
        "roads_minor": list(_road_features(minor_streets())),
        "roads_major": list(_road_features((*boulevards(), *runways(), *ramps(), *freeways()))),
    }
    return {
        "land": [_new_feature({}, ground.sheet())],
        "water": [_new_feature({"name": "water"}, part) for part in ground.parts(ground.water())],
        "parks": [_new_feature({"name": name}, shape) for name, shape in parks()],
        **roads,
        "streets": [street for features in roads.values() for street in _numbered_pieces(features)],
        "rail": list(_road_features(rails())),
        "labels": list(_label_features()),
        "beats": list(_area_features(areas.beats(), {seed.id: seed.name for seed in areas.BEATS})),
        "neighborhoods": list(
            _area_features(areas.neighborhoods(), {s.id: s.name for s in areas.NEIGHBORHOODS})
        ),
        "council_districts": list(
            _area_features(
                areas.council_districts(), {id_: f"District {id_}" for id_ in areas.council_districts()}
            )
        ),
    }


def write_layers(folder: Path) -> int:
    """Write every layer into *folder*; returns the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, features in layers().items():
        total += (folder / f"{name}.geojson").write_bytes(encode(features))
    return total


def encode(features: list[Feature]) -> bytes:
    """One feature per line, so that a changed street is a changed line."""
    rows = b",\n".join(orjson.dumps(feature) for feature in features)
    return b'{"type":"FeatureCollection","features":[\n' + rows + b"\n]}\n"


def _new_feature(properties: dict[str, object], shape: Geometry, *, id_: str | None = None) -> Feature:
    geometry = shapely.transform(shape, sheet_to_degrees)
    feature: Feature = {"type": "Feature", "properties": properties, "geometry": _geojson_geometry(geometry)}
    return feature if id_ is None else {"type": "Feature", "id": id_, **feature}


def sheet_to_degrees(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn an array of kilometres on the sheet into WGS 84 lon, lat, rounded to about a metre."""
    points = points.copy()
    points[:, 0] = ground.WEST + points[:, 0] / ground.KM_PER_DEGREE_LON
    points[:, 1] = ground.SOUTH + points[:, 1] / ground.KM_PER_DEGREE_LAT
    return points.round(_DIGITS)


def _geojson_geometry(shape: Geometry) -> dict[str, object]:
    return dict(orjson.loads(shapely.to_geojson(shape)))


def _road_features(roads: Iterable[Road]) -> Iterator[Feature]:
    """Yield one feature per name and kind of road, in the order of first appearance."""
    named: dict[tuple[str, str], list[Geometry]] = defaultdict(list)
    for road in roads:
        named[road.kind, road.name].append(road.line.simplify(0.003))
    for (kind, name), lines in named.items():
        shape = lines[0] if len(lines) == 1 else shapely.multilinestrings(lines)
        yield _new_feature({"name": name, "class": kind}, shape)


def _numbered_pieces(roads: Iterable[Feature]) -> Iterator[Feature]:
    """Yield the streets of drawn roads in pieces, each with the house numbers at its two ends."""
    for road in roads:
        properties, shape = road["properties"], road["geometry"]
        if properties["class"] in {"ramp", "runway"}:
            continue
        lines = shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]
        for line in lines:
            for piece, first, last in pieces_by_number([ground.to_km(*point) for point in line]):
                row = {"name": properties["name"], "from": first, "to": last}
                yield _new_feature(row, shapely.linestrings(piece))


def _area_features(shapes: dict[str, Geometry], names: dict[str, str]) -> Iterator[Feature]:
    simple = shapely.coverage_simplify(list(shapes.values()), 0.004)
    for id_, shape in zip(shapes, simple, strict=True):
        yield _new_feature({"id": id_, "name": names[id_]}, shape, id_=id_)


def _label_features() -> Iterator[Feature]:
    shapes = areas.neighborhoods()
    for seed in areas.NEIGHBORHOODS:
        yield _new_feature(
            {"name": seed.name, "class": "neighborhood"}, areas.largest_inside(shapes[seed.id])
        )
    for name, kind, x, y in _NAMED:
        yield _new_feature({"name": name, "class": kind}, shapely.Point(x, y))


_NAMED = (
    ("Lumen Bay", "water", 1.9, 8.1),
    ("Lantern Sound", "water", 5.2, 1.1),
    ("Halyard Estuary", "water", 7.5, 3.86),
    ("Merganser Lake", "water", 8.0, 6.15),
    ("Keeper's Islet", "island", 1.33, 8.92),
    ("Tern River", "water", 5.3, 10.86),
    ("Upper Reservoir", "water", 11.6, 8.42),
)


if __name__ == "__main__":
    _FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "cities" / "demo"
    sys.stdout.write(f"{write_layers(_FOLDER):,} bytes in {_FOLDER}\n")
