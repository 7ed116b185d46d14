"""Writes a city file for a feed that nobody has described yet, and says what a person must still decide."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from blocklight.app.bodies import NotByGet, download
from blocklight.app.opening import wall_clock
from blocklight.cli import out
from blocklight.cli.checking import THROWAWAY_KEY, print_questions, print_zone_question
from blocklight.cli.sampling import read_sample as read_file
from blocklight.cli.type_table import print_types
from blocklight.config.city import City
from blocklight.errors import BlocklightError, SourceError, UsageError
from blocklight.geo.areas import Areas
from blocklight.intake.disclosure.questions import SampleRows, questions
from blocklight.intake.propose.asking import asked
from blocklight.intake.propose.city_file import Proposal, propose, word
from blocklight.intake.propose.sample import Sample, read_sample
from blocklight.intake.redact import Rules

_MAX_BYTES = 64_000_000
_MOST_TYPES = 40
_NAMELESS = "my-city"
_ID = re.compile(r"^[a-z][a-z0-9_-]{0,62}$")
_TEST = '''"""The feed of {name} is understood: rows in its shape with nobody in them."""

import json
from datetime import UTC, datetime
from pathlib import Path

from blocklight.config.city import load_city
from blocklight.intake.normalise import Normaliser

HERE = Path(__file__).parent


def test_every_row_of_the_sample_is_understood() -> None:
    city = load_city(str(HERE / "{name}.toml"))
    rows = json.loads((HERE / "{name}-sample.json").read_text("utf-8"))
    assert len(rows) == {rows}
    read = [Normaliser.of(city.sources[0], city)(row, datetime.now(UTC)) for row in rows]
    assert all(one.received_at and one.source_type for one in read)
    assert sum(one.point is not None for one in read) == {placed}
'''


def new_city(
    url: str, *, name: str | None, sample: Path | None, output: Path, near: str | None = None
) -> None:
    """Write NAME.toml, NAME-sample.json and test_NAME.py into *output*, and print what they rest on.

    Raises ``SourceError`` for a feed that cannot be read, ``BlocklightError`` where a file is in the way,
    ``UsageError`` for a *name* that cannot be one.
    """
    name = name or _name_of(url)
    if not _ID.match(name):
        raise UsageError("--name", f"expected a short lower-case word such as smallville, not {name!r}")
    files = [output / f"{name}.toml", output / f"{name}-sample.json", output / f"test_{_python(name)}.py"]
    for file in files:
        if file.exists():
            raise BlocklightError(f"{file}: exists already; choose another --name or --output")
    proposal = propose(_looked_at(url, sample), name, output, near=near)
    output.mkdir(parents=True, exist_ok=True)
    placed = sum(1 for row in proposal.kept if _has_place(proposal, row))
    files[0].write_text(proposal.toml, "utf-8")
    if not proposal.kept:  # a test of no rows would prove nothing
        _tell(proposal, files[:1])
        return
    files[1].write_text(json.dumps(proposal.kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    files[2].write_text(_TEST.format(name=name, rows=len(proposal.kept), placed=placed), "utf-8")
    _tell(proposal, files)


def _looked_at(url: str, sample: Path | None) -> Sample:
    settings: dict[str, Any] = {}
    try:
        body = _fetched(url) if sample is None else read_file(sample)
    except NotByGet:
        body, settings = download(url, _MAX_BYTES, instead="--sample", method="POST"), {"form": {}}
    try:
        found = read_sample(url, body)
    except SourceError as error:
        raise type(error)(f"{sample or url}: {error}") from None
    return replace(found, settings={**settings, **found.settings})


def _fetched(url: str) -> bytes:
    return asked(url, lambda at, how: download(at, _MAX_BYTES, instead="--sample", typed=url, params=how))


def _python(name: str) -> str:
    return name.replace("-", "_")


def _name_of(url: str) -> str:
    """A name from an address: ``data.smallville.gov`` is ``smallville``."""
    parts = (urlsplit(url).hostname or _NAMELESS).removeprefix("www.").split(".")
    dull = {"data", "gis", "opendata", "api", "services", "maps", "open", "arcgis"}
    words = [part for part in parts[:-1] if part not in dull and not re.match(r"^services?\d*$", part)]
    name = re.sub(r"[^a-z0-9_-]", "-", (words or [_NAMELESS])[0].lower())
    return name if _ID.match(name) else _NAMELESS


def _has_place(proposal: Proposal, row: dict[str, object]) -> bool:
    found = proposal.table.found
    columns = found["point"].columns if "point" in found else found["lon"].columns if "lon" in found else ()
    return bool(columns) and all(column in row for column in columns)


def _tell(proposal: Proposal, files: list[Path]) -> None:
    table, sample = Table(box=SIMPLE_HEAD), proposal.table.sample
    for heading in ("Our field", "From", "Converter", "How sure", "First value"):
        table.add_column(heading)
    for name, guess in proposal.table.found.items():
        values = [str(proposal.table.values[c][0]) for c in guess.columns if proposal.table.values.get(c)]
        table.add_row(
            name,
            escape(", ".join(guess.columns) or f"(always {guess.spec.get('default')})"),
            str(guess.spec.get("convert", "map" if "map" in guess.spec else "text")),
            word(guess.confidence),
            escape(" ".join(values)[:50]),
        )
    out.print(f"{len(sample.rows)} records over [bold]{sample.connector}[/bold].", highlight=False)
    out.print(table)
    sure = proposal.confidence
    out.print(
        f"Key: {', '.join(proposal.key)} ({word(sure['key'])}), a row is one {proposal.rows}. "
        f"Closes: {proposal.closes} ({word(sure['closes'])}). "
        f"Call types that need nobody's decision: {round(100 * sure['call_types'])} % of the records.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    print_types(proposal.types, most=_MOST_TYPES, sign_off=f"blocklight types {files[0]} --sign")
    out.print("\n[bold]You still have to decide:[/bold]")
    for number, line in enumerate(proposal.decide, 1):
        out.print(f"{number}. {line}", markup=False, highlight=False, soft_wrap=True)
    if proposal.city is not None:
        _print_questions(proposal.city, sample.rows)
    written = ", ".join(str(file) for file in files)
    out.print(f"\nWritten: {written}. Next: blocklight check {files[0]}", markup=False, soft_wrap=True)
    if proposal.city is not None and not proposal.city.areas:
        told = f"Then a map, areas and street lines for it: blocklight ground {files[0]}"
        out.print(told, markup=False, highlight=False, soft_wrap=True)


def _print_questions(city: City, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ask of a proposal what `check` asks of a finished city file."""
    rules = Rules.of(city, THROWAWAY_KEY, Areas(city))
    sample, at = SampleRows.of(city.sources[0], city, rules, rows, wall_clock()), wall_clock()
    print_questions(questions(sample))
    print_zone_question(sample, at)
