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
_EXACT, _DECIMAL = re.compile(r"-?\d{1,3}\.\d{2,}"), re.compile(r"-?\d{1,3}\.\d+")
_MOSTLY = 0.8
_POLE = 90
_MOST_NAMED = 6
_MILLIONTH = 0.000001
# Beyond what any plane reaches: Web Mercator ends at 20,037,508.
_FURTHEST_METRES = 21_000_000


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
    lat = table.best("lat", lambda column: _are_within(table.values[column], _POLE))
    if lon and lat:
        table.found.pop("point", None)  # two numbers say what they are; a table may be anything
        _take_degrees(table, lon, lat, position)
    elif point is None:
        _place_in_other_words(table, position)


def _place_in_other_words(table: Table, position: Position) -> None:
    """Propose the place of a feed without degrees in columns that are called so."""
    if exchanged := _exchanged(table):
        reason = "the names of longitude and latitude are exchanged: no latitude is beyond 90"
        _take_floats(table, exchanged, GUESS, reason)
    elif millionths := _millionths(table, position):
        _take_degrees(table, *millionths, position, _MILLIONTH)
    elif shape := _by_its_shapes(table):
        table.take("point", {"from": (shape,), "convert": "point"}, LIKELY)
    else:
        x, y = (
            table.best(name, lambda column: _are_within(table.values[column], 1e8)) for name in ("lon", "lat")
        )
        if x and y:
            _take_plane(table, x[0], y[0], position)
        elif columns := _by_their_values(table, position):
            _take_floats(table, columns, LIKELY, "chosen by its values, not by its name")


def _take_floats(table: Table, columns: tuple[str, str], confidence: float, reason: str) -> None:
    """Take a longitude and a latitude as they stand."""
    for name, column in zip(("lon", "lat"), columns, strict=True):
        table.take(name, {"from": (column,), "convert": "float"}, confidence, reason)


# A column, and how much its name says.
_Named = tuple[str, float]


def _take_degrees(table: Table, lon: _Named, lat: _Named, position: Position, scale: float = 1) -> None:
    """Take two columns of degrees; a longitude that lacks its sign gets it where the city is known to be."""
    pairs = _pairs_of_columns(table, lon[0], lat[0])

    def fit(sign: int) -> bool:
        inside = (position.allows(sign * x * scale, y * scale, "") for x, y in pairs if x and y)
        return sum(inside) > len(pairs) / 2

    turned = position.is_known and not fit(1) and fit(-1)
    for name, (column, weight) in (("lon", lon), ("lat", lat)):
        factor = -scale if turned and name == "lon" else scale
        spec: dict[str, Any] = {"from": (column,), "convert": "float"}
        if factor == 1:
            table.take(name, spec, weight * SURE)
        else:
            reason = "its numbers lack the sign of the west" if turned and name == "lon" else ""
            table.take(name, spec | {"scale": factor}, weight * LIKELY, reason)


def _exchanged(table: Table) -> tuple[str, str] | None:
    """The columns of longitude and latitude where each is called like the other."""
    lat = table.best("lon", lambda column: _are_within(table.values[column], _POLE))
    lon = table.best("lat", lambda column: _are_within(table.values[column], 180))
    if lon is None or lat is None or _are_within(table.values[lon[0]], _POLE):
        return None
    exact = (_exact_degrees(table.values[column]) for column in (lon[0], lat[0]))
    return (lon[0], lat[0]) if all(exact) else None


def _millionths(table: Table, position: Position) -> tuple[_Named, _Named] | None:
    """The columns of degrees that are written in millionths, without a point."""
    lon = table.best("lon", lambda column: _are_within(table.values[column], 180 / _MILLIONTH))
    lat = table.best("lat", lambda column: _are_within(table.values[column], 90 / _MILLIONTH))
    pairs = _pairs_of_columns(table, lon[0], lat[0]) if lon and lat else []
    if (
        lon is None
        or lat is None
        or not pairs
        or not all(x.is_integer() and y.is_integer() for x, y in pairs)
    ):
        return None
    if all(max(abs(x), abs(y)) > _FURTHEST_METRES for x, y in pairs):
        return lon, lat
    inside = (
        any(position.allows(sign * x * _MILLIONTH, y * _MILLIONTH, "") for sign in (1, -1)) for x, y in pairs
    )
    return (lon, lat) if position.box is not None and all(inside) else None


def _pairs_of_columns(table: Table, x: str, y: str) -> list[tuple[float, float]]:
    return [pair for row in table.sample.rows if (pair := _pair(row, x, y)) is not None]


def _by_its_shapes(table: Table) -> str | None:
    """The column that holds a point or a shape in each row, whatever it is called."""
    for column, values in table.values.items():
        if (
            values
            and column not in table.taken
            and all(isinstance(value, Mapping) and is_point([value]) for value in values)
        ):
            return column
    return None


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
    """The numbers of a column in which all have decimals, and most at least two; else nothing."""
    texts = [str(value).strip() for value in values]
    exact = sum(map(bool, map(_EXACT.fullmatch, texts))) >= _MOSTLY * len(texts)
    return [float(text) for text in texts] if exact and all(map(_DECIMAL.fullmatch, texts)) else []


def _take_plane(table: Table, x: str, y: str, position: Position) -> None:
    spec = {"from": (x, y), "join": " ", "convert": "xy"}
    if crs := table.sample.crs:
        table.take("point", spec | {"crs": crs}, LIKELY)
        return
    systems = fitting(_pairs_of_columns(table, x, y), position)
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
