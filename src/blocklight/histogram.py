"""Counts durations in buckets for Prometheus."""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Histogram:
    """Cumulative counts of durations in seconds, by upper bound; safe to use from several threads."""

    def __init__(self, bounds_s: Sequence[float] = BOUNDS_S) -> None:
        self._bounds_s = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds_s) + 1)
        self._sum_s = 0.0
        self._lock = threading.Lock()

    def observe(self, duration_s: float) -> None:
        """Count one duration."""
        with self._lock:
            self._counts[bisect_left(self._bounds_s, duration_s)] += 1
            self._sum_s += duration_s

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """The upper bounds as text, ``+Inf`` last, each with the number of durations up to it."""
        names = [*map(repr, self._bounds_s), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))

    @property
    def sum_s(self) -> float:
        """The sum of all durations."""
        return self._sum_s
