"""Watches whether the database can be written to, and says once when it cannot and once when it can again.

It writes by itself at fixed times. Watched by the writes of records, it would show when a record came that is
withheld; and where a city pushes nothing at night, nobody would know until the morning.
"""

import asyncio
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from blocklight.errors import StoreError
from blocklight.jobs import STORING, Job

_log = logging.getLogger(__name__)

_EVERY_S = 0.5
# A probe that writes costs a sync of the disk; in between a look at the lock has to do.
_WRITES_EVERY_S = 5.0
# A database that says nothing for as long hangs; of a locked one the probe itself says so after a second.
_LONGEST_S = 4.0
# It is waited for in slices, of which only those count that end in time, up to so many times as long in all.
_SLICES = 8
_PUNCTUAL_S = 0.05
_MOST_WAITS = 3


class Probed(Protocol):
    """A database that can be tried: all that this module may do with one."""

    def probe(self, *, by_writing: bool = True) -> None:
        """Raise ``StoreError`` where nothing can be written."""


class StoreWatch:
    """*failure* says why nothing can be stored; ``None`` while all is well.

    Twice a second it takes a writer's lock and gives it back, as another process may keep everybody from
    writing; every five seconds it writes, as the disk may not take what is written. While there is a failure
    it writes each time: a lock can be had of a disk that takes nothing.
    """

    def __init__(self, store: Probed, every_s: float = _EVERY_S, *, longest_s: float = _LONGEST_S) -> None:
        self.failure: str | None = None
        # Set while there is a failure.
        self.failing = asyncio.Event()
        self._store = store
        self._every_s = every_s
        self._longest_s = longest_s
        self._written_at = -math.inf
        self._looking: asyncio.Future[None] | None = None
        # A thread of its own: a disk that hangs holds up nothing else.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-watch")

    def job(self) -> Job:
        """Describe the watching, which begins at once."""
        return Job(STORING, self._turn, every_s=self._every_s)

    async def _turn(self) -> None:
        is_due = time.monotonic() >= self._written_at + _WRITES_EVERY_S
        await self.look(by_writing=is_due or self.failure is not None)

    async def look(self, *, by_writing: bool = True) -> None:
        """Try once whether the database takes what is written; one that hangs has failed meanwhile."""
        if self._looking is None or self._looking.done():
            if by_writing:
                self._written_at = time.monotonic()
            probe = partial(self._store.probe, by_writing=by_writing)
            self._looking = asyncio.get_running_loop().run_in_executor(self._thread, probe)
        try:
            await self._answer(self._looking)
        except TimeoutError:
            self._note("the database failed: it does not answer")
        except StoreError as error:
            self._note(str(error))
        else:
            self._note(None)

    async def _answer(self, looking: "asyncio.Future[None]") -> None:
        """Wait for the probe; raises ``TimeoutError`` when the database says nothing for too long.

        Seconds in which this process did not get the processor in time tell nothing of the database, and may
        have been spent on records that are withheld: they count only once there are far too many of them.
        """
        slice_s, counted = self._longest_s / _SLICES, 0
        for _ in range(_SLICES * _MOST_WAITS):
            began = time.monotonic()
            await asyncio.wait({looking}, timeout=slice_s)
            if looking.done():
                looking.result()
                return
            counted += time.monotonic() - began < slice_s + _PUNCTUAL_S
            if counted == _SLICES:
                break
        raise TimeoutError

    def _note(self, failure: str | None) -> None:
        if failure is not None and self.failure is None:
            _log.error("nothing can be stored: %s", failure)
        if failure is None and self.failure is not None:
            _log.warning("the database can be written to again")
        self.failure = failure
        if failure is None:
            self.failing.clear()
        else:
            self.failing.set()
