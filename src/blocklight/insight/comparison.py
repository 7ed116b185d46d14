"""Areas, or two periods of one area, side by side: counts, kinds, waits and endings with their intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from blocklight.insight.intervals import (
    Difference,
    Uncertain,
    count_interval,
    difference,
    dispersion,
    share_interval,
)
from blocklight.insight.past import Past
from blocklight.insight.rates import residents_of_group
from blocklight.insight.response_times import Figures
from blocklight.insight.survival import Estimate
from blocklight.insight.tallies import Tally
from blocklight.model.vocabulary import Section, StageTime
from blocklight.store import IncidentQuery

WEEK = timedelta(weeks=1)
_DAY_S = 86_400
AreaKey = tuple[str, str]


class Measure(StrEnum):
    """What is compared."""

    CALLS_A_WEEK = "calls_a_week"
    CALLS_A_WEEK_PER_1000 = "calls_a_week_per_1000"
    CATEGORY_SHARE = "category_share"
    HALF_WAIT_S = "half_wait_s"
    NINE_IN_TEN_WAIT_S = "nine_in_ten_wait_s"
    WITHIN_TARGET_SHARE = "within_target_share"
    ENDING_SHARE = "ending_share"


@dataclass(frozen=True, slots=True)
class Side:
    """One column of a comparison: an area, or the whole city, and the span of its calls."""

    area: AreaKey | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """What was counted of one side.

    *since* and *until* are the part of its span that the archive covers, *days* how long that is. The counts
    by section leave the filter's own section out; all other figures are of the calls that match the filter.
    """

    side: Side
    since: datetime
    until: datetime
    days: float
    sections: dict[Section, int]
    calls: int
    a_week: Uncertain | None
    a_week_per_1000: Uncertain | None
    categories: dict[str, int]
    endings: dict[str, int]
    wait: Figures | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The columns in their order, as of a moment and a place in the change log."""

    as_of: datetime
    seq: int
    columns: tuple[Column, ...]


class ComparedFigure(NamedTuple):
    """One figure of one column, by its number, beside the same of the first.

    *term* is the category or the disposition of a share, empty where none is reported; *n* is how many calls
    have it, or how many a wait is worked out from. No figure where *n* says too little or no wait is reached.
    """

    column: int
    measure: Measure
    term: str | None
    n: int
    figure: Uncertain | Estimate | None
    difference: Difference | None


def compare(past: Past, zone: ZoneInfo, query: IncidentQuery, sides: tuple[Side, ...]) -> Comparison | None:
    """Compare what matches *query* in each side; ``None`` where nothing was ever published."""
    snapshot = past.snapshot()
    if snapshot.as_of is None:
        return None
    covered = (past.first_received_at() or snapshot.as_of, snapshot.as_of)
    spans = [(max(side.since, covered[0]), min(side.until, covered[1])) for side in sides]
    queries = [
        replace(query, area=side.area, since=since, until=until)
        for side, (since, until) in zip(sides, spans, strict=True)
    ]
    columns = tuple(
        _compared_column(past, zone, own, side, tally)
        for own, side, tally in zip(queries, sides, past.tallies(queries), strict=True)
    )
    return Comparison(snapshot.as_of, snapshot.seq, columns)


def compared_figures(comparison: Comparison) -> list[ComparedFigure]:
    """Every figure by measure, term and column, each with its difference from that of the first column."""
    columns = comparison.columns
    rows = _beside_first(Measure.CALLS_A_WEEK, None, [(column.calls, column.a_week) for column in columns])
    if any(column.a_week_per_1000 for column in columns):
        rates = [(column.calls, column.a_week_per_1000) for column in columns]
        rows += _beside_first(Measure.CALLS_A_WEEK_PER_1000, None, rates)
    rows += _shares(Measure.CATEGORY_SHARE, [column.categories for column in columns])
    waits = [column.wait for column in columns]
    for measure, name in ((Measure.HALF_WAIT_S, "half"), (Measure.NINE_IN_TEN_WAIT_S, "nine_in_ten")):
        figures = [(0, None) if wait is None else (wait.fates.calls, getattr(wait, name)) for wait in waits]
        rows += _beside_first(measure, None, figures)
    in_time = [None if wait is None else wait.within for wait in waits]
    if any(in_time):
        figures = [(0, None) if within is None else (within.calls, within.share) for within in in_time]
        rows += _beside_first(Measure.WITHIN_TARGET_SHARE, None, figures)
    return rows + _shares(Measure.ENDING_SHARE, [column.endings for column in columns])


def _shares(measure: Measure, counts: list[dict[str, int]]) -> list[ComparedFigure]:
    total: Counter[str] = Counter()
    for column in counts:
        total.update(column)
    rows = []
    for term, _ in sorted(total.items(), key=lambda item: (item[0] == "", -item[1], item[0])):
        figures = [
            (column.get(term, 0), share_interval(column.get(term, 0), sum(column.values())))
            for column in counts
        ]
        rows += _beside_first(measure, term, figures)
    return rows


def _beside_first(
    measure: Measure, term: str | None, figures: Sequence[tuple[int, Uncertain | Estimate | None]]
) -> list[ComparedFigure]:
    base = figures[0][1]
    return [
        ComparedFigure(number, measure, term, n, figure, difference(figure, base) if number else None)
        for number, (n, figure) in enumerate(figures)
    ]


def _compared_column(past: Past, zone: ZoneInfo, query: IncidentQuery, side: Side, tally: Tally) -> Column:
    since, until = query.since or side.since, query.until or side.until
    days = max((until - since).total_seconds() / _DAY_S, 0.0)
    calls = sum(tally.days.values())
    waits = past.response_times(query, StageTime.RESPONSE).rows
    a_week, people = None, residents_of_group(past.city, query, (), ())
    if days > 0:
        spread = dispersion(week_blocks(tally.days, until.astimezone(zone).date(), int(days)))
        a_week = count_interval(calls, spread).times(WEEK.days / days)
    return Column(
        side,
        since,
        until,
        days,
        {section: tally.sections.get(section, 0) for section in Section},
        calls,
        a_week,
        None if a_week is None or people is None else a_week.times(1000 / people),
        tally.categories,
        tally.endings,
        waits[0][1] if waits else None,
    )


def week_blocks(by_day: dict[date, int], end: date, days: int) -> list[int]:
    """The counts of the whole weeks among the *days* before *end*, the latest first.

    The first week, where it is not whole, is left out: it would seem to vary more than chance.
    """
    return [
        sum(by_day.get(end - timedelta(days=1 + week * WEEK.days + day), 0) for day in range(WEEK.days))
        for week in range(days // WEEK.days)
    ]
