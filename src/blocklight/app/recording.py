"""Writes what a source answers to a file, and drives a source from such a file."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from blocklight import net
from blocklight.app.city_runtime import open_city, transport_to
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, SourceError
from blocklight.intake.companions import Companions
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import RecordingTransport, ReplayTransport, replay_lines
from blocklight.intake.run import Feed, Runner, Tally
from blocklight.store import Store


class Recorder:
    """Fetches a source again and again through a transport that writes every answer to *output*.

    Raises ``BlocklightError`` for a source that is not asked, and where *output* exists.
    """

    def __init__(self, options: Options, source_id: str, output: Path) -> None:
        self._source = configured_city(options).source(source_id)
        if not self._source.is_asked_by_http:
            raise BlocklightError(f"{self._source.id}: only answers of HTTP can be recorded")
        if output.exists():
            raise BlocklightError(
                f"{output}: exists already, and a recording is never overwritten; choose another name"
            )
        self._transport = RecordingTransport(transport_to(self._source, wall_clock), output, now=wall_clock)

    @property
    def recorded(self) -> int:
        """How many answers are in the file."""
        return self._transport.recorded

    async def polls(self, limit: int | None) -> AsyncIterator[int | SourceError]:
        """Fetch up to *limit* times; gives for each fetch how many records there were, or why it failed."""
        async with net.client(self._transport) as client:
            secret = Settings().secret_of(self._source)
            reader = connector(self._source, client=client, secret=secret, now=wall_clock)
            done = 0
            while limit is None or done < limit:
                if done:
                    await asyncio.sleep(self._source.poll_s)
                done += 1
                try:
                    rows = 0
                    async for batch in reader.fetch(None):
                        rows += len(batch.records)
                except SourceError as error:
                    yield error
                else:
                    yield rows


class Replayer:
    """Drives a source's connector from a recording, with the recording's clock, into the store.

    Answers up to the last fetch that the store knows to have succeeded are passed over: read again over what
    came later, they would close and reopen calls. So a replay that was interrupted goes on where it was.
    """

    def __init__(self, options: Options, source_id: str, file: Path) -> None:
        if not file.is_file():
            raise BlocklightError(f"{file}: no such file")
        self.total = Replay()
        self._file = file
        self._runtime = open_city(options)
        self._source = self._runtime.city.source(source_id)

    async def fetches(self, factor: float | None) -> AsyncIterator[None]:
        """Replay fetch after fetch, *factor* times as fast as they were recorded, or as fast as it goes."""
        runtime, stored = self._runtime, _last_success(self._runtime.store, self._source.id)
        transport, clock = ReplayTransport(), ReplayClock()
        async with net.client(transport) as client:
            reader = connector(self._source, client=client, now=clock.now, sleep=answer_at_once)
            feed = Feed(
                self._source,
                runtime.city,
                reader,
                runtime.rules,
                geocoder=runtime.geocoder,
                companions=Companions.of(runtime.city),
            )
            runner = Runner(feed, runtime.store, now=clock.now, stored=_wake_nobody)
            for at, body in replay_lines(self._file):
                if stored is not None and at <= stored:
                    self.total.skipped += 1
                    continue
                if factor is not None and clock.at is not None:
                    await asyncio.sleep((at - clock.at).total_seconds() / factor)
                clock.at, transport.body = at, body
                await asyncio.to_thread(runtime.store.release, at)  # what had become due by then
                self.total.add(await runner.poll())
                yield

    def close(self) -> None:
        """Close the store."""
        self._runtime.store.close()


class ReplayClock:
    """The recording's clock: the time at which the current answer was fetched."""

    def __init__(self) -> None:
        self.at: datetime | None = None

    def now(self) -> datetime:
        """The recorded time."""
        return self.at or wall_clock()


class Replay:
    """Sums over all fetches of a replay."""

    def __init__(self) -> None:
        self.fetches = self.failed = self.records = self.skipped = 0
        self.published = self.updated = self.closed = self.withheld = self.rejected = self.retracted = 0

    def add(self, tally: Tally | None) -> None:
        """Add one fetch; ``None`` is a failed one."""
        self.fetches += 1
        if tally is None:
            self.failed += 1
            return
        self.records += tally.records
        for applied in tally.applied:
            self.published += applied.published
            self.updated += applied.updated
            self.closed += applied.vanished
            self.withheld += applied.withheld
            self.rejected += applied.rejected
            self.retracted += applied.retracted

    def sentence(self) -> str:
        """Say what came of it."""
        skipped = (
            f"{self.skipped} answers passed over: no newer than what is stored. " if self.skipped else ""
        )
        return (
            f"{skipped}{self.fetches} fetches ({self.failed} failed), {self.records:,} records: "
            f"{self.published:,} incidents published, {self.updated:,} updates, "
            f"{self.closed:,} closed by leaving the feed, {self.retracted:,} retracted; "
            f"{self.withheld:,} withheld and {self.rejected:,} rejected."
        )


def _last_success(store: Store, source_id: str) -> datetime | None:
    """When a source was last fetched with success.

    It is noted just after the fetch is stored; a fetch that was stored and not noted is harmless to repeat.
    """
    return next((health.last_success_at for health in store.sources() if health.source == source_id), None)


async def answer_at_once(_: float) -> None:
    """Wait for nothing: a recorded answer stays the same however often it is asked for."""


def _wake_nobody() -> None:
    """Stand in for waking a publisher: none runs here."""
