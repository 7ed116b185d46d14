import pytest

from blocklight.intake.clock_watch import ClockWatch


class Clocks:
    def __init__(self) -> None:
        self.wall, self.steady = 1_000_000.0, 500.0

    def watch(self) -> ClockWatch:
        return ClockWatch(lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float, jump: float = 0) -> None:
        self.wall += seconds + jump
        self.steady += seconds


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 6.0])
def test_a_clock_that_was_set_is_noticed_once(jump: float) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.passes(5)
    assert watch.jump_s() == 0
    clocks.passes(5, jump)
    assert watch.jump_s() == pytest.approx(jump)
    clocks.passes(5)
    assert watch.jump_s() == 0


def test_a_clock_that_is_kept_right_in_small_steps_is_not_one_that_was_set() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    for _ in range(100):
        clocks.passes(5, 0.5)
        assert watch.jump_s() == 0


def test_the_real_clocks_agree() -> None:
    assert ClockWatch().jump_s() == 0
