"""Says whether an answer is one that a healthy source gives, without regard to the rows that are withheld.

A failure is public, so no withheld row may cause, prevent or word one: an answer with nothing but withheld
rows is judged as the empty answer that the public takes it for. Texts name no number, as it would move with
hidden rows.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged

UNREADABLE = "too many of its records cannot be read"
NOTHING_TO_SHOW = "nothing in the answer can be shown"
# One damaged row of three says nothing of an answer.
_ENOUGH_TO_JUDGE = 10


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer holds besides withheld rows: how many may be shown, and how many cannot be read.

    *columns* are those that the unreadable rows have, ``None`` where no unreadable row was looked into.
    *whole* says that it is an answer of a source that is always read whole.
    """

    shown: int
    rejected: int
    columns: AbstractSet[str] | None = None
    whole: bool = False


def judge_answer(source: SourceSpec, answer: Answered) -> None:
    """Raise ``SourceChanged`` for an answer that no healthy source gives."""
    rows = answer.shown + answer.rejected
    many = rows >= _ENOUGH_TO_JUDGE
    if many or answer.whole:
        expect_columns(source, answer)
    # Of a few rows a share says little; but a call must not be closed because its row cannot be read.
    harm = answer.whole and (source.closes == "vanish" or not answer.shown)
    if rows and (many or harm) and answer.rejected / rows > source.max_rejected_share:
        raise SourceChanged(UNREADABLE)
    if answer.whole and not answer.shown and not source.may_be_empty:
        raise SourceChanged(NOTHING_TO_SHOW)


def expect_columns(source: SourceSpec, answer: Answered) -> None:
    """Raise ``SourceChanged`` naming a column that no row has, where nothing can be shown for want of it."""
    if not answer.shown and answer.columns is not None and (gone := _gone(source, answer.columns)):
        raise SourceChanged(f"column {gone!r} is gone")


def _gone(source: SourceSpec, columns: AbstractSet[str]) -> str | None:
    """A column without which nothing can be read and that no unreadable row has."""
    fields = source.fields
    always = (*((column,) for column in source.key), fields.received_at.source, fields.source_type.source)
    return next((names[0] for names in always if names and columns.isdisjoint(names)), None)
