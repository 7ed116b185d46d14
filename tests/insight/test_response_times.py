import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest

from blocklight.insight.response_times import (
    ABSURD_S,
    Calls,
    CallTargets,
    Figures,
    Refusal,
    figures,
)
from blocklight.model.vocabulary import StageTime

AS_OF = 10_000.0
NAN = float("nan")


def calls(*rows: Mapping[str, object]) -> Calls:
    names = ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "closed_at")
    return Calls(
        {name: np.array([row.get(name, NAN) for row in rows], float) for name in names},
        np.array([bool(row.get("open")) for row in rows]),
        np.array([row.get("disposition", "") for row in rows], object),
        np.array([bool(row.get("cut")) for row in rows]),
        np.array([bool(row.get("silent")) for row in rows]),
    )


def served(took: float, **more: object) -> dict[str, object]:
    times = {"received_at": 0.0, "dispatched_at": 10.0, "en_route_at": 20.0, "on_scene_at": took}
    return {**times, "closed_at": took + 500, **more}


def of(
    *rows: Mapping[str, object], stage: StageTime = StageTime.RESPONSE, target_s: float | None = None
) -> Figures:
    own = calls(*rows)
    if target_s is not None:
        seconds = np.array([row.get("target_s", target_s) for row in rows], float)
        own = dataclasses.replace(own, targets=CallTargets(seconds, np.full(len(rows), 0.9)))
    return figures(own, stage, AS_OF)


FIVE = [served(100.0), served(200.0), served(300.0), served(400.0), served(500.0)]


def test_of_calls_that_were_all_served_naive_and_everybody_agree() -> None:
    found = of(*FIVE, target_s=300)
    assert found.fates.served == found.fates.calls == 5
    assert found.naive is not None
    assert found.naive[:3] == (300, 300, 500)
    assert found.naive.within_target == pytest.approx(0.6)
    assert found.half is not None
    assert found.half.value == 300
    assert found.bounds == (300, 300)


def test_each_fate_is_counted_apart() -> None:
    waits = {"received_at": AS_OF - 700, "dispatched_at": AS_OF - 600, "open": True}
    cancelled = {"received_at": 0.0, "dispatched_at": 5.0, "closed_at": 90.0, "disposition": "cancelled"}
    nobody = {"received_at": 0.0, "closed_at": 60.0, "disposition": "advised"}
    missing = {"received_at": 0.0, "dispatched_at": 5.0, "closed_at": 900.0, "disposition": "report_taken"}
    backwards = served(-5.0)
    long = served(ABSURD_S + 1.0)
    found = of(*FIVE, waits, cancelled, nobody, missing, backwards, long)
    fates = found.fates
    assert (fates.served, fates.waiting, fates.unserved, fates.missing) == (5, 1, 2, 1)
    assert (fates.no_start, fates.negative, fates.absurd) == (0, 1, 1)
    assert fates.calls == 9
    assert found.half is not None
    assert found.half_of_served is not None
    assert found.bounds is not None
    assert (found.half_of_served.value, found.half.value) == (300, 400)
    assert found.bounds == (400, 500)


def test_percentiles_of_fewer_than_five_calls_are_not_given() -> None:
    found = of(*FIVE[:4])
    assert (found.refusal, found.naive, found.half) == (Refusal.TOO_FEW, None, None)
    assert found.fates.served == 4


def test_a_figure_is_refused_where_times_are_missing_more_often_the_longer_people_wait() -> None:
    chance = np.random.default_rng(5)
    rows = []
    for _ in range(600):
        sent = float(chance.exponential(600))
        row = served(sent + 300.0, dispatched_at=sent)
        if chance.random() < min(sent / 1500, 0.9):
            del row["on_scene_at"]
            row["disposition"] = "handled"
        rows.append(row)
    assert of(*rows).refusal is Refusal.MISSING_GROWS


def test_times_that_are_missing_at_random_are_no_reason_to_refuse() -> None:
    chance = np.random.default_rng(6)
    rows = []
    for _ in range(600):
        sent = float(chance.exponential(600))
        row = served(sent + 300.0, dispatched_at=sent)
        if chance.random() < 0.3:
            del row["on_scene_at"]
        rows.append(row)
    found = of(*rows)
    assert found.refusal is None
    assert found.bounds is not None
    assert found.half is not None
    assert found.bounds[0] < found.half.value < found.bounds[1]  # type: ignore[operator]  # none is missing


def test_travel_begins_when_sent_where_a_source_does_not_report_setting_off() -> None:
    rows = [{**row, "en_route_at": NAN, "silent": True} for row in FIVE]
    found = of(*rows, stage=StageTime.TRAVEL)
    assert found.naive is not None
    assert found.naive.median == 290
    without = of(*({**row, "silent": False} for row in rows), stage=StageTime.TRAVEL)
    assert without.fates.no_start == 5


def test_a_queue_ends_unserved_where_no_unit_was_ever_sent() -> None:
    nobody = {"received_at": 0.0, "closed_at": 60.0}
    found = of(*FIVE, nobody, stage=StageTime.QUEUE)
    assert (found.fates.served, found.fates.unserved, found.fates.missing) == (5, 1, 0)


def test_no_call_is_lost_or_counted_twice() -> None:
    chance = np.random.default_rng(7)
    rows: list[dict[str, object]] = []
    for _ in range(300):
        row: dict[str, object] = {"received_at": 0.0, "open": chance.random() < 0.2}
        for name in ("dispatched_at", "en_route_at", "on_scene_at", "closed_at"):
            if chance.random() < 0.6:
                row[name] = float(chance.integers(-50, 2000))
        row["disposition"] = str(chance.choice(["", "cancelled", "advised"]))
        rows.append(row)
    for stage in StageTime:
        fates = of(*rows, stage=stage).fates
        assert fates.calls + fates.excluded == 300, stage


def test_of_calls_that_were_all_served_the_share_in_time_is_the_naive_one() -> None:
    within = of(*FIVE, target_s=300).within
    assert within is not None
    assert (within.calls, within.seconds, within.goal) == (5, 300, 0.9)
    shares = (within.naive, within.share.value, within.at_once, within.never)
    assert shares == pytest.approx((0.6,) * 4)
    # Of 0.4 that is left, with Greenwood's variance of 0.048: 0.4 ** exp(±1.96 * 0.2191 / 0.3665).
    assert within.share[1:] == pytest.approx((1 - 0.7528, 1 - 0.0520), abs=1e-4)


def test_the_share_in_time_counts_those_who_wait_those_nobody_came_to_and_bounds_the_missing() -> None:
    waits = {"received_at": AS_OF - 250, "dispatched_at": AS_OF - 200, "open": True}
    cancelled = {"received_at": 0.0, "dispatched_at": 5.0, "closed_at": 50.0, "disposition": "cancelled"}
    missing = {"received_at": 0.0, "dispatched_at": 5.0, "closed_at": 900.0, "disposition": "report_taken"}
    within = of(*FIVE, waits, cancelled, missing, target_s=300).within
    assert within is not None
    assert within.calls == 8
    assert within.naive == pytest.approx(0.6)
    # One of seven has ended at 50; at 100, 200 and 300 one each of 6, 5 and, less the one who waits, 3.
    assert within.share.value == pytest.approx(6 / 7 * (1 / 6 + 5 / 6 * (1 / 5 + 4 / 5 / 3)))
    assert within.at_once == pytest.approx(1 / 8 + 7 / 8 * within.share.value)
    assert within.never == pytest.approx(7 / 8 * within.share.value)


def test_each_call_is_measured_by_its_own_target() -> None:
    rows = [{**row, "target_s": target} for row, target in zip(FIVE, (100, 100, 300, 300, 600), strict=True)]
    within = of(*rows, target_s=1).within
    assert within is not None
    assert within.seconds is None
    assert (within.share.value, within.naive) == pytest.approx((3 / 5, 3 / 5))


def test_calls_without_a_target_count_in_no_share_and_few_with_one_have_none() -> None:
    others = [{**served(5.0), "target_s": NAN}] * 3
    within = of(*FIVE, *others, target_s=300).within
    assert within is not None
    assert within.calls == 5
    assert within.naive == pytest.approx(0.6)
    assert of(*FIVE[:4], *others, target_s=300).within is None


@pytest.mark.parametrize(("target", "share"), [(50.0, 0.0), (500.0, 1.0)])
def test_none_and_all_in_time_have_an_interval_all_the_same(target: float, share: float) -> None:
    within = of(*FIVE, target_s=target).within
    assert within is not None
    assert within.share.value == pytest.approx(share)
    assert within.share.high - within.share.low == pytest.approx(0.4345, abs=1e-3)  # Wilson's of 0 of 5
