"""Reads a point that stands in place of an address."""

import re

from blocklight.geo.exact import ExactPoint

_NUMBER = r"[+-]?\d{1,3}\.\d{3,}"
_PAIR = re.compile(rf"^(?P<lat>{_NUMBER})\s*[,;/ ]\s*(?P<lon>{_NUMBER})(?:$|\s*[:(])")
_LON_LAT = re.compile(
    r"^(?:POINT\s*|LL)\((?P<lon>[+-]?\d{1,3}(?:\.\d+)?)\s*[, ]\s*(?P<lat>[+-]?\d{1,2}(?:\.\d+)?)\)"
)
_NAMED = re.compile(
    rf"^LAT(?:ITUDE)?[:= ]+(?P<lat>{_NUMBER})[,;/ ]+LON(?:G|GITUDE)?[:= ]+(?P<lon>{_NUMBER})$"
)
_SIDED = re.compile(
    r"^(?P<lat>\d{1,2}\.\d{3,})\s*°?\s*(?P<north>[NS])[,;/ ]+(?P<lon>\d{1,3}\.\d{3,})\s*°?\s*(?P<east>[EW])$"
)
_PARTS = r"\d{1,3}:\d{1,2}:\d{1,2}(?:\.\d+)?"
_SEXAGESIMAL = re.compile(rf"^LL\((?P<lon>[+-]?{_PARTS}),\s*(?P<lat>[+-]?{_PARTS})\)")
_SIGNS = r"(\d{{1,3}})°\s*(\d{{1,2}})['′]\s*(\d{{1,2}}(?:\.\d+)?)(?:\"|″|'')\s*([{}])"
_IN_SIGNS = re.compile(rf"^{_SIGNS.format('NS')}[,;/ ]*{_SIGNS.format('EW')}$")
# Nobody lives nearer to a pole: a latitude beyond is a longitude that was written first.
_INHABITED = 80.0


def point_in_words(text: str) -> ExactPoint | None:
    """The point that a text in capitals is, ``None`` where it is none."""
    if match := _SEXAGESIMAL.match(text):
        return _exact_point(_degrees(match["lat"]), _degrees(match["lon"]))
    if match := _LON_LAT.match(text) or _NAMED.match(text):
        return _exact_point(float(match["lat"]), float(match["lon"]))
    if match := _SIDED.match(text):
        south, west = match["north"] == "S", match["east"] == "W"
        return _exact_point(
            _signed_degrees(float(match["lat"]), south), _signed_degrees(float(match["lon"]), west)
        )
    if match := _IN_SIGNS.match(text):
        lat, lon = _degrees(":".join(match.group(1, 2, 3))), _degrees(":".join(match.group(5, 6, 7)))
        return _exact_point(_signed_degrees(lat, match[4] == "S"), _signed_degrees(lon, match[8] == "W"))
    if match := _PAIR.match(text):
        lat, lon = float(match["lat"]), float(match["lon"])
        return _exact_point(lon, lat) if abs(lat) > _INHABITED >= abs(lon) else _exact_point(lat, lon)
    return None


def _exact_point(lat: float, lon: float) -> ExactPoint | None:
    return ExactPoint(lon, lat) if abs(lat) <= 90 and abs(lon) <= 180 else None  # noqa: PLR2004 - degrees


def _signed_degrees(degrees: float, negative: bool) -> float:  # noqa: FBT001 - of two numbers
    return -degrees if negative else degrees


def _degrees(text: str) -> float:
    """Turn ``-97:20:24.0`` into degrees."""
    whole, minutes, seconds = text.lstrip("+-").split(":")
    return _signed_degrees(int(whole) + int(minutes) / 60 + float(seconds) / 3600, text.startswith("-"))
