"""Shares out among senders whose batch is stored next, how many may wait and how long storing may take."""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from blocklight.api.limits import Allowance

_log = logging.getLogger(__name__)

# Batches of one source that are stored or wait for it; one that is still being sent is none of them.
MOST_OF_SOURCE = 8

# More than one sender may: several machines share a key, and one must not keep out the others.
MOST_OF_KEY = 6

# Enough that its next batch is there when the one before it has been stored.
MOST_OF_SENDER = 4

_AGAIN_S = 1.0
# Of this time a sender may use its share at once, as after an outage.
_BURST_S = 600.0

# So who had more than others of late comes after them for about this long, and is not punished for longer.
_FORGOTTEN_S = 30.0

_REMEMBERED = 10_000
# After so long without a refusal, the next one of a key has a line in the log again.
_QUIET_S = 600.0


class Sender(NamedTuple):
    """Who pushes. A stolen key comes from another address, and an honest sender may have a key of its own."""

    source: str
    key_id: str
    address: str


class TooMuch(Exception):
    """The sender has had its share: come again after *wait_s* seconds."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s


class NothingStored(Exception):
    """The batch before this one could not be stored, so this one was not tried."""


class _Waiting(NamedTuple):
    sender: Sender
    turn: "asyncio.Future[None]"


class PushTurns:
    """One batch of a source at a time: of the key, and of its senders, for which least was stored of late.

    So whoever sends as fast as they can, with a stolen key for example, delays the others by the batch that
    is being stored and no longer. Where too many wait, the newcomer takes the place of who holds more.
    """

    def __init__(
        self,
        refused: Counter[tuple[str, str, str]],
        storing_each: float = 0.0,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*refused* counts by source, key and limit; *storing_each* is in seconds of storing a second."""
        self._refused = refused
        self._clock = clock
        self._allowance = Allowance(storing_each, _BURST_S, clock=clock)
        self._storing: dict[str, Sender] = {}
        self._waiting: dict[str, list[_Waiting]] = {}
        self._had: OrderedDict[Sender, tuple[float, float]] = OrderedDict()
        self._refused_at: dict[tuple[str, str], float] = {}

    def check(self, sender: Sender) -> None:
        """Raise ``TooMuch`` for a sender whose batch need not even be read."""
        if wait_s := self._allowance.take(str(sender), 0.0, at_least=0.001):
            raise self._refuse(sender, "storing", wait_s)
        if self._count(sender) >= MOST_OF_SENDER:
            raise self._refuse(sender, "waiting", _AGAIN_S)
        self._last_to_leave(sender)

    @asynccontextmanager
    async def turn(self, sender: Sender) -> AsyncIterator[None]:
        """Wait for the turn of *sender*; raises ``TooMuch``, or ``NothingStored`` after ``give_up``."""
        self.check(sender)
        if sender.source in self._storing:
            await self._wait(sender)
        self._storing[sender.source] = sender
        began = self._clock()
        try:
            yield
        finally:
            self._spend(sender, self._clock() - began)
            self._next(sender.source)

    def give_up(self, source: str) -> None:
        """Let all who wait know that nothing can be stored now."""
        for waiting in self._waiting.pop(source, []):
            if not waiting.turn.done():
                waiting.turn.set_exception(NothingStored())

    async def _wait(self, sender: Sender) -> None:
        self._make_room(sender)
        waiting = _Waiting(sender, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(sender.source, []).append(waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting.turn.cancelled():
                self._forget(waiting)
            elif waiting.turn.exception() is None:
                self._next(sender.source)  # its turn had just come
            raise

    def _make_room(self, sender: Sender) -> None:
        """Let *sender* in among those of its key and of its source, in place of one that holds more."""
        last = self._last_to_leave(sender)
        if last is not None:
            self._forget(last)
            last.turn.set_exception(self._refuse(last.sender, "waiting", _AGAIN_S))

    def _last_to_leave(self, sender: Sender) -> _Waiting | None:
        """Find what would have to go to make room; raises ``TooMuch`` where *sender* holds as much."""
        present = self._all(sender.source)
        of_key = [holder for holder in present if holder.key_id == sender.key_id]
        if len(of_key) >= MOST_OF_KEY:
            present = of_key
        elif len(present) < MOST_OF_SOURCE:
            return None

        now = self._clock()

        def claim(holder: Sender, extra: int = 0) -> tuple[int, float]:
            return present.count(holder) + extra, self._had_of_late(holder, now)

        of_source = self._waiting.get(sender.source, [])
        waiting = [entry for entry in of_source if entry.sender in present and not entry.turn.done()]
        claimant = max((entry.sender for entry in waiting), key=claim, default=sender)
        if claim(claimant) <= claim(sender, 1):
            raise self._refuse(sender, "waiting", _AGAIN_S)
        return [entry for entry in waiting if entry.sender == claimant][-1]

    def _next(self, source: str) -> None:
        del self._storing[source]
        # Some may have left.
        waiting = [entry for entry in self._waiting.get(source, []) if not entry.turn.done()]
        if not waiting:
            return
        now = self._clock()  # one for all, or the same key would not be equal to itself

        def had(entry: _Waiting) -> tuple[float, float]:
            return self._had_of_late(_any(entry.sender), now), self._had_of_late(entry.sender, now)

        following = min(waiting, key=had)
        self._forget(following)
        # Taken here and not when the task goes on: nobody who comes meanwhile finds the source free.
        self._storing[source] = following.sender
        following.turn.set_result(None)

    def _forget(self, waiting: _Waiting) -> None:
        of_source = self._waiting.get(waiting.sender.source, [])
        if waiting in of_source:
            of_source.remove(waiting)
        if not of_source:
            self._waiting.pop(waiting.sender.source, None)

    def _all(self, source: str) -> list[Sender]:
        storing = [self._storing[source]] if source in self._storing else []
        return [*storing, *(entry.sender for entry in self._waiting.get(source, []))]

    def _count(self, sender: Sender) -> int:
        return self._all(sender.source).count(sender)

    def _spend(self, sender: Sender, storing_s: float) -> None:
        self._allowance.spend(str(sender), storing_s)
        now = self._clock()
        for payer in (sender, _any(sender)):
            self._had[payer] = self._had_of_late(payer, now) + storing_s, now
            self._had.move_to_end(payer)
        while len(self._had) > _REMEMBERED:
            self._had.popitem(last=False)

    def _had_of_late(self, sender: Sender, now: float) -> float:
        """Seconds of storing for *sender*, half of them forgotten after ``_FORGOTTEN_S``."""
        had, at = self._had.get(sender, (0.0, now))
        return float(had * 0.5 ** ((now - at) / _FORGOTTEN_S))

    def _refuse(self, sender: Sender, limit: str, wait_s: float) -> TooMuch:
        """Count a refusal; the first one of a key has a line in the log."""
        self._refused[sender.source, sender.key_id, limit] += 1
        key, now = (sender.source, sender.key_id), self._clock()
        before = self._refused_at.get(key)
        self._refused_at[key] = now
        if before is None or now - before > _QUIET_S:
            _log.warning(
                "source %s: key %s sends more than its share, and part of it is refused (429); "
                "if its sender does not do that, revoke the key: blocklight key revoke",
                *key,
            )
        return TooMuch(wait_s)


def _any(sender: Sender) -> Sender:
    """Name all senders with this one's key."""
    return sender._replace(address="")
