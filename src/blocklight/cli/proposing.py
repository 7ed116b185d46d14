"""Writes a city file for a feed, and says what it rests on and what a person must still decide."""

from dataclasses import replace
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from blocklight.app.city_check import ask_of_rows
from blocklight.app.new_city import write_new_city
from blocklight.cli import out
from blocklight.cli.checking import print_questions
from blocklight.cli.type_table import print_types
from blocklight.intake.propose.city_file import Proposal
from blocklight.intake.propose.toml_text import confidence_word

_MOST_TYPES = 40


def new_city(
    url: str,
    *,
    name: str | None,
    sample: Path | None,
    output: Path,
    near: str | None = None,
    query: str | None = None,
    topic: str | None = None,
) -> None:
    """Write a city file, a sample and a test, and print what they rest on; raises as ``write_new_city``."""
    _print_proposal(
        *write_new_city(url, name=name, sample=sample, output=output, near=near, query=query, topic=topic)
    )


def _print_proposal(proposal: Proposal, files: list[Path]) -> None:
    table, sample = Table(box=SIMPLE_HEAD), proposal.table.sample
    for heading in ("Our field", "From", "Converter", "How sure", "First value"):
        table.add_column(heading)
    for name, guess in proposal.table.found.items():
        values = [str(proposal.table.values[c][0]) for c in guess.columns if proposal.table.values.get(c)]
        table.add_row(
            name,
            escape(", ".join(guess.columns) or f"(always {guess.spec.get('default')})"),
            str(guess.spec.get("convert", "map" if "map" in guess.spec else "text")),
            confidence_word(guess.confidence),
            escape(" ".join(values)[:50]),
        )
    out.print(f"{len(sample.rows)} records over [bold]{sample.connector}[/bold].", highlight=False)
    out.print(table)
    sure = proposal.confidence
    out.print(
        f"Key: {', '.join(proposal.key)} ({confidence_word(sure['key'])}), a row is one {proposal.rows}. "
        f"Closes: {proposal.closes} ({confidence_word(sure['closes'])}). "
        f"Call types that need nobody's decision: {round(100 * sure['call_types'])} % of the records.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    print_types(proposal.types, max_lines=_MOST_TYPES, sign_off=f"blocklight type sign {files[0]}")
    out.print("\n[bold]You still have to decide:[/bold]")
    for number, line in enumerate(proposal.decide, 1):
        out.print(f"{number}. {line}", markup=False, highlight=False, soft_wrap=True)
    if proposal.city is not None:
        asked = ask_of_rows(proposal.city, sample.rows)
        zone_known = proposal.confidence["time_zone"] > 0  # without one, every clock looks hours off
        print_questions(asked if zone_known else replace(asked, zone=None))
    written = ", ".join(str(file) for file in files)
    out.print(f"\nWritten: {written}. Next: blocklight check {files[0]}", markup=False, soft_wrap=True)
    if proposal.city is not None and not proposal.city.areas:
        next_step = f"Then a map, areas and street lines for it: blocklight ground build {files[0]}"
        out.print(next_step, markup=False, highlight=False, soft_wrap=True)
