"""Brings a file of history into the store, through the same normalise and redact as every live record."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import msgspec

from blocklight.app.city_runtime import open_city
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.app.policy_change import apply_policy
from blocklight.config.city import SourceSpec
from blocklight.errors import BlocklightError, RecordRejected, SourceChanged, SourceError
from blocklight.intake.bulk import History, Understood, understood
from blocklight.intake.connectors.push import Push
from blocklight.intake.feed_report import FeedReport
from blocklight.intake.forms.tables import Reading, read_file
from blocklight.intake.normalise import Normaliser
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally
from blocklight.model.outcomes import Held, Outcome
from blocklight.model.record import PublicIncident
from blocklight.store import WriteStore

# One damaged row of three says nothing of a file.
_ENOUGH_TO_JUDGE = 10

# The public sees an import in portions: the number of rows between two of its incidents says nothing.
_SHOWN_AT_ONCE = 5000
# Outcomes that wait for a whole portion: some 100 MB.
_MOST_GATHERED = 250_000

_MAY_BE_SHOWN = (PublicIncident, Held)
_MOST_COLUMNS = 60
_ROWS_AT_ONCE = 5000
# For what is only tried: nothing of it is stored, so its ids need no secret.
_THROWAWAY_KEY = bytes(32)

# Enough to tell two exports apart, so that a file of gigabytes is not read twice.
_FINGERPRINT_BYTES = 1 << 20


class Account(msgspec.Struct):
    """How far an import is, and what became of every row so far."""

    rows: int = 0
    done: bool = False
    published: int = 0
    held: int = 0
    new: int = 0
    changed: int = 0
    withheld: dict[str, int] = {}
    rejected: dict[str, int] = {}

    def add(self, tally: Tally) -> None:
        """Add what the rows of a block came to."""
        self.rows += tally.records
        self.published += tally.published
        self.held += tally.held
        withheld = Counter({str(reason): count for reason, count in tally.withheld.items()})
        self.withheld = dict(Counter(self.withheld) + withheld)
        self.rejected = dict(Counter(self.rejected) + tally.rejected)

    def sentence(self) -> str:
        """Say what came of it; the kinds add up to the rows, but for rows that were joined to others."""
        withheld, rejected = sum(self.withheld.values()), sum(self.rejected.values())
        joined = self.rows - self.published - self.held - withheld - rejected
        incidents = f"{self.new:,} new incidents, {self.changed:,} that changed"
        parts = [
            f"{self.rows:,} rows: {self.published:,} publishable ({incidents})",
            f"{withheld:,} withheld{_by_reason(self.withheld)}",
            f"{rejected:,} rejected{_by_reason(self.rejected)}",
        ]
        if self.held:
            parts.insert(1, f"{self.held:,} held")
        if joined:
            parts.append(f"{joined:,} joined to other rows of their incident")
        return "; ".join(parts) + "."


@dataclass
class Ledger:
    """The account of one file for one source, kept beside the database so that an import can go on."""

    path: Path
    account: Account = field(default_factory=Account)

    @classmethod
    def of(cls, folder: Path, source: SourceSpec, file: Path) -> "Ledger":
        """Load the account of *file*, or begin one; a file that was changed is another file."""
        with file.open("rb") as handle:
            start = handle.read(_FINGERPRINT_BYTES)
        mark = blake2b(
            f"{source.id}\x1f{file.stat().st_size}\x1f".encode() + start, digest_size=12
        ).hexdigest()
        path = folder / "imports" / f"{source.id}-{mark}.json"
        if not path.exists():
            return cls(path)
        try:
            return cls(path, msgspec.json.decode(path.read_bytes(), type=Account))
        except msgspec.DecodeError:
            raise BlocklightError(
                f"{path}: not the progress of an import; delete it to begin again"
            ) from None

    def save(self) -> None:
        """Write the account whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".tmp")
        # It counts what is withheld, small counts too: only its owner may read it.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(self.account))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


class Import:
    """One file of history on its way into a city's store; what was stored before it broke off is kept."""

    def __init__(self, options: Options, source_id: str, file: Path) -> None:
        if not file.is_file():
            raise BlocklightError(f"{file}: {'not a file' if file.exists() else 'no such file'}")
        self.file = file
        self._runtime = open_city(options)
        try:
            self._source = _as_history(self._runtime.city.source(source_id))
            folder = options.data or self._runtime.settings.data / self._runtime.city.city.id
            self._ledger = Ledger.of(folder, self._source, file)
        except BaseException:
            self.close()
            raise

    @property
    def account(self) -> Account:
        """What became of every row so far."""
        return self._ledger.account

    def blocks(self) -> Iterator[int]:
        """Read block after block and store them; gives the place in the file, in bytes, that was reached."""
        runtime = self._runtime
        apply_policy(runtime.city, runtime.rules, runtime.store, wall_clock())  # what waits may be due by now
        feed = Feed(self._source, runtime.city, Push(self._source, wall_clock), runtime.rules)
        history = History(
            self.file,
            runtime.city,
            self._source,
            runtime.keys,
            wall_clock,
            done=self.account.rows,
            shows_past=not runtime.store.pauses(),
        )
        portions = _Portions(runtime.store, feed, self._ledger)
        try:
            with understood(history) as blocks:
                for block in blocks:
                    portions.add(block)
                    yield block.position
        except SourceError as error:
            portions.end()
            raise type(error)(_explained_error(self.file, error)) from None
        portions.end()
        self.account.done = True
        self._ledger.save()

    def close(self) -> None:
        """Close the store."""
        self._runtime.store.close()


def _explained_error(file: Path, error: SourceError) -> str:
    """Say what is wrong with a file, and which columns it has where it has not ours."""
    has = error.heading[:_MOST_COLUMNS] if isinstance(error, SourceChanged) else ()
    return f"{file}: {error}" + (f"; it has these columns: {', '.join(has)}" if has else "")


def _as_history(source: SourceSpec) -> SourceSpec:
    """A source as its history is read: a call that was once in the feed has left it since."""
    return source.model_copy(update={"closes": "never"}) if source.closes == "vanish" else source


class _Portions:
    """Stores what was read in portions of as many incidents as may be shown.

    When each was published is public. In portions of so many rows, those of one moment would be fewer by what
    is withheld among them. Killed between storing a portion and noting it, an import stores some rows again,
    which changes nothing.
    """

    def __init__(self, store: WriteStore, feed: Feed, ledger: Ledger) -> None:
        self._store = store
        self._feed = feed
        self._ledger = ledger
        self._hidden = feed.hidden(store)
        self._outcomes: list[Outcome] = []
        self._tally = Tally()
        self._shown = 0
        # The blocks of which everything is stored with the next portion.
        self._whole: list[Understood] = []

    def add(self, block: Understood) -> None:
        """Store what is complete with a block; raises ``BlocklightError`` for one that cannot be read."""
        self._refuse_unreadable(block)
        self._tally.ask_also(block.tally)
        ids = [outcome.id if isinstance(outcome, _MAY_BE_SHOWN) else None for outcome in block.outcomes]
        hidden = self._hidden([id_ for id_ in ids if id_ is not None])
        for outcome, id_ in zip(block.outcomes, ids, strict=True):
            self._outcomes.append(outcome)
            self._shown += id_ is not None and id_ not in hidden
            if self._shown == _SHOWN_AT_ONCE:
                self._store_portion()
        self._whole.append(block)
        if len(self._outcomes) >= _MOST_GATHERED:
            self._store_portion()

    def end(self) -> None:
        """Store the rest."""
        if self._whole:
            self._store_portion()

    def _store_portion(self) -> None:
        source, account = self._feed.source, self._ledger.account
        applied = self._store.apply(
            source.id,
            self._outcomes,
            at=wall_clock(),  # not the block's: that two portions end in one block would tell, too
            join_rows=source.rows != "incident",
            is_history=True,
            bind=self._feed.binder(self._tally),
        )
        account.new += applied.published
        account.changed += applied.updated
        for block in self._whole:
            account.add(block.tally)
        self._ledger.save()
        self._outcomes, self._shown, self._whole = [], 0, []

    def _refuse_unreadable(self, block: Understood) -> None:
        rejected, done = block.tally.rejected.total(), self._ledger.account
        if block.rows >= _ENOUGH_TO_JUDGE and rejected / block.rows > self._feed.source.max_rejected_share:
            self.end()
            raise BlocklightError(
                f"{rejected:,} of the {block.rows:,} rows after row {done.rows:,} cannot be read"
                f"{_by_reason(dict(block.tally.rejected))}; nothing of them is stored"
            )


def _by_reason(counts: dict[str, int]) -> str:
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(counts.items(), key=lambda item: -item[1]))
    return f" ({reasons})" if reasons else ""


def report_of_history(options: Options, source_id: str, file: Path) -> tuple[FeedReport, Rules, bool]:
    """What the rows of a file hold, read once more, as an import hands over no such words; and the rules.

    The last says whether the source reads a disposition at all.
    """
    city = configured_city(options)
    source, report = city.source(source_id), FeedReport()
    normalise, now = Normaliser.of(source, city), wall_clock()
    for block in read_file(file, Reading.of(source, _ROWS_AT_ONCE)):
        for raw in block.records:
            with suppress(RecordRejected):
                report.add(raw, normalise(raw, now), source, city.city.bounds)
    return report, Rules.of(city, _THROWAWAY_KEY), source.fields.disposition is not None
