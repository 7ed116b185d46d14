"""The temporal functions of CQL2, as comparisons of when two spans begin and end (Allen, 1983)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blocklight.query.conditions import AllOf, AnyOf, Comparison, Condition, Constant, Operator
from blocklight.query.fields import FieldType
from blocklight.standards.operands import FLIPPED, Mistake, Named

OPEN = ".."
"""A side of a span without an end."""
Side = datetime | Named | Literal[".."]
Which = Literal["start", "end"]
_Rule = tuple[Which, Operator, Which]


@dataclass(frozen=True, slots=True)
class Span:
    """From *start* to *end*, both included: a moment where they are the same."""

    start: Side
    end: Side
    at: int | None = None


_ALL: Mapping[str, Sequence[_Rule]] = {
    "t_after": (("start", ">", "end"),),
    "t_before": (("end", "<", "start"),),
    "t_contains": (("start", "<", "start"), ("end", ">", "end")),
    "t_during": (("start", ">", "start"), ("end", "<", "end")),
    "t_equals": (("start", "=", "start"), ("end", "=", "end")),
    "t_finishedby": (("start", "<", "start"), ("end", "=", "end")),
    "t_finishes": (("start", ">", "start"), ("end", "=", "end")),
    "t_intersects": (("start", "<=", "end"), ("end", ">=", "start")),
    "t_meets": (("end", "=", "start"),),
    "t_metby": (("start", "=", "end"),),
    "t_overlappedby": (("start", ">", "start"), ("start", "<", "end"), ("end", ">", "end")),
    "t_overlaps": (("start", "<", "start"), ("end", ">", "start"), ("end", "<", "end")),
    "t_startedby": (("start", "=", "start"), ("end", ">", "end")),
    "t_starts": (("start", "=", "start"), ("end", "<", "end")),
}
_ANY: Mapping[str, Sequence[_Rule]] = {"t_disjoint": (("end", "<", "start"), ("start", ">", "end"))}
FUNCTIONS = (*_ALL, *_ANY)


def temporal_condition(function: str, first: Span, second: Span) -> Condition:
    """What a function says of two spans; raises ``Mistake`` where neither, or both, are of fields."""
    rules = _ALL.get(function) or _ANY.get(function)
    if rules is None:
        raise Mistake(f"no function {function[:40]}; expected one of {', '.join(FUNCTIONS)}", first.at)
    parts = tuple(_condition(first, rule, second) for rule in rules)
    if len(parts) == 1:
        return parts[0]
    return AnyOf(parts) if function in _ANY else AllOf(parts)


def _condition(first: Span, rule: _Rule, second: Span) -> Condition:
    one, other = getattr(first, rule[0]), getattr(second, rule[2])
    operator = rule[1]
    if isinstance(other, Named):
        if isinstance(one, Named):
            raise Mistake("compare a field with a value", second.at)
        one, other, operator = other, one, FLIPPED[operator]
        sides: tuple[Which, Which] = (rule[2], rule[0])
    else:
        sides = (rule[0], rule[2])
    if isinstance(one, Named):
        if one.field.type is not FieldType.TIME:
            raise Mistake(f"{one.field.name} is no time", one.at)
        if other == OPEN:
            return Constant(_beside_no_end(operator, sides[1]))
        return Comparison(one.ref, operator, other)
    return Constant(_holds(_rank(one, sides[0]), operator, _rank(other, sides[1])))


def _beside_no_end(operator: Operator, side: Which) -> bool:
    """Whether any time is before an end that never comes, or after a start that never was."""
    return operator in (("<", "<=") if side == "end" else (">", ">="))


def _rank(side: Side, which: Which) -> tuple[int, datetime | None]:
    if isinstance(side, datetime):
        return 0, side
    return (-1, None) if which == "start" else (1, None)


def _holds(one: tuple[int, datetime | None], operator: Operator, other: tuple[int, datetime | None]) -> bool:
    if one[1] is not None and other[1] is not None:
        order = (one[1] > other[1]) - (one[1] < other[1])
    else:
        order = (one[0] > other[0]) - (one[0] < other[0])
    return {"=": order == 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]
