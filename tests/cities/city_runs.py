"""Runs a city's sources from given bodies all the way to a store, and adds up what came of them."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx2

from blocklight.config.city import City, load_city
from blocklight.errors import SourceError
from blocklight.geo.areas import Areas
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally, run_once
from blocklight.store import Store

KEY = bytes(range(32))
Poll = tuple[datetime, bytes]


@dataclass
class Account:
    """What became of records, each counted once in every fetch that held it."""

    fetches: int = 0
    records: int = 0
    published: int = 0
    held: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    joined: int = 0

    def add(self, tally: Tally) -> Self:
        self.fetches += 1
        self.records += tally.records
        self.published += tally.published
        self.held += tally.held
        self.withheld += Counter({str(reason): count for reason, count in tally.withheld.items()})
        self.rejected += tally.rejected
        self.repaired += tally.repaired
        return self

    @property
    def accounted(self) -> int:
        return self.published + self.held + self.withheld.total() + self.rejected.total() + self.joined

    def share(self, reason: str) -> float:
        return (self.withheld[reason] + self.rejected[reason]) / self.records


@dataclass
class Run:
    """A city with a store of its own."""

    city: City
    store: Store

    @classmethod
    def of(cls, name: str, folder: Path) -> "Run":
        city = load_city(name)
        return cls(city, Store.open(f"sqlite:///{folder / 'city.sqlite3'}", city.city.id))

    def rules(self) -> Rules:
        return Rules.of(self.city, KEY, Areas(self.city))

    def replay(self, source_id: str, polls: Iterable[Poll], **changes: Any) -> Account:  # noqa: ANN401 - any setting
        """Fetch each body at its time, as the runner would."""
        source = self.city.source(source_id).model_copy(update={"token_url": None} | changes)
        account = Account()
        now = [datetime.min.replace(tzinfo=UTC)]

        async def nap(_: float) -> None:
            return

        async def run() -> None:
            transport = ReplayTransport()
            async with httpx2.AsyncClient(transport=transport) as client:
                reader = connector(source, client=client, now=lambda: now[0], sleep=nap)
                feed = Feed(source, self.city, reader, self.rules())
                for at, body in polls:
                    now[0], transport.body = at, body
                    try:
                        account.add(await run_once(feed, self.store))
                    except SourceError as error:
                        account.failed[str(error)] += 1

        asyncio.run(run())
        return account
