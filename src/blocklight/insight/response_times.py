"""How long people wait at each stage of a call, with those still waiting and those nobody came to counted.

A figure is refused where it would mislead: by too few calls, or where times are missing more often the longer
people wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blocklight.insight.intervals import Uncertain, share_interval
from blocklight.insight.survival import (
    ENDED,
    HAPPENED,
    WAITING,
    Estimate,
    cumulative_incidence,
    quantile,
    share_by,
)
from blocklight.model.vocabulary import Disposition, StageTime, Status

# Percentiles of fewer calls would mislead.
LEAST_CALLS = 5
# No stage of a call takes longer than a day; what a feed says so of is counted apart.
ABSURD_S = 24 * 3600
# Endings that say that nobody was needed any more: the call waited until then and not longer.
UNSERVED = frozenset({Disposition.CANCELLED, Disposition.DUPLICATE})

# The median and the 90th percentile, in which the field writes its targets (NFPA 1710).
_LEVELS = (0.5, 0.9)

# Whether times are missing more often the longer calls wait is seen in the trend over fifths of all waits.
_QUINTILES = 5

# With fewer a trend would be found, or missed, by chance.
_LEAST_TESTED, _LEAST_MISSING = 100, 20

# A one-sided test at 0.1 %, of a trend that is also large enough to shift a figure.
_TREND_Z, _TREND_SHARE = 3.09, 0.10
_ROUNDING = 1e-12

Floats = NDArray[np.float64]


class Refusal(StrEnum):
    """Why no percentile is given."""

    NOT_REPORTED = "not_reported"
    TOO_FEW = "too_few"
    MISSING_GROWS = "missing_grows"


STARTS = {
    StageTime.QUEUE: "received_at",
    StageTime.TURNOUT: "dispatched_at",
    StageTime.TRAVEL: "en_route_at",
    StageTime.RESPONSE: "received_at",
    StageTime.ON_SCENE: "on_scene_at",
}
ENDS = {stage: f"{stage.end}_at" for stage in StageTime}


class Naive(NamedTuple):
    """The figures of the calls that were served alone, in seconds: the usual ones, which leave others out."""

    median: float
    mean: float
    p90: float
    within_target: float | None


class WithinTarget(NamedTuple):
    """How large a share of the calls that have a target was served within it.

    *share* counts everybody but the missing; *at_once* and *never* are the share if each missing time were.
    *seconds* and *goal* are those of the target, ``None`` where calls have several of them.
    """

    calls: int
    seconds: float | None
    goal: float | None
    naive: float
    share: Uncertain
    at_once: float
    never: float


class FateCounts(NamedTuple):
    """What became of each call. Of *no_start*, *negative* and *absurd* ones no time is known or believed.

    *cut* of the others have times that policy cut to whole steps.
    """

    served: int = 0
    waiting: int = 0
    unserved: int = 0
    missing: int = 0
    no_start: int = 0
    negative: int = 0
    absurd: int = 0
    cut: int = 0

    @property
    def calls(self) -> int:
        """Those that the figures are about."""
        return self.served + self.waiting + self.unserved + self.missing

    @property
    def excluded(self) -> int:
        """Those that they leave out."""
        return self.no_start + self.negative + self.absurd


@dataclass(frozen=True, slots=True)
class Figures:
    """One stage of some calls: what became of each of them, and how long it took, in seconds.

    *half* and *nine_in_ten* count everybody but the missing, *half_of_served* leaves out those whom nobody
    came to; *bounds* of the half are those if each missing time were at once, and if nobody had ever come.
    """

    fates: FateCounts
    refusal: Refusal | None = None
    naive: Naive | None = None
    half: Estimate | None = None
    nine_in_ten: Estimate | None = None
    half_of_served: Estimate | None = None
    bounds: tuple[float | None, float | None] | None = None
    within: WithinTarget | None = None


class CallTargets(NamedTuple):
    """Of each call, its target and the share that is to meet it; not a number where it has none."""

    seconds: Floats
    goal: Floats


@dataclass(frozen=True, slots=True)
class Calls:
    """Columns of calls: times are seconds since 1970, not a number where none is reported."""

    times: Mapping[str, Floats]
    is_open: NDArray[np.bool_]
    disposition: NDArray[np.object_]
    cut: NDArray[np.bool_]
    starts_travel_when_sent: NDArray[np.bool_]
    """Of a source that does not report when a unit sets off."""
    targets: CallTargets | None = None

    def only(self, chosen: NDArray[np.bool_]) -> "Calls":
        """Keep some of the calls."""
        return Calls(
            {name: column[chosen] for name, column in self.times.items()},
            self.is_open[chosen],
            self.disposition[chosen],
            self.cut[chosen],
            self.starts_travel_when_sent[chosen],
            None if self.targets is None else CallTargets(*(column[chosen] for column in self.targets)),
        )


class _Fates(NamedTuple):
    """Of each call, at most one of these; and how long it took, or how long it is known to have waited."""

    served: NDArray[np.bool_]
    waiting: NDArray[np.bool_]
    unserved: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    no_start: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    absurd: NDArray[np.bool_]
    seconds: Floats


def figures(calls: Calls, stage: StageTime, as_of: float) -> Figures:
    """The figures of one stage, as of a moment in seconds since 1970."""
    fates = _fates(calls, stage, as_of)
    counted = fates.served | fates.waiting | fates.unserved | fates.missing
    served = fates.seconds[fates.served]
    refusal = None
    if len(served) < LEAST_CALLS:
        refusal = Refusal.TOO_FEW
    elif _missing_grows(calls, fates):
        refusal = Refusal.MISSING_GROWS
    counts = FateCounts._make(int(part.sum()) for part in (*fates[:-1], calls.cut & counted))
    if refusal is not None:
        return Figures(counts, refusal)
    within = None if calls.targets is None else _within(fates, calls.targets)
    p50, p90 = (float(np.percentile(served, level * 100, method="inverted_cdf")) for level in _LEVELS)
    half, nine = _everybody(fates)
    came = fates._replace(unserved=np.zeros_like(fates.unserved))
    return Figures(
        counts,
        None,
        Naive(p50, float(served.mean()), p90, None if within is None else within.naive),
        half,
        nine,
        _everybody(came)[0],
        (_everybody(fates, at_once=True)[0].value, _everybody(fates, at_once=False)[0].value),
        within,
    )


def _within(fates: _Fates, targets: CallTargets) -> WithinTarget | None:
    """The share of calls served within their target; ``None`` where too few of those served have one.

    Calls with unlike targets share one curve: of each, its time divided by its own target, read at 1.
    """
    has_target = ~np.isnan(targets.seconds)
    own = _Fates._make(column[has_target] for column in fates)
    seconds, goals = targets.seconds[has_target], targets.goal[has_target]
    own = own._replace(seconds=own.seconds / seconds)
    served = own.seconds[own.served]
    if len(served) < LEAST_CALLS:
        return None
    counted = own.served | own.waiting | own.unserved | own.missing
    at_once, never = (_share_in_time(own, at_once=case).value for case in (True, False))
    return WithinTarget(
        int(counted.sum()),
        _only(seconds[counted]),
        _only(goals[counted]),
        float((served <= 1).mean()),
        _share_in_time(own),
        at_once,
        never,
    )


def _only(values: Floats) -> float | None:
    """The one value that all are, if they are."""
    return float(values[0]) if (values == values[0]).all() else None


def _share_in_time(fates: _Fates, *, at_once: bool | None = None) -> Uncertain:
    """The share served by 1, with its band; where it is nothing or all, Wilson's of those it is known of."""
    seconds, ends = _cases(fates, at_once=at_once)
    share, low, high = share_by(cumulative_incidence(seconds, ends), 1.0) or (0.0, 0.0, 0.0)
    known = int(((ends != WAITING) | (seconds >= 1)).sum())
    at_end = share_interval(known if share > 1 / 2 else 0, known)
    if at_end is not None and (share <= _ROUNDING or share >= 1 - _ROUNDING):
        return Uncertain(share, at_end.low, at_end.high)
    return Uncertain(share, low, high)


def _everybody(fates: _Fates, *, at_once: bool | None = None) -> list[Estimate]:
    """Estimate by when half and nine in ten are served; missing times are left out, *at_once*, or never."""
    curve = cumulative_incidence(*_cases(fates, at_once=at_once))
    return [quantile(curve, level) for level in _LEVELS]


def _cases(fates: _Fates, *, at_once: bool | None) -> tuple[Floats, NDArray[np.int8]]:
    """The times of all cases, and how each ended."""
    ends = np.full(len(fates.seconds), WAITING, np.int8)
    ends[fates.served] = HAPPENED
    ends[fates.unserved] = ENDED
    seconds = fates.seconds.copy()
    chosen = fates.served | fates.waiting | fates.unserved
    if at_once is not None:
        chosen = chosen | fates.missing
        ends[fates.missing] = HAPPENED if at_once else ENDED
        seconds[fates.missing] = 0.0
    return seconds[chosen], ends[chosen]


def _fates(calls: Calls, stage: StageTime, as_of: float) -> _Fates:
    start, end = calls.times[STARTS[stage]], calls.times[ENDS[stage]]
    if stage is StageTime.TRAVEL:
        start = np.where(calls.starts_travel_when_sent, calls.times["dispatched_at"], start)
    no_start = np.isnan(start)
    took = end - start
    has_end = ~np.isnan(end) & ~no_start
    negative, absurd = has_end & (took < 0), has_end & (took > ABSURD_S)
    served = has_end & ~negative & ~absurd
    unended = ~has_end & ~no_start
    waiting = unended & calls.is_open
    over = unended & ~calls.is_open
    until_close = calls.times["closed_at"] - start
    unserved = over & _nobody_came(calls, stage) & (until_close >= 0)
    seconds = np.select(
        [served, waiting, unserved], [took, np.maximum(as_of - start, 0), until_close], default=0.0
    )
    return _Fates(served, waiting, unserved, over & ~unserved, no_start, negative, absurd, seconds)


def _nobody_came(calls: Calls, stage: StageTime) -> NDArray[np.bool_]:
    """Whether a call that ended without the stage's end had nobody come, rather than a time left out."""
    called_off = np.isin(calls.disposition, sorted(UNSERVED))
    later = [~np.isnan(calls.times[name]) for name in ("en_route_at", "on_scene_at")]
    if stage is StageTime.ON_SCENE:
        return np.zeros_like(called_off)
    if stage in (StageTime.QUEUE, StageTime.RESPONSE):
        sends = ~np.isnan(calls.times["dispatched_at"]).all()
        nobody_sent = np.isnan(calls.times["dispatched_at"]) & ~later[0] & sends
        return (called_off | nobody_sent) & ~later[1]
    return called_off & ~later[1]


def _missing_grows(calls: Calls, fates: _Fates) -> bool:
    """Whether times are missing more often the longer a call waited, by Cochran's and Armitage's trend test.

    How long it waited is told by how long until a unit was sent, where that is reported, else until it ended.
    Five groups of equal size; both a significant trend and a tenth more missing in the last than the first.
    """
    times = calls.times
    sent = times["dispatched_at"] - times["received_at"]
    waited = np.where(np.isnan(sent), times["closed_at"] - times["received_at"], sent)
    if not np.isnan(sent).all() and np.isnan(sent).mean() < 1 / 2:
        waited = sent
    tested = (fates.served | fates.missing) & ~np.isnan(waited)
    missing = fates.missing[tested]
    if tested.sum() < _LEAST_TESTED or missing.sum() < _LEAST_MISSING:
        return False
    ranks = np.argsort(np.argsort(waited[tested], kind="stable"), kind="stable")
    groups = ranks * _QUINTILES // len(ranks)
    shares = [missing[groups == group].mean() for group in range(_QUINTILES)]
    overall = missing.mean()
    centred = groups - groups.mean()
    z = (centred * missing).sum() / np.sqrt(max(overall * (1 - overall) * (centred**2).sum(), 1e-12))
    return bool(z > _TREND_Z and shares[-1] - shares[0] > _TREND_SHARE)


def is_open(status: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Say of each status whether it is open."""
    opened: NDArray[np.bool_] = status == str(Status.OPEN)
    return opened
