"""Prints the source types of some records, those that wait for a person first."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from blocklight.app.call_types import reason
from blocklight.cli import out
from blocklight.intake.type_counts import TypeCount

_MOST_LETTERS = 60


def print_types(counts: Sequence[TypeCount], *, max_lines: int, sign_off: str) -> None:
    """Print a table of types, at most *max_lines*, and how those that wait are signed off: *sign_off*."""
    table = Table("Source type", "Records", "Share", "Total", "Becomes", "Why, or what it might be")
    total = 0.0
    for line in counts[:max_lines]:
        total += line.share
        table.add_row(
            escape(line.text[:_MOST_LETTERS]),
            str(line.records),
            f"{line.share:.1%}",
            f"{total:.1%}",
            line.becomes,
            escape(reason(line)),
        )
    out.print(table)
    if len(counts) > max_lines:
        out.print(
            f"And {len(counts) - max_lines} further types: `blocklight type list` lists them.",
            highlight=False,
        )
    waiting = [line for line in counts if line.waits]
    if waiting:
        share = sum(line.share for line in waiting)
        types, are, them = (
            ("1 type", "is", "it") if len(waiting) == 1 else (f"{len(waiting)} types", "are", "them")
        )
        text = (
            f"{types}, {share:.1%} of the records, {are} withheld until somebody signs {them} off: {sign_off}"
        )
        out.print(text, markup=False, highlight=False, soft_wrap=True)
