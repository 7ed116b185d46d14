"""Parses CQL2 text; no text of a filter reaches the database."""

from collections.abc import Callable
from typing import Any

import shapely
from lark import Token, v_args

from blocklight.query.conditions import Condition, Constant
from blocklight.standards.cql2.conditions import ESCAPE, ConditionBuilder, Day, Ground, Operand
from blocklight.standards.filter_text import FilterTransformer, parse_filter, unquoted_text
from blocklight.standards.operands import LiteralValue, Mistake, moment_of_text, number_of_text


def parse_cql2_text(text: str, builder: ConditionBuilder) -> Condition:
    """Parse a filter; raises ``Mistake`` with the place of what is wrong."""
    return parse_filter(text, __package__, "text.lark", _Transformer(builder))


@v_args(inline=True)
class _Transformer(FilterTransformer):
    """What CQL2 has beyond SQL: shapes, spans of time, and functions of both."""

    default_escape = ESCAPE

    def __init__(self, builder: ConditionBuilder) -> None:
        super().__init__(builder)
        self._builder = builder

    def boolean(self, token: Token) -> Condition:
        return Constant(token.lower() == "true")

    def spatial(self, function: Token, first: Operand, second: Operand) -> Condition:
        return self._builder.spatial(str(function), first, second)

    def temporal(self, function: Token, first: Operand, second: Operand) -> Condition:
        return self._builder.temporal(str(function), first, second)

    def name(self, token: Token) -> Operand:
        return self._builder.named(str(token), token.start_pos)

    def quoted_name(self, token: Token) -> Operand:
        return self._builder.named(str(token)[1:-1], token.start_pos)

    def string(self, token: Token) -> LiteralValue:
        return LiteralValue(unquoted_text(token), token.start_pos)

    def number(self, token: Token) -> LiteralValue:
        return LiteralValue(number_of_text(str(token), token.start_pos), token.start_pos)

    def moment(self, word: Token, token: Token) -> LiteralValue:
        return LiteralValue(moment_of_text(unquoted_text(token), token.start_pos), word.start_pos)

    def day(self, word: Token, token: Token) -> LiteralValue:
        return Day(moment_of_text(unquoted_text(token), token.start_pos), word.start_pos)

    def interval(self, word: Token, start: Operand, end: Operand) -> Operand:
        return self._builder.interval(start, end, word.start_pos)

    def folded(self, _: Token, operand: Operand) -> Operand:
        return self._builder.folded(operand)

    def box(self, word: Token, *numbers: Token) -> Ground:
        return self._builder.box([float(number) for number in numbers], word.start_pos)

    def position(self, *numbers: Token) -> list[float]:
        return [float(number) for number in numbers]

    def coordinates(self, *parts: list[Any]) -> list[Any]:
        return list(parts)

    def shape(self, word: Token, coordinates: list[Any]) -> Ground:
        return self._builder.shape(made_shape(str(word).lower(), coordinates, word.start_pos), word.start_pos)


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "point": lambda parts: shapely.Point(*parts),
    "linestring": shapely.LineString,
    "polygon": lambda rings: shapely.Polygon(rings[0], rings[1:]),
    "multipoint": shapely.MultiPoint,
    "multilinestring": shapely.MultiLineString,
    "multipolygon": lambda parts: shapely.MultiPolygon([(part[0], part[1:]) for part in parts]),
}
_DEPTHS = {
    "point": 1,
    "linestring": 2,
    "multipoint": 2,
    "polygon": 3,
    "multilinestring": 3,
    "multipolygon": 4,
}
# Numbers of a position; a height is left out.
_FEWEST, _MOST = 2, 3


def made_shape(kind: str, coordinates: list[Any], at: int | None = None) -> Any:  # noqa: ANN401 - shapely has no types of its own
    """Make a geometry of nested lists of coordinates, as WKT or GeoJSON have them; raises ``Mistake``."""
    depth = _DEPTHS.get(kind)
    if depth is None:
        raise Mistake(f"expected one of {', '.join(_DEPTHS)}", at)
    try:
        parts = coordinates
        if kind == "point" and parts and isinstance(parts[0], list):
            (parts,) = parts
        if kind == "multipoint" and _is_deeper(parts):
            parts = [part for (part,) in parts]
        return _MAKERS[kind](_flat_coordinates(parts, depth))
    except (ValueError, TypeError, IndexError, OverflowError, shapely.GEOSException):
        raise Mistake(f"not the coordinates of a {kind}", at) from None


def _is_deeper(parts: list[Any]) -> bool:
    return bool(parts and isinstance(parts[0], list) and parts[0] and isinstance(parts[0][0], list))


def _flat_coordinates(parts: Any, depth: int) -> list[Any]:  # noqa: ANN401 - lists within lists
    """Check nested lists of a depth, and leave heights out."""
    if not isinstance(parts, list):
        raise TypeError("expected a list")
    if depth > 1:
        return [_flat_coordinates(part, depth - 1) for part in parts]
    # Python counts true and false among the numbers.
    if not _FEWEST <= len(parts) <= _MOST or any(isinstance(number, bool) for number in parts):
        raise ValueError("expected two numbers")
    return [float(number) for number in parts[:2]]
