"""The work that a running city repeats until it ends: in turns, which are counted and may fail."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

_log = logging.getLogger(__name__)

_PAUSE_S = 1.0
FOLLOWING = "following the change log"
SENDING = "sending live frames"
PULSE = "the pulse"
SOURCES = "watching the sources"
PAUSES = "watching for pauses"
RELEASING = "releasing what is held"
DROPPING = "dropping old changes"
POLLING = "polling a source"
CLOCK = "watching the clock"
LOCK = "watching the intake's lock"
STORING = "watching the database"
ARCHIVING = "keeping the archive"
DELIVERING = "delivering webhooks"
NAMES = (
    FOLLOWING,
    SENDING,
    PULSE,
    SOURCES,
    PAUSES,
    RELEASING,
    DROPPING,
    POLLING,
    CLOCK,
    LOCK,
    STORING,
    ARCHIVING,
    DELIVERING,
)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done again and again, a *turn* at a time.

    *name* is what the log and the metrics call it. *every_s* is the pause between two turns, and with
    *waits_first* also before the first one; it is 0 where a turn itself waits until there is something to do.
    A turn that fails is tried again after a second, unless it fails with *ends_with*, which ends the list of
    jobs that it is in.
    """

    name: str
    turn: Callable[[], Awaitable[object]]
    every_s: float = 0.0
    waits_first: bool = False
    ends_with: tuple[type[Exception], ...] = ()


class Jobs:
    """What runs jobs, and knows of each how often it had a turn, how often one failed, and which fail now.

    A turn fails by a mistake of ours that some input has found. It must stop neither the process nor what
    other people see, and has a line in the log when that begins and one when it ends.
    """

    def __init__(self, pause_s: float = _PAUSE_S) -> None:
        self.turns: Counter[str] = Counter()
        self.failures: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
        self.failing: set[str] = set()
        # When a turn of each job last ended, by ``time.monotonic``.
        self.last_turn_at: dict[str, float] = {}
        self._pause_s = pause_s

    async def run(self, jobs: Iterable[Job]) -> None:
        """Run all *jobs* side by side until cancelled, or until one ends as it may."""
        async with asyncio.TaskGroup() as tasks:
            for job in jobs:
                tasks.create_task(self.repeat(job))

    async def repeat(self, job: Job) -> None:
        """Do one job's turns until cancelled."""
        if job.waits_first:
            await asyncio.sleep(job.every_s)
        while True:
            try:
                await job.turn()
            except job.ends_with:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the next turn may succeed
                self.note(job.name, error)
                await asyncio.sleep(self._pause_s)
            else:
                self.end(job.name)
                if job.every_s:
                    await asyncio.sleep(job.every_s)

    def note(self, name: str, error: Exception) -> None:
        """Count a failure of what goes on all the same; its first one has a line in the log."""
        self._count_turn(name)
        self.failures[name] += 1
        if name not in self.failing:
            self.failing.add(name)
            _log.error(
                "%s failed unexpectedly (%s) and is tried again", name, type(error).__name__, exc_info=error
            )

    def end(self, name: str) -> None:
        """Note that a turn succeeded; the log has a line where the one before had not."""
        self._count_turn(name)
        if name in self.failing:
            self.failing.remove(name)
            _log.info("%s works again", name)

    def _count_turn(self, name: str) -> None:
        self.turns[name] += 1
        self.last_turn_at[name] = time.monotonic()
