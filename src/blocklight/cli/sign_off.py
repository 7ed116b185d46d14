"""Signs call types off: shows those of a feed, and takes a decision for each."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase

import click

from blocklight.app.call_types import (
    Signed,
    counted_types,
    decided_in,
    expect_own_file,
    save_signed,
    worksheet_of,
)
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.cli import out
from blocklight.cli.type_table import print_types
from blocklight.config.city import load_city
from blocklight.errors import BlocklightError, UsageError
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.type_counts import TypeCount, sign_off_refusal
from blocklight.model.vocabulary import Category

_MOST_LINES = 1_000
_LEAVE, _ACCEPT, _STOP = " ", "y", "q"
# Key → category; not those that accept a proposal and stop. A new category takes the next letter or digit.
_FREE = [key for key in ascii_lowercase + "1234567890" if key not in {_ACCEPT, _STOP}]
_KEYS = dict(zip(_FREE, Category, strict=False))
# A key that comes sooner after a type was shown was not meant for it: a key held down signs nothing off.
_LOOK_S = 0.3


def show_types(
    name: str, *, source_id: str | None, sample: Path | None, history: Path | None, worksheet: Path | None
) -> None:
    """Print the types of a city's feeds, or write them into a *worksheet* to edit."""
    counts, _ = counted_types(configured_city(Options(name)), source_id, sample, history)
    if worksheet is None:
        command = f"blocklight type sign {name}; or edit a worksheet: --worksheet FILE"
        print_types(counts, max_lines=_MOST_LINES, sign_off=command)
        return
    if worksheet.exists():
        raise BlocklightError(f"{worksheet}: exists already")
    worksheet.write_text(worksheet_of(counts, name, wall_clock().date()), "utf-8")
    out.print(
        f"Written: {worksheet}. Edit it, then: blocklight type apply {name} --worksheet {worksheet}",
        soft_wrap=True,
    )


def write_types(name: str, worksheet: Path) -> None:
    """Write the decisions of an edited worksheet into the city file; refuses all when one may not be."""
    expect_own_file(name)
    _save(name, decided_in(worksheet))


def sign_types(name: str, *, source_id: str | None, sample: Path | None, history: Path | None) -> None:
    """Show each type that waits and take one key for it; what was decided is written when all is done."""
    expect_own_file(name)
    if not sys.stdin.isatty():
        raise UsageError(
            "type sign", "needs a terminal; elsewhere, edit a worksheet: type list --worksheet FILE"
        )
    counts, meanings = counted_types(load_city(name), source_id, sample, history)
    _save(name, decide(counts, meanings, click.getchar, time.monotonic))


def decide(
    counts: Sequence[TypeCount],
    meanings: CallMeanings,
    key: Callable[[], str],
    clock: Callable[[], float],
) -> Signed:
    """What a person decides about the types that wait, a key for each; *clock* is in seconds."""
    waiting = [line for line in counts if line.waits]
    _legend()
    signed: Signed = {}
    done = 0.0
    for number, line in enumerate(waiting, 1):
        done += line.share
        perhaps = f"[{_ACCEPT}] {line.meaning.proposal}" if line.meaning.proposal else "no proposal"
        head = f"{number} of {len(waiting)}, {line.records} records, up to here {done:.1%}"
        out.print(f"\n{head}\n{line.text}\n  {line.meaning.why}\n  {perhaps}", markup=False, highlight=False)
        choice = _choice(line, meanings, key, clock)
        if choice == _STOP:
            break
        if isinstance(choice, Category):
            signed[line.text] = choice
    return signed


def _choice(
    line: TypeCount, meanings: CallMeanings, key: Callable[[], str], clock: Callable[[], float]
) -> Category | str:
    """The category that a key stands for, or the key that leaves the type or stops."""
    while True:
        shown = clock()
        typed = key()
        if clock() - shown < _LOOK_S:
            continue
        if typed in (_LEAVE, _STOP):
            return typed
        category = line.meaning.proposal if typed == _ACCEPT else _KEYS.get(typed)
        if category is None:
            out.print("  no category has this key", highlight=False)
        elif (refused := sign_off_refusal(line.text, category, meanings)) is not None:
            out.print(f"  {refused}", markup=False, highlight=False, soft_wrap=True)
        else:
            out.print(f"  {category}", highlight=False)
            return category


def _legend() -> None:
    keys = "  ".join(f"[{key}] {category}" for key, category in _KEYS.items())
    rest = f"[{_ACCEPT}] as proposed  [space] leave it withheld  [{_STOP}] stop and write"
    out.print(f"{keys}\n{rest}", markup=False, highlight=False)


def _save(name: str, signed: Mapping[str, Category]) -> None:
    path = save_signed(name, signed)
    if not signed:
        out.print("Nothing was signed off.", highlight=False)
        return
    out.print(
        f"{len(signed)} types are signed off in {path}. What a stricter or looser file changes: "
        f"blocklight policy diff. It takes effect when serve or fetch starts again.",
        highlight=False,
        soft_wrap=True,
    )
