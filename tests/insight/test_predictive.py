"""The predictive range: what it is worked out from, and how often it is wrong."""

import math
import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import beta, nbinom

from blocklight.insight.predictive import TAIL, pooled_size, usual_range

histories = st.lists(st.integers(0, 300), min_size=4, max_size=12)


def negative_binomial(chance: random.Random, mean: float, size: float) -> int:
    rate = chance.gammavariate(size, mean / size)
    count, left = 0, chance.expovariate(1)
    while left < rate:
        count, left = count + 1, left + chance.expovariate(1)
    return count


def probability(count: int, history: list[int], size: float) -> float:
    """The formula as it is written, without the recurrence."""
    a, b = len(history) * size, sum(history) + 0.5
    log = math.lgamma

    def beta(x: float, y: float) -> float:
        return log(x) + log(y) - log(x + y)

    choose = log(size + count) - log(size) - log(count + 1)
    return math.exp(choose + beta(a + size, b + count) - beta(a, b))


@given(histories, st.floats(2, 200))
def test_at_most_the_tail_lies_below_and_above(history: list[int], size: float) -> None:
    low, high = usual_range(history, size)
    assert sum(probability(count, history, size) for count in range(low)) <= TAIL + 1e-6
    assert sum(probability(count, history, size) for count in range(high + 1)) >= 1 - TAIL - 1e-6


@given(histories)
def test_the_plain_mean_is_usual(history: list[int]) -> None:
    low, high = usual_range(history, 20)
    assert low <= sum(history) / len(history) <= high


@given(histories)
def test_counts_that_vary_more_have_a_wider_range(history: list[int]) -> None:
    steady, varied = usual_range(history, 100), usual_range(history, 5)
    assert varied.low <= steady.low
    assert steady.high <= varied.high


def test_fewer_weeks_have_a_wider_range() -> None:
    few, many = usual_range([40] * 4, 50), usual_range([40] * 12, 50)
    assert few.low < many.low < 40 < many.high < few.high


@pytest.mark.parametrize(("size", "width"), [(40.0, 16_000), (1e5, 1_000)])
def test_what_a_large_city_receives_has_a_range_as_well(size: float, width: int) -> None:
    low, high = usual_range([20_000] * 12, size)
    assert low < 20_000 < high
    assert high - low < width
    assert (
        sum(probability(count, [20_000] * 12, size) for count in range(low, high + 1)) >= 1 - 2 * TAIL - 1e-6
    )


def test_nothing_at_all_in_the_past_lets_a_single_call_be_usual() -> None:
    assert usual_range([0, 0, 0, 0], 30).low == 0
    assert 1 <= usual_range([0, 0, 0, 0], 30).high <= 3


@pytest.mark.parametrize("size", [5.0, 40.0])
def test_the_size_that_areas_share_is_found_again(size: float) -> None:
    chance = random.Random(11)  # noqa: S311 - makes examples, guards nothing
    made = [
        [negative_binomial(chance, mean, size) for _ in range(12)]
        for mean in (chance.uniform(5, 80) for _ in range(150))
    ]
    assert pooled_size(made) == pytest.approx(size, rel=0.25)


def test_counts_that_vary_less_than_by_chance_count_as_poisson() -> None:
    assert pooled_size([[9, 9, 9, 9], [3, 3, 3, 3]]) == pooled_size([]) > 10_000


def test_false_alarms_keep_to_their_budget() -> None:
    chance = random.Random(12)  # noqa: S311 - makes examples, guards nothing
    size, wrong, asked = 15.0, 0, 4000
    for _ in range(asked):
        mean = chance.uniform(1, 60)
        *history, now = (negative_binomial(chance, mean, size) for _ in range(9))
        low, high = usual_range(history, size)
        wrong += not low <= now <= high
    assert 0 < wrong / asked <= 2 * TAIL


def chance_of_at_most(count: int, history: list[int], size: float) -> float:
    """Scipy's negative binomial, averaged over what the past says of its probability."""
    rates = beta.ppf((np.arange(4_000) + 0.5) / 4_000, len(history) * size, sum(history) + 0.5)
    return float(np.mean(nbinom.cdf(count, size, rates)))


@given(st.lists(st.integers(0, 1_000), min_size=4, max_size=12), st.floats(0, exclude_min=True))
@example([8, 7, 6, 9, 7, 8, 10, 9], 1e17)
def test_the_range_is_that_of_scipys_negative_binomial_for_every_size(
    history: list[int], size: float
) -> None:
    low, high = usual_range(history, size)
    size = min(max(size, 0.5), 1e5)
    near = 5e-4
    assert low == 0 or chance_of_at_most(low - 1, history, size) <= TAIL + near
    assert chance_of_at_most(low, history, size) >= TAIL - near
    assert chance_of_at_most(high, history, size) >= 1 - TAIL - near
    assert high == 0 or chance_of_at_most(high - 1, history, size) <= 1 - TAIL + near


@given(st.floats(1, 500), st.floats(0.5, 1e5))
def test_with_a_long_past_the_range_is_that_of_the_negative_binomial_itself(mean: float, size: float) -> None:
    weeks = 20_000
    low, high = usual_range([round(mean)] * weeks, size)
    exact = nbinom(size, size / (size + round(mean)))
    assert exact.cdf(low - 2) <= TAIL
    assert exact.cdf(high + 1) >= 1 - TAIL
    assert low <= exact.ppf(TAIL) + 1
    assert high >= exact.ppf(1 - TAIL) - 1


def test_counts_that_vary_by_chance_alone_have_a_range_around_their_mean_whatever_the_rounding() -> None:
    weeks = [8, 7, 6, 9, 7, 8, 10, 9]
    mean = sum(weeks) / len(weeks)
    # The second history varies as much less than chance as the first varies more: what is left is noise.
    noisy = [[7, 7, 7, 7], [0, 0, 0, 14], [3, 11, 7, 7]]
    for size in (pooled_size(noisy), *(10.0**power for power in range(3, 19))):
        assert size > 0
        low, high = usual_range(weeks, size)
        assert low < mean < high


@given(st.lists(st.lists(st.integers(0, 300), min_size=4, max_size=8), min_size=1, max_size=24))
def test_every_pooled_size_gives_every_area_a_range_that_holds_its_mean(counts: list[list[int]]) -> None:
    size = pooled_size(counts)
    assert 0.5 <= size <= 1e5
    for history in counts:
        low, high = usual_range(history, size)
        assert low <= sum(history) / len(history) <= high


@given(st.lists(st.integers(0, 300), min_size=4, max_size=12), st.floats(0, exclude_min=True))
@example([0] * 12, 1e17)
def test_a_single_call_is_never_more_than_usual(history: list[int], size: float) -> None:
    assert usual_range(history, size).high >= 1
