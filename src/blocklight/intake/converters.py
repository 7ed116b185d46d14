"""Turns one value in a source's own notation into ours; every function raises ``ValueError`` on nonsense."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from blocklight.intake.moments import from_epoch_ms, from_epoch_s, from_iso
from blocklight.intake.numbers import to_float, to_int

_NESTED = (dict, list)  # made once: this is asked of every value of every row
_WKT_POINT = re.compile(r"^\s*POINT\s*\(\s*(\S+)\s+(\S+)\s*\)\s*$", re.IGNORECASE)
_PAIR = re.compile(r"\(\s*(-?\d+(?:\.\d*)?)\s*,\s*(-?\d+(?:\.\d*)?)\s*\)\s*$")
_LONGEST_POINT = 1000  # of text that is tried against patterns: an address may stand before its point
_NUMBERS = re.compile(r"[\s,;]+")
_WORD = re.compile(r"[A-Za-z0-9]+")
_FURTHEST_M = 1e9  # beyond the circumference of the Earth in any unit of a reference system

Point = tuple[float, float]
"""lon, lat in WGS 84 degrees."""


def to_text(value: Any) -> str:  # noqa: ANN401 - a source's value may be anything
    """Return trimmed text with runs of white space folded."""
    if isinstance(value, _NESTED):
        raise ValueError("not text")
    text = value if type(value) is str else str(value)
    if not text.isprintable():  # control characters mean nothing here, and PostgreSQL refuses some of them
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def to_lat_lon(value: Any) -> Point:  # noqa: ANN401 - a source's value may be anything
    """Return lon, lat of text with a latitude and a longitude, separated by white space or a comma.

    Of several pairs, which are a line, a box or a polygon of GeoRSS, it is the middle of what they span.
    """
    numbers = _numbers(value)
    if len(numbers) < 2 or len(numbers) % 2:  # noqa: PLR2004 - two coordinates
        raise ValueError("not pairs of numbers")
    lats, lons = numbers[::2], numbers[1::2]
    return _middle(lons), _middle(lats)


def _middle(numbers: Sequence[float]) -> float:
    return numbers[0] if len(numbers) == 1 else (min(numbers) + max(numbers)) / 2


def from_xy(value: Any, scale: float, crs: str | None) -> Point:  # noqa: ANN401 - see above
    """Return lon, lat of text with an easting and a northing in *crs*, which is in degrees if ``None``."""
    x, y = (number * scale for number in _two_numbers(value))
    if crs is None:
        return x, y
    if (x == 0 and y == 0) or max(abs(x), abs(y)) > _FURTHEST_M:  # zeros are what a row without a place holds
        raise ValueError("not a point")
    try:
        lon, lat = _to_degrees(crs).transform(x, y, errcheck=True)
    except ProjError:
        raise ValueError("outside the reference system") from None
    return to_float(lon), to_float(lat)


@lru_cache(maxsize=32)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)


def _two_numbers(value: Any) -> tuple[float, float]:  # noqa: ANN401 - a source's value may be anything
    numbers = _numbers(value)
    if len(numbers) != 2:  # noqa: PLR2004 - two coordinates
        raise ValueError("not two numbers")
    return numbers[0], numbers[1]


def _numbers(value: Any) -> list[float]:  # noqa: ANN401 - a source's value may be anything
    return [to_float(part) for part in _NUMBERS.split(str(value).strip()) if part]


def to_point(value: Any) -> Point:  # noqa: ANN401 - a source's value may be anything
    """Return lon, lat of a GeoJSON point, a Socrata location, a WKT point or text with ``(lat, lon)``."""
    if isinstance(value, dict):
        if "coordinates" in value:
            return _pair(value["coordinates"])
        if "longitude" in value and "latitude" in value:
            return to_float(value["longitude"]), to_float(value["latitude"])
        raise ValueError("not a point")
    text = str(value)
    if len(text) > _LONGEST_POINT:
        raise ValueError("not a point")
    if match := _WKT_POINT.match(text):
        return to_float(match[1]), to_float(match[2])
    if match := _PAIR.search(text):
        return to_float(match[2]), to_float(match[1])
    raise ValueError("not a point")


def _pair(coordinates: Any) -> Point:  # noqa: ANN401 - a source's value may be anything
    if not isinstance(coordinates, list | tuple):
        raise ValueError("not a point")
    lon, lat = coordinates[:2]
    return to_float(lon), to_float(lat)


def to_length(value: Any) -> int:  # noqa: ANN401 - a source's value may be anything
    """Return how many entries a comma or semicolon separated list has; the entries themselves are dropped."""
    return sum(1 for part in re.split(r"[;,]", str(value)) if part.strip())


def to_units(value: Any) -> int:  # noqa: ANN401 - a source's value may be anything
    """Return how many units a text names, whatever separates them and marks their status (``>E21 ?T3``)."""
    return len(set(_WORD.findall(str(value))))


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "text": to_text,
    "int": to_int,
    "float": to_float,
    "epoch_s": from_epoch_s,
    "epoch_ms": from_epoch_ms,
    "iso": from_iso,
    "point": to_point,
    "lat_lon": to_lat_lon,
    "length": to_length,
    "units": to_units,
}
