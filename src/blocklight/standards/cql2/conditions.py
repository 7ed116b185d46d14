"""Builds conditions of the operands of CQL2, whichever of its two forms they were written in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from blocklight.query.conditions import Condition, FieldRef, Inside, IsNull
from blocklight.query.fields import GEOMETRY, Fields, FieldType
from blocklight.query.region import NOWHERE, Region, within_box, within_shape
from blocklight.standards.cql2.temporal import OPEN, Side, Span, temporal_condition
from blocklight.standards.field_conditions import FieldConditions
from blocklight.standards.field_conditions import Operand as AnyOperand
from blocklight.standards.operands import (
    LiteralReader,
    LiteralValue,
    Mistake,
    NamedField,
    moment_of_text,
    opposite,
)

# A shapely geometry; shapely has no types of its own.
Shape = Any

ToDegrees = Callable[[NDArray[np.float64]], NDArray[np.float64]]
# The functions that say something of a point; the others are true of none.
_SPATIAL = ("s_intersects", "s_disjoint", "s_within", "s_equals", "s_touches")

_NEVER = ("s_contains", "s_crosses", "s_overlaps")
_BOX_SIDES = (4, 6)
# Times are kept in whole milliseconds, so that this is the last moment of a day.
_NEARLY_A_DAY = timedelta(days=1) - timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Point:
    """The public point of each feature."""

    at: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """A shape in degrees; *box* is set where it is one, whose west may be greater than its east."""

    shape: Shape
    box: tuple[float, float, float, float] | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Day(LiteralValue):
    """A day, which is compared as its first moment, and as a span lasts until the next."""


Operand = NamedField | LiteralValue | Point | Ground | Span
CQL2_LITERALS = LiteralReader(moment_of_text, time_example="TIMESTAMP('2026-01-31T08:00:00Z')")
# Takes away the meaning of a wildcard of LIKE; CQL2 has no ESCAPE clause to name another.
ESCAPE = "\\"


class ConditionBuilder(FieldConditions):
    """Builds the conditions of one filter; *to_degrees* turns its coordinates into longitude and latitude.

    Each method raises ``Mistake`` for what cannot be queried.
    """

    def __init__(self, fields: Fields, to_degrees: ToDegrees) -> None:
        super().__init__(CQL2_LITERALS, "property")
        self._fields = fields
        self._to_degrees = to_degrees

    def named(self, name: str, at: int | None = None) -> Operand:
        """A field, or the geometry."""
        if name == GEOMETRY:
            return Point(at)
        field = self._fields.get(name)
        if field is None:
            raise Mistake(f"no property {name[:40]!r}", at)
        return NamedField(field, at)

    def is_null(self, operand: AnyOperand) -> Condition:
        """A field without a value, or a feature without a place."""
        if isinstance(operand, Point):
            self._count(operand)
            return IsNull(FieldRef(GEOMETRY))
        return super().is_null(operand)

    def spatial(self, function: str, first: Operand, second: Operand) -> Condition:
        """What a function says of the public point and a shape, either of which may stand first."""
        self._count(first)
        name = function.lower()
        if isinstance(first, Ground) and isinstance(second, Point):
            first, second = second, first
            name = {"s_within": "s_contains", "s_contains": "s_within"}.get(name, name)
        if name not in (*_SPATIAL, *_NEVER):
            expected = ", ".join((*_SPATIAL, *_NEVER))
            raise Mistake(f"no function {function[:40]}; expected one of {expected}", first.at)
        if not isinstance(first, Point) or not isinstance(second, Ground):
            raise Mistake(f"expected {GEOMETRY} and a shape", first.at)
        inside = Inside(FieldRef(GEOMETRY), _ground_region(name, second), _of_shapes(name, second.shape))
        return opposite(inside) if name == "s_disjoint" else inside

    def temporal(self, function: str, first: Operand, second: Operand) -> Condition:
        """What a function says of two moments or intervals."""
        self._count(first)
        return temporal_condition(function.lower(), _operand_span(first), _operand_span(second))

    def interval(self, start: Operand, end: Operand, at: int | None = None) -> Span:
        """An interval; ``'..'`` leaves a side open."""
        first, last = _side(start), _side(end)
        if isinstance(first, datetime) and isinstance(last, datetime) and first > last:
            raise Mistake("an interval ends before it begins", at)
        return Span(first, last, at)

    def folded(self, operand: Operand) -> Operand:
        """A text whose capital letters are small ones."""
        if isinstance(operand, NamedField) and operand.field.type is FieldType.TEXT:
            return NamedField(operand.field, operand.at, "lower")
        if isinstance(operand, LiteralValue) and isinstance(operand.value, str):
            return LiteralValue(operand.value.lower(), operand.at)
        raise Mistake("CASEI needs a text", operand.at)

    def box(self, numbers: Sequence[float], at: int | None = None) -> Ground:
        """A box of two corners; heights are left out, as no feature has one."""
        if len(numbers) not in _BOX_SIDES:
            raise Mistake("expected the four sides of a box", at)
        half = len(numbers) // 2
        corners = self._degrees(np.array([numbers[:2], numbers[half : half + 2]], dtype=np.float64), at)
        (west, south), (east, north) = corners.tolist()
        if south > north:
            raise Mistake("the south of the box lies north of its north", at)
        parts = [shapely.box(*part) for part in within_box(west, south, east, north).boxes]
        return Ground(shapely.union_all(parts), (west, south, east, north), at)

    def shape(self, shape: Shape, at: int | None = None) -> Ground:
        """A shape as it was written."""
        moved = shapely.transform(shape, lambda points: self._degrees(points, at))
        return Ground(shapely.make_valid(moved), None, at)

    def _degrees(self, points: NDArray[np.float64], at: int | None) -> NDArray[np.float64]:
        if not np.isfinite(points).all():
            raise Mistake("expected finite numbers", at)
        return self._to_degrees(points)


def _ground_region(function: str, ground: Ground) -> Region:
    if function in _NEVER:
        return NOWHERE
    is_point = ground.shape.geom_type in ("Point", "MultiPoint")
    match function:
        case "s_touches":
            return NOWHERE if is_point else within_shape(ground.shape, border=True)
        case "s_equals":
            return within_shape(ground.shape) if ground.shape.geom_type == "Point" else NOWHERE
        case "s_within" if not is_point:
            return within_shape(ground.shape, border=False)
    return within_shape(ground.shape) if ground.box is None else within_box(*ground.box)


def _of_shapes(function: str, ground: Shape) -> Callable[[object], bool]:
    relation = getattr(shapely, {"s_disjoint": "s_intersects"}.get(function, function).removeprefix("s_"))

    def holds(shape: object) -> bool:
        return bool(relation(shape, ground))

    return holds


def _side(operand: Operand) -> Side:
    match operand:
        case NamedField():
            return operand
        case LiteralValue(datetime() as moment):
            return moment
        case LiteralValue(str() as text, at):
            return ".." if text == OPEN else moment_of_text(text, at)
    raise Mistake("expected a time, a property or '..'", operand.at)


def _operand_span(operand: Operand) -> Span:
    if isinstance(operand, Span):
        return operand
    if isinstance(operand, Day) and isinstance(operand.value, datetime):
        return Span(operand.value, operand.value + _NEARLY_A_DAY, operand.at)
    side = _side(operand)
    return Span(side, side, operand.at)
