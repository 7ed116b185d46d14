"""Geometries as answers have them: points and polygons, in the client's system, rounded or on its grid."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from blocklight.query.encoded import Points
from blocklight.standards.geoservices.query_request import Query
from blocklight.standards.geoservices.spatial import Shape

Json = dict[str, Any]
# Coordinates in rows, or whole numbers of cells.
Corners = NDArray[Any]


def placed(points: Points, query: Query) -> list[list[Any] | None]:
    """The coordinates of points for an answer, ``None`` where there is none."""
    is_placed = ~np.isnan(points[:, 0])
    pairs = iter(_in_answer_system(points[is_placed], query).tolist())
    return [next(pairs) if is_known else None for is_known in is_placed.tolist()]


def _in_answer_system(points: NDArray[np.float64], query: Query) -> Corners:
    placed = query.system.of_degrees(points)
    if query.quantization is not None:
        return query.quantization.cells(placed)
    return placed if query.precision is None else np.round(placed, query.precision)


def esri_point(pair: Sequence[float]) -> Json:
    """A point as GeoServices JSON."""
    return {"x": pair[0], "y": pair[1]}


def rings(shape: Shape, query: Query) -> list[Corners]:
    """A polygon's rings, outer ones clockwise as GeoServices has them; on a grid, without repeats."""
    rings_of_shape = []
    for part in shapely.get_parts(shape):
        oriented = shapely.geometry.polygon.orient(part, sign=-1.0)
        for ring in (oriented.exterior, *oriented.interiors):
            corners = _in_answer_system(shapely.get_coordinates(ring), query)
            if query.quantization is not None:
                corners = _without_repeats(corners)
            rings_of_shape.append(corners)
    return rings_of_shape


def _without_repeats(corners: Corners) -> Corners:
    moved = np.any(np.diff(corners, axis=0) != 0, axis=1)
    return corners[np.concatenate(([True], moved))]


def deltas(corners: Corners) -> Corners:
    """The first corner, then the steps from one to the next, as quantized answers have them."""
    return np.concatenate((corners[:1], np.diff(corners, axis=0)))


def esri_polygon(shape: Shape, query: Query) -> Json:
    """A polygon as GeoServices JSON."""
    parts = rings(shape, query)
    if query.quantization is not None:
        parts = [deltas(part) for part in parts]
    return {"rings": [part.tolist() for part in parts]}


def geojson_shape(shape: Shape, query: Query) -> Json:
    """A polygon as GeoJSON, outer rings counter-clockwise (RFC 7946)."""
    parts = []
    for part in shapely.get_parts(shape):
        # RFC 7946, 3.1.6: outer rings go counter-clockwise; GeoServices has it the other way round.
        oriented = shapely.geometry.polygon.orient(part, sign=1.0)
        ringed: Iterable[Any] = (oriented.exterior, *oriented.interiors)
        parts.append([_in_answer_system(shapely.get_coordinates(ring), query).tolist() for ring in ringed])
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}
