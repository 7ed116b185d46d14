"""Parses CQL2 text; no text of a filter reaches the database."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, NoReturn, cast

import shapely
from lark import Lark, Token, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from blocklight.query.conditions import Condition, Constant
from blocklight.standards.cql2.conditions import ConditionBuilder, Day, Ground, Operand
from blocklight.standards.operands import (
    Given,
    Mistake,
    check_size,
    moment_of_text,
    number_of_text,
    opposite,
    text_within_bounds,
)

_SHOWN = 20


def parse_cql2_text(text: str, builder: ConditionBuilder) -> Condition:
    """Parse a filter; raises ``Mistake`` with the place of what is wrong."""
    check_size(text)
    try:
        return cast("Condition", _Reader(builder).transform(_parser().parse(text)))
    except VisitError as error:
        if isinstance(error.orig_exc, Mistake):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        _refuse(error, text)


def _refuse(error: UnexpectedInput, text: str) -> NoReturn:
    is_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(text) if is_end else cast("int", error.pos_in_stream)
    rest = text[at : at + _SHOWN].strip()
    raise Mistake(f"unexpected {rest!r}" if rest else "unexpected end", at) from None


@cache
def _parser() -> Lark:
    grammar = resources.files(__package__).joinpath("text.lark").read_text()
    return Lark(grammar, parser="lalr", propagate_positions=False, maybe_placeholders=True)


@v_args(inline=True)
class _Reader(Transformer_NonRecursive[Token, object]):
    """Builds the tree from the inside out."""

    def __init__(self, builder: ConditionBuilder) -> None:
        super().__init__()
        self._builder = builder

    def start(self, condition: Condition) -> Condition:
        return condition

    def any_of(self, *conditions: Condition) -> Condition:
        return self._builder.any_of(conditions)

    def all_of(self, *conditions: Condition) -> Condition:
        return self._builder.all_of(conditions)

    def negated(self, _: Token, condition: Condition) -> Condition:
        return opposite(condition)

    def boolean(self, token: Token) -> Condition:
        return Constant(token.lower() == "true")

    def comparison(self, first: Operand, sign: Token, second: Operand) -> Condition:
        return self._builder.comparison(first, str(sign), second)

    def one_of(self, operand: Operand, negation: Token | None, *values: Operand) -> Condition:
        return _maybe_not(negation, self._builder.one_of(operand, values))

    def like(self, operand: Operand, negation: Token | None, pattern: Operand) -> Condition:
        return _maybe_not(negation, self._builder.like(operand, pattern))

    def between(self, operand: Operand, negation: Token | None, low: Operand, high: Operand) -> Condition:
        return _maybe_not(negation, self._builder.between(operand, low, high))

    def is_null(self, operand: Operand, negation: Token | None, _: Token) -> Condition:
        return _maybe_not(negation, self._builder.is_null(operand))

    def spatial(self, function: Token, first: Operand, second: Operand) -> Condition:
        return self._builder.spatial(str(function), first, second)

    def temporal(self, function: Token, first: Operand, second: Operand) -> Condition:
        return self._builder.temporal(str(function), first, second)

    def name(self, token: Token) -> Operand:
        return self._builder.named(str(token), token.start_pos)

    def quoted_name(self, token: Token) -> Operand:
        return self._builder.named(str(token)[1:-1], token.start_pos)

    def string(self, token: Token) -> Given:
        return Given(_unquoted(token), token.start_pos)

    def number(self, token: Token) -> Given:
        return Given(number_of_text(str(token), token.start_pos), token.start_pos)

    def moment(self, word: Token, token: Token) -> Given:
        return Given(moment_of_text(_unquoted(token), token.start_pos), word.start_pos)

    def day(self, word: Token, token: Token) -> Given:
        return Day(moment_of_text(_unquoted(token), token.start_pos), word.start_pos)

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


def _maybe_not(negation: Token | None, condition: Condition) -> Condition:
    return condition if negation is None else opposite(condition)


def _unquoted(token: Token) -> str:
    return text_within_bounds(str(token)[1:-1].replace("''", "'"), token.start_pos)


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
_FEWEST, _MOST = 2, 3
"""Numbers of a position; a height is left out."""


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
        return _MAKERS[kind](_flat(parts, depth))
    except (ValueError, TypeError, IndexError, OverflowError, shapely.GEOSException):
        raise Mistake(f"not the coordinates of a {kind}", at) from None


def _is_deeper(parts: list[Any]) -> bool:
    return bool(parts and isinstance(parts[0], list) and parts[0] and isinstance(parts[0][0], list))


def _flat(parts: Any, depth: int) -> list[Any]:  # noqa: ANN401 - lists within lists
    """Check nested lists of a depth, and leave heights out."""
    if not isinstance(parts, list):
        raise TypeError("expected a list")
    if depth > 1:
        return [_flat(part, depth - 1) for part in parts]
    if not _FEWEST <= len(parts) <= _MOST or any(isinstance(number, bool) for number in parts):
        raise ValueError("expected two numbers")
    return [float(number) for number in parts[:2]]
