"""Draws a city's ground as a few SVG paths of bounded size: water, parks, main streets and outlines."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from blocklight.config.city import Bounds, City
from blocklight.geo.areas import Areas

# The longer side in units; at the size that it is shown in, two or more make a pixel.
_LONGEST = 1200

# As a mark of two units is a pixel, finer corners would not be seen.
_FINEST = 2.0
# Of all paths together: less than 30 kB as text.
MOST_POINTS = 3_000
# Square units of a polygon, and twice the units of a line, below which nobody would see it.
_SMALLEST = 30.0

_DRAWN = ("land", "park", "water", "road_major")
_NOTHING: tuple[Any, ...] = ()


class _Feature(msgspec.Struct):
    geometry: msgspec.Raw


class _Features(msgspec.Struct):
    features: list[_Feature]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The ground of a city in units of its own: *paths* from the lowest up, each with its kind."""

    bounds: Bounds
    width: int
    height: int
    paths: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, city: City, areas: Areas) -> "Sketch":
        """Draw what the city file names; a file that cannot be read is left out, as on the map page."""
        bounds = city.city.bounds
        width, height = _size(bounds)
        shapes = {kind: [] for kind in _DRAWN} | {"outline": _outlines(city, areas)}
        for layer in city.map.layers:
            if layer.kind in shapes:
                shapes[layer.kind] += _read(city.path(layer.file))
        clipped = {kind: _placed(geometries, bounds, width, height) for kind, geometries in shapes.items()}
        tolerance = _FINEST
        paths = _paths(clipped, tolerance)
        # Cities differ too much for one tolerance: it doubles until the drawing is small enough.
        while sum(text.count(" ") for _, text in paths) > MOST_POINTS:
            tolerance *= 2
            paths = _paths(clipped, tolerance)
        return cls(bounds, width, height, tuple(paths))

    @property
    def has_land(self) -> bool:
        """Whether the city says where its land is: then the rest is water."""
        return any(kind == "land" for kind, _ in self.paths)

    def at(self, lon: float, lat: float) -> tuple[int, int] | None:
        """Where a point is drawn, ``None`` for one outside."""
        if not self.bounds.contains(lon, lat):
            return None
        x, y = _units(np.array([[lon, lat]]), self.bounds, self.width, self.height)[0]
        return round(float(x)), round(float(y))


def _size(bounds: Bounds) -> tuple[int, int]:
    middle = math.radians((bounds.south + bounds.north) / 2)
    across, up = (bounds.east - bounds.west) * math.cos(middle), bounds.north - bounds.south
    return round(_LONGEST * min(1, across / up)), round(_LONGEST * min(1, up / across))


def _units(points: Any, bounds: Bounds, width: int, height: int) -> Any:  # noqa: ANN401 - arrays of floats
    """Degrees as units from the upper left."""
    across, up = bounds.east - bounds.west, bounds.north - bounds.south
    corner, span = np.array([bounds.west, bounds.north]), np.array([across / width, -up / height])
    return (points - corner) / span


def _outlines(city: City, areas: Areas) -> list[Any]:
    """The borders of the areas that are shown first."""
    kind = city.ledger_kind
    collection = None if kind is None else areas.geojson(kind)
    if collection is None:
        return []
    shapes = [shapely.from_geojson(msgspec.json.encode(f["geometry"])) for f in collection["features"]]
    return [shapely.boundary(shape) for shape in shapes]


def _read(path: Path) -> list[Any]:
    try:
        features = msgspec.json.decode(path.read_bytes(), type=_Features).features
        shapes = shapely.from_geojson([bytes(feature.geometry) for feature in features], on_invalid="ignore")
    # A page without its sketch is better than no page.
    except (OSError, msgspec.DecodeError, shapely.errors.GEOSException):
        return []
    return [shape for shape in shapes if shape is not None]


def _placed(shapes: Iterable[Any], bounds: Bounds, width: int, height: int) -> list[Any]:
    """Shapes in units, without what lies outside; lines that go on from each other are one."""
    placed = shapely.transform(list(shapes), lambda points: _units(points, bounds, width, height))
    parts = shapely.get_parts(shapely.clip_by_rect(shapely.make_valid(placed), 0, 0, width, height))
    lines = [part for part in parts if shapely.get_dimensions(part) == 1]
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(lines))) if lines else _NOTHING
    return [*(part for part in parts if shapely.get_dimensions(part) > 1), *merged]


def _paths(shapes: dict[str, list[Any]], tolerance: float) -> list[tuple[str, str]]:
    paths = ((kind, "".join(_texts(parts, tolerance))) for kind, parts in shapes.items())
    return [(kind, text) for kind, text in paths if text]


def _texts(parts: Sequence[Any], tolerance: float) -> Iterator[str]:
    for part in shapely.get_parts(shapely.simplify(parts, tolerance)) if len(parts) else _NOTHING:
        if shapely.get_dimensions(part) > 1:
            if shapely.area(part) >= _SMALLEST:
                yield from (f"{_line(ring)}z" for ring in (part.exterior, *part.interiors))
        elif 2 * shapely.length(part) >= _SMALLEST:
            yield _line(part)


def _line(line: Any) -> str:  # noqa: ANN401 - a line or ring of shapely
    points = np.rint(shapely.get_coordinates(line)).astype(int).tolist()
    return f"M{'L'.join(f'{x} {y}' for x, y in points)}"
