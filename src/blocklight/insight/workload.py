"""How many units are committed and how many calls wait, hour by hour of the week, on the city's clocks.

Both are integrals over time, not samples: a call that holds two units for half an hour is one unit-hour, and
falls into the very hours that it lasted through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from blocklight.insight.response_times import ABSURD_S

HOURS_A_DAY, HOURS_A_WEEK = 24, 168
LONGEST_QUEUES = 10
# A zone's clocks may be off UTC by quarters of an hour, as in Nepal, and then hours begin between UTC's.
_HOUR_S, _QUARTER_S = 3600, 900

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class WorkCounts(NamedTuple):
    """What became of each call; of those from *no_start* on no time is known or believed.

    *one_unit* are those whose number of units is not reported, each counted as one.
    """

    community: int = 0
    officer: int = 0
    one_unit: int = 0
    no_start: int = 0
    no_end: int = 0
    contradicting: int = 0


class WorkHour(NamedTuple):
    """One hour of the week, Monday is 0: *hours* of it were observed, the others are means over those.

    *community* and *officer* are units committed at once, *waiting* is calls of the community.
    """

    weekday: int
    hour: int
    hours: float
    community: float
    officer: float
    waiting: float


class Queue(NamedTuple):
    """The most calls that waited at once on one local day, and when first so many did."""

    at: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class Workload:
    """The work of a span: the 168 hours of the week from Monday, and the longest queues, longest first."""

    since: datetime
    until: datetime
    counts: WorkCounts
    hours: tuple[WorkHour, ...]
    queues: tuple[Queue, ...]


@dataclass(frozen=True, slots=True)
class WorkCalls:
    """Columns of calls: times are seconds since 1970 and *units* a number, both NaN where not reported.

    Those received up to a day before the span belong to it: what they still hold or wait for counts.
    """

    times: Mapping[str, Floats]
    units: Floats
    is_open: Flags
    is_officer: Flags


class _Spans(NamedTuple):
    starts: Floats
    ends: Floats
    weights: Floats

    def only(self, chosen: Flags) -> "_Spans":
        return _Spans(*(column[chosen] for column in self))


def workload(calls: WorkCalls, zone: ZoneInfo, since: datetime, until: datetime) -> Workload:
    """The work from *since* to before *until*; what is not over then counts until *until*."""
    committed, is_believed, counts = _committed(calls, since.timestamp(), until.timestamp())
    is_officer = calls.is_officer[is_believed]
    waiting = _waiting(calls, until.timestamp())
    edges = _edges(zone, since, until)
    slots = _slots_of_week(edges, zone)
    observed_s = _by_slot(np.diff(edges), slots)
    columns = [
        _mean_by_slot(spans, edges, slots, observed_s)
        for spans in (committed.only(~is_officer), committed.only(is_officer), waiting)
    ]
    hours = tuple(
        WorkHour(
            slot // HOURS_A_DAY,
            slot % HOURS_A_DAY,
            float(observed_s[slot] / _HOUR_S),
            *(float(column[slot]) for column in columns),
        )
        for slot in range(HOURS_A_WEEK)
    )
    queues = _queues(waiting, zone, since.timestamp(), until.timestamp())
    return Workload(since, until, counts, hours, queues)


def by_hour_of_day(hours: tuple[WorkHour, ...]) -> list[tuple[float, float, float]]:
    """Units of the community's and of officers' calls and calls waiting at each hour, of all weekdays."""
    means = []
    for hour in range(HOURS_A_DAY):
        own = [row for row in hours if row.hour == hour]
        observed = sum(row.hours for row in own) or 1.0
        means.append(
            (
                sum(row.community * row.hours for row in own) / observed,
                sum(row.officer * row.hours for row in own) / observed,
                sum(row.waiting * row.hours for row in own) / observed,
            )
        )
    return means


def _committed(calls: WorkCalls, first: float, last: float) -> tuple[_Spans, Flags, WorkCounts]:
    """From the first sign of a unit until the close, with as many units as are reported.

    Also which calls are believed, and the counts of those that reach into the span.
    """
    signs = np.vstack([calls.times[name] for name in ("dispatched_at", "en_route_at", "on_scene_at")])
    starts = np.where(np.isnan(signs), np.inf, signs).min(axis=0)
    ends = np.where(calls.is_open, last, calls.times["closed_at"])
    no_start = np.isinf(starts)
    no_end = ~no_start & np.isnan(ends)
    took = ends - np.where(no_start, 0, starts)
    contradicting = ~no_start & ~no_end & ((took < 0) | (took > ABSURD_S))
    is_believed = ~no_start & ~no_end & ~contradicting
    # Of a call without times the day on which it came in says whether it belongs to the span.
    is_within = np.where(is_believed, ends > first, calls.times["received_at"] >= first)
    units = np.where(np.isnan(calls.units), 1.0, calls.units)
    counted = is_believed & is_within
    counts = WorkCounts(
        *(
            int((part & is_within).sum())
            for part in (
                counted & ~calls.is_officer,
                counted & calls.is_officer,
                counted & np.isnan(calls.units),
                no_start,
                no_end,
                contradicting,
            )
        )
    )
    return _Spans(starts, ends, units).only(is_believed), is_believed, counts


def _waiting(calls: WorkCalls, last: float) -> _Spans:
    """From received until the first sign of a unit, or until the close of calls that none was sent to."""
    received = calls.times["received_at"]
    signs = np.vstack([calls.times[name] for name in ("dispatched_at", "en_route_at", "on_scene_at")])
    sent = np.where(np.isnan(signs), np.inf, signs).min(axis=0)
    over = np.where(calls.is_open, last, calls.times["closed_at"])
    ends = np.where(np.isinf(sent), over, sent)
    waited = ends - received
    chosen = ~calls.is_officer & ~np.isnan(waited) & (waited >= 0) & (waited <= ABSURD_S)
    return _Spans(received, ends, np.ones_like(received)).only(chosen)


def _edges(zone: ZoneInfo, since: datetime, until: datetime) -> Floats:
    """The beginnings of the hours of the city's clocks within the span, and its two ends."""
    offsets = {moment.astimezone(zone).utcoffset() for moment in (since, until)}
    is_whole = all(offset is not None and offset.total_seconds() % _HOUR_S == 0 for offset in offsets)
    step = _HOUR_S if is_whole else _QUARTER_S
    first, last = since.timestamp(), until.timestamp()
    inner = np.arange((first // step + 1) * step, last, step)
    return np.concatenate([[first], inner, [max(last, first)]])


def _slots_of_week(edges: Floats, zone: ZoneInfo) -> NDArray[np.int64]:
    """The hour of the week that each part between two edges lies in; an hour that comes twice is one."""
    local = (datetime.fromtimestamp(edge, zone) for edge in edges[:-1])
    return np.fromiter((moment.weekday() * HOURS_A_DAY + moment.hour for moment in local), np.int64)


def _mean_by_slot(spans: _Spans, edges: Floats, slots: NDArray[np.int64], observed_s: Floats) -> Floats:
    """The mean weight at a time, by hour of the week: what lies between two edges over how long that is."""
    until_edge = _integral(spans.starts, spans.weights, edges) - _integral(spans.ends, spans.weights, edges)
    sums = _by_slot(np.diff(until_edge), slots)
    means: Floats = np.where(observed_s > 0, sums / np.where(observed_s > 0, observed_s, 1), 0.0)
    return np.maximum(means, 0.0)


def _by_slot(values: Floats, slots: NDArray[np.int64]) -> Floats:
    return np.bincount(slots, values, HOURS_A_WEEK).astype(np.float64)


def _integral(moments: Floats, weights: Floats, edges: Floats) -> Floats:
    """By each edge, the sum of each weight times how long its moment is past."""
    order = np.argsort(moments, kind="stable")
    # Seconds from the first edge: seconds since 1970 times thousands of weights would lose digits.
    since_first = moments[order] - edges[0]
    weight = np.concatenate([[0.0], np.cumsum(weights[order])])
    moment = np.concatenate([[0.0], np.cumsum(weights[order] * since_first)])
    past = np.searchsorted(since_first, edges - edges[0], side="right")
    integral: Floats = weight[past] * (edges - edges[0]) - moment[past]
    return integral


def _queues(waiting: _Spans, zone: ZoneInfo, first: float, last: float) -> tuple[Queue, ...]:
    """The most calls that waited at once on each local day, of the days with the most."""
    chosen = waiting.only(waiting.ends > waiting.starts)
    moments = np.concatenate([chosen.starts, chosen.ends])
    steps = np.concatenate([np.ones(len(chosen.starts)), -np.ones(len(chosen.ends))])
    order = np.lexsort((steps, moments))  # who is reached at a moment waits no more when the next call comes
    counts = np.cumsum(steps[order])
    longest: dict[date, Queue] = {}
    for moment, count in zip(moments[order].tolist(), counts.tolist(), strict=True):
        if not first <= moment < last:
            continue
        at = datetime.fromtimestamp(moment, UTC)
        day = at.astimezone(zone).date()
        if day not in longest or count > longest[day].waiting:
            longest[day] = Queue(at, int(count))
    ranked = sorted(longest.values(), key=lambda queue: (-queue.waiting, queue.at))
    return tuple(queue for queue in ranked[:LONGEST_QUEUES] if queue.waiting > 0)
