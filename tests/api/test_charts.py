"""Where the marks of the charts lie on the pages without scripts."""

from blocklight.api.plain import charts
from blocklight.insight.response_times import FateCounts, Figures, Naive
from blocklight.insight.survival import Estimate

_MINUTE = 60


def test_the_line_of_waits_is_long_enough_for_those_few_who_were_reached() -> None:
    """The line ended at one second, and the ring lay cut in half at its end."""
    never = Estimate(None, None, None)
    row = Figures(
        FateCounts(served=5, unserved=25),
        naive=Naive(14 * _MINUTE, 15 * _MINUTE, 20 * _MINUTE, None),
        half=never,
        nine_in_ten=never,
    )
    longest = charts.longest_s([row])
    assert longest > 14 * _MINUTE
    marks = charts.marks(row, longest)
    assert marks is not None
    assert marks.half is None
    assert marks.naive is not None
    assert marks.naive < 95
