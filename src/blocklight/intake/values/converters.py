"""Turns one value in a source's own notation into ours; every function raises ``ValueError`` on nonsense."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from blocklight.intake.values.moments import from_epoch_ms, from_epoch_s, from_iso
from blocklight.intake.values.numbers import to_float, to_int
from blocklight.intake.values.shapes import Point, middle_of, middle_of_text

_NESTED = (dict, list)  # made once: this is asked of every value of every row
_NUMBER = r"\s*([-+]?\d{1,3}(?:\.\d*)?)\s*°?\s*"
_PAIR = re.compile(rf"\({_NUMBER},{_NUMBER}\)\s*$")
_BARE_PAIR = re.compile(rf"{_NUMBER}[,; ]{_NUMBER}")
_GEO_URI = re.compile(rf"geo:{_NUMBER},{_NUMBER}(?:[,;].*)?", re.IGNORECASE)  # RFC 5870: latitude first
# With a letter for the half of the earth behind each number: 37.694 N, 97.33 W, or 37°41'38"N 97°19'48"W.
_HALVES = re.compile(r"([^NSEW]{1,40}[NS])[,;\s]*([^NSEW]{1,40}[EW])", re.IGNORECASE)
_WITH_COMMAS = re.compile(r"[-+]?\d+,\d+[;\s]+[-+]?\d+,\d+")
_LONGEST_JSON = 200_000
# No latitude is greater: a pair with such a first number has the longitude first.
_POLE = 90

_NAMES_OF_DEGREES = (("longitude", "latitude"), ("lon", "lat"), ("lng", "lat"), ("long", "lat"))
_LONGEST_POINT = 1000  # of text that is tried against patterns: an address may stand before its point
_NUMBERS = re.compile(r"[\s,;]+")
_WORD = re.compile(r"[A-Za-z0-9]+")
_FURTHEST_M = 1e9  # beyond the circumference of the Earth in any unit of a reference system


def to_text(value: object) -> str:
    """Trimmed text with runs of white space folded."""
    if isinstance(value, _NESTED):
        raise ValueError("not text")
    text = value if type(value) is str else str(value)
    if not text.isprintable():  # control characters mean nothing here, and PostgreSQL refuses some of them
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def to_lat_lon(value: object) -> Point:
    """Longitude and latitude of text with a latitude and a longitude, separated by white space or a comma.

    Of several pairs, which are a line, a box or a polygon of GeoRSS, it is the middle of what they span.
    """
    numbers = _split_numbers(value)
    if len(numbers) < 2 or len(numbers) % 2:  # noqa: PLR2004 - two coordinates
        raise ValueError("not pairs of numbers")
    lats, lons = numbers[::2], numbers[1::2]
    return _middle_of_range(lons), _middle_of_range(lats)


def _middle_of_range(numbers: Sequence[float]) -> float:
    return numbers[0] if len(numbers) == 1 else (min(numbers) + max(numbers)) / 2


def from_xy(value: object, scale: float, crs: str | None) -> Point:
    """Longitude and latitude of a text with easting and northing in *crs*, in degrees if ``None``."""
    x, y = (number * scale for number in _two_numbers(value))
    return (x, y) if crs is None else degrees_of_projected(x, y, crs)


def degrees_of_projected(x: float, y: float, crs: str) -> Point:
    """Longitude and latitude of an easting and a northing in *crs*; raises ``ValueError`` outside of it."""
    if (x == 0 and y == 0) or max(abs(x), abs(y)) > _FURTHEST_M:  # zeros are what a row without a place holds
        raise ValueError("not a point")
    try:
        lon, lat = _degrees_transformer(crs).transform(x, y, errcheck=True)
    except ProjError:
        raise ValueError("outside the reference system") from None
    return to_float(lon), to_float(lat)


@lru_cache(maxsize=32)
def _degrees_transformer(crs: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)


_LONGEST_DEGREES = 40
_HALF = re.compile(r"[NSEW°º]", re.IGNORECASE)
# Degrees with a letter for their half of the earth, or with the sign of degrees.
_DEGREES = re.compile(
    r"""(?P<before>[NSEW]?)\s*(?P<sign>-?)(?P<d>\d{1,3}(?:\.\d+)?)\s*
    (?:[°º]\s*(?:(?P<m>\d{1,2}(?:\.\d+)?)\s*['′]\s*(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*["″]\s*)?)?)?
    (?P<after>[NSEW]?)""",
    re.VERBOSE | re.IGNORECASE,
)


def _of_half(match: re.Match[str]) -> float:
    degrees, minutes, seconds = (float(part or 0) for part in match.group("d", "m", "s"))
    if match["before"] and match["after"]:
        raise ValueError("names two halves of the earth")
    half = (match["before"] or match["after"]).upper()
    sign = -1 if match["sign"] or half in ("S", "W") else 1
    return sign * (degrees + minutes / 60 + seconds / 3600)


def read_degrees(value: object) -> float:
    """A number that may have a comma for its point, ``37,6800``, or name its half of the earth: ``97.33 W``.

    Where there is a point too, commas part thousands. Minutes and seconds may follow: ``97°19'48"W``.
    """
    if isinstance(value, str) and len(value) <= _LONGEST_DEGREES and _HALF.search(value):
        match = _DEGREES.fullmatch(value.strip())
        if match is not None:
            return _of_half(match)
    if isinstance(value, str) and "," in value:
        value = value.replace(",", "") if "." in value else value.replace(",", ".")
    return to_float(value)


def _two_numbers(value: object) -> tuple[float, float]:
    if isinstance(value, str) and _WITH_COMMAS.fullmatch(value.strip()):  # 37,68 -97,33: commas for points
        value = value.replace(",", ".")
    numbers = _split_numbers(value)
    if len(numbers) == 3 and "," in str(value):  # noqa: PLR2004 - with a height, as in KML
        numbers = numbers[:2]
    if len(numbers) != 2:  # noqa: PLR2004 - two coordinates
        raise ValueError("not two numbers")
    return numbers[0], numbers[1]


def _split_numbers(value: object) -> list[float]:
    return [to_float(part) for part in _NUMBERS.split(str(value).strip()) if part]


def to_point(value: object) -> Point:
    """Longitude and latitude of a GeoJSON or ArcGIS shape, a Socrata location, well-known text or text.

    Of a line, an area or several of them it is the middle of what they span. Text holds a latitude and then a
    longitude, alone or in brackets at its end, or any of the others as JSON.
    """
    if isinstance(value, dict):
        return _point_of_table(value)
    if isinstance(value, list):
        return _point_of_list(value)
    text = str(value).strip().replace("\u2212", "-")  # the minus of typography
    if text.startswith(("{", "[")) and len(text) <= _LONGEST_JSON:
        try:
            table = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise ValueError("not a point") from None
        return _point_of_list(table) if isinstance(table, list) else _point_of_table(table)
    if point := middle_of_text(text):
        return point
    if len(text) > _LONGEST_POINT:
        raise ValueError("not a point")
    if halves := _HALVES.fullmatch(text):
        return read_degrees(halves[2]), read_degrees(halves[1])
    match = _PAIR.search(text) or _BARE_PAIR.fullmatch(text) or _GEO_URI.fullmatch(text)
    if match is None:
        raise ValueError("not a point")
    lat, lon = to_float(match[1]), to_float(match[2])
    return (lat, lon) if abs(lat) > _POLE >= abs(lon) else (lon, lat)


def _point_of_table(table: dict[str, Any]) -> Point:
    """The point of a shape, or of a table with a latitude and a longitude."""
    names = {name.casefold(): name for name in table}
    for lon, lat in _NAMES_OF_DEGREES:
        if lon in names and lat in names:
            return read_degrees(table[names[lon]]), read_degrees(table[names[lat]])
    if isinstance(inside := table.get("coordinates"), dict):
        return _point_of_table(inside)
    point = middle_of(table)
    if point is None:
        raise ValueError("not a point")
    return point


def _point_of_list(places: list[Any]) -> Point:
    """The middle of the coordinates of GeoJSON: longitude first, unless no latitude can be so great."""
    point = middle_of(places)
    if point is None:
        raise ValueError("not a point")
    x, y = point
    return (y, x) if abs(y) > _POLE >= abs(x) else (x, y)


def to_length(value: object) -> int:
    """How many entries a list, also a comma or semicolon separated one, has; the entries are dropped."""
    if isinstance(value, list):
        return len(value)
    return sum(1 for part in re.split(r"[;,]", str(value)) if part.strip())


def to_units(value: object) -> int:
    """How many units a list or a text names, whatever separates and marks them (``>E21 ?T3``)."""
    if isinstance(value, list):
        return len(value)
    return len(set(_WORD.findall(str(value))))


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "text": to_text,
    "int": to_int,
    "float": read_degrees,
    "epoch_s": from_epoch_s,
    "epoch_ms": from_epoch_ms,
    "iso": from_iso,
    "point": to_point,
    "lat_lon": to_lat_lon,
    "length": to_length,
    "units": to_units,
}
