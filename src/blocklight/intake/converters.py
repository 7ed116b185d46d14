"""Turns one value in a source's own notation into ours; every function raises ``ValueError`` on nonsense."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

_EPOCH_RANGE_S = (-2_208_988_800, 7_258_118_400)  # 1900 to 2200: beyond it is a unit mistake, not a time
_WKT_POINT = re.compile(r"^\s*POINT\s*\(\s*(\S+)\s+(\S+)\s*\)\s*$", re.IGNORECASE)
_PAIR = re.compile(r"\(\s*(-?\d+\.?\d*)\s*,\s*(-?\d+\.?\d*)\s*\)\s*$")

Point = tuple[float, float]
"""lon, lat in WGS 84 degrees."""


def to_text(value: Any) -> str:  # noqa: ANN401 - a source's value may be anything
    """Return trimmed text with runs of white space folded."""
    if isinstance(value, dict | list):
        raise ValueError("not text")
    text = str(value)
    if not text.isprintable():  # control characters mean nothing here, and PostgreSQL refuses some of them
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def to_int(value: Any) -> int:  # noqa: ANN401 - a source's value may be anything
    """Return a whole number."""
    number = to_float(value)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def to_float(value: Any) -> float:  # noqa: ANN401 - a source's value may be anything
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("not a number") from None
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def from_epoch_s(value: Any) -> datetime:  # noqa: ANN401 - a source's value may be anything
    """Return the aware UTC time of seconds since 1970."""
    seconds = to_float(value)
    if not _EPOCH_RANGE_S[0] <= seconds <= _EPOCH_RANGE_S[1]:
        raise ValueError("not seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def from_epoch_ms(value: Any) -> datetime:  # noqa: ANN401 - a source's value may be anything
    """Return the aware UTC time of milliseconds since 1970."""
    return from_epoch_s(to_float(value) / 1000)


def from_iso(value: Any) -> datetime:  # noqa: ANN401 - a source's value may be anything
    """Return the aware UTC time of ISO 8601 text with an offset."""
    when = datetime.fromisoformat(str(value).strip())
    if when.tzinfo is None:
        raise ValueError("has no offset; use the `local` converter")
    return _utc(when)


def from_local(
    value: Any,  # noqa: ANN401 - a source's value may be anything
    zone: ZoneInfo,
    form: str | None,
    *,
    not_before: datetime | None = None,
) -> datetime:
    """Return the aware UTC time of a wall-clock reading in *zone*.

    A reading that never was (the spring gap) is taken with the offset before the change, as a clock that was
    not put forward would show it. One that was twice (the autumn fold) is the first, unless that
    lies before *not_before* and the second does not.
    """
    text = str(value).strip()
    naive = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - zone follows
    if naive.tzinfo is not None:
        return _utc(naive)
    first = _utc(naive.replace(tzinfo=zone, fold=0))
    if not_before is not None and first < not_before:
        second = _utc(naive.replace(tzinfo=zone, fold=1))
        if second >= not_before:
            return second
    return first


def to_point(value: Any) -> Point:  # noqa: ANN401 - a source's value may be anything
    """Return lon, lat of a GeoJSON point, a Socrata location, a WKT point or text with ``(lat, lon)``."""
    if isinstance(value, dict):
        if "coordinates" in value:
            return _pair(value["coordinates"])
        if "longitude" in value and "latitude" in value:
            return to_float(value["longitude"]), to_float(value["latitude"])
        raise ValueError("not a point")
    if match := _WKT_POINT.match(str(value)):
        return to_float(match[1]), to_float(match[2])
    if match := _PAIR.search(str(value)):
        return to_float(match[2]), to_float(match[1])
    raise ValueError("not a point")


def _pair(coordinates: Any) -> Point:  # noqa: ANN401 - a source's value may be anything
    if not isinstance(coordinates, list | tuple):
        raise ValueError("not a point")
    lon, lat = coordinates[:2]
    return to_float(lon), to_float(lat)


def _utc(when: datetime) -> datetime:
    try:
        return when.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def to_length(value: Any) -> int:  # noqa: ANN401 - a source's value may be anything
    """Return how many entries a comma or semicolon separated list has; the entries themselves are dropped."""
    return sum(1 for part in re.split(r"[;,]", str(value)) if part.strip())


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "text": to_text,
    "int": to_int,
    "float": to_float,
    "epoch_s": from_epoch_s,
    "epoch_ms": from_epoch_ms,
    "iso": from_iso,
    "point": to_point,
    "length": to_length,
}
