"""Geometries as answers have them: points and polygons, in the client's system, rounded or on its grid."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from blocklight.standards.geoservices.query_request import Query
from blocklight.standards.geoservices.spatial import Shape

Point = tuple[float, float]
Json = dict[str, Any]


def point_pairs(points: Sequence[Point | None], query: Query) -> list[list[Any] | None]:
    """Return the coordinates of points for an answer, ``None`` for a missing one."""
    known = np.array([point for point in points if point is not None], dtype=np.float64).reshape(-1, 2)
    pairs = iter(_placed(known, query).tolist())
    return [None if point is None else next(pairs) for point in points]


def _placed(points: NDArray[np.float64], query: Query) -> NDArray[Any]:
    placed = query.system.of_degrees(points)
    if query.quantization is not None:
        return query.quantization.cells(placed)
    return placed if query.precision is None else np.round(placed, query.precision)


def esri_points(points: Sequence[Point | None], query: Query) -> list[Json | None]:
    """Return points as GeoServices JSON."""
    return [None if pair is None else {"x": pair[0], "y": pair[1]} for pair in point_pairs(points, query)]


def rings(shape: Shape, query: Query) -> list[NDArray[Any]]:
    """Return a polygon's rings, outer ones clockwise as GeoServices has them; on a grid, without repeats."""
    found = []
    for part in shapely.get_parts(shape):
        oriented = shapely.geometry.polygon.orient(part, sign=-1.0)
        for ring in (oriented.exterior, *oriented.interiors):
            corners = _placed(shapely.get_coordinates(ring), query)
            if query.quantization is not None:
                corners = _without_repeats(corners)
            found.append(corners)
    return found


def _without_repeats(corners: NDArray[Any]) -> NDArray[Any]:
    moved = np.any(np.diff(corners, axis=0) != 0, axis=1)
    return corners[np.concatenate(([True], moved))]


def deltas(corners: NDArray[Any]) -> NDArray[Any]:
    """Return the first corner, then the steps from one to the next, as quantized answers have them."""
    return np.concatenate((corners[:1], np.diff(corners, axis=0)))


def esri_polygon(shape: Shape, query: Query) -> Json:
    """Return a polygon as GeoServices JSON."""
    parts = rings(shape, query)
    if query.quantization is not None:
        parts = [deltas(part) for part in parts]
    return {"rings": [part.tolist() for part in parts]}


def geojson_shape(shape: Shape, query: Query) -> Json:
    """Return a polygon as GeoJSON, outer rings counter-clockwise (RFC 7946)."""
    parts = []
    for part in shapely.get_parts(shape):
        oriented = shapely.geometry.polygon.orient(part, sign=1.0)
        ringed: Iterable[Any] = (oriented.exterior, *oriented.interiors)
        parts.append([_placed(shapely.get_coordinates(ring), query).tolist() for ring in ringed])
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def geojson_points(points: Sequence[Point | None], query: Query) -> list[Json | None]:
    """Return points as GeoJSON."""
    return [
        None if pair is None else {"type": "Point", "coordinates": pair}
        for pair in point_pairs(points, query)
    ]
