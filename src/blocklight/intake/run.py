"""The order, written down once: fetch, normalise, redact, store."""

import asyncio
import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from blocklight.city import City, SourceSpec
from blocklight.errors import RecordRejected, SourceChanged, SourceError, StoreError
from blocklight.intake.backoff import pause_s
from blocklight.intake.claims import Claims, Settling, moved
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.normalise import Normaliser, join_unit_rows
from blocklight.intake.record import Batch, Connector, Incident, Placed, RawRecord, Unreadable
from blocklight.intake.redact import Rules, redact, reject
from blocklight.intake.threads import POLLING, in_thread
from blocklight.model import Held, Outcome, PublicIncident, Reason, Rejected, Withheld
from blocklight.store import Applied, FetchReport, Store

_log = logging.getLogger(__name__)

_ENOUGH_TO_JUDGE = 10
_REMEMBERED = 200_000

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Tally:
    """What one fetch came to, in counts; safe to log and to publish."""

    records: int = 0
    published: int = 0
    held: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)
    """What sources are known by, as ``FetchReport.noticed``: addresses looked for and found."""
    applied: list[Applied] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Public ids of incidents whose record is there but could not be read: they have not left the feed."""
    unchanged: bool = False
    reported: bool = False

    @property
    def shown(self) -> int:
        """How many incidents of this fetch the public can see.

        The only count that health tells: one that moved with withheld records would tell of them.
        """
        return sum(applied.shown for applied in self.applied)

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Add the outcomes of a batch."""
        for outcome in outcomes:
            if isinstance(outcome, PublicIncident):
                self.published += 1
            elif isinstance(outcome, Held):
                self.held += 1
            elif isinstance(outcome, Withheld):
                self.withheld[outcome.reason] += 1
            else:
                self.rejected[outcome.reason] += 1


class Feed:
    """One source with all that is needed to read it: its connector, its field map and the city's rules."""

    def __init__(
        self,
        source: SourceSpec,
        city: City,
        connector: Connector,
        rules: Rules,
        *,
        clock_rate: float = 1,
        geocoder: Geocoder | None = None,
        claims: Claims | None = None,
    ) -> None:
        self.source = source
        self.late_after_s = source.lateness_s * clock_rate
        self.connector = connector
        self.rules = rules
        self.cursor: str | None = None
        self.cursor_known = False
        self._normalise = Normaliser.of(source, city)
        self._geocoder = geocoder
        self._claims = claims
        self._settling = Settling.of(source, city)
        self._known: dict[str, tuple[RawRecord, Outcome]] = {}
        self._looked_for: dict[str, bool] = {}

    def outcomes(
        self,
        records: Sequence[RawRecord],
        at: datetime,
        tally: Tally,
        unreadable: Sequence[Unreadable] = (),
    ) -> list[Outcome]:
        """Normalise and redact *records*; one that cannot be read is rejected alone."""
        tally.records += len(records) + len(unreadable)
        found = (
            self._by_unit(records, at, tally)
            if self.source.rows != "incident"
            else self._each(records, at, tally)
        )
        found += [reject(self.source.id, row.identity, row.reason, self.rules) for row in unreadable]
        tally.count(found)
        return found

    def _each(self, records: Sequence[RawRecord], at: datetime, tally: Tally) -> list[Outcome]:
        """Understand each row; one that reads as it did at the last fetch is not worked out again."""
        found: list[Outcome] = []
        known: dict[str, tuple[RawRecord, Outcome]] = {}
        place = self._placing()
        for raw in records:
            try:
                key = self._normalise.source_key(raw)
                before = self._known.get(key)
                if before is not None and before[0] == raw:
                    known[key] = before
                    found.append(before[1])
                    continue
                incident = place(self._normalise(raw, at, key))
                tally.repaired.update(incident.repaired)
                outcome = redact(incident, self.rules)
                if incident.placed is not None:
                    self._note_place(incident, outcome, tally)
                if before is not None:
                    if moved(before[1], outcome):
                        tally.noticed["places_redrawn"] += 1
                elif self._told_twice(outcome, key):
                    tally.noticed["told_twice"] += 1
                # What was impossible by the clock, or could not be looked for yet, may be possible later.
                if not incident.repaired and incident.placed is not Placed.LATER:
                    known[key] = (raw, outcome)
                found.append(outcome)
            except RecordRejected as error:
                found.append(self._rejected(raw, error, tally))
        self._known = known
        return found

    def _by_unit(self, records: Sequence[RawRecord], at: datetime, tally: Tally) -> list[Outcome]:
        rows: list[Incident] = []
        found: list[Outcome] = []
        for raw in records:
            try:
                rows.append(self._normalise(raw, at))
            except RecordRejected as error:
                found.append(self._rejected(raw, error, tally))
        place = self._placing()
        for joined in join_unit_rows(rows, are_units=self.source.rows == "unit"):
            incident = place(joined)
            tally.repaired.update(incident.repaired)
            outcome = redact(incident, self.rules)
            if incident.placed is not None:
                self._note_place(incident, outcome, tally)
            found.append(outcome)
        return found

    def settled(self, outcomes: list[Outcome], store: Store) -> list[Outcome]:
        """Return what of *outcomes* is to be stored beside what is known, if the city file asks for that."""
        if self._settling is None:
            return outcomes
        ids = [outcome.id for outcome in outcomes if not isinstance(outcome, Rejected)]
        return self._settling(outcomes, store.told(ids))

    def _told_twice(self, outcome: Outcome, key: str) -> bool:
        if self._claims is None or not isinstance(outcome, PublicIncident):
            return False
        return self._claims.told_twice(self.source, key)

    def _placing(self) -> Callable[[Incident], Incident]:
        return _as_it_is if self._geocoder is None else self._geocoder.placing()

    def _note_place(self, incident: Incident, outcome: Outcome, tally: Tally) -> None:
        """Count an address that was looked for, once; what is withheld for another reason is not told of."""
        told = not isinstance(outcome, Withheld) or outcome.reason is Reason.NO_PLACE
        if not told or incident.placed is Placed.LATER:
            return
        found = incident.placed is Placed.FOUND
        before = self._looked_for.get(outcome.id)
        if len(self._looked_for) >= _REMEMBERED:
            self._looked_for.clear()
        self._looked_for[outcome.id] = found
        tally.noticed["places_sought"] += before is None
        tally.noticed["places_found"] += found - (before or False)

    def _rejected(self, raw: RawRecord, error: RecordRejected, tally: Tally) -> Rejected:
        with suppress(RecordRejected):
            tally.unread.add(self.rules.public_id(self.source.id, self._normalise.source_key(raw)))
        return reject(self.source.id, _identity(raw, self.source), error.reason, self.rules)


def _as_it_is(incident: Incident) -> Incident:
    return incident


async def run_once(feed: Feed, store: Store) -> Tally:
    """Carry one fetch of *feed* through to the store.

    Raises ``SourceUnavailable`` or ``SourceChanged``; batches stored before then stay, and running again is
    harmless.
    """
    tally = Tally()
    source = feed.source
    whole: list[RawRecord] = []
    last: Batch | None = None
    damaged: list[Unreadable] = []
    together = source.closes == "vanish" or source.rows != "incident"
    if not feed.cursor_known:
        feed.cursor = await in_thread(POLLING, store.cursor, source.id)
        feed.cursor_known = True
    async with aclosing(feed.connector.fetch(feed.cursor)) as batches:  # type: ignore[type-var]  # connectors are generators
        async for batch in batches:
            tally.unchanged = batch.unchanged
            if batch.unchanged:
                continue
            if together:
                whole.extend(batch.records)
                damaged.extend(batch.unreadable)
                last = replace(batch, records=whole, unreadable=damaged)
                if batch.complete:  # stored before the connector, asked for more, takes its answer for known
                    await in_thread(POLLING, store_batch, feed, store, last, tally)
                    last = None
            else:
                await in_thread(POLLING, store_batch, feed, store, batch, tally)
    if last is not None:
        await in_thread(POLLING, store_batch, feed, store, last, tally)
    return tally


def store_batch(feed: Feed, store: Store, batch: Batch, tally: Tally, *, alone: bool = False) -> None:
    """Store what a batch came to; a fetch that looks wrong as a whole is counted and changes nothing.

    *alone* says that the batch is all there is to report on, though it may not be the whole feed, and that it
    came at a moment of the source's choosing.
    """
    source, at = feed.source, batch.fetched_at
    before = sum(tally.rejected.values())
    outcomes = feed.outcomes(batch.records, at, tally, batch.unreadable)
    rejected = sum(tally.rejected.values()) - before
    try:
        _judge(source, batch, rejected)
    except SourceChanged:
        marks = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
        tally.applied.append(store.apply(source.id, marks, at=at))
        raise
    present = None
    if source.closes == "vanish" and batch.complete and outcomes:  # nothing at all never closes everything
        present = tally.unread | {outcome.id for outcome in outcomes if not isinstance(outcome, Rejected)}
    report = None
    if batch.complete or alone:  # the last of its fetch: how the fetch went is stored with it
        report = FetchReport(
            source.id,
            at,
            feed.late_after_s,
            records=tally.shown,
            rejected=dict(tally.rejected),
            noticed=dict(tally.noticed),
            if_shown=alone,
        )
    applied = store.apply(
        source.id,
        feed.settled(outcomes, store),
        at=at,
        cursor=batch.cursor,
        present=present,
        join_rows=source.rows != "incident",
        report=report,
    )
    tally.applied.append(applied)
    tally.reported = report is not None
    feed.cursor = batch.cursor or feed.cursor


def _judge(source: SourceSpec, batch: Batch, rejected: int) -> None:
    """Raise ``SourceChanged`` for an answer that no healthy source gives."""
    records = len(batch.records) + len(batch.unreadable)
    if records == 0 and batch.complete and not source.may_be_empty:
        raise SourceChanged("the answer holds no records at all")
    judged = records >= _ENOUGH_TO_JUDGE or batch.complete
    if judged and records and rejected / records > source.max_rejected_share:
        share = round(100 * rejected / records)
        raise SourceChanged(f"{share} % of {records} records could not be read")


def _identity(raw: RawRecord, source: SourceSpec) -> str:
    """Return what tells one unreadable record from another, the same at every fetch."""
    parts: list[Any] = [raw.get(column) for column in source.key]
    if any(part not in (None, "") for part in parts):
        return repr(parts)
    return repr(sorted(raw.items(), key=lambda item: item[0]))


def internal(error: Exception) -> str:
    """Say where an unexpected error happened, never what it said: its text may quote a record."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error ({type(error).__name__} at {Path(where.filename).name}:{where.lineno})"


class Runner:
    """Polls one feed for ever; a failing source logs once when it fails and once when it recovers."""

    def __init__(self, feed: Feed, store: Store, *, now: Clock, stored: Callable[[], None]) -> None:
        self._feed = feed
        self._store = store
        self._now = now
        self._stored = stored
        self._failures = 0
        self._retry_after_s = 0.0
        self._at_once = asyncio.Event()
        self.waiting = False
        self._doubtful: tuple[str | None] | None = None
        """Where the fetch began that first met times which this clock calls impossible."""

    async def run(self) -> None:
        """Poll until cancelled, waiting longer after each failure."""
        while True:
            self._at_once.clear()
            self.waiting = False
            began = time.monotonic()
            await self.poll()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pause_s(time.monotonic() - began)):
                    self.waiting = True
                    await self._at_once.wait()

    def poll_now(self) -> None:
        """End the present pause."""
        self._at_once.set()

    def clock_was_set(self) -> None:
        """Read again, now, what was impossible by the clock as it was before."""
        if self._doubtful is not None:
            (self._feed.cursor,) = self._doubtful
            self._doubtful = None
        self.poll_now()

    async def poll(self) -> Tally | None:
        """Fetch once and report how it went; return ``None`` when it failed."""
        source, began_at = self._feed.source.id, self._feed.cursor
        self._retry_after_s = 0.0
        try:
            tally = await run_once(self._feed, self._store)
        except SourceError as error:
            self._retry_after_s = getattr(error, "retry_after_s", None) or 0.0
            await self._failed(str(error), error.explained)
            return None
        except StoreError as error:
            await self._failed(str(error), str(error))
            return None
        except Exception as error:  # noqa: BLE001 - the one broad except: a poll must not end the process
            await self._failed(internal(error), internal(error))
            return None
        if self._failures:
            _log.info("source %s recovered after %d failed fetches", source, self._failures)
        self._failures = 0
        if self._doubtful is None and (tally.repaired or tally.rejected):
            self._doubtful = (began_at,)
        self._stored()
        if not tally.reported:
            told = {"records": tally.shown, "rejected": dict(tally.rejected), "noticed": dict(tally.noticed)}
            await self._report(unchanged=tally.unchanged, **told)
        return tally

    async def _failed(self, reason: str, explained: str) -> None:
        """Note a failure: *reason* is published, the log has all that is *explained*."""
        if not self._failures:
            _log.warning("source %s failed: %s", self._feed.source.id, explained)
        self._failures += 1
        await self._report(failure=reason)

    async def _report(self, **what: Any) -> None:  # noqa: ANN401 - the fields of FetchReport
        source = self._feed.source
        report = FetchReport(source.id, self._now(), self._feed.late_after_s, **what)
        try:
            await in_thread(POLLING, self._store.record_fetch, report)
        except StoreError:
            _log.warning("source %s: its health could not be stored", source.id)

    def pause_s(self, poll_took_s: float) -> float:
        """Return how long to wait after the last poll."""
        return pause_s(
            self._feed.source.poll_s,
            failures=self._failures,
            requested_s=self._retry_after_s,
            poll_took_s=poll_took_s,
        )
