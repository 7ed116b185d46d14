"""Gives the demo its past: its feeds are read as they stood, by the path of every record."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from blocklight import net
from blocklight.app.city_runtime import CityRuntime
from blocklight.app.progress import Progress, unseen
from blocklight.app.serving import polled
from blocklight.config.city import City
from blocklight.demo.feeds import ASGIApp, dispatch_centre
from blocklight.intake.run import Feed, Tally
from blocklight.model.ledger import day_under_way
from blocklight.model.vocabulary import Kind
from blocklight.store import Store

# Often enough to read a call before it turns out to be something else: 311 requests change more slowly.
_STEP = timedelta(minutes=15)


def client_of(city: City, centre: ASGIApp) -> net.AsyncClient:
    """A client whose every question is answered inside this process."""
    inside = net.in_process(centre)
    return net.client(inside, mounts={f"all://{host}": inside for host in net.hosts_of(city)})


def moments(now: datetime) -> Iterator[datetime]:
    """Yield when the past is read: first just before the newest day that is over, not to be counted on it."""
    at = datetime.combine(day_under_way(now) - timedelta(days=1), time(), UTC) - _STEP
    while at < now:
        yield at
        at += _STEP


class PastClock:
    """A clock that stands where it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Where it stands."""
        return self.at


async def past_of(runtime: CityRuntime, now: datetime, seed: int, progress: Progress = unseen) -> None:
    """Fill the store with what the demo's feeds would have told until *now*."""
    clock = PastClock(now)
    centre = dispatch_centre(seed=seed, now=clock, hiccups=False)
    async with client_of(runtime.city, centre) as client:
        await live_through(polled(runtime.feeds(client, clock)), runtime.store, clock, progress)


async def live_through(
    feeds: list[Feed], store: Store, clock: PastClock, progress: Progress = unseen
) -> None:
    """Fill an empty store with the demo's past up to now, so that the ledger of yesterday has counts.

    By the path of every record: the feeds are read as they stood every quarter of an hour, so that what a
    call was named first is published, what it turned out to be takes it back, and each is counted on its day.
    """
    times = list(moments(clock.at))
    with progress("Living through the last two days …", len(times)) as advance:
        for clock.at in times:
            for feed in feeds:
                if feed.source.kind is Kind.CALL or clock.at.minute == 0 or clock.at == times[0]:
                    await _read_feed(feed, store)
            await asyncio.to_thread(store.release, clock.at)
            advance()


async def _read_feed(feed: Feed, store: Store) -> None:
    """Read one feed as it stands; nothing of that counts as its health, as nobody was waiting for it."""
    tally, source = Tally(), feed.source.id
    async for batch in feed.connector.fetch(await asyncio.to_thread(store.cursor, source)):
        outcomes = feed.outcomes(batch.records, batch.fetched_at, tally, batch.unreadable)
        bind, at = feed.binder(tally), batch.fetched_at
        await asyncio.to_thread(store.apply, source, outcomes, at=at, cursor=batch.cursor, bind=bind)
