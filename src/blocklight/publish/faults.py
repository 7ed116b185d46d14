"""Keeps the loops of a serving process going when one of their turns fails, and says so once."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

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
TASKS = (FOLLOWING, SENDING, PULSE, SOURCES, PAUSES, RELEASING, DROPPING, POLLING, CLOCK)


class Faults:
    """What failed unexpectedly: how often in each task since the start, and which tasks fail now.

    Such a failure is a mistake of ours that some input has found. It must stop neither the process nor what
    other people see: the turn is tried again, and the log has a line when that begins and one when it ends.
    """

    def __init__(self, pause_s: float = _PAUSE_S) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(TASKS, 0))
        self.failing: set[str] = set()
        self._pause_s = pause_s

    async def repeat(self, task: str, turn: Callable[[], Awaitable[object]]) -> None:
        """Await *turn* again and again until cancelled, with a pause after one that fails."""
        while True:
            try:
                await turn()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next turn may succeed
                self.note(task, error)
                await asyncio.sleep(self._pause_s)
            else:
                self.end(task)

    def note(self, task: str, error: Exception) -> None:
        """Count a failure of *task*, which goes on; its first one has a line in the log."""
        self.counts[task] += 1
        if task not in self.failing:
            self.failing.add(task)
            _log.error(
                "%s failed unexpectedly (%s) and is tried again", task, type(error).__name__, exc_info=error
            )

    def end(self, task: str) -> None:
        """Note that *task* works; the log has a line where it did not before."""
        if task in self.failing:
            self.failing.remove(task)
            _log.info("%s works again", task)
