"""The order, written down once: fetch, normalise, redact, store."""

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from blocklight.config.city import SourceSpec
from blocklight.errors import PageRepeated, RowsMoved, SourceChanged, SourceError, StoreError
from blocklight.intake.backoff import pause_s
from blocklight.intake.equal_rows import EqualRows
from blocklight.intake.feed import Feed
from blocklight.intake.forms.answers import Answered, judge_answer
from blocklight.intake.past import Past
from blocklight.intake.record import Batch
from blocklight.intake.tally import Tally
from blocklight.intake.threads import POLLING, in_thread
from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import PublicIncident
from blocklight.store import FetchReport, WriteStore

__all__ = ["Clock", "Feed", "Runner", "Tally", "internal", "run_once", "store_batch"]

_log = logging.getLogger(__name__)

# How many rows of one answer are held before some are stored; up to that it is stored in one piece.
_ROWS_TOGETHER = 50_000

# How often an answer is read again whose rows moved.
_READ_AGAIN = 3

Clock = Callable[[], datetime]


async def run_once(feed: Feed, store: WriteStore) -> Tally:
    """Carry one fetch of *feed* through to the store.

    What moved between the pages of an answer may be a withheld row, so the answer is read again before that
    becomes a failure, which is public. Raises ``SourceUnavailable`` or ``SourceChanged``; what was stored
    before then stays, and running again is harmless.
    """
    for _ in range(_READ_AGAIN):
        with suppress(RowsMoved, PageRepeated):
            return await _run_once(feed, store)
    return await _run_once(feed, store)


async def _run_once(feed: Feed, store: WriteStore) -> Tally:
    tally, source = Tally(), feed.source
    if not feed.cursor_known:
        feed.cursor = await in_thread(POLLING, store.cursor, source.id)
        feed.cursor_known = True
    whole = source.closes == "vanish" or source.rows != "incident"
    gathered: Batch | None = None
    async with aclosing(feed.connector.fetch(feed.cursor)) as batches:  # type: ignore[type-var]  # connectors are generators
        try:
            async for batch in batches:
                came = time.monotonic()
                tally.unchanged, tally.at = batch.unchanged, batch.fetched_at
                if batch.unchanged:
                    await asyncio.sleep(feed.settles_s)
                    continue
                gathered = _with_earlier_rows(gathered, batch)
                rows = len(gathered.records) + len(gathered.unreadable)
                if batch.more and (whole or rows < _ROWS_TOGETHER):
                    continue
                # Stored before the connector, asked for more, takes its answer for known.
                ready, gathered = gathered, None
                await in_thread(POLLING, partial(store_batch, feed, store, ready, tally, came=came))
                if tally.passing and (batch.complete or source.cursor_column is not None):
                    break  # so the connector does not: unchanged, the answer may be read otherwise next time
        except (RowsMoved, PageRepeated):
            raise  # of a part, a call would be published whose sensitive neighbour is in the rest
        except SourceError:
            if gathered is not None and not whole:  # the next fetch goes on from there
                with suppress(SourceChanged):
                    await in_thread(POLLING, store_batch, feed, store, gathered, tally)
            raise
    if gathered is not None:
        await in_thread(POLLING, store_batch, feed, store, gathered, tally)
    return tally


def _with_earlier_rows(before: Batch | None, batch: Batch) -> Batch:
    """A batch with the rows of the ones before it in the same answer."""
    if before is None:
        return replace(batch, records=list(batch.records), unreadable=list(batch.unreadable))
    before.records.extend(batch.records)
    unreadable = [*before.unreadable, *batch.unreadable]
    cursor = batch.cursor if batch.cursor is not None else before.cursor
    return replace(batch, records=before.records, unreadable=unreadable, cursor=cursor)


def store_batch(
    feed: Feed,
    store: WriteStore,
    batch: Batch,
    tally: Tally,
    *,
    alone: bool = False,
    came: float | None = None,
) -> None:
    """Do ``_store_batch``, and count the outcome of the batch."""
    outcome = "failed"
    try:
        _store_batch(feed, store, batch, tally, alone=alone, came=came)
        outcome = "stored"
    except SourceChanged:
        outcome = "refused"
        raise
    finally:
        feed.batches[outcome] += 1


def _store_batch(
    feed: Feed, store: WriteStore, batch: Batch, tally: Tally, *, alone: bool, came: float | None
) -> None:
    """Store what a batch came to; a fetch that looks wrong as a whole is counted and changes nothing.

    *alone* says that the batch is all there is to report on, though it may not be the whole feed, and that it
    came at a moment of the source's choosing. *came* says when it did, by the steady clock, if anybody may
    know: then nothing is told of it before its time (``Feed.settles_s``).
    """
    source, at = feed.source, batch.fetched_at
    hidden = feed.hidden(store)
    past = Past(hidden, store.itself_sensitive, store.already_public, store.never_shown)
    records = EqualRows(source).numbered(batch.records)
    outcomes = feed.outcomes(records, at, tally, batch.unreadable, past=past)
    is_whole = batch.complete and source.cursor_column is None
    feed.withheld_watch.note(outcomes, at, whole=is_whole, usual_before=store.withheld_usual)
    answered = _answered(source, batch, outcomes, tally, hidden)
    if came is not None:
        time.sleep(max(0.0, came + feed.settles_s - time.monotonic()))
    try:
        judge_answer(source, answered)
    except SourceChanged:
        # What was sensitive in an answer that changes nothing else was sensitive once all the same.
        marks = [
            redacted
            for redacted in outcomes
            if isinstance(redacted, Rejected) or (isinstance(redacted, Withheld) and redacted.sensitive)
        ]
        tally.applied.append(store.apply(source.id, marks, at=at))
        raise
    present = None
    if source.closes == "vanish" and batch.complete:
        present = tally.unread | {outcome.id for outcome in outcomes if not isinstance(outcome, Rejected)}
    report = None
    if batch.complete or alone:  # the last of its fetch: how the fetch went is stored with it
        report = FetchReport(
            source.id,
            at,
            feed.late_after_s,
            noticed=dict(tally.noticed),
            if_shown=alone,
            withheld_usual=feed.withheld_watch.to_store(),
        )
    applied = store.apply(
        source.id,
        outcomes,
        at=at,
        cursor=batch.cursor,
        present=present,
        join_rows=source.rows != "incident",
        bind=feed.binder(tally),
        report=report,
    )
    tally.applied.append(applied)
    # The same answer once more confirms what is missing, so it may not be passed over as unchanged.
    tally.passing |= applied.unconfirmed > 0 or applied.doubtful > 0
    tally.reported = report is not None
    feed.cursor = batch.cursor or feed.cursor


def _answered(
    source: SourceSpec,
    batch: Batch,
    outcomes: Sequence[Outcome],
    tally: Tally,
    hidden_of: Callable[[Sequence[str]], AbstractSet[str]],
) -> Answered:
    """What an answer holds besides what is withheld.

    Withheld is also what was sensitive once, and what another source or row withholds. Looking that up costs
    a question to the database, which is put only where the answer to it decides something.
    """
    ids = [outcome.id for outcome in outcomes if isinstance(outcome, PublicIncident | Held)]
    rejected = sum(isinstance(outcome, Rejected) for outcome in outcomes)
    if ids and (rejected or not source.may_be_empty):
        hidden = hidden_of(ids)
        ids = [id_ for id_ in ids if id_ not in hidden]
    shown = sum(tally.joined.get(id_, 1) for id_ in ids) if tally.joined else len(ids)
    # A first read by a cursor is whole too; but whether it is the first, withheld rows may have decided.
    whole = batch.complete and (source.cursor_column is None or source.closes == "vanish")
    return Answered(shown, rejected, tally.unread_columns, whole=whole)


def internal(error: Exception) -> str:
    """Say where an unexpected error happened, never what it said: its text may quote a record."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error ({type(error).__name__} at {Path(frame.filename).name}:{frame.lineno})"


async def _never() -> bool:
    return False


class Runner:
    """Polls one feed again and again; a failing source logs once when it fails and once when it recovers."""

    def __init__(
        self,
        feed: Feed,
        store: WriteStore,
        *,
        now: Clock,
        stored: Callable[[], None],
        store_fails: Callable[[], Awaitable[bool]] = _never,
    ) -> None:
        """*store_fails* checks whether the database fails; if so, it has logged that itself."""
        self._store_fails = store_fails
        self._failure_is_logged = False
        self._feed = feed
        self._store = store
        self._now = now
        self._stored = stored
        self._failures = 0
        self._short = False
        self._unreported = False
        self._retry_after_s = 0.0
        self._at_once = asyncio.Event()
        self.waiting = False
        # Where the fetch began that first met times which this clock calls impossible.
        self._doubtful: tuple[str | None] | None = None

    async def turn(self) -> None:
        """Poll, and wait until the next poll is due: longer after each failure."""
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
            await self._failed(str(error), str(error), is_logged=await self._store_fails())
            return None
        except Exception as error:  # noqa: BLE001 - the one broad except: a poll must not end the process
            await self._failed(internal(error), internal(error))
            return None
        if self._failure_is_logged:
            _log.info("source %s recovered after %d failed fetches", source, self._failures)
        self._failures, self._failure_is_logged = 0, False
        self._note_short_answer(tally)
        if tally.zone_mistake:
            _log.warning(
                "source %s: its newest times are whole hours old, as if read in a wrong zone", source
            )
        if self._doubtful is None and (tally.repaired or tally.rejected):
            self._doubtful = (began_at,)
        self._stored()
        if not tally.reported:
            await self._report(at=tally.at, noticed=dict(tally.noticed))
        return tally

    def _note_short_answer(self, tally: Tally) -> None:
        """Log once that closings wait for a second answer, and once how that ended."""
        if not tally.applied:
            return
        source, missing = self._feed.source.id, sum(applied.unconfirmed for applied in tally.applied)
        if missing and not self._short:
            _log.warning(
                "source %s: its last answer was unusually short: %d of its open calls are missing; they stay "
                "open until another answer lacks these and hardly more, for ten minutes while it goes on "
                "losing calls, or until `blocklight source confirm`",
                source,
                missing,
            )
        if self._short and not missing:
            closed = sum(applied.vanished for applied in tally.applied)
            _log.info("source %s: no calls wait to be closed any more; %d were closed now", source, closed)
        self._short = missing > 0

    async def _failed(self, reason: str, explained: str, *, is_logged: bool = False) -> None:
        """Note a failure: *reason* is published, the log has all that is *explained*, if not already."""
        if not self._failure_is_logged and not is_logged:
            self._failure_is_logged = True
            _log.warning("source %s failed: %s", self._feed.source.id, explained)
        self._failures += 1
        await self._report(failure=reason)

    async def _report(self, *, at: datetime | None = None, **what: Any) -> None:  # noqa: ANN401 - of FetchReport
        source = self._feed.source
        report = FetchReport(source.id, at or self._now(), self._feed.late_after_s, **what)
        try:
            await in_thread(POLLING, self._store.record_fetch, report)
        except StoreError:
            if not self._unreported and not await self._store_fails():
                _log.warning("source %s: its health cannot be stored", source.id)
            self._unreported = True
        else:
            self._unreported = False

    def pause_s(self, poll_took_s: float) -> float:
        """How long to wait after the last poll."""
        return pause_s(
            self._feed.source.poll_s,
            failures=self._failures,
            requested_s=self._retry_after_s,
            poll_took_s=poll_took_s,
        )
