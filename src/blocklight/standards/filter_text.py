"""What filters that are written as text share: bounds, grammar, literals in quotes, mistakes of syntax."""

from functools import cache
from importlib import resources
from typing import cast

from lark import Lark, Token, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer, Transformer_NonRecursive

from blocklight.query.conditions import Condition, Operator
from blocklight.standards.field_conditions import FieldConditions, Operand
from blocklight.standards.operands import Mistake, check_size, opposite, text_within_bounds

_SHOWN_LETTERS = 20


def parse_filter(text: str, package: str, grammar: str, builder: Transformer[Token, object]) -> Condition:
    """The condition that *builder* makes of a text in a grammar of a package.

    Raises ``Mistake`` with the place of what is wrong.
    """
    check_size(text)
    try:
        return cast("Condition", builder.transform(_grammar_parser(package, grammar).parse(text)))
    except VisitError as error:
        # Lark wraps whatever a builder raises; only mistakes of the filter are the client's.
        if isinstance(error.orig_exc, Mistake):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _syntax_mistake(error, text) from None


@cache
def _grammar_parser(package: str, grammar: str) -> Lark:
    text = resources.files(package).joinpath(grammar).read_text()
    # LALR takes time that grows with the length of the text alone; Lark's default, Earley, its cube.
    return Lark(text, parser="lalr", propagate_positions=False, maybe_placeholders=True)


def _syntax_mistake(error: UnexpectedInput, text: str) -> Mistake:
    is_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    # The end has no place of its own: Lark reports that of the last token.
    at = len(text) if is_end else cast("int", error.pos_in_stream)
    rest = text[at : at + _SHOWN_LETTERS].strip()
    return Mistake(f"unexpected {rest!r}" if rest else "unexpected end", at)


def unquoted_text(token: Token) -> str:
    """The text of a literal, whose quotes may follow a prefix such as ``N``; raises ``Mistake``."""
    text = str(token)
    return text_within_bounds(text[text.index("'") + 1 : -1].replace("''", "'"), token.start_pos)


@v_args(inline=True)
class FilterTransformer(Transformer_NonRecursive[Token, object]):
    """Builds the conditions that both languages write alike, from the inside out.

    A grammar's rules name the methods. ``v_args(inline=True)`` gives them the parts of a rule one by one; it
    reaches no inherited method, so that every class carries it. Non-recursive, so that no depth of a filter
    meets Python's own limit.
    """

    default_escape: str | None = None
    """What takes away the meaning of a wildcard where a filter names no other letter."""

    def __init__(self, conditions: FieldConditions) -> None:
        super().__init__()
        self._conditions = conditions

    def start(self, condition: Condition) -> Condition:
        """The whole filter."""
        return condition

    def any_of(self, *conditions: Condition) -> Condition:
        """``a OR b``."""
        return self._conditions.any_of(conditions)

    def all_of(self, *conditions: Condition) -> Condition:
        """``a AND b``."""
        return self._conditions.all_of(conditions)

    def negated(self, _: Token, condition: Condition) -> Condition:
        """``NOT a``."""
        return opposite(condition)

    def comparison(self, first: Operand, sign: Token, second: Operand) -> Condition:
        """``a < b``; ``!=`` is what GeoServices clients write for ``<>``."""
        operator = cast("Operator", "<>" if sign == "!=" else str(sign))
        return self._conditions.comparison(first, operator, second)

    def one_of(self, operand: Operand, negation: Token | None, *values: Operand) -> Condition:
        """``a NOT IN (b, c)``."""
        return _negated_by(negation, self._conditions.one_of(operand, values))

    def between(self, operand: Operand, negation: Token | None, low: Operand, high: Operand) -> Condition:
        """``a NOT BETWEEN b AND c``."""
        return _negated_by(negation, self._conditions.between(operand, low, high))

    def is_null(self, operand: Operand, negation: Token | None, _: Token) -> Condition:
        """``a IS NOT NULL``."""
        return _negated_by(negation, self._conditions.is_null(operand))

    def like(
        self, operand: Operand, negation: Token | None, pattern: Operand, escape: Token | None = None
    ) -> Condition:
        """``a NOT LIKE b ESCAPE c``."""
        letter = self.default_escape if escape is None else unquoted_text(escape)
        if escape is not None and len(letter or "") != 1:
            raise Mistake("ESCAPE needs one letter", escape.start_pos)
        return _negated_by(negation, self._conditions.like(operand, pattern, letter))


def _negated_by(negation: Token | None, condition: Condition) -> Condition:
    return condition if negation is None else opposite(condition)
