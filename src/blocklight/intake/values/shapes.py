"""Finds the middle of what a shape spans, be it in GeoJSON, in ArcGIS's JSON or in well-known text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import shapely

from blocklight.intake.values.numbers import to_float

Point = tuple[float, float]
# The middle of a shape needs no more, and one row must not hold up all others.
_MOST_PLACES = 100_000

_DEEPEST = 8  # a GeometryCollection of MultiPolygons takes six
_CORNERS = ("xmin", "ymin", "xmax", "ymax")  # an envelope of ArcGIS's
_OF_ARCGIS = ("rings", "paths", "points", "curveRings", "curvePaths")
# NAD 83 (4269) lies within two metres of WGS 84; GeoSPARQL names its system by an address before the text.
_WKT = re.compile(
    r"(?:SRID ?= ?(?:4326|4269) ?; ?|<http://www\.opengis\.net/def/crs/OGC/1\.3/CRS84>\s*)?"
    r"(?=[A-Z])([-+\d.\s,()A-Z]*)",
    re.IGNORECASE,
)
_WKT_NAMES = re.compile(
    r"(?:(?:MULTI)?(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE)|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE"
    r"|CURVEPOLYGON|TRIANGLE|TIN)\s*(?:ZM|Z|M)?\s*(?=\()",
    re.IGNORECASE,
)
_WKT_BODY = re.compile(r"\([-+\d.eE\s,()]*\)")
_WKB = re.compile(r"0[01][0-9A-Fa-f]{40,}")  # the shortest is that of a point, 21 bytes
_LONGEST_WKB = 40_000  # collections within collections are read by calls within calls, nine bytes each
_SYSTEMS_OF_DEGREES = (0, 4326, 4269)
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
    """The middle of well-known text, also of its bytes in hexadecimal digits; ``None`` for other text.

    A reference system that is named must be one of degrees, as in ``SRID=4326;POINT(-97.3 37.7)``.
    """
    if len(text) > _LONGEST_WKT:
        return None
    if len(text) <= _LONGEST_WKB and len(text) % 2 == 0 and _WKB.fullmatch(text):
        return _middle_of_bytes(bytes.fromhex(text))
    match = _WKT.fullmatch(text)
    named = "" if match is None else _WKT_NAMES.sub("", match[1])
    if not _WKT_BODY.fullmatch(named):
        return None
    places = [part.split() for part in re.sub(r"[()]", " ", named).split(",") if part.strip()]
    if not places or any(len(place) == 1 for place in places):
        raise ValueError("not a point")
    return _middle_number([to_float(place[0]) for place in places]), _middle_number(
        [to_float(place[1]) for place in places]
    )


def _middle_of_bytes(body: bytes) -> Point | None:
    """The middle of well-known bytes, as a table of PostGIS is exported; ``None`` for others."""
    try:
        shape = shapely.from_wkb(body)
    except shapely.errors.ShapelyError:
        return None
    if shape.is_empty or shapely.get_srid(shape) not in _SYSTEMS_OF_DEGREES:
        raise ValueError("not a point")
    west, south, east, north = (to_float(number) for number in shape.bounds)
    return _middle_number([west, east]), _middle_number([south, north])


def _positions(shape: object, depth: int) -> Iterator[Point]:
    if depth > _DEEPEST:
        raise ValueError("not a shape")
    if isinstance(shape, Mapping):
        yield from _positions_of_table(shape, depth)
    elif isinstance(shape, list | tuple):
        if shape and not isinstance(shape[0], list | tuple | Mapping | None):
            x, y = shape[:2]  # what follows is a height
            yield to_float(x), to_float(y)
            return
        for part in shape:
            if part is not None:  # a shape of several parts with one that is not known
                yield from _positions(part, depth + 1)
    else:
        raise ValueError("not a shape")


def _positions_of_table(shape: Mapping[str, Any], depth: int) -> Iterator[Point]:
    """Yield the places of one shape, or of those in a collection; one without any is empty."""
    if "coordinates" in shape:
        yield from _positions(shape["coordinates"] or [], depth + 1)
    elif isinstance(parts := shape.get("geometries", shape.get("features")), list):
        yield from _positions(parts, depth + 1)
    elif "geometry" in shape:  # a whole feature
        yield from _positions(shape["geometry"] or [], depth + 1)
    elif any(name in shape for name in _OF_ARCGIS):
        for name in _OF_ARCGIS:
            yield from _without_curves(shape.get(name) or [], depth + 1)
    elif all(isinstance(shape.get(name), int | float) for name in _CORNERS):
        yield to_float(shape["xmin"]), to_float(shape["ymin"])
        yield to_float(shape["xmax"]), to_float(shape["ymax"])
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
