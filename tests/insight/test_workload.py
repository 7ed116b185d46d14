"""Committed units and waiting calls against a second-by-second count, also on days of 23 and 25 hours."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from blocklight.insight.workload import WorkCalls, Workload, by_hour_of_day, workload
from blocklight.model.record import TIMES

ZONE = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 1, 5, tzinfo=ZONE)
WEEK = timedelta(weeks=1)
NEVER = float("nan")


def calls(*rows: Mapping[str, Any]) -> WorkCalls:
    """Columns of calls from rows of times, units, and whether one is open or was opened by officers."""

    def seconds(value: object) -> float:
        return value.timestamp() if isinstance(value, datetime) else NEVER

    return WorkCalls(
        {name: np.array([seconds(row.get(name)) for row in rows]) for name in TIMES},
        np.array([row.get("units", NEVER) for row in rows], dtype=float),
        np.array([row.get("open", False) for row in rows], dtype=bool),
        np.array([row.get("officer", False) for row in rows], dtype=bool),
    )


def unit_hours(load: Workload) -> float:
    return sum(row.hours * (row.community + row.officer) for row in load.hours)


def test_a_call_counts_in_the_very_hours_that_it_holds_its_units() -> None:
    at = MONDAY + timedelta(hours=8, minutes=50)
    call = {"received_at": at, "dispatched_at": at + timedelta(minutes=5), "units": 3}
    load = workload(calls(call | {"closed_at": at + timedelta(minutes=35)}), ZONE, MONDAY, MONDAY + WEEK)
    held = {(row.weekday, row.hour): row.community * row.hours for row in load.hours if row.community}
    assert held == {(0, 8): pytest.approx(3 * 5 / 60), (0, 9): pytest.approx(3 * 25 / 60)}
    waits = {(row.weekday, row.hour): row.waiting * row.hours for row in load.hours if row.waiting}
    assert waits == {(0, 8): pytest.approx(5 / 60)}
    assert [(queue.at, queue.waiting) for queue in load.queues] == [(at.astimezone(UTC), 1)]
    assert all(row.hours == 1 for row in load.hours)


def test_means_are_those_of_a_count_minute_by_minute() -> None:
    chance = random.Random(47)  # noqa: S311 - makes examples, guards nothing
    rows: list[dict[str, Any]] = []
    for _ in range(400):
        received = MONDAY + timedelta(minutes=chance.randrange(-900, 7 * 1440))
        sent = received + timedelta(minutes=chance.randrange(40))
        rows.append(
            {
                "received_at": received,
                "dispatched_at": sent if chance.random() < 0.9 else None,
                "closed_at": sent + timedelta(minutes=chance.randrange(120)),
                "units": chance.randrange(1, 4) if chance.random() < 0.9 else NEVER,
                "officer": chance.random() < 0.3,
            }
        )
    load = workload(calls(*rows), ZONE, MONDAY, MONDAY + WEEK)
    expected = {"community": np.zeros(168), "officer": np.zeros(168), "waiting": np.zeros(168)}
    for minute in range(7 * 1440):
        moment = MONDAY + timedelta(minutes=minute, seconds=30)
        for row in rows:
            received, sent, closed = (row[name] for name in ("received_at", "dispatched_at", "closed_at"))
            if not received <= moment < closed:
                continue
            if not row["officer"] and (sent is None or moment < sent):
                expected["waiting"][minute // 60] += 1 / 60
            if sent is not None and moment >= sent:
                units = 1.0 if np.isnan(row["units"]) else row["units"]
                expected["officer" if row["officer"] else "community"][minute // 60] += units / 60
    for name, means in expected.items():
        assert means.sum() > 10
        assert [getattr(row, name) for row in load.hours] == pytest.approx(means.tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("day", "hours", "twice_or_never", "observed"),
    [(datetime(2026, 3, 8), 23, 2, 0), (datetime(2026, 11, 1), 25, 1, 2), (datetime(2028, 2, 29), 24, 2, 1)],  # noqa: DTZ001 - a day
)
def test_a_day_has_the_hours_that_its_clocks_show(
    day: datetime, hours: int, twice_or_never: int, observed: int
) -> None:
    start = day.replace(tzinfo=ZONE)
    end = (day + timedelta(days=1)).replace(tzinfo=ZONE)
    one = {"received_at": start, "dispatched_at": start, "closed_at": end, "units": 2}
    # Absurdly long in autumn, where the day has 25 hours: two calls that follow each other instead.
    noon = (day + timedelta(hours=12)).replace(tzinfo=ZONE)
    halves = [one | {"closed_at": noon}, one | {"received_at": noon, "dispatched_at": noon}]
    load = workload(calls(*halves), ZONE, start, end)
    own = [row for row in load.hours if row.weekday == start.weekday()]
    assert sum(row.hours for row in own) == hours
    assert own[twice_or_never].hours == observed
    assert {round(row.community, 9) for row in own if row.hours} == {2}
    assert unit_hours(load) == pytest.approx(2 * hours)
    assert sum(row.hours for row in load.hours) == hours


def test_zones_of_half_an_hour_have_whole_hours_of_their_own() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    start = datetime(2026, 1, 5, tzinfo=zone)
    call = {"received_at": start, "dispatched_at": start, "closed_at": start + timedelta(hours=1)}
    load = workload(calls(call), zone, start, start + WEEK)
    assert {(row.weekday, row.hour): row.community for row in load.hours if row.community} == {(0, 0): 1}


def test_what_is_not_known_is_counted_apart_and_never_guessed() -> None:
    at = MONDAY + timedelta(hours=3)
    later, much_later = at + timedelta(hours=1), at + timedelta(hours=26)
    rows: list[dict[str, Any]] = [
        {"received_at": at, "closed_at": later},
        {"received_at": at, "dispatched_at": at},
        {"received_at": at, "dispatched_at": later, "closed_at": at},
        {"received_at": at, "dispatched_at": at, "closed_at": much_later},
        {"received_at": at, "on_scene_at": at, "closed_at": later, "officer": True},
        {"received_at": at, "en_route_at": at, "closed_at": later, "units": 2},
        {"received_at": at, "dispatched_at": at, "open": True},
    ]
    load = workload(calls(*rows), ZONE, MONDAY, at + timedelta(hours=2))
    counts = load.counts
    assert (counts.community, counts.officer, counts.one_unit) == (2, 1, 2)
    assert (counts.no_start, counts.no_end, counts.contradicting) == (1, 1, 2)
    assert unit_hours(load) == pytest.approx(1 + 2 + 2)


def test_a_call_of_the_day_before_counts_from_the_beginning_of_the_span() -> None:
    early = MONDAY - timedelta(hours=2)
    call = {"received_at": early, "dispatched_at": early, "closed_at": MONDAY + timedelta(hours=1)}
    over = call | {"closed_at": MONDAY - timedelta(hours=1)}
    load = workload(calls(call, over), ZONE, MONDAY, MONDAY + WEEK)
    assert unit_hours(load) == pytest.approx(1)
    assert load.counts.community == 1


def test_the_longest_queue_of_each_day_is_listed_the_longest_first() -> None:
    rows: list[dict[str, Any]] = []
    for day, waiting in enumerate((2, 5, 3)):
        for number in range(waiting):
            at = MONDAY + timedelta(days=day, hours=9, minutes=number)
            rows.append({"received_at": at, "dispatched_at": MONDAY + timedelta(days=day, hours=10)})
    # Reached at the very moment at which the next calls: they never wait together.
    first = MONDAY + timedelta(days=3, hours=1)
    rows += [
        {"received_at": first, "dispatched_at": first + timedelta(minutes=5)},
        {"received_at": first + timedelta(minutes=5), "dispatched_at": first + timedelta(minutes=9)},
    ]
    load = workload(calls(*rows), ZONE, MONDAY, MONDAY + WEEK)
    assert [queue.waiting for queue in load.queues] == [5, 3, 2, 1]
    assert load.queues[0].at == (MONDAY + timedelta(days=1, hours=9, minutes=4)).astimezone(UTC)


def test_a_span_without_calls_has_its_hours_and_no_work() -> None:
    load = workload(calls(), ZONE, MONDAY, MONDAY + WEEK)
    assert unit_hours(load) == 0
    assert sum(row.hours for row in load.hours) == 168
    assert load.queues == ()
    assert by_hour_of_day(load.hours) == [(0, 0, 0)] * 24
