"""Notices that the machine's clock was set: wall time and steady time then disagree about how long it was."""

import time
from collections.abc import Callable

# A clock that is kept right by NTP is slewed by less between two looks.
_TOLERANCE_S = 5.0


class ClockWatch:
    """Compares two clocks from look to look. A machine that slept looks like a clock that was set forward."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._steady = wall, steady
        self._wall_s, self._steady_s = wall(), steady()

    def jump_s(self) -> float:
        """By how many seconds the clock was set forward (or back, below 0) since the last look."""
        wall_s, steady_s = self._wall(), self._steady()
        jump = (wall_s - self._wall_s) - (steady_s - self._steady_s)
        self._wall_s, self._steady_s = wall_s, steady_s
        return jump if abs(jump) > _TOLERANCE_S else 0.0
