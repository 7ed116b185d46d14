"""Carries pushed records through normalise and redact to the store; the same batch twice changes nothing."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from blocklight.errors import NotFound
from blocklight.intake.forms.columns import Columns
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.record import Batch
from blocklight.intake.run import Clock, Feed, Tally, store_batch
from blocklight.intake.threads import PUSHING, in_thread
from blocklight.store import FetchReport, Store


class Inbox:
    """The sources of one city that push, with their keys."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        store: Store,
        keys: PushKeys,
        *,
        now: Clock,
        stored: Callable[[], None],
    ) -> None:
        self._feeds = {feed.source.id: feed for feed in feeds}
        self._columns = {feed.source.id: Columns(feed.source) for feed in feeds}
        self._turns = {feed.source.id: asyncio.Lock() for feed in feeds}
        self._store = store
        self._keys = keys
        self._now = now
        self._stored = stored

    def admits(self, source: str, key: str) -> bool:
        """Whether *key* may push to *source*, which takes as long for any wrong key."""
        return self._keys.admit(source, key) and source in self._feeds

    async def take(self, source: str, records: Sequence[Any]) -> Mapping[str, Any]:
        """Store *records* for good and return what became of them, in counts."""
        feed = self._feeds.get(source)
        if feed is None:
            raise NotFound("no such source")
        async with self._turns[source]:
            tally = await in_thread(PUSHING, self._store_them, feed, records)
        self._stored()
        return {
            "records": tally.records,
            "published": tally.published,
            "withheld": {str(reason): count for reason, count in tally.withheld.items()},
            "rejected": dict(tally.rejected),
        }

    async def note_alive(self, source: str) -> None:
        """Note that *source* is alive, which alone tells nothing of its records."""
        feed = self._feeds.get(source)
        if feed is None:
            raise NotFound("no such source")
        report = FetchReport(source, self._now(), feed.late_after_s)
        await asyncio.to_thread(self._store.record_fetch, report)

    def _store_them(self, feed: Feed, records: Sequence[Any]) -> Tally:
        """Store a batch; one without records is as one of which nothing is shown, and leaves no trace."""
        tally = Tally()
        batch = Batch(self._columns[feed.source.id].records(records), self._now())
        if batch.records:
            store_batch(feed, self._store, batch, tally, alone=True)
        return tally
