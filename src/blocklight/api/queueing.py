"""Lets a few requests at a time be worked out, in turns by address; others wait a moment or go away."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from blocklight.publish.building import rest_after

# Python computes in one thread at a time: with more places each answer would come later, and none sooner.
_AT_ONCE = 3

# Fewer than all, so that nobody ever waits for one address alone.
_AT_ONCE_EACH = 2

# More could hardly be answered within their patience, and each holds its request in memory.
_WAITING = 128

_WAITING_EACH = 32
# A reader who waits for longer loads the page again, which would be one request more.
_LONGEST_WAIT_S = 2.0
# Of work of late: who had less is a reader of the map, as far as anybody can tell.
_LITTLE_S = 2.0
# Of what the address had that works or waits and had most: on a busy machine all work takes long.
_LITTLE_SHARE = 1 / 3
# How many times as long an address may wait that had little, or that asks for one thing at a time: a late
# page is better for its reader than none, and who has nothing else in hand gains nothing by waiting.
_PATIENCE = 5

_ALL_OF_IT = 3.0
_REMEMBERED = 20_000
_FORGOTTEN_S = 30.0


# What an address had of late.
_Kind = Literal["little", "much"]


class Full(Exception):
    """Too many wait already, or it took too long."""


class _Turn(NamedTuple):
    """One that waits: what it waits for, and since when."""

    comes: "asyncio.Future[None]"
    since: float


class Turns:
    """A bounded number of places to work in, given to whoever waits and has had the least of late.

    Nobody gets the last place of all while holding others, so one address never keeps another from working,
    and a reader who comes by does not wait behind twenty who ask for all that they can get: one place is kept
    for addresses that had little of late. While sending frames takes much of the processor (*sending_share*)
    a place stays empty for a while after it was used: those after long work keep no reader waiting who had
    little, as he would stand behind everybody's rests.
    """

    def __init__(
        self,
        longest_wait_s: float = _LONGEST_WAIT_S,
        *,
        sending_share: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._longest_wait_s = longest_wait_s
        self._sending_share = sending_share
        # Places that stay empty for a while, by whom they were used.
        self._resting = Counter[_Kind]()
        self._had: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._working: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    async def enter(self, address: str) -> None:
        """Wait for a place, at most a moment, or a few if the address asks nothing else; raises ``Full``."""
        now = asyncio.get_running_loop().time()
        little = self._little(now)
        if not self._waiting and self._may_work(address, now, little):
            self._working[address] += 1
            return
        if len(self._waiting.get(address, ())) >= _WAITING_EACH:
            raise Full
        if self.waiting >= _WAITING and not self._makes_room(address, now):
            raise Full
        has_nothing_else = address not in self._waiting and address not in self._working
        patience = _PATIENCE if has_nothing_else or self._had_of_late(address, now) < little else 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(_Turn(turn, now))
        self._go_on()
        try:
            async with asyncio.timeout(self._longest_wait_s * patience):
                await asyncio.shield(turn)
        except BaseException as error:
            if isinstance(error, Full):
                raise
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

    def _makes_room(self, address: str, now: float) -> bool:
        """Send away the last who came of the address that waits with most, or of such the one that had most.

        Not if *address* would then be that one itself.
        """

        def claim(client: str, extra: int = 0) -> tuple[int, float]:
            return len(self._waiting.get(client, ())) + extra, self._had_of_late(client, now)

        greediest = max(self._waiting, key=claim)
        if claim(greediest) <= claim(address, 1):
            return False
        turn = self._waiting[greediest].pop()
        if not self._waiting[greediest]:
            del self._waiting[greediest]
        turn.comes.set_exception(Full())
        return True

    def leave(self, address: str, worked_s: float = 0.0) -> None:
        """Give the place, in which *worked_s* seconds were spent, to who is next."""
        self._working[address] -= 1
        if not self._working[address]:
            del self._working[address]
        now = asyncio.get_running_loop().time()
        kind: _Kind = "little" if self._had_of_late(address, now) < self._little(now) else "much"
        if worked_s:
            self._had[address] = self._had_of_late(address, now) + worked_s, now
            self._had.move_to_end(address)
            if len(self._had) > _REMEMBERED:
                self._had.popitem(last=False)
        rest_s = rest_after(worked_s, self._sending_share(), max_share=_ALL_OF_IT, workers=_AT_ONCE)
        if rest_s:
            self._resting[kind] += 1
            asyncio.get_running_loop().call_later(rest_s, self._end_rest, kind)
        self._go_on()

    def _end_rest(self, kind: _Kind) -> None:
        self._resting[kind] -= 1
        self._go_on()

    def _had_of_late(self, address: str, now: float) -> float:
        """Seconds that an address was worked for, half of them forgotten after ``_FORGOTTEN_S``."""
        had, at = self._had.get(address, (0.0, now))
        return float(had * 0.5 ** ((now - at) / _FORGOTTEN_S))

    def _counted(self, address: str, now: float) -> float:
        """As ``_had_of_late``, less the longer an address waits: so the turn of each comes."""
        turns = self._waiting.get(address)
        waited_s = now - turns[0].since if turns else 0.0
        return self._had_of_late(address, now) * max(0.0, 1 - waited_s / (self._longest_wait_s * _PATIENCE))

    def _little(self, now: float) -> float:
        """Seconds of work of late that are little at the moment."""
        had = (self._had_of_late(address, now) for address in (*self._working, *self._waiting))
        return max(_LITTLE_S, _LITTLE_SHARE * max(had, default=0.0))

    def _may_work(self, address: str, now: float, little: float) -> bool:
        has_little = self._counted(address, now) < little
        resting = self._resting["little"] if has_little else self._resting.total()
        is_free = self._working.total() + resting < _AT_ONCE - (not has_little)
        return is_free and self._working[address] < _AT_ONCE_EACH

    def _go_on(self) -> None:
        now = asyncio.get_running_loop().time()
        little = self._little(now)
        for address in sorted(self._waiting, key=lambda address: self._counted(address, now)):
            if not self._may_work(address, now, little):
                continue
            turns = self._waiting.pop(address)
            self._working[address] += 1
            turns.popleft().comes.set_result(None)
            if turns:
                self._waiting[address] = turns  # behind all others

    def _forget(self, address: str, turn: "asyncio.Future[None]") -> None:
        turns = self._waiting.get(address)
        if turns is not None:
            self._waiting[address] = left = deque(other for other in turns if other.comes is not turn)
            if not left:
                del self._waiting[address]
