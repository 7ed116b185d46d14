"""The parts of an area's page about how calls ended and what work they were."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from blocklight.api.plain import charts
from blocklight.api.plain.page import Reader
from blocklight.insight.archive_query import WAITS_MIN
from blocklight.insight.past import Counts
from blocklight.insight.workload import by_hour_of_day
from blocklight.model.vocabulary import Status
from blocklight.store import IncidentQuery

_MOST_ENDINGS = 6
_LISTED_QUEUES = 5
_DAY_MIN = WAITS_MIN[-1]


def outcome_tables(
    reader: Reader, calls: IncidentQuery, kinds: list[tuple[str, str]]
) -> list[dict[str, object]]:
    """How calls ended by category, by waiting time and by each of *kinds* of areas, as tables of counts."""
    state = reader.state
    groups = [("category", reader.words("past.kind")), ("wait", reader.words("past.outcomes.wait"))]
    tables: list[dict[str, object]] = []
    for by, heading in (*groups, *((f"area:{kind}", label) for kind, label in kinds)):
        counts = state.past.count(_closed(calls), (by, "disposition"))
        if len(counts.rows) > 1:
            tables.append({"by": by, "heading": heading, **_outcome_table(reader, counts, by)})
    return tables


def _closed(calls: IncidentQuery) -> IncidentQuery:
    return replace(calls, status=Status.CLOSED)


def _outcome_table(reader: Reader, counts: Counts, by: str) -> dict[str, object]:
    """The most frequent endings as columns, all others as one, and each group as a row."""
    words, number = reader.words, reader.formats.number
    totals: Counter[str | int | None] = Counter()
    cells: dict[str | int | None, Counter[str | int | None]] = defaultdict(Counter)
    for row in counts.rows:
        group, ending = row.key
        totals[ending] += row.n
        cells[group][ending] += row.n
    named = [ending for ending, _ in totals.most_common() if ending is not None]
    columns = [*named[:_MOST_ENDINGS], *([None] if None in totals else [])]
    others = set(totals) - set(columns)
    names = [
        words("past.untold") if ending is None else words.of("dispositions", ending) for ending in columns
    ]
    ordered = list(cells.items())
    if by != "wait":
        ordered.sort(key=lambda item: (item[0] is None, -item[1].total()))
    return {
        "columns": [*names, words("past.outcomes.others")] if others else names,
        "rows": [
            (
                _group_in_words(reader, by, group),
                number(ends.total()),
                [number(ends[ending]) for ending in columns]
                + ([number(sum(ends[ending] for ending in others))] if others else []),
            )
            for group, ends in ordered
        ],
    }


def _group_in_words(reader: Reader, by: str, group: str | int | None) -> str:
    if by == "wait":
        return _band_name(reader, group)
    if group is None:
        return reader.words("past.none")
    if by == "category":
        return reader.words.of("category", group)
    return reader.teller.area(by.removeprefix("area:"), str(group))


def _band_name(reader: Reader, band: str | int | None) -> str:
    """The name of a band of waiting times."""
    for low, high in pairwise(WAITS_MIN):
        if band == f"{low:02}-{high:02}":
            if high == _DAY_MIN:
                return reader.words("past.outcomes.over", time=reader.formats.wait(low * 60))
            return reader.words(
                "past.interval", low=reader.formats.number(low), high=reader.formats.wait(high * 60)
            )
    return reader.words("past.outcomes.unknown")


def work_values(
    reader: Reader, calls: IncidentQuery, since: datetime, until: datetime
) -> dict[str, object] | None:
    """The work of an area by hour; ``None`` where no source reports what it is worked out from."""
    query = replace(calls, section=None, since=None, until=None)
    work = reader.state.past.work(query, since, until)
    if not work.is_reported:
        return None
    if work.workload is None:
        return {"hours": [], "queues": [], "shapes": [], "counts": None}
    load, number = work.workload, reader.formats.number
    hours = by_hour_of_day(load.hours)
    return {
        "hours": [
            (number(hour), *(number(round(value, 2)) for value in means)) for hour, means in enumerate(hours)
        ],
        "shapes": charts.stacked([(officer, community) for community, officer, _ in hours]),
        "most": number(round(max((community + officer for community, officer, _ in hours), default=0), 1)),
        "queues": [
            (reader.formats.moment(queue.at, reader.now), number(queue.waiting))
            for queue in load.queues[:_LISTED_QUEUES]
        ],
        "counts": {name: number(n) for name, n in load.counts._asdict().items()},
        "left_out": number(load.counts.no_start + load.counts.no_end + load.counts.contradicting),
        "since": reader.formats.moment(load.since, reader.now),
    }
