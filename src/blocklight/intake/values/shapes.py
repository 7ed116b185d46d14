"""Finds the middle of what a shape spans, be it in GeoJSON, in ArcGIS's JSON or in well-known text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from blocklight.intake.values.numbers import to_float

Point = tuple[float, float]
# The middle of a shape needs no more, and one row must not hold up all others.
_MOST_PLACES = 100_000

_DEEPEST = 8  # a GeometryCollection of MultiPolygons takes six
_OF_ARCGIS = ("rings", "paths", "points", "curveRings", "curvePaths")
_WKT = re.compile(
    r"(?:SRID ?= ?4326 ?; ?)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON) ?(?:Z|M|ZM)? ?\(([-+\d.eE\s,()]*)\)",
    re.IGNORECASE,
)
_LONGEST_WKT = 200_000


def middle_of(shape: object) -> Point | None:
    """The middle of the box around a shape, x before y; ``None`` for one without a place.

    Raises ``ValueError`` for what is no shape.
    """
    if shape is None:
        return None
    xs, ys = [], []
    for x, y in _positions(shape, 0):
        xs.append(x)
        ys.append(y)
        if len(xs) > _MOST_PLACES:
            raise ValueError("a shape of too many places")
    if not xs:
        return None
    return _middle_number(xs), _middle_number(ys)


def middle_of_text(text: str) -> Point | None:
    """The middle of well-known text, ``None`` for text that is none.

    A reference system named before it must be WGS 84, as in ``SRID=4326;POINT(-97.3 37.7)``.
    """
    match = _WKT.fullmatch(text) if len(text) <= _LONGEST_WKT else None
    if match is None:
        return None
    places = [part.split() for part in re.sub(r"[()]", " ", match[1]).split(",") if part.strip()]
    if not places:
        raise ValueError("not a point")
    return _middle_number([to_float(place[0]) for place in places]), _middle_number(
        [to_float(place[1]) for place in places]
    )


def _positions(shape: object, depth: int) -> Iterator[Point]:
    if depth > _DEEPEST:
        raise ValueError("not a shape")
    if isinstance(shape, Mapping):
        yield from _positions_of_table(shape, depth)
    elif isinstance(shape, list | tuple):
        if shape and not isinstance(shape[0], list | tuple | Mapping):
            x, y = shape[:2]  # what follows is a height
            yield to_float(x), to_float(y)
            return
        for part in shape:
            yield from _positions(part, depth + 1)
    else:
        raise ValueError("not a shape")


def _positions_of_table(shape: Mapping[str, Any], depth: int) -> Iterator[Point]:
    """Yield the places of one shape, or of those in a collection; one without any is empty."""
    if "coordinates" in shape:
        yield from _positions(shape["coordinates"] or [], depth + 1)
    elif isinstance(shape.get("geometries"), list):
        for part in shape["geometries"]:
            yield from _positions(part, depth + 1)
    elif isinstance(shape.get("geometry"), Mapping):  # a whole feature
        yield from _positions(shape["geometry"], depth + 1)
    elif any(name in shape for name in _OF_ARCGIS):
        for name in _OF_ARCGIS:
            yield from _without_curves(shape.get(name) or [], depth + 1)
    elif "x" in shape and "y" in shape:
        if shape["x"] not in (None, "", "NaN"):
            yield to_float(shape["x"]), to_float(shape["y"])
    else:
        raise ValueError("not a shape")


def _without_curves(parts: Any, depth: int) -> Iterator[Point]:  # noqa: ANN401 - see above
    """Yield the places of ArcGIS's paths or rings; of a curve, the place that it ends at."""
    for part in parts:
        if isinstance(part, Mapping):
            end = next(iter(part.values()), None)
            part = end[0] if isinstance(end, list) and end and isinstance(end[0], list) else end  # noqa: PLW2901 - the same place, taken out
        if isinstance(part, list) and part and isinstance(part[0], list | Mapping):
            yield from _without_curves(part, depth + 1)
        elif isinstance(part, list) and part:
            yield from _positions(part, depth + 1)


def _middle_number(numbers: list[float]) -> float:
    return numbers[0] if len(numbers) == 1 else (min(numbers) + max(numbers)) / 2
