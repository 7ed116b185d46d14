"""The answer of a comparison as declared types."""

from typing import Annotated, TypedDict

from blocklight.model.described import Time, meaning


class ComparedColumn(TypedDict):
    """An area, or the whole city, and the span of its calls."""

    area: Annotated[str | None, meaning("kind:id, null for the whole city", "beat:04X")]
    name: Annotated[str, meaning("Its name", "Beat 04X")]
    since: Annotated[Time, meaning("From when its calls are counted", "2025-02-01T08:00:00Z")]
    until: Annotated[Time, meaning("Before when", "2026-01-31T05:03:00Z")]
    days: Annotated[float, meaning("How many days of that the archive covers", 363.9)]
    calls: Annotated[int, meaning("Calls that match the filter", 4303)]
    officer: Annotated[int, meaning("Calls that officers opened, whatever the filter's section", 381)]
    requests: Annotated[int, meaning("Service requests, whatever the filter's section", 1210)]
    residents: Annotated[int | None, meaning("How many people live there; null where not known", 8420)]


class ComparedRow(TypedDict):
    """One figure of one column, with its interval of 95 %, beside the same of the first column."""

    column: Annotated[int, meaning("The number of the column, from 0", 1)]
    measure: Annotated[
        str,
        meaning(
            "calls_a_week, calls_a_week_per_1000, category_share, half_wait_s, nine_in_ten_wait_s, "
            "within_target_share or ending_share",
            "calls_a_week",
        ),
    ]
    term: Annotated[
        str | None,
        meaning("The category or disposition of a share; an empty text where the feed reports none", "noise"),
    ]
    n: Annotated[int, meaning("Calls that have the term, or that the figure is made of", 4303)]
    value: Annotated[float | None, meaning("The figure; null where it is not known or not reached", 82.8)]
    low: Annotated[float | None, meaning("Its lower bound", 79.1)]
    high: Annotated[float | None, meaning("Its upper bound; null where it is not reached", 86.6)]
    difference: Annotated[float | None, meaning("The figure less that of column 0", 4.5)]
    difference_low: Annotated[float | None, meaning("Its lower bound", -1.2)]
    difference_high: Annotated[float | None, meaning("Its upper bound", 10.2)]
    verdict: Annotated[
        str,
        meaning("more, less, or within_chance where the interval holds 0; unknown without one", "unknown"),
    ]


class ComparedAreas(TypedDict):
    """Areas, or two periods of one area, side by side."""

    as_of: Annotated[Time | None, meaning("When what it is made of was published", "2026-01-31T05:03:00Z")]
    seq: Annotated[int, meaning("The place in the change log that it is exact as of", 4822)]
    definition: Annotated[str, meaning("What is counted, and how the intervals are worked out", "Calls.")]
    columns: Annotated[list[ComparedColumn], meaning("The columns, the first the base of each difference")]
    rows: Annotated[list[ComparedRow], meaning("Every figure of every column")]


_COLUMN: ComparedColumn = {
    "area": "beat:04X",
    "name": "Beat 04X",
    "since": "2025-02-01T08:00:00Z",
    "until": "2026-01-31T05:03:00Z",
    "days": 363.9,
    "calls": 4303,
    "officer": 381,
    "requests": 1210,
    "residents": 8420,
}
COMPARE_EXAMPLE: ComparedAreas = {
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "definition": "Calls a week, shares and waits.",
    "columns": [_COLUMN],
    "rows": [
        {
            "column": 1,
            "measure": "calls_a_week",
            "term": "noise",
            "n": 4303,
            "value": 82.8,
            "low": 79.1,
            "high": 86.6,
            "difference": 4.5,
            "difference_low": -1.2,
            "difference_high": 10.2,
            "verdict": "within_chance",
        }
    ],
}
