"""Intervals against exact distributions and published examples, and how often they hold the truth."""

import random

import numpy as np
import pytest
from scipy.stats import chi2

from blocklight.insight.intervals import (
    Uncertain,
    Verdict,
    count_interval,
    difference,
    dispersion,
    share_interval,
)
from blocklight.insight.survival import Estimate

ROUNDS = 2000


@pytest.mark.parametrize("count", [0, 1, 2, 5, 12, 40, 300, 5000])
def test_the_interval_of_a_count_is_near_the_exact_one(count: int) -> None:
    figure = count_interval(count)
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * count + 2) / 2
    assert figure.value == count
    assert figure.low == pytest.approx(low, rel=0.02, abs=0.02)
    assert figure.high == pytest.approx(high, rel=0.01)


def test_the_interval_of_a_share_is_that_of_a_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    for part, whole, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        figure = share_interval(part, whole)
        assert figure is not None
        assert (figure.low, figure.high) == pytest.approx((low, high), abs=5e-5)
    assert share_interval(0, 0) is None


def test_the_interval_of_a_difference_is_that_of_a_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), 873, table II (a), method 10: 56/70 less 48/80.
    low_high = difference(share_interval(56, 70), share_interval(48, 80))
    assert low_high is not None
    assert low_high.value == pytest.approx(0.2)
    assert (low_high.low, low_high.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert low_high.verdict is Verdict.MORE


def test_a_difference_without_a_bound_is_never_beyond_chance_on_that_side() -> None:
    reached, never = Estimate(300.0, 280.0, 320.0), Estimate(500.0, 450.0, None)
    later = difference(never, reached)
    assert later is not None
    assert later.low is not None
    assert later.high is None
    assert later.verdict is Verdict.MORE
    assert difference(Estimate(None, 400.0, None), reached) is None
    assert difference(None, reached) is None


def test_noise_is_within_chance_about_nineteen_times_in_twenty() -> None:
    # Two areas of one rate, whose weeks vary three times as much as chance.
    chance = np.random.default_rng(16)
    within = 0
    for _ in range(ROUNDS):
        weeks = chance.negative_binomial(20, 0.4, (2, 52)).tolist()
        figures = [count_interval(sum(area), dispersion(area)) for area in weeks]
        beside = difference(*figures)
        assert beside is not None
        within += beside.verdict is Verdict.CHANCE
    assert 0.93 < within / ROUNDS < 0.97


def test_without_the_weeks_own_spread_noise_would_look_like_a_difference() -> None:
    chance = np.random.default_rng(17)
    within = 0
    for _ in range(ROUNDS):
        weeks = chance.negative_binomial(20, 0.4, (2, 52)).tolist()
        beside = difference(*(count_interval(sum(area)) for area in weeks))
        assert beside is not None
        within += beside.verdict is Verdict.CHANCE
    assert within / ROUNDS < 0.85


def test_the_spread_of_few_or_quiet_weeks_is_chance() -> None:
    assert dispersion([]) == dispersion([1, 90, 1]) == dispersion([0] * 52) == dispersion([7] * 52) == 1.0
    numbers = random.Random(1)  # noqa: S311 - makes examples, guards nothing
    assert dispersion([numbers.randrange(200) for _ in range(52)]) > 20


def test_a_figure_in_another_unit_keeps_its_interval() -> None:
    assert Uncertain(10, 5, 20).times(0.5) == Uncertain(5, 2.5, 10)
