"""Reads CQL2 JSON, which is the same language as an object of operators and their arguments."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from blocklight.query.conditions import Condition, Constant
from blocklight.standards.cql2.conditions import ConditionBuilder, Day, Operand
from blocklight.standards.cql2.parsing import made_shape
from blocklight.standards.operands import (
    DEEPEST,
    LONGEST,
    Given,
    Mistake,
    moment_of_text,
    number_within_bounds,
    opposite,
    text_within_bounds,
)

_COUNTS = {"=": 2, "<>": 2, "<": 2, "<=": 2, ">": 2, ">=": 2, "like": 2, "between": 3, "isnull": 1}
"""Operators that compare, and how many args each has."""


def parse_cql2_json(text: str, builder: ConditionBuilder) -> Condition:
    """Read a filter; raises ``Mistake``, with a place where it is no JSON."""
    if len(text) > LONGEST:
        raise Mistake(f"longer than {LONGEST:,} letters", LONGEST)
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Mistake("not JSON", error.pos) from None
    return _Reader(builder).condition(told, 0)


class _Reader:
    """Reads what stands in one filter, from the outside in; *depth* counts objects within each other."""

    def __init__(self, builder: ConditionBuilder) -> None:
        self._builder = builder

    def condition(self, told: object, depth: int) -> Condition:
        if isinstance(told, bool):
            return Constant(told)
        if depth > DEEPEST:
            raise Mistake(f"more than {DEEPEST} operators within each other")
        if not isinstance(told, dict) or not isinstance(told.get("op"), str):
            raise Mistake("expected an object with op and args")
        operator, given = told["op"].lower(), told.get("args")
        if not isinstance(given, list) or not given:
            raise Mistake(f"{operator[:20]} needs a list of args")
        match operator:
            case "and":
                return self._builder.all_of([self.condition(one, depth + 1) for one in given])
            case "or":
                return self._builder.any_of([self.condition(one, depth + 1) for one in given])
            case "not":
                return opposite(self.condition(_exactly(1, given, operator)[0], depth + 1))
            case _:
                return self._predicate(operator, given, depth)

    def _predicate(self, operator: str, given: list[Any], depth: int) -> Condition:
        build = self._builder
        if operator == "in":
            tested, values = _exactly(2, given, operator)
            if not isinstance(values, list):
                raise Mistake("in needs a list of values")
            return build.one_of(self.operand(tested, depth), [self.operand(one, depth) for one in values])
        if operator not in _COUNTS and not operator.startswith(("s_", "t_")):
            raise Mistake(f"no operator {operator[:20]!r}")
        operands = [self.operand(one, depth) for one in given]
        first, *others = _exactly(_COUNTS.get(operator, 2), operands, operator)
        if operator.startswith(("s_", "t_")):
            of_two = build.spatial if operator.startswith("s_") else build.temporal
            return of_two(operator, first, *others)
        named: dict[str, Callable[..., Condition]] = {
            "like": build.like,
            "between": build.between,
            "isnull": build.is_null,
        }
        if operator in named:
            return named[operator](first, *others)
        return build.comparison(first, operator, *others)

    def operand(self, told: object, depth: int) -> Operand:
        if depth > DEEPEST:
            raise Mistake(f"more than {DEEPEST} operators within each other")
        match told:
            case bool():
                raise Mistake("no property is true or false")
            case str():
                return Given(text_within_bounds(told))
            case int() | float():
                return Given(number_within_bounds(told))
            case {"property": str(name)}:
                return self._builder.named(name)
            case {"bbox": [*numbers]}:
                return self._builder.box(_numbers(numbers))
            case {"type": str(kind), "coordinates": [*coordinates]}:
                return self._builder.shape(made_shape(kind.lower(), coordinates))
        return self._made(told, depth)

    def _made(self, told: object, depth: int) -> Operand:
        match told:
            case {"timestamp": str(text)}:
                return Given(moment_of_text(text))
            case {"date": str(text)}:
                return Day(moment_of_text(text))
            case {"interval": [start, end]}:
                return self._builder.interval(self.operand(start, depth + 1), self.operand(end, depth + 1))
            case {"op": "casei", "args": [one]}:
                return self._builder.folded(self.operand(one, depth + 1))
        raise Mistake("expected a property, a value, a time, a shape or casei")


def _exactly(count: int, given: Sequence[Any], operator: str) -> Sequence[Any]:
    if len(given) != count:
        raise Mistake(f"{operator[:20]} needs {count} args")
    return given


def _numbers(told: list[Any]) -> list[float]:
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in told):
        raise Mistake("expected numbers")
    return [float(number) for number in told]
