"""Says what a city file would make of a source, before anything is stored or shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from blocklight.app.finding_places import words_of_missed
from blocklight.app.missing_ground import missing_ground
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.app.refusals import causes, refusal
from blocklight.cli import out
from blocklight.cli.report_tables import print_report, write_csv
from blocklight.cli.sampling import Given, read_through
from blocklight.config.city import City, SourceSpec
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, RecordRejected, SourceChanged, SourceError, UsageError
from blocklight.geo.areas import Areas
from blocklight.intake.call_types import HELD_UNTIL_CLOSED
from blocklight.intake.connectors.push import Push
from blocklight.intake.connectors.table_files import unlike
from blocklight.intake.digests import digest_of
from blocklight.intake.disclosure.questions import Question, SampleRows, questions
from blocklight.intake.equal_rows import EqualRows
from blocklight.intake.feed_report import FeedReport
from blocklight.intake.forms.answers import Answered, expect_columns
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.normalise import Normaliser
from blocklight.intake.readable import value_of
from blocklight.intake.record import Batch, Incident, RawRecord
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally
from blocklight.intake.spread import Spread
from blocklight.intake.type_counts import type_counts
from blocklight.intake.zone_mistakes import whole_hours_off

_LEARN = "What somebody could learn from this feed that you did not mean to tell"
THROWAWAY_KEY = bytes(32)
_MOST_COLUMNS = 60
_MOST_ASKED = 5_000


@dataclass
class _Check:
    """The check of one city: its rules, what stands in for its sources, and what came of it."""

    city: City
    rules: Rules
    geocoder: Geocoder | None
    given: Given
    types: Counter[str] = field(default_factory=Counter)
    raised: int = 0
    failed: int = 0


def check_city(
    name: str,
    *,
    source_id: str | None,
    sample: Path | None,
    source_urls: list[str],
    everything: Path | None = None,
    types_csv: Path | None = None,
) -> None:
    """Print what becomes of what each source holds; raises ``CityFileError`` or ``SourceError``.

    Of a source on the network that is one page, of a file all of it.
    """
    city = configured_city(Options(name, source_urls=source_urls))
    rules = Rules.of(city, THROWAWAY_KEY, Areas(city))
    chosen = [city.source(source_id)] if source_id else list(city.sources)
    given = Given(sample, everything)
    if given.file is not None and len(chosen) > 1:
        raise UsageError("--source", "required with --sample or --all: the file belongs to one source")
    check = _Check(city, rules, Geocoder.of(city), given)
    areas = ", ".join(f"{layer.label} ({layer.kind})" for layer in city.areas) or "none"
    out.print(
        f"[bold]{city.city.name}[/bold]: the city file is valid. Areas: {areas}.",
        highlight=False,
        soft_wrap=True,
    )
    _say_why_no_labels(city, rules)
    if (missing := missing_ground(city, name, Settings().style_url)) is not None:
        out.print(f"{missing}.", markup=False, highlight=False, soft_wrap=True)
    for source in chosen:
        out.rule(f"{source.id}: {source.label}")
        if source.connector == "push" and given.file is None:
            told = f"Its records are sent to us. Look at a batch of them: --source {source.id} --sample FILE"
            out.print(told, markup=False, highlight=False, soft_wrap=True)
            continue
        _check_source(check, source)
    if types_csv is not None:
        write_csv(type_counts(check.types, rules.meanings.of), types_csv)
    if check.failed:
        raise BlocklightError(
            f"{check.failed} of {len(chosen)} sources could not be read, or would be refused"
        )
    if check.raised:
        raise BlocklightError(f"{counted(check.raised, 'question')} to answer before this city is served")


def _check_source(check: _Check, source: SourceSpec) -> None:
    try:
        refused = _explain(check, source)
    except SourceError as error:
        check.failed += 1
        where = check.given.file or source.url
        out.print(f"{where} cannot be read: {error.explained}", style="bold", markup=False, soft_wrap=True)
        if isinstance(error, SourceChanged) and error.heading:
            there = ", ".join(error.heading[:_MOST_COLUMNS])
            out.print(f"It has these columns: {there}", markup=False, highlight=False, soft_wrap=True)
        return
    if refused:
        check.failed += 1
        told = f"`serve` would refuse this answer as a whole: {refused}"
        out.print(told, style="bold", markup=False, highlight=False, soft_wrap=True)
    _print_endless(source, check.city)
    check.raised += _ask(check, source)
    for file, wrong in unlike(source) if check.given.file is None else ():
        fails = isinstance(wrong, SourceChanged)
        so = "makes the source fail for as long as it lies there" if fails else "is left out"
        told = f"{file} {so}: {wrong}"
        out.print(told, style="bold", markup=False, highlight=False, soft_wrap=True)


def _say_why_no_labels(city: City, rules: Rules) -> None:
    if city.policy.labels != "none" and rules.blocks is None:
        reason = "the city file has no street lines to find blocks on; add [geocoder.streets], with ranges"
        out.print(
            f"policy.labels: no label is shown: {reason}.", markup=False, highlight=False, soft_wrap=True
        )


class _Look:
    """Takes what a source holds, batch after batch, and keeps counts, first values and a few rows of it."""

    def __init__(self, check: _Check, source: SourceSpec) -> None:
        self.report, self.tally = FeedReport(), Tally()
        self.first: dict[str, object] = {}
        self.unread: list[tuple[RawRecord, str]] = []
        self.without_place = Spread[Incident](_MOST_ASKED)
        self.whole, self.count = False, 0
        self._source, self._bounds = source, check.city.city.bounds
        self._fields = [name for name, _ in source.fields.named()]
        self._normalise, self._equal_rows = Normaliser.of(source, check.city), EqualRows(source)
        self.equal, self._digests = 0, set[bytes]()
        self._feed = Feed(
            source,
            check.city,
            Push(source, wall_clock),
            check.rules,
            geocoder=check.geocoder,
            watch=self._note,
        )

    def take(self, batch: Batch) -> None:
        """Understand a batch."""
        self.whole = batch.complete
        self.count += len(batch.records) + len(batch.unreadable)
        rejected = self.tally.rejected.total()
        records = self._equal_rows.numbered(batch.records)
        self._note_equal(batch.records)
        self._feed.outcomes(records, batch.fetched_at, self.tally, batch.unreadable)
        shown = self.tally.records - self.tally.rejected.total()
        answered = Answered(shown, self.tally.rejected.total(), self.tally.unread_columns)
        expect_columns(self._source, answered)
        if self.tally.rejected.total() > rejected and len(self.unread) < _MOST_ASKED:
            for raw in batch.records:
                try:
                    self._normalise(raw, batch.fetched_at)
                except RecordRejected as error:
                    self.unread.append((raw, error.reason))

    def _note_equal(self, records: Sequence[RawRecord]) -> None:
        """Count the rows that are equal to an earlier one in all that is read of them."""
        digests = [digest_of(raw) for raw in records]
        self.equal += len(digests) - len(set(digests) - self._digests)
        self._digests.update(digests)

    def _note(self, raw: RawRecord, incident: Incident) -> None:
        self.report.add(raw, incident, self._source, self._bounds)
        if incident.point is None:
            self.without_place.add(incident)
        for name in self._fields:
            if name not in self.first and (value := value_of(name, raw, incident, self._source)) is not None:
                self.first[name] = value


def _explain(check: _Check, source: SourceSpec) -> str | None:
    """Print what becomes of what a source holds; say why `serve` would refuse it, if it would."""
    look = _Look(check, source)
    looked_at = read_through(source, check.city, check.given, look.take)
    tally, report = look.tally, look.report
    if not look.count:
        out.print("The answer holds no records, so there is nothing to say about its fields.", soft_wrap=True)
        return refusal(source, Answered(0, 0, whole=look.whole))
    out.print(f"Looked at {looked_at}.", markup=False, highlight=False, soft_wrap=True)
    out.print(_field_table(source, check.city, report, look.first))
    print_report(report, source.id, check.rules, has_map=source.fields.disposition is not None)
    check.types.update(report.types)
    withheld = ", ".join(f"{count} {reason}" for reason, count in tally.withheld.most_common()) or "none"
    rejected = ", ".join(f"{count} {reason}" for reason, count in tally.rejected.most_common()) or "none"
    repaired = ", ".join(f"{count} {name}" for name, count in tally.repaired.most_common()) or "none"
    out.print(
        f"{tally.records} records: [bold]{tally.published} published[/bold], all masked; {tally.held} held; "
        f"withheld: {withheld}; rejected: {rejected}; fields left out because unreadable: {repaired}."
        + _places(tally)
        + words_of_missed(look.without_place.items, check.rules, check.geocoder),
        highlight=False,
        soft_wrap=True,
    )
    if look.equal and source.equal_rows == "same":
        told = (
            f"{counted(look.equal, 'row')} equal to an earlier one in all that is read: they count as the "
            'same call. If each is a call of its own, write equal_rows = "apart".'
        )
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    for cause in causes(source, look.unread):
        out.print(f"Rejected: {cause}.", markup=False, highlight=False, soft_wrap=True)
    shown = tally.published + tally.held
    return refusal(source, Answered(shown, tally.rejected.total(), tally.unread_columns, whole=look.whole))


def _ask(check: _Check, source: SourceSpec) -> int:
    """Print what rows with all of their columns, also those that nobody named, give cause to ask."""
    rows, at = Spread[RawRecord](_MOST_ASKED), wall_clock()

    def take(batch: Batch) -> None:
        for raw in batch.records:
            rows.add(raw)

    try:
        read_through(source.with_every_column(), check.city, check.given, take)
    except SourceError as error:
        told = f"Its other columns cannot be read, and nothing was asked: {error.explained}"
        out.print(told, style="bold", markup=False, soft_wrap=True)
        return 0
    if rows.seen > len(rows.items):
        told = f"Questions are asked of {len(rows.items):,} of them, evenly from the first to the last."
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    sample = SampleRows.of(source, check.city, check.rules, rows.items, at)
    return print_questions(questions(sample)) + print_zone_question(sample, at)


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
    """A number with its word in the singular or plural."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _places(tally: Tally) -> str:
    """Say how many addresses were found, where the city file has a geocoder."""
    sought, found = tally.noticed["places_sought"], tally.noticed["places_found"]
    return f" Of {sought} addresses that may be shown {found} were found." if sought else ""


def _field_table(source: SourceSpec, city: City, report: FeedReport, first: Mapping[str, object]) -> Table:
    """Show for each of our fields where it comes from, how often it is there, and one value."""
    table = Table("Our field", "From", "Converter", "Present", "First value")
    for name, spec in source.fields.named():
        share = f"{report.present[name]} of {report.rows}"
        example = _shown(first[name], city) if name in first else "–"
        table.add_row(name, ", ".join(spec.source) or "(constant)", spec.convert, share, escape(example[:60]))
    return table


def _shown(value: object, city: City) -> str:
    """Write a value as a person reads it: a time in UTC and on the city's clock."""
    if not isinstance(value, datetime):
        return str(value)
    here = value.astimezone(city.city.zone)
    day = "" if here.date() == value.astimezone(UTC).date() else f"{here:%m-%d} "
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {day}{here:%H:%M} here"
