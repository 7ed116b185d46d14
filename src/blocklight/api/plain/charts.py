"""Works out where the parts of a chart lie; the templates draw them as SVG, and as a table beside it."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from blocklight.insight.area_summary import Point
from blocklight.insight.intervals import Uncertain
from blocklight.insight.response_times import Figures
from blocklight.insight.survival import Estimate

WIDTH, HEIGHT = 1000, 120
_GAP = 0.18
# A bar of one call beside one of thousands must still be seen.
_LEAST = 1.5

# More shades of one colour cannot be told apart side by side.
_SHADES = 6

# Room behind the longest range, so that its end does not touch the border.
_LONGEST_SHOWN = 1.08


class Bar(NamedTuple):
    """A bar of a chart of ``WIDTH`` by ``HEIGHT``."""

    x: float
    y: float
    width: float
    height: float
    pale: bool


class Marks(NamedTuple):
    """Where the marks of one row of waiting times lie, on a line from 0 to 100."""

    half: float | None
    low: float | None
    high: float | None
    nine: float | None
    naive: float | None


class IntervalMark(NamedTuple):
    """Where a figure, its interval and the figure it is compared with lie on a line from 0 to 100."""

    value: float
    low: float
    high: float
    base: float | None


def bars(points: Sequence[Point]) -> list[Bar]:
    """A bar for each period, the tallest as high as the chart."""
    largest = max((point.n for point in points), default=0) or 1
    step = WIDTH / max(len(points), 1)
    drawn = []
    for number, point in enumerate(points):
        height = max(point.n / largest * HEIGHT, _LEAST if point.n else 0)
        x, width = number * step + step * _GAP / 2, step * (1 - _GAP)
        drawn.append(
            Bar(round(x, 1), round(HEIGHT - height, 1), round(width, 1), round(height, 1), not point.complete)
        )
    return drawn


def stacked(layers: Sequence[Sequence[float]]) -> list[str]:
    """The outline of each layer upon those before it, as an SVG path; *layers* holds one row a moment.

    The last moment is followed by the first, as midnight by midnight.
    """
    around = [*layers, layers[0]] if layers else []
    sums = [list(accumulate(row)) for row in around]
    largest = max((row[-1] for row in sums), default=0) or 1
    step = WIDTH / max(len(around) - 1, 1)

    def outline(layer: int) -> str:
        points = [
            f"{round(number * step, 1)},{round(HEIGHT - row[layer] / largest * HEIGHT, 1)}"
            for number, row in enumerate(sums)
        ]
        return f"M0,{HEIGHT}L{'L'.join(points)}L{WIDTH},{HEIGHT}Z"

    return [outline(layer) for layer in range(len(layers[0]))] if layers else []


def shades(table: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each cell of a table which of six shades it has, 0 for none at all."""
    largest = max((n for row in table for n in row), default=0) or 1
    return [[-(-n * (_SHADES - 1) // largest) for n in row] for row in table]


def longest_s(rows: Sequence[Figures]) -> float:
    """Where the line of the waiting times ends, in seconds."""
    shown = [
        estimate.value
        for row in rows
        for estimate in (row.half, row.nine_in_ten)
        if estimate is not None and estimate.value is not None
    ]
    # Where half or more were never reached only the ring of those that were has a place on the line.
    shown += [row.naive.median for row in rows if row.naive is not None]
    return max(shown, default=1.0) * _LONGEST_SHOWN


def marks(row: Figures, longest: float) -> Marks | None:
    """Where the marks of one row lie; ``None`` where there are no figures."""
    if row.half is None or row.naive is None or row.nine_in_ten is None:
        return None

    def at(seconds: float | None) -> float | None:
        return None if seconds is None else round(min(seconds / longest, 1) * 100, 1)

    half = row.half
    return Marks(at(half.value), at(half.low), at(half.high), at(row.nine_in_ten.value), at(row.naive.median))


def interval_marks(figures: Sequence[Uncertain | Estimate | None]) -> list[IntervalMark | None]:
    """Where figures with their intervals lie on lines of one scale from 0; the first is the base of the rest.

    A bound that is never reached lies at the end of the line.
    """
    ends = [
        figure.high or figure.value for figure in figures if figure is not None and figure.value is not None
    ]
    longest = max([end for end in ends if end], default=1.0) * _LONGEST_SHOWN
    base = figures[0] if figures else None

    def at(value: float | None) -> float:
        return 100.0 if value is None else round(min(value / longest, 1) * 100, 1)

    return [
        None
        if figure is None or figure.value is None
        else IntervalMark(
            at(figure.value),
            at(figure.low),
            at(figure.high),
            None if base is None or base.value is None else at(base.value),
        )
        for figure in figures
    ]
