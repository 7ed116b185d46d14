"""Prints what the rows of a feed hold: every type, the endings nobody mapped, and how far away places lie."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from blocklight.app.call_types import reason
from blocklight.cli import out
from blocklight.cli.type_table import print_types
from blocklight.errors import BlocklightError
from blocklight.intake.call_types import Meaning
from blocklight.intake.feed_report import FeedReport, PlaceCounts
from blocklight.intake.redact import Rules
from blocklight.intake.type_counts import TypeCount, type_counts

CSV_COLUMNS = ("type", "records", "share", "becomes", "why", "perhaps", "category")
_MOST_TYPES = 1000
_MOST_ENDINGS = 12
_SHARE = 0.999


def print_report(report: FeedReport, source_id: str, rules: Rules, *, has_map: bool) -> list[TypeCount]:
    """Print the types, endings and places of a source's rows; give the types with what they mean.

    *has_map* says whether the source reads a disposition at all.
    """

    def meaning_of(text: str) -> Meaning:
        return rules.meaning(text, source_id)

    counts = type_counts(report.types, meaning_of)
    print_types(counts, max_lines=_MOST_TYPES, sign_off="blocklight type sign CITY")
    if has_map and report.endings:
        named = ", ".join(f"{text!r} {count:,}" for text, count in report.endings.most_common(_MOST_ENDINGS))
        total = report.endings.total()
        _print_line(
            f"Dispositions that [dispositions] does not name, and which are left out: {total:,}: {named}."
        )
    if report.places.placed:
        _print_line(_places_in_words(report.places))
    return counts


def _places_in_words(places: PlaceCounts) -> str:
    beside = places.beside.total()
    share = f"{beside / places.placed:.1%}"
    have = "row has" if places.placed == 1 else "rows have"
    text = f"{places.placed:,} {have} coordinates; {beside:,} ({share}) lie outside bounds"
    if beside:
        text += f": {', '.join(_distance_text(km, places.beside[km]) for km in sorted(places.beside))}"
    if places.nowhere:
        text += f"; {places.nowhere:,} have 0 for both, which is no place"
    box = places.box(_SHARE)
    if box is not None:
        west, south, east, north = box
        sides = f"{{ west = {west}, south = {south}, east = {east}, north = {north} }}"
        text += f". The box that would contain {_SHARE:.1%} of them: bounds = {sides}"
    return text + "."


def _distance_text(km: float, count: int) -> str:
    return f"{count:,} farther away" if math.isinf(km) else f"{count:,} by up to {km:,} km"


def write_type_table(counts: Sequence[TypeCount], file: Path) -> None:
    """Write every type into a new CSV file with a last column to fill in; those that wait come first."""
    if file.exists():
        raise BlocklightError(f"{file}: exists already")
    with file.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(CSV_COLUMNS)
        for line in counts:
            share = f"{line.share:.4%}"
            table.writerow((
                line.text, line.records, share, line.becomes, reason(line), line.meaning.proposal or "", ""
            ))  # fmt: skip
    _print_line(
        f"Written: {file}. Fill in the column `category` of the types that may be published, then: "
        f"blocklight type apply CITY --worksheet {file}"
    )


def _print_line(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
