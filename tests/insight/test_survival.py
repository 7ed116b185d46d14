import math
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.insight.survival import ENDED, HAPPENED, WAITING, Curve, cumulative_incidence, quantile

_SCRIPT = Path(__file__).with_name("reference_survival.R")

# Miller, Survival Analysis (1981): weeks until relapse of the patients with maintained chemotherapy, as R's
# `survival::aml` has them; the shares are those of `summary(survfit(Surv(time, status) ~ 1))`.
WEEKS = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
RELAPSED = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]
LEFT = {9: 0.909, 13: 0.818, 18: 0.716, 23: 0.614, 31: 0.491, 34: 0.368, 48: 0.184}
BANDS = {9: (0.5081, 0.987), 18: (0.3502, 0.899), 31: (0.1673, 0.753), 48: (0.0117, 0.525)}


def curve(times: Sequence[float], ends: Sequence[int]) -> Curve:
    return cumulative_incidence(np.array(times, float), np.array(ends, np.int8))


def test_kaplan_meier_is_that_of_a_published_worked_example() -> None:
    found = curve(WEEKS, RELAPSED)
    assert list(found.times) == list(LEFT)
    for time, share, low, high in zip(found.times, found.share, found.low, found.high, strict=True):
        assert 1 - share == pytest.approx(LEFT[time], abs=5e-4)
        if time in BANDS:
            assert (1 - high, 1 - low) == pytest.approx(BANDS[time], abs=5e-4)
    assert quantile(found, 0.5).value == 31
    assert quantile(found, 0.9).value is None


def test_without_anybody_waiting_it_is_the_share_itself() -> None:
    found = curve([1, 2, 2, 5], [HAPPENED] * 4)
    assert list(found.share) == pytest.approx([0.25, 0.75, 1.0])
    assert quantile(found, 0.5) == (2, 1, 5) or quantile(found, 0.5).value == 2


def test_those_who_end_otherwise_lower_the_share_for_good_and_are_no_longer_at_risk() -> None:
    # By hand: of 4, one ends at 1 (share 0), one happens at 2 (3/4 * 1/3), one at 3 (2/4 * 1/2), one at 4.
    found = curve([1, 2, 3, 4], [ENDED, HAPPENED, HAPPENED, HAPPENED])
    assert list(found.share) == pytest.approx([0.25, 0.5, 0.75])
    assert quantile(found, 0.9).value is None


def test_nothing_happened_makes_an_empty_curve() -> None:
    assert quantile(curve([3, 4], [WAITING, ENDED]), 0.5) == (None, None, None)
    assert len(curve([], []).times) == 0


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 2)), min_size=1, max_size=60))
def test_the_band_holds_the_share_and_both_stay_within_nothing_and_all(cases: list[tuple[int, int]]) -> None:
    found = curve([float(time) for time, _ in cases], [end for _, end in cases])
    assert np.all(np.diff(found.share) >= -1e-12)
    assert np.all((found.low <= found.share + 1e-9) & (found.share <= found.high + 1e-9))
    assert np.all((found.low >= -1e-9) & (found.high <= 1 + 1e-9))


def _samples() -> list[tuple[str, list[float], list[int]]]:
    chance = np.random.default_rng(11)
    samples = []
    for number in range(12):
        size = int(chance.integers(20, 200))
        times = chance.integers(1, 40, size).astype(float)
        kind = "km" if number % 2 else "aj"
        ends = chance.integers(0, 2 if kind == "km" else 3, size)
        samples.append((kind, times.tolist(), ends.tolist()))
    return samples


def test_shares_errors_and_bands_are_those_of_r() -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("NOT COMPARED WITH R: install r-base-core and r-cran-survival")
    samples = _samples()
    lines = [
        f"{kind} {','.join(map(str, times))} {','.join(map(str, ends))}" for kind, times, ends in samples
    ]
    done = subprocess.run(
        [rscript, "--vanilla", _SCRIPT],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    rows = iter(
        [math.nan if text == "NA" else float(text) for text in line.split()]
        for line in done.stdout.splitlines()
    )
    compared = 0
    for kind, times, ends in samples:
        found = curve(times, ends)
        assert found.times == pytest.approx(next(rows))
        assert found.share == pytest.approx(next(rows), abs=1e-9)
        if kind == "aj":
            assert found.deviation == pytest.approx(next(rows), abs=1e-7)
        else:
            inside = found.share < 1 - 1e-9  # at the very end R has no band
            low, high = np.array(next(rows)), np.array(next(rows))
            assert found.low[inside] == pytest.approx(low[inside], abs=1e-7)
            assert found.high[inside] == pytest.approx(high[inside], abs=1e-7)
        compared += len(found.times)
    assert compared > 100
    assert not math.isnan(float(found.share[-1]))
