"""Parses ``where`` and ``having`` to a tree of conditions with typed values; no text reaches the database."""

from datetime import datetime, timedelta
from typing import Literal

from lark import Token, v_args

from blocklight.query.conditions import Condition, Constant
from blocklight.query.fields import Fields, FieldType
from blocklight.standards.field_conditions import FieldConditions
from blocklight.standards.filter_text import FilterTransformer, parse_filter, unquoted_text
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.moments import interval, moment_of_ms, moment_of_sql
from blocklight.standards.operands import LiteralReader, LiteralValue, Mistake, NamedField, number_of_text

_MOST_DAYS = 1_000_000
_Operand = NamedField | LiteralValue


def parse_where(text: str, fields: Fields, now: datetime, *, parameter: str = "where") -> Condition | None:
    """Parse a condition on *fields*; ``None`` for one that every row meets. Raises ``GeoServicesError``.

    *now* is what CURRENT_TIMESTAMP stands for. Names of fields are read without case.
    """
    if not text.strip():
        return None
    try:
        condition = parse_filter(text, __package__, "where.lark", _Transformer(fields, now))
    except Mistake as mistake:
        position = (mistake.at or 0) + 1
        raise GeoServicesError(str(mistake), parameter=parameter, position=position) from None
    return None if condition == Constant(value=True) else condition


def _sql_moment(text: str, at: int | None) -> datetime:
    try:
        return moment_of_sql(text)
    except ValueError as error:
        raise Mistake(str(error), at) from None


def _ms_moment(ms: float, at: int | None) -> datetime:
    try:
        return moment_of_ms(ms)
    except ValueError as error:
        raise Mistake(str(error), at) from None


# Esri's clients put numbers into quotes, and write times as bare milliseconds.
_ESRI_LITERALS = LiteralReader(
    _sql_moment,
    time_example="TIMESTAMP '2026-01-31 08:00:00'",
    moment_of_number=_ms_moment,
    quoted_numbers=True,
)


@v_args(inline=True)
class _Transformer(FilterTransformer):
    """What Esri's SQL has beyond comparisons: today, sums of times, and names without case."""

    def __init__(self, fields: Fields, now: datetime) -> None:
        super().__init__(FieldConditions(_ESRI_LITERALS, "field"))
        self._fields = {name.lower(): field for name, field in fields.items()}
        self._now = now

    def name(self, token: Token) -> NamedField:
        return self._named(str(token), token.start_pos)

    def quoted_name(self, token: Token) -> NamedField:
        return self._named(str(token)[1:-1], token.start_pos)

    def figure(self, function: Token, field: Token) -> NamedField:
        """Find what ``having`` names as ``SUM(units)``, among the statistics that were asked for."""
        return self._named(f"{function}({field})", function.start_pos)

    def string(self, token: Token) -> LiteralValue:
        return LiteralValue(unquoted_text(token), token.start_pos)

    def number(self, token: Token) -> LiteralValue:
        return LiteralValue(number_of_text(str(token), token.start_pos), token.start_pos)

    def signed(self, sign: Token, token: Token) -> LiteralValue:
        number = number_of_text(str(token), token.start_pos)
        return LiteralValue(-number if sign == "-" else number, sign.start_pos)

    def moment(self, word: Token, token: Token) -> LiteralValue:
        return LiteralValue(_sql_moment(unquoted_text(token), token.start_pos), word.start_pos)

    def now(self, token: Token) -> LiteralValue:
        return LiteralValue(self._now, token.start_pos)

    def today(self, token: Token) -> LiteralValue:
        return LiteralValue(self._now.replace(hour=0, minute=0, second=0, microsecond=0), token.start_pos)

    def interval(self, word: Token, text: Token, first: Token, last: Token | None) -> LiteralValue:
        try:
            span = interval(unquoted_text(text), first.lower(), last and last.lower())
        except ValueError as error:
            raise Mistake(str(error), text.start_pos) from None
        return LiteralValue(span, word.start_pos)

    def sum(self, first: _Operand, sign: Token, second: _Operand) -> LiteralValue:
        if not isinstance(first, LiteralValue) or not isinstance(second, LiteralValue):
            raise Mistake("only times and intervals can be added", sign.start_pos)
        moment, span = first.value, second.value
        if isinstance(span, int | float) and abs(span) < _MOST_DAYS:
            span = timedelta(days=span)  # a number beside a time is days, as ArcGIS has it
        if not isinstance(moment, datetime) or not isinstance(span, timedelta):
            raise Mistake("only times and intervals can be added", sign.start_pos)
        try:
            return LiteralValue(moment - span if sign == "-" else moment + span, first.at)
        except OverflowError:
            raise Mistake("outside the years 1 to 9999", first.at) from None

    def folded(self, function: Token, operand: _Operand) -> _Operand:
        fold: Literal["upper", "lower"] = "upper" if function.lower() == "upper" else "lower"
        if isinstance(operand, NamedField):
            if operand.field.type is not FieldType.TEXT:
                raise Mistake(f"{function} needs a field of texts", operand.at)
            return NamedField(operand.field, operand.at, fold)
        if not isinstance(operand.value, str):
            raise Mistake(f"{function} needs a text", operand.at)
        text = operand.value
        return LiteralValue(text.upper() if fold == "upper" else text.lower(), operand.at)

    def _named(self, name: str, at: int | None) -> NamedField:
        field = self._fields.get(name.lower())
        if field is None:
            raise Mistake(f"no field {name[:40]!r}", at)
        return NamedField(field, at)
