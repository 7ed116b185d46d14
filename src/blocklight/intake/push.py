"""Carries pushed records through normalise and redact to the store; the same batch twice changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blocklight.errors import NotFound, StoreBusy
from blocklight.intake.forms.columns import Columns
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.record import Batch
from blocklight.intake.run import Clock, Feed, Tally, store_batch
from blocklight.intake.threads import PUSHING, in_thread
from blocklight.store import FetchReport, WriteStore

# How long a source waits at least for its answer while the database fails.
_WAITS_S = 1.5


@dataclass(slots=True)
class _Attempt:
    """One push that is being stored; *given_up* once the source has been told to send it again."""

    given_up: bool = False


class Inbox:
    """The sources of one city that push, with their keys.

    A source whose records cannot be stored gets its answer soon: *store* waits for others no longer than it
    says, and once *store_fails* is set nobody waits for what is under way. A batch that is stored after its
    source has given up is not stored twice when it comes again.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        store: WriteStore,
        keys: PushKeys,
        *,
        now: Clock,
        stored: Callable[[], None],
        store_fails: asyncio.Event | None = None,
    ) -> None:
        self._feeds = {feed.source.id: feed for feed in feeds}
        self._columns = {feed.source.id: Columns(feed.source) for feed in feeds}
        self._turns = {feed.source.id: asyncio.Lock() for feed in feeds}
        self._store = store
        self._keys = keys
        self._now = now
        self._stored = stored
        self._store_fails = store_fails or asyncio.Event()
        self._given_up: Counter[str] = Counter()

    def admitted(self, source: str, key: str) -> str | None:
        """Name the public id of *key* if it opens *source*; takes as long for any wrong key."""
        key_id = self._keys.admitted(source, key)
        return key_id if source in self._feeds else None

    async def take(self, source: str, records: Sequence[object]) -> Mapping[str, Any]:
        """Store *records* for good and return what became of them, in counts."""
        tally = Tally()
        await self._answered_soon(self._feed(source), lambda feed: self._store_them(feed, records, tally))
        return {
            "records": tally.records,
            "published": tally.published,
            "withheld": {str(reason): count for reason, count in tally.withheld.items()},
            "rejected": dict(tally.rejected),
        }

    async def note_alive(self, source: str) -> None:
        """Note that *source* is alive, which alone tells nothing of its records."""
        feed = self._feed(source)
        report = FetchReport(source, self._now(), feed.late_after_s)
        await self._answered_soon(feed, lambda _: self._store.record_fetch(report))

    def _feed(self, source: str) -> Feed:
        feed = self._feeds.get(source)
        if feed is None:
            raise NotFound("no such source")
        return feed

    async def _answered_soon(self, feed: Feed, store: Callable[[Feed], None]) -> None:
        """Do *store* in its turn; raises ``StoreBusy`` where it waits and the database fails meanwhile."""
        source = feed.source.id
        if self._given_up[source]:
            raise StoreBusy("the database failed: an earlier batch has not been stored yet")
        attempt = _Attempt()
        storing = asyncio.ensure_future(self._in_turn(feed, store, attempt))
        await asyncio.wait({storing}, timeout=_WAITS_S)
        failing = asyncio.ensure_future(self._store_fails.wait())
        await asyncio.wait({storing, failing}, return_when=asyncio.FIRST_COMPLETED)
        failing.cancel()
        if storing.done():
            storing.result()
            return
        attempt.given_up = True
        self._given_up[source] += 1
        storing.add_done_callback(lambda done: self._has_ended(source, done))
        raise StoreBusy("the database failed: it does not answer")

    def _has_ended(self, source: str, storing: "asyncio.Future[None]") -> None:
        self._given_up[source] -= 1
        if not storing.cancelled():
            storing.exception()  # the source has been told to send it again, whatever came of it

    async def _in_turn(self, feed: Feed, store: Callable[[Feed], None], attempt: _Attempt) -> None:
        def unless_given_up() -> None:
            if not attempt.given_up:
                store(feed)

        async with self._turns[feed.source.id]:
            await in_thread(PUSHING, unless_given_up)
        self._stored()

    def _store_them(self, feed: Feed, records: Sequence[object], tally: Tally) -> None:
        """Store a batch; one without records is as one of which nothing is shown, and leaves no trace."""
        batch = Batch(self._columns[feed.source.id].records(records), self._now())
        if batch.records:
            store_batch(feed, self._store, batch, tally, alone=True)
