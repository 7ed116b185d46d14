"""Signs call types off: counts those of a feed, takes a decision for each, and edits the city file."""

import asyncio
import csv
import io
import json
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.cli import out
from blocklight.cli.sampling import one_page, read_sample, reader_of
from blocklight.cli.type_table import print_types, reason
from blocklight.config.city import City, SourceSpec, load_city, parse_city, shipped_cities
from blocklight.config.city_edit import with_signed_types
from blocklight.errors import BlocklightError, RecordRejected, SourceError, UsageError
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.tables import Reading, read_file
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident, RawRecord
from blocklight.intake.type_counts import TypeCount, allow_line, count_types, refusal, type_counts
from blocklight.model.vocabulary import Category, Reason

_MOST_RECORDS = 100_000
_MOST_LINES = 1_000
_LEAVE, _ACCEPT, _STOP = " ", "y", "q"
_KEYS = dict(zip("abcdefghijklmnoprstuvwxz1", Category, strict=True))
"""Key → category; not `y` and `q`, which accept a proposal and stop."""
_LOOK_S = 0.3
"""A key that comes sooner after a type was shown was not meant for it: a key held down signs nothing off."""

Signed = dict[str, Category]


def show_types(
    name: str, *, source_id: str | None, sample: Path | None, history: Path | None, worksheet: Path | None
) -> None:
    """Print the types of a city's feeds, or write them into a *worksheet* to edit."""
    city = configured_city(Options(name))
    meanings = CallMeanings(city.call_types, city.policy.allow)
    counts = type_counts(count_records(city, source_id, sample, history), meanings.of)
    if worksheet is None:
        how = f"blocklight types {name} --sign, or --worksheet FILE to edit"
        print_types(counts, most=_MOST_LINES, sign_off=how)
        return
    if worksheet.exists():
        raise BlocklightError(f"{worksheet}: exists already")
    worksheet.write_text(worksheet_of(counts, name, wall_clock().date()), "utf-8")
    out.print(
        f"Written: {worksheet}. Edit it, then: blocklight types {name} --write {worksheet}", soft_wrap=True
    )


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
    for raw in _records(city, source, sample, history):
        try:
            yield normalise(raw, wall_clock())
        except RecordRejected:
            continue


def _records(
    city: City, source: SourceSpec, sample: Path | None, history: Path | None
) -> Iterator[RawRecord]:
    if history is not None:
        reading = Reading(Columns(source), records=source.records, encoding=source.encoding)
        for block in read_file(history, reading):
            yield from block.records
    elif sample is not None:
        _, batch = asyncio.run(one_page(source, city, read_sample(sample)))
        yield from batch.records
    elif source.connector != "push":  # what is pushed can only be counted from a file
        yield from asyncio.run(_fetched(source, city))


async def _fetched(source: SourceSpec, city: City) -> list[RawRecord]:
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
            lines.append(f"# {_quoted(line.text)} = {_quoted(str(line.meaning.proposal or '…'))}")
        elif category is Reason.SENSITIVE:
            lines.append(f"#   {_quoted(line.text)} takes {allow_line(line.meaning.groups[0], line.text)}")
        else:
            lines.append(f"#   {_quoted(line.text)} is {category}")
    return "\n".join(lines) + "\n"


def write_types(name: str, worksheet: Path) -> None:
    """Write the decisions of an edited worksheet into the city file; refuses all when one may not be."""
    _own_file(name)
    decided = (
        _decided_in_csv(worksheet) if worksheet.suffix.lower() == ".csv" else _decided_in_toml(worksheet)
    )
    signed: Signed = {}
    for text, category in decided.items():
        if category not in set(Category):
            raise BlocklightError(f"{worksheet}: {text!r}: {category!r} is not one of {', '.join(Category)}")
        signed[text] = Category(str(category))
    _save(name, signed)


def _decided_in_toml(worksheet: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(worksheet.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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


def sign_types(name: str, *, source_id: str | None, sample: Path | None, history: Path | None) -> None:
    """Show each type that waits and take one key for it; what was decided is written when all is done."""
    _own_file(name)
    if not sys.stdin.isatty():
        raise UsageError("--sign", "needs a terminal; write a --worksheet to edit, and --write it")
    city = load_city(name)
    meanings = CallMeanings(city.call_types, city.policy.allow)
    counts = type_counts(count_records(city, source_id, sample, history), meanings.of)
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
        elif (refused := refusal(line.text, category, meanings)) is not None:
            out.print(f"  {refused}", markup=False, highlight=False, soft_wrap=True)
        else:
            out.print(f"  {category}", highlight=False)
            return category


def _legend() -> None:
    keys = "  ".join(f"[{key}] {category}" for key, category in _KEYS.items())
    rest = f"[{_ACCEPT}] as proposed  [space] leave it withheld  [{_STOP}] stop and write"
    out.print(f"{keys}\n{rest}", markup=False, highlight=False)


def _own_file(name: str) -> None:
    if name in shipped_cities():
        raise BlocklightError(f"{name} comes with Blocklight: copy its file, and sign the copy off")


def _save(name: str, signed: Mapping[str, Category]) -> None:
    """Write signed types into a city file, all or none; raises ``BlocklightError`` where one is refused."""
    city = load_city(name)
    meanings = CallMeanings(city.call_types, city.policy.allow)
    refused = [text for name_, category in signed.items() if (text := refusal(name_, category, meanings))]
    if refused:
        raise BlocklightError("; ".join(refused))
    if not signed:
        out.print("Nothing was signed off.", highlight=False)
        return
    path = Path(name)
    edited = with_signed_types(path.read_text("utf-8"), signed, wall_clock().date(), file=name)
    parse_city(tomllib.loads(edited), file=name, folder=path.parent)
    draft = path.with_name(path.name + ".new")
    draft.write_text(edited, "utf-8")
    draft.replace(path)
    out.print(
        f"{len(signed)} types are signed off in {path}. What a stricter or looser file changes: "
        f"blocklight policy diff. It takes effect when intake starts again.",
        highlight=False,
        soft_wrap=True,
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.split())
