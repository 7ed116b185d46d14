"""Works out what a city file would make of what a source holds; nothing is stored or printed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from blocklight.app.finding_places import words_of_missed
from blocklight.app.nothing_shown import why_nothing_is_shown
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.app.refusals import causes, refusal, unread_advice
from blocklight.app.sampling import Given, read_through
from blocklight.config.city import City, SourceSpec
from blocklight.errors import RecordRejected, SourceChanged, UsageError
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
from blocklight.intake.zone_mistakes import ENOUGH_TO_ASK, whole_hours_off

# Nothing of a check is stored, so its ids need no secret; the same sample gives the same ones.
THROWAWAY_KEY = bytes(32)

# Questions are worded from examples: with more they would not be clearer, but be exact places in memory.
_MOST_ASKED = 5_000

_MOST_COORDINATES = 1_000
_LONGEST_COORDINATES = 60


@dataclass(frozen=True)
class CityCheck:
    """One city to be checked: its rules, its sources, and the file that stands in for one of them."""

    city: City
    rules: Rules
    geocoder: Geocoder | None
    given: Given
    sources: tuple[SourceSpec, ...]

    @classmethod
    def of(cls, name: str, source_id: str | None, stand_in: Given, source_urls: list[str]) -> "CityCheck":
        """Read a city file; raises ``CityFileError``, and ``UsageError`` for a file of no certain source."""
        city = configured_city(Options(name, source_urls=source_urls))
        sources = (city.source(source_id),) if source_id else tuple(city.sources)
        if stand_in.file is not None and len(sources) > 1:
            raise UsageError("--source", "required with --sample or --all: the file belongs to one source")
        return cls(city, Rules.of(city, THROWAWAY_KEY, Areas(city)), Geocoder.of(city), stand_in, sources)


@dataclass(frozen=True)
class SourceCheck:
    """What a source holds and what becomes of it.

    *refused* is why `serve` would refuse all of it, *nothing_shown* why the map would show none of it.
    """

    looked_at: str
    count: int
    report: FeedReport
    tally: Tally
    first: dict[str, object]
    equal: int
    causes: tuple[str, ...]
    missed: str
    refused: str | None
    nothing_shown: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What somebody might learn from a source: the questions, of how many rows, and of its time zone."""

    questions: list[Question] = field(default_factory=list)
    of_rows: int = 0
    rows: int = 0
    zone: str | None = None


class _Look:
    """Takes what a source holds, batch after batch, and keeps counts, first values and a few rows of it."""

    def __init__(self, check: CityCheck, source: SourceSpec) -> None:
        self.report, self.tally = FeedReport(), Tally()
        self.first: dict[str, object] = {}
        self.unread: list[tuple[RawRecord, str]] = []
        self.without_place = Spread[Incident](_MOST_ASKED)
        self.no_coordinates = Counter[str]()
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
            self._note_coordinates(raw)
        for name in self._fields:
            if name not in self.first and (value := value_of(name, raw, incident, self._source)) is not None:
                self.first[name] = value

    def _note_coordinates(self, raw: RawRecord) -> None:
        """Count what the columns of coordinates hold of a row without a point."""
        fields = dict(self._source.fields.named())
        columns = [
            column for name in ("lon", "lat", "point") if name in fields for column in fields[name].source
        ]
        written = [str(raw[column]).strip() for column in columns if raw.get(column) is not None]
        text = " + ".join(value for value in written if value)[:_LONGEST_COORDINATES]
        if text in self.no_coordinates or len(self.no_coordinates) < _MOST_COORDINATES:
            self.no_coordinates[text] += 1


def check_source(check: CityCheck, source: SourceSpec) -> SourceCheck:
    """Read what a source holds, and what becomes of it; raises ``SourceError`` where it cannot be read."""
    look = _Look(check, source)
    looked_at = read_through(source, check.city, check.given, look.take)
    tally = look.tally
    if not look.count:
        answered = Answered(0, 0, whole=look.whole)
    else:
        shown = tally.published + tally.held
        answered = Answered(shown, tally.rejected.total(), tally.unread_columns, whole=look.whole)
    missed = words_of_missed(look.without_place.items, check.rules, check.geocoder)
    return SourceCheck(
        looked_at,
        look.count,
        look.report,
        tally,
        look.first,
        look.equal,
        (*causes(source, look.unread), *unread_advice(source, tally.rejected)),
        missed,
        refusal(source, answered),
        why_nothing_is_shown(source, check.city.city.bounds, tally, look.report, look.no_coordinates),
    )


def ask_of(check: CityCheck, source: SourceSpec) -> Asked:
    """What rows with all of their columns, also those that nobody named, give cause to ask."""
    rows, at = Spread[RawRecord](_MOST_ASKED), wall_clock()

    def take(batch: Batch) -> None:
        for raw in batch.records:
            rows.add(raw)

    read_through(source.with_every_column(), check.city, check.given, take)
    sample = SampleRows.of(source, check.city, check.rules, rows.items, at)
    return Asked(questions(sample), len(rows.items), rows.seen, _zone_mistake(sample, at))


def ask_of_rows(city: City, rows: Sequence[RawRecord]) -> Asked:
    """The same of rows of a city's first source that are at hand."""
    rules, at = Rules.of(city, THROWAWAY_KEY, Areas(city)), wall_clock()
    sample = SampleRows.of(city.sources[0], city, rules, rows, at)
    return Asked(questions(sample), len(rows), len(rows), _zone_mistake(sample, at))


def _zone_mistake(sample: SampleRows, at: datetime) -> str | None:
    """Why the times seem to be read in the wrong zone, ``None`` where the city file denies that."""
    received = (incident.received_at for _, incident in sample.rows)
    mistake = whole_hours_off(received, at, sample.city.city.zone, enough=ENOUGH_TO_ASK)
    return None if "time-zone" in sample.source.answered else mistake


def unlike_files(check: CityCheck, source: SourceSpec) -> list[tuple[str, str]]:
    """The files of a drop folder that are no table of this source, each with what that means."""
    if check.given.file is not None:
        return []
    return [(file, f"{_consequence(problem)}: {problem}") for file, problem in unlike(source)]


def _consequence(problem: Exception) -> str:
    fails = isinstance(problem, SourceChanged)
    return "makes the source fail for as long as it lies there" if fails else "is left out"


def endless_allowance(source: SourceSpec, city: City) -> str | None:
    """The allowed group that stays withheld because this source never says that a call is closed."""
    if source.closes != "never":
        return None
    return next((line.group for line in city.policy.allow if line.group in HELD_UNTIL_CLOSED), None)


def as_read(value: object, city: City) -> str:
    """A value as a person reads it: a time in UTC and on the city's clock."""
    if not isinstance(value, datetime):
        return str(value)
    local = value.astimezone(city.city.zone)
    day = "" if local.date() == value.astimezone(UTC).date() else f"{local:%m-%d} "
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {day}{local:%H:%M} here"
