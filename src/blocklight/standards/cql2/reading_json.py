"""Reads CQL2 JSON, which is the same language as an object of operators and their arguments."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import orjson

from blocklight.query.conditions import Condition, Constant, Operator
from blocklight.standards.cql2.conditions import ESCAPE, ConditionBuilder, Day, Operand
from blocklight.standards.cql2.parsing import made_shape
from blocklight.standards.operands import (
    DEEPEST,
    LONGEST,
    LiteralValue,
    Mistake,
    moment_of_text,
    number_within_bounds,
    opposite,
    text_within_bounds,
)

# Operators that compare, and how many args each has.
_COUNTS = {"=": 2, "<>": 2, "<": 2, "<=": 2, ">": 2, ">=": 2, "like": 2, "between": 3, "isnull": 1}


def parse_cql2_json(text: str, builder: ConditionBuilder) -> Condition:
    """Read a filter; raises ``Mistake``, with a place where it is no JSON."""
    if len(text) > LONGEST:
        raise Mistake(f"longer than {LONGEST:,} letters", LONGEST)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Mistake("not JSON", error.pos) from None
    return _Reader(builder).condition(document, 0)


class _Reader:
    """Reads what stands in one filter, from the outside in; *depth* counts objects within each other."""

    def __init__(self, builder: ConditionBuilder) -> None:
        self._builder = builder

    def condition(self, document: object, depth: int) -> Condition:
        # Python counts true and false among the numbers: they come first.
        if isinstance(document, bool):
            return Constant(document)
        if depth > DEEPEST:
            raise Mistake(f"more than {DEEPEST} operators within each other")
        if not isinstance(document, dict) or not isinstance(document.get("op"), str):
            raise Mistake("expected an object with op and args")
        operator, args = document["op"].lower(), document.get("args")
        if not isinstance(args, list) or not args:
            raise Mistake(f"{operator[:20]} needs a list of args")
        match operator:
            case "and":
                return self._builder.all_of([self.condition(arg, depth + 1) for arg in args])
            case "or":
                return self._builder.any_of([self.condition(arg, depth + 1) for arg in args])
            case "not":
                return opposite(self.condition(_exactly(1, args, operator)[0], depth + 1))
            case _:
                return self._predicate(operator, args, depth)

    def _predicate(self, operator: str, args: list[Any], depth: int) -> Condition:
        build = self._builder
        if operator == "in":
            tested, values = _exactly(2, args, operator)
            if not isinstance(values, list):
                raise Mistake("in needs a list of values")
            return build.one_of(self.operand(tested, depth), [self.operand(value, depth) for value in values])
        if operator not in _COUNTS and not operator.startswith(("s_", "t_")):
            raise Mistake(f"no operator {operator[:20]!r}")
        operands = [self.operand(value, depth) for value in args]
        first, *rest = _exactly(_COUNTS.get(operator, 2), operands, operator)
        if operator.startswith(("s_", "t_")):
            of_two = build.spatial if operator.startswith("s_") else build.temporal
            return of_two(operator, first, *rest)
        named: dict[str, Callable[..., Condition]] = {
            "like": partial(build.like, escape=ESCAPE),
            "between": build.between,
            "isnull": build.is_null,
        }
        if operator in named:
            return named[operator](first, *rest)
        return build.comparison(first, cast("Operator", operator), *rest)

    def operand(self, document: object, depth: int) -> Operand:
        if depth > DEEPEST:
            raise Mistake(f"more than {DEEPEST} operators within each other")
        match document:
            case bool():
                raise Mistake("no property is a boolean")
            case str():
                return LiteralValue(text_within_bounds(document))
            case int() | float():
                return LiteralValue(number_within_bounds(document))
            case {"property": str(name)}:
                return self._builder.named(name)
            case {"bbox": [*numbers]}:
                return self._builder.box(_json_numbers(numbers))
            case {"type": str(kind), "coordinates": [*coordinates]}:
                return self._builder.shape(made_shape(kind.lower(), coordinates))
        return self._made(document, depth)

    def _made(self, document: object, depth: int) -> Operand:
        match document:
            case {"timestamp": str(text)}:
                return LiteralValue(moment_of_text(text))
            case {"date": str(text)}:
                return Day(moment_of_text(text))
            case {"interval": [start, end]}:
                return self._builder.interval(self.operand(start, depth + 1), self.operand(end, depth + 1))
            case {"op": "casei", "args": [text]}:
                return self._builder.folded(self.operand(text, depth + 1))
        raise Mistake("expected a property, a value, a time, a shape or casei")


def _exactly(count: int, args: Sequence[Any], operator: str) -> Sequence[Any]:
    if len(args) != count:
        raise Mistake(f"{operator[:20]} needs {count} args")
    return args


def _json_numbers(numbers: list[Any]) -> list[float]:
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
        raise Mistake("expected numbers")
    return [float(number) for number in numbers]
