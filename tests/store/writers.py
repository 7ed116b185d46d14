"""What other processes do to a store; apart from the tests so that such a process starts at once."""

from multiprocessing.connection import Connection

from blocklight.store import Store
from store.databases import CITY
from store.making import START, call, closed, withheld

BATCHES = 20
BATCH = 5


def write(url: str, writer: int) -> None:
    """Publish batches of new calls, each batch updating the one before."""
    source = f"dispatch{writer}"
    with Store.open(url, CITY) as store:
        for batch in range(BATCHES):
            first = writer * 100_000 + batch * BATCH
            new = [call(first + n, source=source) for n in range(BATCH)]
            old = [call(first + n, source=source, units=batch) for n in range(-BATCH, 0)] if batch else []
            store.apply(source, [*new, *old], at=START, cursor=str(batch))


def write_until_killed(url: str, acknowledge: Connection) -> None:
    with Store.open(url, CITY) as store:
        batch = int(store.cursor("dispatch") or 0)
        while True:
            batch += 1
            new = [call(batch * 10 + n, units=batch) for n in range(10)]
            old = [closed((batch - 1) * 10 + n) for n in range(9)]
            gone = withheld((batch - 1) * 10 + 9)
            applied = store.apply("dispatch", [*new, *old, gone], at=START, cursor=str(batch))
            acknowledge.send((batch, applied.head))
