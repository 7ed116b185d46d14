"""The temporal functions of CQL2, as comparisons of when two spans begin and end (Allen, 1983)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from blocklight.query.conditions import AllOf, AnyOf, Comparison, Condition, Constant, Operator
from blocklight.query.fields import FieldType
from blocklight.standards.operands import FLIPPED, Mistake, NamedField, constant

# A side of a span without an end.
OPEN = ".."

_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
_AFTER_ALL = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
Side = datetime | NamedField | Literal[".."]
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
    parts = tuple(_rule_condition(first, rule, second) for rule in rules)
    if len(parts) == 1:
        return parts[0]
    return AnyOf(parts) if function in _ANY else AllOf(parts)


def _rule_condition(first: Span, rule: _Rule, second: Span) -> Condition:
    first_end, operator, second_end = rule
    before: Side = getattr(first, first_end)
    behind: Side = getattr(second, second_end)
    if isinstance(before, NamedField):
        if isinstance(behind, NamedField):
            raise Mistake("compare a property with a value", second.at)
        return _field_condition(before, operator, behind, second_end)
    if isinstance(behind, NamedField):
        return _field_condition(behind, FLIPPED[operator], before, first_end)
    return constant(_comparable_moment(before, first_end), operator, _comparable_moment(behind, second_end))


def _field_condition(
    named: NamedField, operator: Operator, side: datetime | Literal[".."], which: Which
) -> Condition:
    if named.field.type is not FieldType.TIME:
        raise Mistake(f"{named.field.name} is no time", named.at)
    if isinstance(side, str):
        return Constant(_beside_no_end(operator, which))
    return Comparison(named.ref, operator, side)


def _beside_no_end(operator: Operator, side: Which) -> bool:
    """Whether any time is before an end that never comes, or after a start that never was."""
    return operator in (("<", "<=") if side == "end" else (">", ">="))


def _comparable_moment(side: datetime | Literal[".."], which: Which) -> datetime:
    """A side's time; an open one lies before, or after, every time that a filter can write."""
    if isinstance(side, datetime):
        return side
    return _BEFORE_ALL if which == "start" else _AFTER_ALL
