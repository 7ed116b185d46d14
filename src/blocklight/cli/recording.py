"""Writes what a source answers to a file, and drives a source from such a file."""

import asyncio
from datetime import datetime
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from blocklight import net
from blocklight.app.city_runtime import open_city, transport_to
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.cli import err, out
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, SourceError, UsageError
from blocklight.intake.companions import Companions
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import RecordingTransport, ReplayTransport, replay_lines
from blocklight.intake.run import Feed, Runner, Tally
from blocklight.store import Store


def record_source(
    city_name: str,
    source_id: str,
    output: Path,
    *,
    polls: int | None,
    poll_s: float | None,
    source_urls: list[str],
) -> None:
    """Fetch a source again and again through a transport that writes every answer to *output*."""
    city = configured_city(Options(city_name, source_urls=source_urls, poll_s=poll_s))
    source = city.source(source_id)
    if source.connector == "push":
        raise BlocklightError(f"{source.id}: its records are sent to us, so there is no answer to record")
    if output.exists():
        raise BlocklightError(f"{output}: exists already; a recording is never overwritten")

    async def run() -> int:
        transport = RecordingTransport(transport_to(source, wall_clock), output, now=wall_clock)
        async with net.client(transport) as client:
            token = Settings().socrata_app_token
            reader = connector(source, client=client, settings_token=token, now=wall_clock)
            done = 0
            while polls is None or done < polls:
                if done:
                    await asyncio.sleep(source.poll_s)
                done += 1
                try:
                    rows = 0
                    async for batch in reader.fetch(None):
                        rows += len(batch.records)
                    out.print(
                        f"{wall_clock():%H:%M:%S}  {rows} records  {transport.recorded} answers recorded"
                    )
                except SourceError as error:
                    out.print(
                        f"{wall_clock():%H:%M:%S}  failed: {error.explained}", markup=False, soft_wrap=True
                    )
            return transport.recorded

    try:
        count = asyncio.run(run())
    except KeyboardInterrupt:
        out.print(f"Stopped; the answers so far are in {output}.", highlight=False, soft_wrap=True)
        return
    told = f"{count} answers in {output}. It holds exact places: keep it private."
    out.print(told, highlight=False, soft_wrap=True)


def replay_source(
    city_name: str, source_id: str, file: Path, *, speed: str, data: Path | None, database: str | None
) -> None:
    """Replay a recording into the store and print what came of it.

    Answers up to the last fetch that the store knows to have succeeded are passed over: read again over what
    came later, they would close and reopen calls. So a replay that was interrupted goes on where it was.
    """
    if not file.is_file():
        raise BlocklightError(f"{file}: no such file")
    factor = _factor(speed)
    town = open_city(Options(city_name, data=data, database=database))
    source = town.city.source(source_id)
    total = Replay()
    stored = _last_success(town.store, source.id)

    async def run() -> None:
        transport = ReplayTransport()
        clock = ReplayClock()
        async with net.client(transport) as client:
            reader = connector(source, client=client, now=clock.now, sleep=answer_at_once)
            runner = Runner(
                Feed(
                    source,
                    town.city,
                    reader,
                    town.rules,
                    geocoder=town.geocoder,
                    companions=Companions.of(town.city),
                ),
                town.store,
                now=clock.now,
                stored=_nothing,
            )
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed} fetches"),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=err, transient=True) as progress:
                task = progress.add_task(f"Replaying {file.name}", total=None)
                for at, body in replay_lines(file):
                    if stored is not None and at <= stored:
                        total.skipped += 1
                        continue
                    if factor is not None and clock.at is not None:
                        await asyncio.sleep((at - clock.at).total_seconds() / factor)
                    clock.at, transport.body = at, body
                    await asyncio.to_thread(town.store.release, at)  # what had become due by then
                    total.add(await runner.poll())
                    progress.advance(task)

    asyncio.run(run())
    town.store.close()
    if not total.fetches + total.skipped:
        raise BlocklightError(f"{file}: holds no whole answer; it may have been cut off")
    out.print(total.sentence(), highlight=False, soft_wrap=True)


class ReplayClock:
    """The recording's clock: the time at which the current answer was fetched."""

    def __init__(self) -> None:
        self.at: datetime | None = None

    def now(self) -> datetime:
        """Return the recorded time."""
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
    """Return when a source was last fetched with success.

    It is noted just after the fetch is stored; a fetch that was stored and not noted is harmless to repeat.
    """
    return next((health.last_success_at for health in store.sources() if health.source == source_id), None)


def _factor(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        factor = float(speed)
    except ValueError:
        factor = 0.0
    if factor <= 0:
        raise UsageError("--speed", f"expected a number above 0, or max, not {speed!r}")
    return factor


async def answer_at_once(_: float) -> None:
    """Wait for nothing: a recorded answer stays the same however often it is asked for."""


def _nothing() -> None:
    """Stand in for waking a publisher: none runs here."""
