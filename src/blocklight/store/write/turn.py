"""Lets one thread of this process write at a time, and shows whether that one waits for another process."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from blocklight.errors import StoreBusy


class OwnTurnTaken(StoreBusy):
    """Another thread of this process is still writing."""


class Turn:
    """The right to write. Its holder has it before it has the database's own lock, for which it may wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits_since: float | None = None

    @contextmanager
    def taken(self, longest_s: float = math.inf) -> Iterator[float]:
        """Take the turn, and yield how many of *longest_s* seconds are left to wait for the database.

        Raises ``OwnTurnTaken`` once they are over.
        """
        began = time.monotonic()
        if not self._lock.acquire(timeout=-1 if longest_s == math.inf else longest_s):
            raise OwnTurnTaken("the database failed: this process is writing something else to it")
        try:
            self._waits_since = time.monotonic()
            yield max(0.0, longest_s - (self._waits_since - began))
        finally:
            self._waits_since = None
            self._lock.release()

    def has_begun(self) -> None:
        """Note that the holder waits for nobody any more."""
        self._waits_since = None

    def waited_s(self) -> float:
        """For how long the holder has been waiting for the database, 0 where it does not."""
        since = self._waits_since
        return 0.0 if since is None else time.monotonic() - since
