"""Says what a city file would make of a source, before anything is stored or shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import fields
from rich.markup import escape
from rich.table import Table

from blocklight import net
from blocklight.app import bodies
from blocklight.app.city_runtime import http_client
from blocklight.app.finding_places import words_of_missed
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.app.refusals import causes, refusal
from blocklight.cli import out
from blocklight.cli.type_table import print_types
from blocklight.config.city import City, SourceSpec
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, RecordRejected, SourceChanged, SourceError, UsageError
from blocklight.geo.areas import Areas
from blocklight.intake.call_types import HELD_UNTIL_CLOSED
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.push import Push
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.connectors.table_files import newest_in, unlike
from blocklight.intake.disclosure.questions import Question, SampleRows, questions
from blocklight.intake.forms.answers import Answered, expect_columns
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.tables import json_document
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Batch, Connector, Incident, RawRecord
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally
from blocklight.intake.type_counts import count_types, type_counts
from blocklight.intake.zone_mistakes import whole_hours_off

_LEARN = "What somebody could learn from this feed that you did not mean to tell"
THROWAWAY_KEY = bytes(32)
_MOST_TYPES = 40
_MOST_COLUMNS = 60
_MAX_SAMPLE_BYTES = 64_000_000


def check_city(name: str, *, source_id: str | None, sample: Path | None, source_urls: list[str]) -> None:
    """Print what becomes of one page of each source; raises ``CityFileError`` or ``SourceError``."""
    city = configured_city(Options(name, source_urls=source_urls))
    rules = Rules.of(city, THROWAWAY_KEY, Areas(city))
    chosen = [city.source(source_id)] if source_id else list(city.sources)
    if sample is not None and len(chosen) > 1:
        raise UsageError("--source", "required with --sample: it belongs to one source")
    geocoder = Geocoder.of(city)
    areas = ", ".join(f"{layer.label} ({layer.kind})" for layer in city.areas) or "none"
    out.print(
        f"[bold]{city.city.name}[/bold]: the city file is valid. Areas: {areas}.",
        highlight=False,
        soft_wrap=True,
    )
    _say_why_no_labels(city, rules)
    failed = raised = 0
    for source in chosen:
        out.rule(f"{source.id}: {source.label}")
        if source.connector == "push" and sample is None:
            told = f"Its records are sent to us. Look at a batch of them: --source {source.id} --sample FILE"
            out.print(told, markup=False, highlight=False, soft_wrap=True)
            continue
        try:
            reader, batch = _page_of(source, city, sample)
            refused = _explain(Feed(source, city, reader, rules, geocoder=geocoder), city, batch, geocoder)
        except SourceError as error:
            failed += 1
            where = source.url if sample is None else sample
            out.print(
                f"{where} cannot be read: {error.explained}", style="bold", markup=False, soft_wrap=True
            )
            if isinstance(error, SourceChanged) and error.heading:
                there = ", ".join(error.heading[:_MOST_COLUMNS])
                out.print(f"It has these columns: {there}", markup=False, highlight=False, soft_wrap=True)
            continue
        if refused:
            failed += 1
            told = f"`serve` would refuse this answer as a whole: {refused}"
            out.print(told, style="bold", markup=False, highlight=False, soft_wrap=True)
        _print_endless(source, city)
        raised += _ask(source, city, rules, sample)
        for file, wrong in unlike(source) if sample is None else ():
            fails = isinstance(wrong, SourceChanged)
            so = "makes the source fail for as long as it lies there" if fails else "is left out"
            told = f"{file} {so}: {wrong}"
            out.print(told, style="bold", markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise BlocklightError(f"{failed} of {len(chosen)} sources could not be read, or would be refused")
    if raised:
        raise BlocklightError(f"{counted(raised, 'question')} to answer before this city is served")


def _say_why_no_labels(city: City, rules: Rules) -> None:
    if city.policy.labels != "none" and rules.blocks is None:
        reason = "the city file has no street lines to find blocks on; add [geocoder.streets], with ranges"
        out.print(
            f"policy.labels: no label is shown: {reason}.", markup=False, highlight=False, soft_wrap=True
        )


def _page_of(source: SourceSpec, city: City, sample: Path | None) -> tuple[Connector, Batch]:
    """Read the first page of a source, or a recorded answer; of files, that one in place of the folder."""
    if sample is not None and source.url.startswith("file:"):
        return asyncio.run(one_page(source.model_copy(update={"url": sample.resolve().as_uri()}), city, None))
    return asyncio.run(one_page(source, city, None if sample is None else read_sample(sample)))


def read_sample(sample: Path) -> bytes:
    """Return a recorded answer; raises ``BlocklightError`` for what cannot be one."""
    return bodies.read(sample, _MAX_SAMPLE_BYTES)


async def one_page(source: SourceSpec, city: City, sample: bytes | None) -> tuple[Connector, Batch]:
    """Read the first page of a source, or of *sample* in its place; of a drop folder, its newest file's."""
    if source.connector == "push" and sample is not None:
        return Push(source, wall_clock), Batch(Columns(source).records(_sent(sample)), wall_clock())
    async with reader_of(source, city, sample) as reader:
        async for batch in reader.fetch(None):
            return reader, batch
    return reader, Batch([], wall_clock())


@asynccontextmanager
async def reader_of(source: SourceSpec, city: City, sample: bytes | None) -> AsyncIterator[Connector]:
    """Yield the connector that reads a source, or *sample* in its place."""
    if sample is None:
        source = newest_in(source)
        client = http_client(city, wall_clock)
    else:
        client = net.client(ReplayTransport(sample))
    async with client:
        yield connector(source, client=client, settings_token=Settings().socrata_app_token, now=wall_clock)


def _sent(body: bytes) -> list[object]:
    """Return the records of a batch as it is pushed."""
    value = json_document(body)
    records = value.get("records") if isinstance(value, dict) else value
    if not isinstance(records, list):
        raise SourceChanged('expected a JSON list of records, or {"records": [...]}')
    return records


def _explain(feed: Feed, city: City, batch: Batch, geocoder: Geocoder | None) -> str | None:
    """Print what becomes of an answer; return why `serve` would refuse it, if it would."""
    source, rules, records, at = feed.source, feed.rules, batch.records, batch.fetched_at
    if not records and not batch.unreadable:
        out.print("The answer holds no records, so there is nothing to say about its fields.", soft_wrap=True)
        return refusal(source, Answered(0, 0, whole=batch.complete))
    tally = Tally()
    feed.outcomes(records, at, tally, batch.unreadable)
    shown = tally.records - tally.rejected.total()
    expect_columns(source, Answered(shown, tally.rejected.total(), tally.unread_columns))
    unread: list[tuple[RawRecord, str]] = []
    normaliser = Normaliser.of(source, city)
    for raw in records:
        try:
            normaliser(raw, at)
        except RecordRejected as error:
            unread.append((raw, error.reason))
    read = [incident for _, incident in SampleRows.of(source, city, rules, records, at).rows]
    out.print(_field_table(source, city, read, records))
    counts = type_counts(count_types(read), lambda text: rules.meaning(text, source.id))
    print_types(counts, most=_MOST_TYPES, sign_off="blocklight types CITY --sign")
    withheld = ", ".join(f"{count} {reason}" for reason, count in tally.withheld.most_common()) or "none"
    rejected = ", ".join(f"{count} {reason}" for reason, count in tally.rejected.most_common()) or "none"
    repaired = ", ".join(f"{count} {name}" for name, count in tally.repaired.most_common()) or "none"
    out.print(
        f"{tally.records} records: [bold]{tally.published} published[/bold], all masked; {tally.held} held; "
        f"withheld: {withheld}; rejected: {rejected}; fields left out because unreadable: {repaired}."
        + _places(tally)
        + words_of_missed(read, rules, geocoder),
        highlight=False,
        soft_wrap=True,
    )
    for cause in causes(source, unread):
        out.print(f"Rejected: {cause}.", markup=False, highlight=False, soft_wrap=True)
    answer = Answered(
        tally.published + tally.held, tally.rejected.total(), tally.unread_columns, whole=batch.complete
    )
    return refusal(source, answer)


def _ask(source: SourceSpec, city: City, rules: Rules, sample: Path | None) -> int:
    """Print what a page with all of its columns, also those that nobody named, gives cause to ask."""
    try:
        _, batch = _page_of(source.with_every_column(), city, sample)
    except SourceError as error:
        told = f"Its other columns cannot be read, and nothing was asked: {error.explained}"
        out.print(told, style="bold", markup=False, soft_wrap=True)
        return 0
    rows = SampleRows.of(source, city, rules, batch.records, batch.fetched_at)
    raised = print_questions(questions(rows))
    return raised + print_zone_question(rows, batch.fetched_at)


def print_zone_question(sample: SampleRows, at: datetime) -> int:
    """Print why the times seem to be read in the wrong zone; return the number of questions, 0 or 1."""
    received = (incident.received_at for _, incident in sample.rows)
    told = whole_hours_off(received, at, sample.city.city.zone)
    if told is None or "time-zone" in sample.source.answered:
        return 0
    how = "Set the source's `zone`, or `convert` of its times; or, if they are right, answer `time-zone`."
    out.print(f"{told} {how}", style="bold", markup=False, highlight=False, soft_wrap=True)
    return 1


def _print_endless(source: SourceSpec, city: City) -> None:
    """Print which allowed types stay withheld because this source never says that a call is closed."""
    if source.closes != "never":
        return
    for line in city.policy.allow:
        if line.group in HELD_UNTIL_CLOSED:
            told = (
                f"Stays withheld: what [[policy.allow]] allows of {line.group} is published only once the "
                f'call is closed, and this source never says that (closes = "never").'
            )
            out.print(told, style="bold", markup=False, highlight=False, soft_wrap=True)
            return


def print_questions(raised: list[Question]) -> int:
    """Print what somebody could learn from a feed; nothing when all is well. Return how many there are."""
    if raised:
        out.print(f"\n[bold]{_LEARN}[/bold]", highlight=False, soft_wrap=True)
    for number, question in enumerate(raised, 1):
        told = f"{number}. {question.text} ({question.id})"
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    return len(raised)


def counted(count: int, word: str) -> str:
    """Return a number with its word in the singular or plural."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _places(tally: Tally) -> str:
    """Say how many addresses were found, where the city file has a geocoder."""
    sought, found = tally.noticed["places_sought"], tally.noticed["places_found"]
    return f" Of {sought} addresses that may be shown {found} were found." if sought else ""


def _field_table(source: SourceSpec, city: City, read: list[Incident], records: list[RawRecord]) -> Table:
    """Show for each of our fields where it comes from, how often it is there, and one value."""
    table = Table("Our field", "From", "Converter", "Present", "First value")
    named = dict(source.fields.named())
    known = {field.name for field in fields(Incident)}
    for name, spec in named.items():
        values = [getattr(incident, name) for incident in read] if name in known else []
        present = [value for value in values if value is not None]
        if name == "point":
            present = [(incident.lon, incident.lat) for incident in read if incident.lon is not None]
        share = f"{len(present)} of {len(records)}"
        example = "–" if not present else _shown(present[0], city)
        table.add_row(name, ", ".join(spec.source) or "(constant)", spec.convert, share, escape(example[:60]))
    return table


def _shown(value: object, city: City) -> str:
    """Write a value as a person reads it: a time in UTC and on the city's clock."""
    if not isinstance(value, datetime):
        return str(value)
    here = value.astimezone(city.city.zone)
    day = "" if here.date() == value.astimezone(UTC).date() else f"{here:%m-%d} "
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {day}{here:%H:%M} here"
