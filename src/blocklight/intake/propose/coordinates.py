"""Guesses which columns hold a call's place, and in which reference system."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from blocklight.intake.propose.guesses import FILL_IN, GUESS, LIKELY, SURE, Table
from blocklight.intake.propose.planes import fitting
from blocklight.intake.propose.position import Position
from blocklight.intake.values.converters import read_degrees
from blocklight.intake.values.shapes import middle_of

_DRAWN = (
    "the middle of each shape is taken. If the feed draws a call's shape anew at every fetch, "
    "add freeze_place = true"
)
_PAIR_OF_NUMBERS = re.compile(r"^-?\d+\.\d+[ ,]+-?\d+\.\d+$")
# How KML writes a point: the longitude first, and a height behind.
_WITH_HEIGHT = re.compile(r"^-?\d+\.\d+,-?\d+\.\d+,-?\d+(?:\.\d+)?$")

_SHAPE = re.compile(r"^(?:-?\d+\.\d+[ ,]+-?\d+\.\d+(?:[ ,]+|$)){2,}$")
_PLACE = re.compile(r"POINT ?\(|\(-?\d+\.\d+, *-?\d+\.\d+\)\s*$", re.IGNORECASE)
_EXACT = re.compile(r"-?\d{1,3}\.\d{2,}")
_POLE = 90
_MOST_NAMED = 6


def propose_place(table: Table, position: Position) -> None:
    """Propose a column of points, two of degrees, or two of a plane whose system the numbers give away."""
    point = table.best("point", lambda column: is_point(table.values[column]))
    if point is not None:
        first = str(table.values[point[0]][0])
        shape = _SHAPE.match(first)
        pair = shape or _PAIR_OF_NUMBERS.match(first)
        convert = "xy" if _WITH_HEIGHT.match(first) else "lat_lon" if pair else "point"
        spec: dict[str, Any] = {"from": (point[0],), "convert": convert}
        table.take("point", spec, GUESS if shape else SURE, _DRAWN if shape else "")
    lon = table.best("lon", lambda column: _are_within(table.values[column], 180))
    lat = table.best("lat", lambda column: _are_within(table.values[column], 90))
    if lon and lat:
        table.found.pop("point", None)  # two numbers say what they are; a table may be anything
        for name, (column, weight) in (("lon", lon), ("lat", lat)):
            table.take(name, {"from": (column,), "convert": "float"}, weight * SURE)
    elif point is None:
        x, y = (
            table.best(name, lambda column: _are_within(table.values[column], 1e8)) for name in ("lon", "lat")
        )
        if x and y:
            _take_plane(table, x[0], y[0], position)
        elif columns := _by_their_values(table, position):
            for name, column in zip(("lon", "lat"), columns, strict=True):
                reason = "chosen by its values, not by its name"
                table.take(name, {"from": (column,), "convert": "float"}, LIKELY, reason)


def _by_their_values(table: Table, position: Position) -> tuple[str, str] | None:
    """The one pair of columns that hold degrees where the city is, or anywhere if one is west of -90.

    Where nothing is known of the city's position, only a longitude that no latitude can be is told apart.
    """
    numbers = {column: _exact_degrees(values) for column, values in table.values.items()}
    columns = [column for column, degrees in numbers.items() if degrees and column not in table.taken]

    def fits(lon: str, lat: str) -> bool:
        pairs = list(zip(numbers[lon], numbers[lat], strict=False))
        if len(numbers[lon]) != len(numbers[lat]) or any(abs(y) > _POLE for _, y in pairs):
            return False
        if position.box is not None:
            west, south, east, north = position.box
            return all(west <= x <= east and south <= y <= north for x, y in pairs)
        return all(abs(x) > _POLE for x, _ in pairs)

    good_pairs = [(x, y) for x in columns for y in columns if x != y and fits(x, y)]
    return good_pairs[0] if len(good_pairs) == 1 else None


def _exact_degrees(values: Sequence[object]) -> list[float]:
    """The numbers of a column in which all have at least two decimals; else nothing."""
    texts = [str(value).strip() for value in values]
    return [float(text) for text in texts] if all(map(_EXACT.fullmatch, texts)) else []


def _take_plane(table: Table, x: str, y: str, position: Position) -> None:
    spec = {"from": (x, y), "join": " ", "convert": "xy"}
    if crs := table.sample.crs:
        table.take("point", spec | {"crs": crs}, LIKELY)
        return
    pairs = [_pair(row, x, y) for row in table.sample.rows]
    systems = fitting([pair for pair in pairs if pair is not None], position)
    if systems.sure:
        table.take("point", spec | {"crs": systems.fits[0].crs}, LIKELY)
        return
    named = "; ".join(fit.described for fit in systems.fits[:_MOST_NAMED])
    reason = f"its numbers fit {named}" if named else "its numbers fit no system that is known here"
    table.take("point", spec | {"crs": FILL_IN}, 0.0, f"crs: {reason}")


def _pair(row: Mapping[str, object], x: str, y: str) -> tuple[float, float] | None:
    try:
        return read_degrees(row.get(x)), read_degrees(row.get(y))
    except (TypeError, ValueError):
        return None


def is_point(values: Sequence[object]) -> bool:
    """Whether the first value is a point or shape, or a text with coordinates in it."""
    first = values[0]
    if isinstance(first, Mapping):
        return "latitude" in first or _has_middle(first)
    return any(form.match(str(first)) for form in (_PAIR_OF_NUMBERS, _WITH_HEIGHT, _SHAPE)) or bool(
        _PLACE.search(str(first))
    )


def _has_middle(shape: Mapping[str, object]) -> bool:
    """Whether a table is a geometry in degrees."""
    try:
        point = middle_of(shape)
    except ValueError:
        return False
    return point is not None and abs(point[0]) <= 180 and abs(point[1]) <= 90  # noqa: PLR2004 - degrees


def _are_within(values: Sequence[object], maximum: float) -> bool:
    """Whether values are numbers of that size, but for one same word where they are kept back."""
    numbers: list[float] = []
    words: set[str] = set()
    for value in values:
        try:
            numbers.append(read_degrees(value))
        except (TypeError, ValueError):
            words.add(str(value))
    return bool(numbers) and len(words) <= 1 and all(abs(number) <= maximum for number in numbers)
