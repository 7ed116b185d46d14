"""Builds the conditions on fields that every language of filters has."""

from collections.abc import Sequence
from typing import Protocol

from blocklight.query.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    IsNull,
    Like,
    OneOf,
    Operator,
    Value,
    like_pattern,
)
from blocklight.query.fields import FieldType
from blocklight.standards.operands import (
    FLIPPED,
    MOST_CONDITIONS,
    MOST_VALUES,
    LiteralReader,
    LiteralValue,
    Mistake,
    NamedField,
    constant,
)


class Operand(Protocol):
    """What may stand in a condition: a field, a value, or what else a language has."""

    @property
    def at(self) -> int | None:
        """Its place in the filter, counted from 0."""


class FieldConditions:
    """The conditions of one filter, with values as *literals* reads them; *noun* is what it calls a field.

    Each method raises ``Mistake`` for what cannot be queried.
    """

    def __init__(self, literals: LiteralReader, noun: str) -> None:
        self._literals = literals
        self._noun = noun
        self._conditions = 0

    def comparison(self, first: Operand, operator: Operator, second: Operand) -> Condition:
        """A comparison of a field and a value, either of which may stand first, or of two values."""
        self._count(first)
        if isinstance(first, LiteralValue) and isinstance(second, NamedField):
            first, second, operator = second, first, FLIPPED[operator]
        if isinstance(first, LiteralValue) and isinstance(second, LiteralValue):
            return constant(first.value, operator, second.value, second.at)
        named = self._named_field(first)
        return Comparison(named.ref, operator, self._typed(second, named))

    def one_of(self, operand: Operand, values: Sequence[Operand]) -> Condition:
        """A field that has one of some values."""
        self._count(operand)
        named = self._named_field(operand)
        if len(values) > MOST_VALUES:
            raise Mistake(f"more than {MOST_VALUES:,} values", values[MOST_VALUES].at)
        return OneOf(named.ref, tuple(self._typed(value, named) for value in values))

    def like(self, operand: Operand, pattern: Operand, escape: str | None) -> Condition:
        """A text like a pattern with ``%`` and ``_``; *escape* before one of them takes away its meaning."""
        self._count(operand)
        named = self._named_field(operand)
        if named.field.type is not FieldType.TEXT:
            raise Mistake(f"LIKE needs a {self._noun} that is a text", named.at)
        return Like(named.ref, like_pattern(str(self._typed(pattern, named)), escape))

    def between(self, operand: Operand, low: Operand, high: Operand) -> Condition:
        """A field from one value to another, both included."""
        self._count(operand)
        named = self._named_field(operand)
        lowest, highest = self._typed(low, named), self._typed(high, named)
        return AllOf((Comparison(named.ref, ">=", lowest), Comparison(named.ref, "<=", highest)))

    def is_null(self, operand: Operand) -> Condition:
        """A field without a value."""
        self._count(operand)
        return IsNull(self._named_field(operand).ref)

    def all_of(self, conditions: Sequence[Condition]) -> Condition:
        """Every one of some conditions."""
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def any_of(self, conditions: Sequence[Condition]) -> Condition:
        """At least one of some conditions."""
        return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))

    def _typed(self, operand: Operand, named: NamedField) -> Value:
        if not isinstance(operand, LiteralValue):
            raise Mistake(f"compare a {self._noun} with a value", operand.at)
        return self._literals.typed(operand, named)

    def _named_field(self, operand: Operand) -> NamedField:
        if not isinstance(operand, NamedField):
            raise Mistake(f"expected a {self._noun}", operand.at)
        return operand

    def _count(self, operand: Operand) -> None:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise Mistake(f"more than {MOST_CONDITIONS} conditions", operand.at)
