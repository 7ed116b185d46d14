"""What the public ledger tells, and that nothing it leaves out can be worked out from what it tells."""

from collections import defaultdict
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.store import AreaLedgerRow, LedgerRow
from blocklight.store.read.public_ledger import SMALL, public_days, public_months, shown_parts, total

# The whole, its parts as they are told, and whether it is known that there is nothing beside them.
Answer = tuple[int | None, tuple[int | None, ...], bool | None]

DAY = date(2026, 1, 30)


def row(outcome: str, n: int, reason: str = "", day: date = DAY) -> LedgerRow:
    return LedgerRow(day, outcome, reason, n)


@pytest.mark.parametrize(("areas", "largest"), [(1, 12), (2, 11), (3, 9), (4, 7)])
@pytest.mark.parametrize("elsewhere_is_known", [True, False])
def test_every_count_that_is_left_out_could_be_another_one(
    areas: int, largest: int, *, elsewhere_is_known: bool
) -> None:
    # Who knows the rule and the whole can still not tell any left-out part: we try every possible city.
    consistent: dict[Answer, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(largest + 1), repeat=areas + 1):
        elsewhere, *parts = counts
        whole = sum(counts)
        named = {str(number): n for number, n in enumerate(parts)}
        told = shown_parts(named, [whole])
        known = elsewhere == 0 if elsewhere_is_known else None
        answer = (whole if whole >= SMALL else None, tuple(told.values()), known)
        consistent[answer].append(counts)
    tried = 0
    for (known_whole, cells, only_parts), cities in consistent.items():
        if (known_whole is not None and known_whole > largest) or only_parts is False:
            continue  # other cities of that size have parts beyond those tried
        for number, cell in enumerate(cells, 1):
            if cell is None:
                tried += 1
                possible = {counts[number] for counts in cities}
                assert len(possible) > 1 or min(possible) >= SMALL, (known_whole, cells)
    assert tried > 5 * areas


@pytest.mark.parametrize(("areas", "largest", "busiest"), [(1, 12, 16), (2, 9, 14)])
@pytest.mark.parametrize("elsewhere_is_known", [True, False])
def test_no_day_and_no_area_that_is_left_out_follows_from_days_and_areas_together(
    areas: int, largest: int, busiest: int, *, elsewhere_is_known: bool
) -> None:
    consistent: dict[tuple[int | None, ...], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(largest + 1), repeat=areas + 1):
        elsewhere, *parts = counts
        if elsewhere and elsewhere_is_known:
            continue
        for first in range(max(0, sum(counts) - busiest), min(busiest, sum(counts)) + 1):
            days = (first, sum(counts) - first)
            told = shown_parts({str(number): n for number, n in enumerate(parts)}, days)
            cells = (*told.values(), *(day if day >= SMALL else None for day in days))
            consistent[cells].append((*parts, *days, elsewhere))
    tried = 0
    for cells, months in consistent.items():
        edge = any(max(one) >= min(largest, busiest) - 1 for one in months)
        for number, cell in enumerate(cells):
            if cell is None:
                tried += 1
                possible = {one[number] for one in months}
                assert edge or len(possible) > 1 or min(possible) >= SMALL, (cells, months)
    assert tried > 20


@given(
    parts=st.dictionaries(st.text(max_size=3), st.integers(0, 40), max_size=12),
    elsewhere=st.integers(0, 40),
)
def test_no_part_below_five_is_ever_shown_and_what_is_shown_is_true(
    parts: dict[str, int], elsewhere: int
) -> None:
    told = shown_parts(parts, [sum(parts.values()) + elsewhere])
    assert told.keys() == parts.keys()
    for name, cell in told.items():
        assert cell is None or cell == parts[name] >= SMALL
    left_out = [parts[name] for name, cell in told.items() if cell is None]
    shown = [cell for cell in told.values() if cell is not None]
    if shown and left_out:
        assert len(left_out) > 1
        assert 0 < sum(left_out) < (SMALL - 1) * len(left_out)


@pytest.mark.parametrize("elsewhere", [0, 4, 9])
@pytest.mark.parametrize(
    ("small", "hide_each_other"),
    [
        *(([0], False), ([4], False), ([0, 0], False), ([4, 4], False), ([4, 4, 4], False)),
        *(([0, 4], True), ([3, 4], True), ([1, 0], True), ([2, 2], True)),
    ],
)
def test_a_large_part_is_told_only_beside_small_ones_that_may_be_others(
    small: list[int], elsewhere: int, *, hide_each_other: bool
) -> None:
    # All zero, or all as large as they can be, they would follow from their sum.
    parts = {"large": 9} | {str(number): n for number, n in enumerate(small)}
    told = shown_parts(parts, [sum(parts.values()) + elsewhere])
    assert told["large"] == (9 if hide_each_other else None)


def test_a_day_tells_what_became_of_everything_fetched() -> None:
    rows = [
        row("published", 200),
        row("published", 10),
        row("updated", 99),
        row("released", 3),
        row("retracted", 1, "sensitive"),
        row("held", 12),
        row("withheld", 21, "sensitive"),
        row("withheld", 4, "unmapped"),
        row("rejected", 6, "bad_time"),
        row("rejected", 3, "no_type"),
        row("rejected", 3, "no_key"),
    ]
    (day,) = public_days(rows, DAY, DAY)
    assert day == {
        "day": "2026-01-30",
        "published": 210,
        "released": 3,
        "retracted": 1,
        "held": 12,
        "withheld": {
            "unmapped": None,
            "sensitive": 21,
            "policy": None,
            "no_place": None,
            "outside_city": None,
        },
        "rejected": {"bad_time": 6, "other": 6},
        "fetched": {"at_least": 255, "at_most": 271},
    }


def test_a_day_of_which_nothing_is_known_looks_like_one_with_little_to_hide() -> None:
    quiet, nothing = public_days([row("withheld", 4, "sensitive")], DAY, date(2026, 1, 31))
    assert {**quiet, "day": ""} == {**nothing, "day": ""}


outcomes = st.tuples(
    st.sampled_from(["published", "held", "withheld", "rejected"]),
    st.sampled_from(["sensitive", "unmapped", "bad_time"]),
    st.integers(0, 30),
    st.integers(1, 5),
)


@given(st.lists(outcomes, max_size=30))
def test_totals_add_up_and_hold_what_really_happened(found: list[tuple[str, str, int, int]]) -> None:
    rows = [
        row(outcome, n, reason if outcome in ("withheld", "rejected") else "", date(2026, 1, day))
        for outcome, reason, n, day in found
        if not (outcome == "withheld" and reason == "bad_time")
    ]
    days = public_days(rows, date(2026, 1, 1), date(2026, 1, 5))
    summed = total(days)
    fetched = sum(one.n for one in rows)
    assert summed["fetched"]["at_least"] <= fetched <= summed["fetched"]["at_most"]
    parts = [summed["rejected"], *summed["withheld"].values()]
    for end in ("at_least", "at_most"):
        known = summed["published"] + summed["held"]
        assert summed["fetched"][end] == known + sum(part[end] for part in parts)


def test_an_area_is_told_by_month_and_the_small_ones_hide_each_other() -> None:
    def area(name: str, n: int, outcome: str = "withheld") -> AreaLedgerRow:
        return AreaLedgerRow("2026-01", name, outcome, "sensitive" if outcome == "withheld" else "", n)

    ids = ["A", "B", "C", "D"]
    month = [date(2026, 1, number) for number in range(1, 32)]
    city = [row("withheld", 8, "sensitive", day) for day in month] + [row("published", 90)]
    areas = [
        area("A", 192),
        area("B", 3),
        area("C", 2),
        area("A", 80, "published"),
        area("B", 2, "published"),
    ]

    def told(name: str) -> tuple[object, object]:
        (month,) = public_months(["2026-01"], city, areas, ids, name)
        return month["published"], month["withheld"]["sensitive"]

    assert [told(name) for name in ids] == [(80, 192), (2, None), (0, None), (0, None)]
    areas[1] = area("B", 30)
    areas += [area("C", 20), area("D", 6)]
    assert told("A") == (80, None)  # the parts leave nothing, or one of them: none may be told
    areas[0] = area("A", 100)
    assert told("A") == (80, 100)
    city[0] = row("withheld", 3, "sensitive", month[0])
    assert told("A") == (80, None)  # the only small day could be what the areas have more than the others
    city[1] = row("withheld", 4, "sensitive", month[1])
    assert told("A") == (80, 100)
