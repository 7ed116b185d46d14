"""Lets a few requests at a time be worked out, in turns by address; others wait a moment or go away."""

import asyncio
from collections import Counter, OrderedDict, deque

_AT_ONCE = 3
_AT_ONCE_EACH = 2
_WAITING = 128
_WAITING_EACH = 32
_LONGEST_WAIT_S = 2.0


class Full(Exception):
    """Too many wait already, or it took too long."""


class Turns:
    """A bounded number of places to work in, given to the addresses that wait in turns.

    Nobody gets the last place of all while holding others, so one address never keeps another from working.
    """

    def __init__(self, longest_wait_s: float = _LONGEST_WAIT_S) -> None:
        self._longest_wait_s = longest_wait_s
        self._working: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    async def enter(self, address: str) -> None:
        """Wait for a place, at most a moment; raises ``Full``."""
        if not self._waiting and self._may_work(address):
            self._working[address] += 1
            return
        if len(self._waiting.get(address, ())) >= _WAITING_EACH or self.waiting >= _WAITING:
            raise Full
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        self._go_on()
        try:
            async with asyncio.timeout(self._longest_wait_s):
                await asyncio.shield(turn)
        except BaseException as error:
            if turn.done():
                if not isinstance(error, TimeoutError):
                    self.leave(address)
                    raise
                return  # its turn came in the very moment in which it had waited long enough
            turn.cancel()
            self._forget(address, turn)
            if isinstance(error, TimeoutError):
                raise Full from None
            raise

    def leave(self, address: str) -> None:
        """Give the place to who is next."""
        self._working[address] -= 1
        if not self._working[address]:
            del self._working[address]
        self._go_on()

    def _may_work(self, address: str) -> bool:
        return self._working.total() < _AT_ONCE and self._working[address] < _AT_ONCE_EACH

    def _go_on(self) -> None:
        for address in list(self._waiting):
            if not self._may_work(address):
                continue
            turns = self._waiting.pop(address)
            self._working[address] += 1
            turns.popleft().set_result(None)
            if turns:
                self._waiting[address] = turns  # behind all others

    def _forget(self, address: str, turn: "asyncio.Future[None]") -> None:
        turns = self._waiting.get(address)
        if turns is not None:
            turns.remove(turn)
            if not turns:
                del self._waiting[address]
