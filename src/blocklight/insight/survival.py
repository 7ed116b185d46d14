"""How long it takes until something happens to cases of which some are still waiting, or end in another way.

Kaplan and Meier, Journal of the American Statistical Association 53 (1958); Aalen and Johansen, Scandinavian
Journal of Statistics 5 (1978); the variance of the latter as Marubini and Valsecchi, Analysing Survival Data
from Clinical Trials and Observational Studies (1995), equation 10.12. Bands are on
the scale of log(-log) of the share that is left, as `survfit` in R has those of Kaplan-Meier with
`conf.type = "log-log"`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# The quantile of the normal distribution that 2.5 % lie above.
Z_95 = 1.959963984540054
# What is known at the end of a case's time: it still waits, it happened, or it can happen no more.
WAITING, HAPPENED, ENDED = 0, 1, 2

# Shares that are products of many fractions miss 0, 1 or one half by so much.
_ROUNDING = 1e-12
# Beyond this a band reaches from nothing to all, and the exponential from float to infinity.
_WIDEST = 500.0

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """The share of cases to which it has happened by each of *times*, with the band of 95 % around it."""

    times: Floats
    share: Floats
    deviation: Floats
    low: Floats
    high: Floats


class Estimate(NamedTuple):
    """A quantile of the waiting time with its interval; ``None`` where it is never reached."""

    value: float | None
    low: float | None
    high: float | None


def cumulative_incidence(times: Floats, ends: NDArray[np.int8]) -> Curve:
    """The share to which it has happened, by Aalen and Johansen; without any `ENDED` Kaplan-Meier's.

    *ends* says of each case how its time ended. Cases that end in another way count: they wait no more, and
    lower the share for good.
    """
    order = np.argsort(times, kind="stable")
    moments, first = np.unique(times[order], return_index=True)
    sorted_ends = ends[order]
    happened = np.add.reduceat((sorted_ends == HAPPENED).astype(float), first) if len(first) else np.array([])
    ended = np.add.reduceat((sorted_ends == ENDED).astype(float), first) if len(first) else np.array([])
    at_risk = len(times) - first.astype(float)
    left = 1 - (happened + ended) / at_risk
    before = np.concatenate([[1.0], np.cumprod(left)[:-1]]) if len(left) else left
    share = np.cumsum(before * happened / at_risk)
    deviation = np.sqrt(np.maximum(_variance(at_risk, happened, ended, before, share), 0))
    keep = happened > 0
    low, high = _band(share[keep], deviation[keep])
    return Curve(moments[keep], share[keep], deviation[keep], low, high)


def _variance(at_risk: Floats, happened: Floats, ended: Floats, before: Floats, share: Floats) -> Floats:
    """The delta-method variance at each moment, in sums that grow along the curve."""
    every = happened + ended
    rest = at_risk - every
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(rest > 0, every / (at_risk * np.where(rest > 0, rest, 1)), 0.0)
    own = before**2 * (at_risk - happened) * happened / at_risk**3
    mixed = before * happened / at_risk**2
    # The first sum, of (F(t) - F(s))^2 * spread(s), opened up so that each part is a cumulative sum.
    first = (
        share**2 * np.cumsum(spread) - 2 * share * np.cumsum(share * spread) + np.cumsum(share**2 * spread)
    )
    third = share * np.cumsum(mixed) - np.cumsum(share * mixed)
    variance: Floats = first + np.cumsum(own) - 2 * third
    return variance


def _band(share: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """The bounds of 95 % on the scale of log(-log) of what is left, where they stay within 0 and 1."""
    inside = (share > _ROUNDING) & (share < 1 - _ROUNDING)
    left = np.where(inside, 1 - share, 0.5)
    width = np.where(inside, Z_95 * deviation / np.abs(left * np.log(left)), 0.0)
    width = np.minimum(width, _WIDEST)
    low, high = 1 - left ** np.exp(-width), 1 - left ** np.exp(width)
    return np.where(inside, low, share), np.where(inside, high, share)


def quantile(curve: Curve, level: float) -> Estimate:
    """By when a share of *level* has happened; its interval is where the band crosses that level."""
    return Estimate(
        *(_crossing_time(curve.times, side, level) for side in (curve.share, curve.high, curve.low))
    )


def share_by(curve: Curve, time: float) -> tuple[float, float, float] | None:
    """The share to which it has happened by *time*, with its band; ``None`` before it first happened."""
    index = int(np.searchsorted(curve.times, time, side="right")) - 1
    if index < 0:
        return None
    return float(curve.share[index]), float(curve.low[index]), float(curve.high[index])


def _crossing_time(times: Floats, share: Floats, level: float) -> float | None:
    reached = np.flatnonzero(share >= level - _ROUNDING)
    return float(times[reached[0]]) if len(reached) else None
