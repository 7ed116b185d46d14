"""Intervals of 95 % around counts, shares and their differences, so that noise can be told from a difference.

All are closed formulas; each names its source.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from blocklight.insight.survival import Z_95, Estimate

# From fewer blocks of time their spread cannot be estimated.
_LEAST_BLOCKS = 4


class Uncertain(NamedTuple):
    """A figure with its interval of 95 %."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> "Uncertain":
        """The same figure in another unit."""
        return Uncertain(self.value * factor, self.low * factor, self.high * factor)


class Verdict(StrEnum):
    """How a figure stands beside that of the first column."""

    MORE = "more"
    LESS = "less"
    CHANCE = "within_chance"
    UNKNOWN = "unknown"


class Difference(NamedTuple):
    """A figure less that of the first column, in the same unit; ``None`` where a bound is infinite."""

    value: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> Verdict:
        """Whether the interval leaves out zero, and on which side."""
        if self.low is not None and self.low > 0:
            return Verdict.MORE
        if self.high is not None and self.high < 0:
            return Verdict.LESS
        return Verdict.CHANCE


def dispersion(blocks: Sequence[int]) -> float:
    """How much more than chance counts of equally long blocks of time vary: variance by mean, at least 1.

    Calls come in clusters and seasons, so that the interval of a Poisson count alone would be too narrow. Of
    fewer than four blocks it cannot be estimated, and is 1.
    """
    count = len(blocks)
    mean = sum(blocks) / count if count else 0.0
    if count < _LEAST_BLOCKS or mean == 0:
        return 1.0
    return max(1.0, sum((block - mean) ** 2 for block in blocks) / (count - 1) / mean)


def count_interval(count: int, spread: float = 1.0) -> Uncertain:
    """A count as one of many that the same rate could have given, with *spread* times a Poisson's variance.

    Byar's approximation of the exact interval; Breslow and Day, Statistical Methods in Cancer Research II
    (1987), equation 2.13, over the count divided by its dispersion.
    """
    effective = count / spread
    low = effective * _byar(effective, -Z_95) if count else 0.0
    high = (effective + 1) * _byar(effective + 1, Z_95)
    return Uncertain(count, low * spread, high * spread)


def _byar(count: float, z: float) -> float:
    return max(0.0, 1 - 1 / (9 * count) + z / (3 * math.sqrt(count))) ** 3


def share_interval(part: int, whole: int) -> Uncertain | None:
    """A share by Wilson, Journal of the American Statistical Association 22 (1927); ``None`` of nothing."""
    if whole == 0:
        return None
    share, z2 = part / whole, Z_95**2 / whole
    centre = (share + z2 / 2) / (1 + z2)
    half_width = Z_95 * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole)) / (1 + z2)
    # At 0 and at 1 rounding would leave a bound a hair outside.
    low = 0.0 if part == 0 else centre - half_width
    return Uncertain(share, low, 1.0 if part == whole else centre + half_width)


def difference(figure: Uncertain | Estimate | None, base: Uncertain | Estimate | None) -> Difference | None:
    """*figure* less *base*, of independent figures; ``None`` where one of them is not known or not reached.

    The bounds are recovered from those of the two (Zou and Donner, Statistics in Medicine 27 (2008), 1693),
    which also holds for intervals that are not symmetric.
    """
    if figure is None or base is None or figure.value is None or base.value is None:
        return None
    value = figure.value - base.value
    return Difference(
        value,
        _less(value, _distance(figure.value, figure.low), _distance(base.value, base.high)),
        _more(value, _distance(figure.value, figure.high), _distance(base.value, base.low)),
    )


def _distance(value: float, bound: float | None) -> float | None:
    return None if bound is None else abs(value - bound)


def _less(value: float, *distances: float | None) -> float | None:
    reach = _reach(distances)
    return None if reach is None else value - reach


def _more(value: float, *distances: float | None) -> float | None:
    reach = _reach(distances)
    return None if reach is None else value + reach


def _reach(distances: Sequence[float | None]) -> float | None:
    numbers = [distance for distance in distances if distance is not None]
    return math.hypot(*numbers) if len(numbers) == len(distances) else None
