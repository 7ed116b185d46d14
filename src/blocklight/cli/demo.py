"""Serves the demo: an invented city with a past, in which something worth showing soon happens."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import uvloop
from rich.progress import Progress

from blocklight import net
from blocklight.city import City
from blocklight.cli import err
from blocklight.cli.serving import (
    Options,
    Town,
    fast_clock,
    listen,
    open_town,
    polled,
    serve,
    wall_clock,
)
from blocklight.intake.run import Feed, Tally
from blocklight.model import Kind
from blocklight.simulate.feeds import ASGIApp, dispatch_centre
from blocklight.simulate.showcase import Showcase
from blocklight.store import Store

_STEP = timedelta(minutes=15)
"""Often enough to read a call before it turns out to be something else: 311 requests change more slowly."""


def serve_demo(*, host: str, port: int, data: Path | None, speed: float, seed: int) -> None:
    """Serve the demo city; its history is fetched first, so that nothing looks empty."""
    with listen(host, port) as listener:
        town = open_town(Options("demo", data=data, seed=seed))
        seen = [health.last_success_at for health in town.store.sources() if health.last_success_at]
        opened_at = max([wall_clock(), *seen])
        now = fast_clock(speed, opened_at)
        last_seen_s = int(max(seen).timestamp()) if seen else None
        showcase = Showcase(seed, int(opened_at.timestamp()), last_seen_s)
        centre = dispatch_centre(seed=seed, now=now, showcase=showcase)
        uvloop.run(
            serve(
                town,
                listener,
                now=now,
                intake=True,
                clock_rate=speed,
                client=client_of(town.city, centre),
                past=lambda: _past_of(town, now(), seed),
            )
        )


def client_of(city: City, centre: ASGIApp) -> net.AsyncClient:
    """Return a client whose every question is answered inside this process."""
    inside = net.in_process(centre)
    return net.client(inside, mounts={f"all://{host}": inside for host in net.hosts_of(city)})


def moments(now: datetime) -> Iterator[datetime]:
    """Yield when the past is read: first just before yesterday (UTC), on which it is not to be counted."""
    at = datetime.combine(now.astimezone(UTC).date() - timedelta(days=1), time(), UTC) - _STEP
    while at < now:
        yield at
        at += _STEP


class PastClock:
    """A clock that stands where it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return where it stands."""
        return self.at


async def _past_of(town: Town, now: datetime, seed: int) -> None:
    clock = PastClock(now)
    centre = dispatch_centre(seed=seed, now=clock, hiccups=False)
    async with client_of(town.city, centre) as client:
        await live_through(polled(town.feeds(client, clock)), town.store, clock)


async def live_through(feeds: list[Feed], store: Store, clock: PastClock) -> None:
    """Fill an empty store with the demo's past up to now, so that the ledger of yesterday has counts.

    By the path of every record: the feeds are read as they stood every quarter of an hour, so that what a
    call was named first is published, what it turned out to be takes it back, and each is counted on its day.
    """
    times = list(moments(clock.at))
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Living through the last two days …", total=len(times))
        for clock.at in times:
            for feed in feeds:
                if feed.source.kind is Kind.CALL or clock.at.minute == 0 or clock.at == times[0]:
                    await _read(feed, store)
            await asyncio.to_thread(store.release, clock.at)
            progress.advance(task)


async def _read(feed: Feed, store: Store) -> None:
    """Read one feed as it stands; nothing of that counts as its health, as nobody was waiting for it."""
    tally, source = Tally(), feed.source.id
    async for batch in feed.connector.fetch(await asyncio.to_thread(store.cursor, source)):
        outcomes = feed.outcomes(batch.records, batch.fetched_at, tally, batch.unreadable)
        bind, at = feed.binder(tally), batch.fetched_at
        await asyncio.to_thread(store.apply, source, outcomes, at=at, cursor=batch.cursor, bind=bind)
