"""Webhooks of the small city, delivered turn by turn from a store that a test writes to."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from living_city import START, a_city

from blocklight.alerts.delivery import Delivery
from blocklight.alerts.webhooks import Webhook, Webhooks
from blocklight.app.webhooks import outbox_file, query_of
from blocklight.config.city import City
from blocklight.model.outcomes import Outcome
from blocklight.store import Store


@dataclass
class Delivering:
    """A city's store and what delivers from it; *clock* moves by hand the time of attempts."""

    city: City
    store: Store
    webhooks: Webhooks
    folder: Path
    later_s: float = 0.0
    at: datetime = field(default=START)

    def add(self, url: str, query: str = "", *, allow_private: bool = True) -> Webhook:
        """Add a receiver, from whose first turn on it is sent what changes."""
        webhook = self.webhooks.add(url, query, datetime.now(UTC), allow_private=allow_private)
        self.deliver()
        return webhook

    def apply(self, *outcomes: Outcome) -> None:
        """Store a batch, a minute after the one before."""
        self.at += timedelta(minutes=1)
        self.store.apply("dispatch", list(outcomes), at=self.at)

    def deliver(self, *, later_s: float = 0.0) -> Delivery:
        """Do one turn, *later_s* after the one before, with everything that it sends."""
        self.later_s += later_s
        return asyncio.run(self._turn())

    async def _turn(self) -> Delivery:
        delivery = self.delivery()
        try:
            await delivery.turn()
            await asyncio.gather(*delivery.sending())
        finally:
            await delivery.close()
        return delivery

    def delivery(self) -> Delivery:
        """What a process would run."""
        return Delivery(
            self.city.city.id,
            self.store,
            self.webhooks,
            outbox_file(self.folder),
            lambda text: query_of(text, self.city),
            begins_anew_since=lambda: START - timedelta(hours=48),
            epoch_s=lambda: time.time() + self.later_s,
        )


@contextmanager
def delivering(folder: Path) -> Iterator[Delivering]:
    """Open the small city's store, with webhooks kept beside it."""
    city = a_city(folder)
    with Store.open(f"sqlite:///{folder}/blocklight.sqlite3", "smallville") as store:
        yield Delivering(city, store, Webhooks(folder), folder)
