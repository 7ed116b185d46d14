"""Writes the street lines of a city's ground, and what says how many addresses there are along them."""

from pathlib import Path

import numpy as np
import pyogrio
import shapely

from blocklight.geo.reference_systems import Shapes
from blocklight.prepare.city_ground.features import Features, together
from blocklight.prepare.city_ground.themes import HOUSE_NUMBERS, Theme

_LINES = (1, 5)
_POLYGONS = (3, 6)


def write_streets(features: list[Features], target: Path) -> int:
    """Write the named lines with their house numbers, in the columns of TIGER's ADDRFEAT; give how many."""
    streets = together(features, Theme.STREETS)
    if streets is None:
        return 0
    named = np.array([bool(name) for name in streets.column("name")], dtype=bool)
    indices = np.flatnonzero(named & np.isin(shapely.get_type_id(streets.shapes), _LINES))
    columns = {"FULLNAME": streets.column("name")} | {name: streets.column(name) for name in HOUSE_NUMBERS}
    shapes = [shapely.multilinestrings(list(shapely.get_parts(shape))) for shape in streets.shapes[indices]]
    _write_flatgeobuf(
        np.array(shapes, dtype=object),
        {name: [values[number] or None for number in indices] for name, values in columns.items()},
        "MultiLineString",
        target,
    )
    return len(indices)


def write_blocks(features: list[Features], target: Path) -> tuple[int, bool]:
    """Write the census blocks; give how many, and whether each has a count of its homes."""
    blocks = together(features, Theme.BLOCKS)
    if blocks is None:
        return 0, False
    indices = np.flatnonzero(np.isin(shapely.get_type_id(blocks.shapes), _POLYGONS))
    counts = blocks.column("count")
    counted = all(counts[number] for number in indices)
    shapes = [shapely.multipolygons(list(shapely.get_parts(shape))) for shape in blocks.shapes[indices]]
    columns = {"count": [int(counts[number]) for number in indices]} if counted else {}
    _write_flatgeobuf(np.array(shapes, dtype=object), columns, "MultiPolygon", target)
    return len(indices), counted


def write_addresses(features: list[Features], target: Path) -> int:
    """Write a point for each address; a building that holds the point of one is that address and no more."""
    addresses = together(features, Theme.ADDRESSES)
    if addresses is None:
        return 0
    is_point = shapely.get_type_id(addresses.shapes) == 0
    points, footprints = addresses.shapes[is_point], addresses.shapes[~is_point]
    if len(points) and len(footprints):
        holding = shapely.STRtree(footprints).query(points, predicate="within")[1]
        footprints = np.delete(footprints, np.unique(holding))
    at = np.concatenate([points, shapely.point_on_surface(footprints)])
    _write_flatgeobuf(at, {}, "Point", target)
    return len(at)


def _write_flatgeobuf(
    shapes: Shapes, columns: dict[str, list[str | None]] | dict[str, list[int]], kind: str, target: Path
) -> None:
    """Write FlatGeobuf, which is read several times as fast as GeoJSON and is a third as large."""
    draft = target.with_name(f"part_{target.name}")
    values = [np.array(column, dtype=None if name == "count" else object) for name, column in columns.items()]
    pyogrio.raw.write(
        draft, shapely.to_wkb(shapes), values, [*columns],
        geometry_type=kind, crs="EPSG:4326", driver="FlatGeobuf", encoding="UTF-8", layer=target.stem,
    )  # fmt: skip
    draft.replace(target)
