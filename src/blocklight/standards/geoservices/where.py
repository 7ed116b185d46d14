"""Parses ``where`` and ``having`` to a tree of conditions with typed values; no text reaches the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Literal, NoReturn, cast

from lark import Lark, Token, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from blocklight.query.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    FieldRef,
    IsNull,
    Like,
    OneOf,
    Operator,
    Value,
    like_pattern,
)
from blocklight.query.fields import Field, Fields, FieldType
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.moments import interval, moment_of_ms, moment_of_text
from blocklight.standards.operands import (
    FLIPPED,
    MOST_CONDITIONS,
    MOST_VALUES,
    Mistake,
    check_size,
    constant,
    number_of_text,
    opposite,
    text_within_bounds,
)

_SHOWN = 20
_MOST_DAYS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Named:
    """A field in the text."""

    field: Field
    fold: Literal["upper", "lower"] | None
    at: int


@dataclass(frozen=True, slots=True)
class _Given:
    """A value in the text, not yet of any field's type."""

    value: Value | timedelta
    at: int


_Operand = _Named | _Given


def parse_where(text: str, fields: Fields, now: datetime, *, parameter: str = "where") -> Condition | None:
    """Parse a condition on *fields*; ``None`` for one that every row meets. Raises ``GeoServicesError``.

    *now* is what CURRENT_TIMESTAMP stands for. Names of fields are read without case.
    """
    if not text.strip():
        return None
    try:
        check_size(text)
        condition = _Builder(fields, now).transform(_parser().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, Mistake):
            _refuse(str(error.orig_exc), error.orig_exc.at, parameter)
        raise
    except Mistake as mistake:
        _refuse(str(mistake), mistake.at, parameter)
    except UnexpectedInput as error:
        at = _place(error, text)
        rest = text[at : at + _SHOWN].strip()
        _refuse(f"unexpected {rest!r}" if rest else "unexpected end", at, parameter)
    parsed = cast("Condition", condition)
    return None if parsed == Constant(value=True) else parsed


def _place(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text)
    return cast("int", error.pos_in_stream)


def _refuse(reason: str, at: int | None, parameter: str) -> NoReturn:
    raise GeoServicesError(reason, parameter=parameter, position=(at or 0) + 1) from None


@cache
def _parser() -> Lark:
    grammar = resources.files(__package__).joinpath("where.lark").read_text()
    return Lark(grammar, parser="lalr", propagate_positions=False, maybe_placeholders=True)


@v_args(inline=True)
class _Builder(Transformer_NonRecursive[Token, object]):
    """Builds the tree from the inside out."""

    def __init__(self, fields: Fields, now: datetime) -> None:
        super().__init__()
        self._fields = {name.lower(): field for name, field in fields.items()}
        self._now = now
        self._conditions = 0

    # Conditions

    def start(self, condition: Condition) -> Condition:
        return condition

    def any_of(self, *conditions: Condition) -> Condition:
        return conditions[0] if len(conditions) == 1 else AnyOf(conditions)

    def all_of(self, *conditions: Condition) -> Condition:
        return conditions[0] if len(conditions) == 1 else AllOf(conditions)

    def negated(self, _: Token, condition: Condition) -> Condition:
        return opposite(condition)

    def comparison(self, left: _Operand, sign: Token, right: _Operand) -> Condition:
        self._count(sign)
        operator = cast("Operator", "<>" if sign == "!=" else str(sign))
        if isinstance(left, _Given) and isinstance(right, _Named):
            left, right, operator = right, left, FLIPPED[operator]
        if isinstance(left, _Named) and isinstance(right, _Given):
            return Comparison(_ref(left), operator, _typed(right, left))
        if isinstance(left, _Named):
            raise Mistake("compare a field with a value", right.at)
        value = cast("_Given", right)
        return constant(left.value, operator, value.value, value.at)

    def one_of(self, operand: _Operand, negation: Token | None, *values: _Operand) -> Condition:
        named = _field(operand)
        self._count(named)
        if len(values) > MOST_VALUES:
            raise Mistake(f"more than {MOST_VALUES:,} values", values[MOST_VALUES].at)
        return _maybe_not(negation, OneOf(_ref(named), tuple(_typed(value, named) for value in values)))

    def like(
        self, operand: _Operand, negation: Token | None, pattern: _Operand, escape: Token | None
    ) -> Condition:
        named = _field(operand)
        self._count(named)
        if named.field.type is not FieldType.TEXT:
            raise Mistake("LIKE needs a field of texts", named.at)
        text = _typed(pattern, named)
        letter = None if escape is None else _unquoted(escape)
        if letter is not None and len(letter) != 1:
            raise Mistake("ESCAPE needs one letter", _at(escape))
        return _maybe_not(negation, Like(_ref(named), like_pattern(str(text), letter)))

    def between(
        self, operand: _Operand, negation: Token | None, least: _Operand, most: _Operand
    ) -> Condition:
        named = _field(operand)
        self._count(named)
        field = _ref(named)
        parts = (Comparison(field, ">=", _typed(least, named)), Comparison(field, "<=", _typed(most, named)))
        return _maybe_not(negation, AllOf(parts))

    def is_null(self, operand: _Operand, negation: Token | None, _: Token) -> Condition:
        named = _field(operand)
        self._count(named)
        return _maybe_not(negation, IsNull(_ref(named)))

    # Operands

    def name(self, token: Token) -> _Named:
        return self._named(str(token), _at(token))

    def quoted_name(self, token: Token) -> _Named:
        return self._named(str(token)[1:-1], _at(token))

    def figure(self, function: Token, field: Token) -> _Named:
        """Find what ``having`` names as ``SUM(units)``, among the statistics that were asked for."""
        return self._named(f"{function}({field})", _at(function))

    def string(self, token: Token) -> _Given:
        return _Given(_unquoted(token), _at(token))

    def number(self, token: Token) -> _Given:
        return _Given(number_of_text(str(token), _at(token)), _at(token))

    def signed(self, sign: Token, token: Token) -> _Given:
        number = number_of_text(str(token), _at(token))
        return _Given(-number if sign == "-" else number, _at(sign))

    def moment(self, word: Token, token: Token) -> _Given:
        return _Given(_parsed_moment(_unquoted(token), _at(token)), _at(word))

    def now(self, token: Token) -> _Given:
        return _Given(self._now, _at(token))

    def today(self, token: Token) -> _Given:
        return _Given(self._now.replace(hour=0, minute=0, second=0, microsecond=0), _at(token))

    def interval(self, word: Token, text: Token, first: Token, last: Token | None) -> _Given:
        try:
            span = interval(_unquoted(text), first.lower(), last and last.lower())
        except ValueError as error:
            raise Mistake(str(error), _at(text)) from None
        return _Given(span, _at(word))

    def sum(self, left: _Operand, sign: Token, right: _Operand) -> _Given:
        if not isinstance(left, _Given) or not isinstance(right, _Given):
            raise Mistake("only times and intervals can be added", _at(sign))
        moment, span = left.value, right.value
        if isinstance(span, int | float) and abs(span) < _MOST_DAYS:
            span = timedelta(days=span)  # a number beside a time is days, as ArcGIS has it
        if not isinstance(moment, datetime) or not isinstance(span, timedelta):
            raise Mistake("only times and intervals can be added", _at(sign))
        try:
            return _Given(moment - span if sign == "-" else moment + span, left.at)
        except OverflowError:
            raise Mistake("outside the years 1 to 9999", left.at) from None

    def folded(self, function: Token, operand: _Operand) -> _Operand:
        fold: Literal["upper", "lower"] = "upper" if function.lower() == "upper" else "lower"
        if isinstance(operand, _Named):
            if operand.field.type is not FieldType.TEXT:
                raise Mistake(f"{function} needs a field of texts", operand.at)
            return _Named(operand.field, fold, operand.at)
        if not isinstance(operand.value, str):
            raise Mistake(f"{function} needs a text", operand.at)
        text = operand.value
        return _Given(text.upper() if fold == "upper" else text.lower(), operand.at)

    def _named(self, name: str, at: int) -> _Named:
        field = self._fields.get(name.lower())
        if field is None:
            raise Mistake(f"no field {name[:40]!r}", at)
        return _Named(field, None, at)

    def _count(self, where: "Token | _Operand") -> None:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise Mistake(f"more than {MOST_CONDITIONS} conditions", _at(where))


def _at(where: "Token | _Operand | None") -> int:
    if isinstance(where, Token):
        return where.start_pos or 0
    return 0 if where is None else where.at


def _field(operand: _Operand) -> _Named:
    if isinstance(operand, _Given):
        raise Mistake("expected a field", operand.at)
    return operand


def _ref(named: _Named) -> FieldRef:
    return FieldRef(named.field.name, named.fold)


def _unquoted(token: Token) -> str:
    text = str(token)
    return text_within_bounds(text[text.index("'") + 1 : -1].replace("''", "'"), _at(token))


def _parsed_moment(text: str, at: int) -> datetime:
    try:
        return moment_of_text(text)
    except ValueError as error:
        raise Mistake(str(error), at) from None


def _typed(operand: _Operand, named: _Named) -> Value:
    """A value as the field's type has it; clients put numbers into quotes, and times into none."""
    if isinstance(operand, _Named):
        raise Mistake("compare a field with a value", operand.at)
    value = operand.value
    match named.field.type:
        case FieldType.TEXT if isinstance(value, str):
            return value
        case FieldType.WHOLE if isinstance(value, int | float):
            return value
        case FieldType.WHOLE if isinstance(value, str) and value.strip().removeprefix("-").isdecimal():
            return number_of_text(value.strip().removeprefix("-"), operand.at) * (-1 if "-" in value else 1)
        case FieldType.TIME if isinstance(value, datetime):
            return value
        case FieldType.TIME if isinstance(value, str):
            return _parsed_moment(value, operand.at)
        case FieldType.TIME if isinstance(value, int | float):
            try:
                return moment_of_ms(value)
            except ValueError as error:
                raise Mistake(str(error), operand.at) from None
    raise Mistake(f"{named.field.name} is compared with {_EXPECTED[named.field.type]}", operand.at)


_EXPECTED = {
    FieldType.TEXT: "a text in single quotes",
    FieldType.WHOLE: "a number",
    FieldType.TIME: "a time such as TIMESTAMP '2026-01-31 08:00:00'",
}


def _maybe_not(negation: Token | None, condition: Condition) -> Condition:
    return condition if negation is None else opposite(condition)
