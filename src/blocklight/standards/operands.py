"""What stands on either side of a comparison in a filter, and how a value gets the type of its field."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from blocklight.query.conditions import Condition, Constant, FieldRef, Not, Operator, Value
from blocklight.query.fields import Field, FieldType

# Letters of a filter.
LONGEST = 20_000

MOST_CONDITIONS = 300
# Values of one list.
MOST_VALUES = 1_000
# Brackets within each other.
DEEPEST = 32

FLIPPED: dict[str, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
# What SQLite and PostgreSQL hold as a whole number.
_LARGEST = 2**63
# 2**63 has 19 digits; converting thousands of them takes time that grows with their square.
_LONGEST_NUMBER = 20


class Mistake(Exception):
    """What is wrong with a filter; *at* counts its letters from 0."""

    def __init__(self, reason: str, at: int | None = None) -> None:
        super().__init__(reason)
        self.at = at


@dataclass(frozen=True, slots=True)
class NamedField:
    """A field in the filter."""

    field: Field
    at: int | None = None
    fold: Literal["upper", "lower"] | None = None

    @property
    def ref(self) -> FieldRef:
        """As a condition has it."""
        return FieldRef(self.field.name, self.fold)


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """A value in the filter, not yet of any field's type."""

    value: Value | timedelta
    at: int | None = None


def check_size(text: str) -> None:
    """Refuse what is too long or too deep before it is parsed; raises ``Mistake``."""
    if len(text) > LONGEST:
        raise Mistake(f"longer than {LONGEST:,} letters", LONGEST)
    # Before the parser, so that no depth of brackets reaches it.
    depth, quote = 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
            if depth > DEEPEST:
                raise Mistake(f"more than {DEEPEST} brackets within each other", at)


def text_within_bounds(text: str, at: int | None = None) -> str:
    """A text as a database takes it; raises ``Mistake``."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Mistake("not a text", at)
    return text


def number_of_text(text: str, at: int | None = None) -> int | float:
    """A number within 64 bits; raises ``Mistake``."""
    # A whole number stays one: above 2**53 a float would stand for another id.
    digits = text.removeprefix("-").removeprefix("+")
    number: int | float
    number = int(text) if digits.isdecimal() and len(digits) < _LONGEST_NUMBER else float(text)
    return number_within_bounds(number, at)


def number_within_bounds(number: float, at: int | None = None) -> int | float:
    """A number within 64 bits; raises ``Mistake``."""
    if not -_LARGEST < number < _LARGEST:
        raise Mistake("a number too large", at)
    return number


def moment_of_text(text: str, at: int | None = None) -> datetime:
    """A time as RFC 3339 has it, or a day alone, in UTC where it says no offset; raises ``Mistake``."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Mistake("expected a time such as 2026-01-31T08:00:00Z", at) from None


@dataclass(frozen=True, slots=True)
class LiteralReader:
    """How one language of filters writes the values of fields.

    *moment_of_number* reads a number beside a time, where the language has such; *quoted_numbers* are taken
    where clients put quotes around them.
    """

    moment_of_text: Callable[[str, int | None], datetime]
    time_example: str
    moment_of_number: Callable[[float, int | None], datetime] | None = None
    quoted_numbers: bool = False

    def typed(self, operand: LiteralValue, named: NamedField) -> Value:
        """A value as the field's type has it; raises ``Mistake``."""
        value = operand.value
        match named.field.type:
            case FieldType.TEXT if isinstance(value, str):
                return value
            case FieldType.WHOLE if isinstance(value, int | float):
                return value
            case FieldType.WHOLE if isinstance(value, str) and self.quoted_numbers:
                digits = value.strip()
                if digits.removeprefix("-").isdecimal():
                    return number_of_text(digits, operand.at)
            case FieldType.TIME if isinstance(value, datetime):
                return value
            case FieldType.TIME if isinstance(value, str):
                return self.moment_of_text(value, operand.at)
            case FieldType.TIME if isinstance(value, int | float) and self.moment_of_number is not None:
                return self.moment_of_number(value, operand.at)
        raise Mistake(f"{named.field.name} is compared with {self._expected(named.field.type)}", operand.at)

    def _expected(self, type_: FieldType) -> str:
        return {
            FieldType.TEXT: "a text in single quotes",
            FieldType.WHOLE: "a number",
            FieldType.TIME: f"a time such as {self.time_example}",
        }[type_]


def constant(
    first: Value | timedelta, operator: Operator, second: Value | timedelta, at: int | None = None
) -> Constant:
    """A comparison of two values, as the ``1=1`` with which clients ask for everything.

    Raises ``Mistake`` for two values of different types.
    """
    are_numbers = isinstance(first, int | float) and isinstance(second, int | float)
    if type(first) is not type(second) and not are_numbers:
        raise Mistake("two values of different types", at)
    # Decided here, so that the database is handed conditions on fields alone.
    order = (first > second) - (first < second)  # type: ignore[operator]  # both of one type
    holds = {
        "=": order == 0, "<>": order != 0, "<": order < 0,
        "<=": order <= 0, ">": order > 0, ">=": order >= 0,
    }  # fmt: skip
    return Constant(holds[operator])


def opposite(condition: Condition) -> Condition:
    """The opposite, so that no row of NOTs makes a deep tree."""
    match condition:
        case Not(inner):
            return inner
        case Constant(value):
            return Constant(not value)
    return Not(condition)
