"""Counts the call types of a city's feeds, and writes decisions about them into its file."""

import asyncio
import csv
import io
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from blocklight.app.opening import wall_clock
from blocklight.app.sampling import one_page, reader_of, sample_body
from blocklight.config.city import City, SourceSpec, load_city, parse_city, shipped_cities
from blocklight.config.city_edit import with_signed_types
from blocklight.errors import BlocklightError, RecordRejected, SourceError, UsageError
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.tables import Reading, read_file
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident, RawRecord
from blocklight.intake.type_counts import TypeCount, allow_line, count_types, sign_off_refusal, type_counts
from blocklight.model.vocabulary import Category, Reason

# A type that is not among so many rows is rare, and a table of years would take minutes.
_MOST_RECORDS = 100_000

Signed = dict[str, Category]


def counted_types(
    city: City, source_id: str | None, sample: Path | None, history: Path | None
) -> tuple[list[TypeCount], CallMeanings]:
    """The types of a city's sources by their records, those that wait for a person first; their meanings."""
    meanings = CallMeanings(city.call_types, city.policy.allow)
    return list(type_counts(count_records(city, source_id, sample, history), meanings.of)), meanings


def count_records(
    city: City, source_id: str | None, sample: Path | None, history: Path | None
) -> Counter[str]:
    """Count the types of a city's sources; *sample* and *history* stand in for the feed of one of them."""
    chosen = [city.source(source_id)] if source_id else list(city.sources)
    if (sample or history) is not None and len(chosen) > 1:
        raise UsageError("--source", "required with --sample or --history: they belong to one source")
    counted: Counter[str] = Counter()
    for source in chosen:
        try:
            counted += count_types(_incidents(city, source, sample, history))
        except SourceError as error:
            raise BlocklightError(f"{source.id} cannot be read: {error}") from error
    return counted


def _incidents(
    city: City, source: SourceSpec, sample: Path | None, history: Path | None
) -> Iterator[Incident]:
    normalise = Normaliser.of(source, city)
    for raw in _records_of(city, source, sample, history):
        try:
            yield normalise(raw, wall_clock())
        except RecordRejected:
            continue


def _records_of(
    city: City, source: SourceSpec, sample: Path | None, history: Path | None
) -> Iterator[RawRecord]:
    if history is not None:
        reading = Reading(Columns(source), records=source.records, encoding=source.encoding)
        for block in read_file(history, reading):
            yield from block.records
    elif sample is not None:
        _, batch = asyncio.run(one_page(source, city, sample_body(sample)))
        yield from batch.records
    elif source.connector != "push":  # what is pushed can only be counted from a file
        yield from asyncio.run(_fetched_records(source, city))


async def _fetched_records(source: SourceSpec, city: City) -> list[RawRecord]:
    """The records of a feed, page after page, up to a limit."""
    records: list[RawRecord] = []
    async with reader_of(source, city, None) as reader:
        async for batch in reader.fetch(None):
            records += batch.records
            if len(records) >= _MOST_RECORDS:
                break
    return records


def worksheet_of(counts: Sequence[TypeCount], name: str, day: date) -> str:
    """TOML with a line for each type, all of them comments: taking a `#` away decides that one."""
    lines = [
        f"# Call types of {name}, {day.isoformat()}, by number of records.",
        "# Take the `# ` away before each type that may be published, and give it its category.",
        "# What is left as a comment stays withheld.",
        f"# Categories: {', '.join(Category)}.",
        "",
    ]
    for line in counts:
        category = line.meaning.category
        lines.append(f"# {line.records} records ({line.share:.1%}): {_one_line(reason(line))}")
        if line.waits:
            lines.append(f"# {_toml_string(line.text)} = {_toml_string(str(line.meaning.proposal or '…'))}")
        elif category is Reason.SENSITIVE:
            lines.append(
                f"#   {_toml_string(line.text)} takes {allow_line(line.meaning.groups[0], line.text)}"
            )
        else:
            lines.append(f"#   {_toml_string(line.text)} is {category}")
    return "\n".join(lines) + "\n"


def reason(line: TypeCount) -> str:
    """Why a type becomes what it does, and what it might be where it waits."""
    meaning = line.meaning
    return f"{meaning.why}; perhaps {meaning.proposal}" if line.waits and meaning.proposal else meaning.why


def decided_in(worksheet: Path) -> Signed:
    """The decisions of an edited worksheet; raises ``BlocklightError`` for one that cannot be read."""
    read = _decided_in_csv if worksheet.suffix.lower() == ".csv" else _decided_in_toml
    signed: Signed = {}
    for text, category in read(worksheet).items():
        if category not in set(Category):
            raise BlocklightError(f"{worksheet}: {text!r}: {category!r} is not one of {', '.join(Category)}")
        signed[text] = Category(str(category))
    return signed


def _decided_in_toml(worksheet: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(worksheet.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise BlocklightError(f"{worksheet}: not TOML: not a text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BlocklightError(f"{worksheet}: not TOML: {error}") from error


def _decided_in_csv(worksheet: Path) -> Mapping[str, object]:
    """Read the table of `check --types-csv`; a line with an empty category decides nothing."""
    try:
        text = worksheet.read_text("utf-8-sig")
        comma = ";" if ";" in text.partition("\n")[0] else ","
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=comma))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BlocklightError(f"{worksheet}: not a CSV file in UTF-8: {error}") from error
    if not rows or not {"type", "category"} <= set(rows[0]):
        raise BlocklightError(f"{worksheet}: expected the columns `type` and `category`")
    return {row["type"]: row["category"].strip() for row in rows if (row["category"] or "").strip()}


def expect_own_file(name: str) -> None:
    """Raise ``BlocklightError`` for a city that comes with Blocklight: an upgrade would undo a decision."""
    if name in shipped_cities():
        raise BlocklightError(f"{name} comes with Blocklight: copy its file, and sign the copy off")


def save_signed(name: str, signed: Mapping[str, Category]) -> Path:
    """Write signed types into a city file, all or none; raises ``BlocklightError`` where one is refused."""
    city = load_city(name)
    meanings = CallMeanings(city.call_types, city.policy.allow)
    refused = [
        text for name_, category in signed.items() if (text := sign_off_refusal(name_, category, meanings))
    ]
    if refused:
        raise BlocklightError("; ".join(refused))
    path = Path(name)
    if not signed:
        return path
    edited = with_signed_types(path.read_text("utf-8"), signed, wall_clock().date(), file=name)
    parse_city(tomllib.loads(edited), file=name, folder=path.parent)
    draft = path.with_name(path.name + ".new")
    draft.write_text(edited, "utf-8")
    draft.replace(path)
    return path


def _toml_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.split())
