"""A filter as a tree of conditions on fields, with typed values: what every query language is parsed to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # it brings shapely, which a command that asks nothing does without
    from blocklight.query.region import Region

Value = str | int | float | datetime
Operator = Literal["=", "<>", "<", "<=", ">", ">="]
Fold = Literal["upper", "lower"]


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field that a condition looks at, in capital or small letters where *fold* says so."""

    name: str
    fold: Fold | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """Always true or always false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a value of its type."""

    field: FieldRef
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field that equals one of some values."""

    field: FieldRef
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text like a pattern: a text, or ``ANY_TEXT`` or ``ANY_LETTER``, one after the other; case counts."""

    field: FieldRef
    pattern: tuple["str | Wildcard", ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Any one letter, or any number of them."""

    many: bool


ANY_TEXT = Wildcard(many=True)
ANY_LETTER = Wildcard(many=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    """A field without a value."""

    field: FieldRef


@dataclass(frozen=True, slots=True)
class Inside:
    """A public point that lies in a part of the ground; unknown for a row without one.

    *meets_shape* decides the same of a row whose place is a shape.
    """

    field: FieldRef
    region: "Region"
    meets_shape: Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown, as in SQL."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of some conditions."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of some conditions."""

    conditions: tuple["Condition", ...]


Condition = Constant | Comparison | OneOf | Like | Inside | IsNull | Not | AllOf | AnyOf
Row = Mapping[str, Value | None]


def like_pattern(text: str, escape: str | None = None) -> tuple[str | Wildcard, ...]:
    """Read a pattern of SQL, in which ``%`` is any text and ``_`` any letter, unless after *escape*."""
    parts: list[str | Wildcard] = []
    literal = ""
    letters = iter(text)
    for letter in letters:
        if letter == escape:
            literal += next(letters, "")
        elif letter in "%_":
            if literal:
                parts.append(literal)
                literal = ""
            parts.append(ANY_TEXT if letter == "%" else ANY_LETTER)
        else:
            literal += letter
    return tuple([*parts, literal] if literal else parts)


def meets(row: Row, condition: Condition) -> bool | None:
    """Whether a row meets a condition; ``None`` is unknown, for want of a value."""
    match condition:
        case Constant():
            return condition.value
        case Not(inner):
            return _opposite(meets(row, inner))
        case AllOf(inner):
            return _all(meets(row, part) for part in inner)
        case AnyOf(inner):
            return _opposite(_all(_opposite(meets(row, part)) for part in inner))
        case IsNull(field):
            return row[field.name] is None
        case _:
            return _tested(row[condition.field.name], condition)


def _tested(value: object, condition: Comparison | OneOf | Like | Inside) -> bool | None:
    if value is None:
        return None
    if isinstance(condition, Inside):
        return condition.meets_shape(value)
    return holds(value, condition)  # type: ignore[arg-type]  # of the field's type


def holds(value: Value, condition: Comparison | OneOf | Like) -> bool:
    """Whether a value of the field that a condition looks at is what it says."""
    return _holds(_folded(value, condition.field.fold), condition)


def _holds(value: Value, condition: Comparison | OneOf | Like) -> bool:
    match condition:
        case OneOf(_, values):
            return value in values
        case Like(_, pattern):
            return _is_like(str(value), pattern)
        case Comparison(_, operator, other):
            order = (value > other) - (value < other)  # type: ignore[operator]  # both of the field's type
            return {
                "=": order == 0, "<>": order != 0, "<": order < 0,
                "<=": order <= 0, ">": order > 0, ">=": order >= 0,
            }[operator]  # fmt: skip


def _is_like(text: str, pattern: tuple[str | Wildcard, ...]) -> bool:
    """Match in time that grows with the text's length times the pattern's, whatever both are."""
    reached = {0}
    for part in pattern:
        if part == ANY_TEXT:
            reached = set(range(min(reached), len(text) + 1)) if reached else reached
        elif part == ANY_LETTER:
            reached = {at + 1 for at in reached if at < len(text)}
        else:
            assert isinstance(part, str)  # noqa: S101 - the other two are above
            reached = {at + len(part) for at in reached if text.startswith(part, at)}
    return len(text) in reached


def _folded(value: Value, fold: Fold | None) -> Value:
    if fold is None or not isinstance(value, str):
        return value
    return value.upper() if fold == "upper" else value.lower()


def _all(parts: Iterable[bool | None]) -> bool | None:
    unknown = False
    for part in parts:
        if part is False:
            return False
        unknown = unknown or part is None
    return None if unknown else True


def _opposite(met: bool | None) -> bool | None:  # noqa: FBT001 - three values of logic
    return None if met is None else not met
