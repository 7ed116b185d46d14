"""Turns one value in a source's own notation into ours; every function raises ``ValueError`` on nonsense."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

_EPOCH_RANGE_S = (-2_208_988_800, 7_258_118_400)  # 1900 to 2200: beyond it is a unit mistake, not a time
_NUMERIC = (int, float, str)  # exactly: a bool is no number
_NESTED = (dict, list)  # made once: this is asked of every value of every row
_WKT_POINT = re.compile(r"^\s*POINT\s*\(\s*(\S+)\s+(\S+)\s*\)\s*$", re.IGNORECASE)
_PAIR = re.compile(r"\(\s*(-?\d+\.?\d*)\s*,\s*(-?\d+\.?\d*)\s*\)\s*$")
_NUMBERS = re.compile(r"[\s,;]+")
_WORD = re.compile(r"[A-Za-z0-9]+")
_LATEST_AHEAD = timedelta(minutes=10)
_FURTHEST_M = 1e9  # beyond the circumference of the Earth in any unit of a reference system
_LONGEST_DURATION_S = 366 * 86_400.0

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


def to_int(value: Any) -> int:  # noqa: ANN401 - a source's value may be anything
    """Return a whole number."""
    number = to_float(value)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def to_float(value: Any) -> float:  # noqa: ANN401 - a source's value may be anything
    """Return a finite number."""
    if type(value) not in _NUMERIC:
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
    return _from_seconds(to_float(value))


def from_epoch_ms(value: Any) -> datetime:  # noqa: ANN401 - a source's value may be anything
    """Return the aware UTC time of milliseconds since 1970."""
    return _from_seconds(to_float(value) / 1000)


def _from_seconds(seconds: float) -> datetime:
    if not _EPOCH_RANGE_S[0] <= seconds <= _EPOCH_RANGE_S[1]:
        raise ValueError("not seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


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


def from_local_of(
    value: Any,  # noqa: ANN401 - a source's value may be anything
    zone: ZoneInfo,
    forms: Sequence[str],
    *,
    not_before: datetime | None = None,
) -> datetime:
    """Return the aware UTC time of a wall-clock reading in the first of *forms* that fits, else ISO."""
    if len(forms) <= 1:
        return from_local(value, zone, forms[0] if forms else None, not_before=not_before)
    for form in forms:
        try:
            return from_local(value, zone, form, not_before=not_before)
        except ValueError:
            continue
    raise ValueError("in none of the formats")


def from_day(
    value: Any,  # noqa: ANN401 - a source's value may be anything
    zone: ZoneInfo,
    forms: Sequence[str],
    *,
    not_before: datetime | None = None,
) -> datetime:
    """Return the aware UTC time at which a day begins in *zone*, or *not_before* if that is on that day."""
    begins = from_local_of(value, zone, forms).astimezone(zone).date()
    if not_before is not None and not_before.astimezone(zone).date() == begins:
        return not_before
    return _at(begins, time(), zone)


def from_time_of_day(
    value: Any,  # noqa: ANN401 - a source's value may be anything
    zone: ZoneInfo,
    forms: Sequence[str],
    *,
    fetched_at: datetime,
    not_before: datetime | None = None,
) -> datetime:
    """Return the aware UTC time of a clock reading without a date.

    It is the latest such time that was not still to come at *fetched_at*, or the first from *not_before* on.
    One of *forms* that holds a day is for a reading that has its date after all.
    """
    for form in (form for form in forms if "%d" in form):
        with suppress(ValueError):
            return from_local(value, zone, form, not_before=not_before)
    reading = _clock_reading(str(value).strip(), [form for form in forms if "%d" not in form])
    if not_before is not None:
        day = not_before.astimezone(zone).date()
        when = _at(day, reading, zone)
        return when if when >= not_before.replace(microsecond=0) else _at(_next(day, 1), reading, zone)
    latest = fetched_at + _LATEST_AHEAD
    day = latest.astimezone(zone).date()
    when = _at(day, reading, zone)
    return when if when <= latest else _at(_next(day, -1), reading, zone)


def _clock_reading(text: str, forms: Sequence[str]) -> time:
    for form in forms:
        try:
            return datetime.strptime(text, form).time()  # noqa: DTZ007 - a clock reading has no zone
        except ValueError:
            continue
    if forms:
        raise ValueError("in none of the formats")
    return time.fromisoformat(text).replace(tzinfo=None)


def _at(day: date, reading: time, zone: ZoneInfo) -> datetime:
    return _utc(datetime.combine(day, reading, zone))


def _next(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def from_duration(value: Any, scale: float, received_at: datetime) -> datetime:  # noqa: ANN401 - see above
    """Return the time that lies a duration after *received_at*; numbers joined by ``+`` are added up."""
    parts = value.split("+") if isinstance(value, str) else [value]
    seconds = sum(to_float(part) for part in parts) * scale
    if not 0 <= seconds <= _LONGEST_DURATION_S:
        raise ValueError("not a duration")
    return received_at + timedelta(seconds=seconds)


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
