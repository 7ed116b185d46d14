"""Draws the small ground that shipped cities carry, from recorded public layers.

``python scripts/shipped_ground.py GIS``. *GIS* is the folder of recorded layers. What is written is
simplified to what a map needs; each file's source and licence stand in ``src/blocklight/cities/GROUND.md``.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyogrio.raw
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

CITIES = Path(__file__).parents[1] / "src" / "blocklight" / "cities"
BAY = shapely.box(-122.47, 37.69, -122.07, 37.9357)
EAST_BAY = shapely.box(-122.37, 37.688, -122.09, 37.9357)
# East and south-east of what was recorded, where there is no water for a long way.
INLAND = (shapely.box(-122.0701, 37.69, -121.7, 37.95), shapely.box(-122.12, 37.58, -121.7, 37.6901))
# The land south of San Francisco, sketched, so that it is not taken for sea.
PENINSULA = shapely.Polygon(
    [
        (-122.505, 37.7085), (-122.494, 37.66), (-122.497, 37.60), (-122.505, 37.57),
        (-122.34, 37.57), (-122.36, 37.60), (-122.38, 37.66), (-122.392, 37.7085),
    ]
)  # fmt: skip

DIGITS = 5
# Degrees, about.
A_METRE = 1 / 95_000

Feature = tuple[dict[str, Any], BaseGeometry]


def features(file: Path, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[Feature]:
    """Read the features of a GeoJSON file that are wanted."""
    document = json.loads(file.read_text("utf-8"))
    found = ((one["properties"], shape(one["geometry"])) for one in document["features"])
    return [
        (properties, shapely.make_valid(geometry)) for properties, geometry in found if wanted(properties)
    ]


def write(
    name: str, drawn: Iterable[Feature], *, simplify_m: float = 0, within: BaseGeometry | None = None
) -> None:
    """Write features that are left after cutting and simplifying, each on a line."""
    lines = []
    for properties, whole in drawn:
        geometry = whole if within is None else whole.intersection(within)
        geometry = shapely.set_precision(geometry.simplify(simplify_m * A_METRE), 10**-DIGITS)
        if whole.area > 0:  # cutting and rounding leave lines and points over
            geometry = shapely.union_all([part for part in shapely.get_parts(geometry) if part.area > 0])
        if geometry.is_empty:
            continue
        feature = {"type": "Feature", "properties": properties, "geometry": mapping(geometry)}
        lines.append(json.dumps(feature | ({"id": properties["id"]} if "id" in properties else {})))
    rounded = re.sub(r"(-?\d+\.\d{5})\d+", r"\1", ",\n".join(sorted(lines))).replace(", ", ",")
    if not lines:
        raise SystemExit(f"{name}: nothing to draw")
    file = CITIES / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'{{"type":"FeatureCollection","features":[\n{rounded}\n]}}\n', "utf-8")
    sys.stdout.write(f"{file.stat().st_size:9,} {len(lines):5} {name}\n")


def merged(parts: Iterable[Feature], key: str, *, lines: bool = False) -> list[Feature]:
    """Join the geometries of features that have one name, and drop all else that is said of them."""
    by_name: dict[str, list[BaseGeometry]] = {}
    for properties, geometry in parts:
        by_name.setdefault(str(properties.get(key) or ""), []).append(geometry)
    join = shapely.line_merge if lines else (lambda geometry: geometry)
    return [
        ({"name": name} if name else {}, join(shapely.union_all(geometries)))
        for name, geometries in sorted(by_name.items())
    ]


def of(*layers: str) -> Callable[[dict[str, Any]], bool]:
    """Want the features of some layers."""
    return lambda properties: properties.get("layer") in layers


def east_bay(gis: Path) -> None:
    """Draw Oakland, Berkeley and what lies between them."""
    roads, rest = gis / "osm_roads_oakland_wgs84.geojson", gis / "osm_landuse_water_oakland_wgs84.geojson"
    land = shapely.union_all([geometry for _, geometry in features(rest, of("land-polygons-clip"))])
    ground = shapely.union_all([land.intersection(BAY), *INLAND])
    write("east-bay/land.geojson", [({}, ground)], simplify_m=12)
    lakes = features(rest, lambda one: of("waterbodies")(one) and one.get("kind") in ("water", None))
    write("east-bay/water.geojson", merged(lakes, "name"), simplify_m=12, within=BAY)
    green = [one for one in features(rest, of("parks", "cemeteries")) if one[1].area > (110 * A_METRE) ** 2]
    write("east-bay/parks.geojson", merged(green, "name"), simplify_m=20, within=EAST_BAY)
    write(
        "east-bay/rail.geojson",
        merged(features(rest, of("railways")), "-", lines=True),
        simplify_m=12,
        within=EAST_BAY,
    )
    major = features(roads, of("motorways", "primaryroads", "secondaryroads"))
    write("east-bay/roads_major.geojson", merged(major, "name", lines=True), simplify_m=10, within=EAST_BAY)
    minor = features(roads, of("tertiaryroads"))
    write("east-bay/roads_minor.geojson", merged(minor, "name", lines=True), simplify_m=12, within=EAST_BAY)
    names = [
        ({"name": one["name"], "class": "neighborhood" if one["layer"] == "neighborhoods" else "city"}, point)
        for one, point in features(rest, of("neighborhoods", "cities"))
    ]
    write("east-bay/labels.geojson", names, within=EAST_BAY)


def column(file: Path, name: str) -> tuple[Any, Any]:
    """Read one column of a layer, and its shapes."""
    _, _, shapes, (values,) = pyogrio.raw.read(file, columns=[name])
    return values, shapely.make_valid(shapely.from_wkb(shapes))


def oakland(gis: Path) -> None:
    """Draw Oakland's ZIP codes, within the city."""
    codes, shapes = column(gis / "oakland_zips.topojson", "ZCTA5CE10")
    limits = shapely.union_all(column(gis / "oakland_boundary.topojson", "NAME")[1])
    zips = [
        ({"id": str(code), "name": str(code)}, geometry)
        for code, geometry in zip(codes, shapes, strict=True)
        if geometry.intersection(limits).area > geometry.area / 50
    ]
    write("oakland/zips.geojson", zips, simplify_m=15)


def san_francisco(gis: Path) -> None:
    """Draw San Francisco's neighbourhoods, their names and those that are parks."""
    parts = merged(features(gis / "analysis_neighborhoods.geojson"), "nhood")
    named = [
        ({"id": re.sub(r"[^a-z0-9]+", "-", one["name"].lower()).strip("-"), "name": one["name"]}, geometry)
        for one, geometry in parts
    ]
    coverage = shapely.coverage_simplify([geometry for _, geometry in named], 15 * A_METRE)
    simplified = [(one, geometry) for (one, _), geometry in zip(named, coverage, strict=True)]
    write("san-francisco/land.geojson", [({}, shapely.union_all([*coverage, PENINSULA]))])
    write("san-francisco/neighborhoods.geojson", simplified)
    points = [
        ({"name": one["name"], "class": "neighborhood"}, geometry.representative_point())
        for one, geometry in simplified
    ]
    write("san-francisco/labels.geojson", points)
    green = [one for one in simplified if re.search(r"\bpark$|^presidio$", one[0]["name"], re.IGNORECASE)]
    write("san-francisco/parks.geojson", [({"name": one["name"]}, geometry) for one, geometry in green])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    east_bay(folder / "oakland")
    oakland(folder / "oakland")
    san_francisco(folder / "san_francisco")
