"""Whatever feeds look like, no public byte and no request to others depends on the rows that are withheld.

``BLOCKLIGHT_TWO_WORLDS`` sets how many lives are drawn; a few hundred find what a change of the flow breaks.
"""

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from loopback.table import Row
from town import NOW
from two_worlds import PLATFORMS, Source, Step, World, city_text, differences, live

_LIVES = int(os.environ.get("BLOCKLIGHT_TWO_WORLDS", "24"))
_RULES = """
[[policy.rules]]
name = "thefts-later"
match = "THEFT"
action = "hold"
for_min = 30
[[policy.rules]]
name = "nothing-of-noise"
category = "noise"
action = "withhold"
"""
_MORE_RULES = {
    "cut": 'action = "publish"\ntime_step_min = 15\ncategory = "fire"',
    "closed": 'action = "hold"\nuntil_closed = true\ncategory = "robbery"',
    # Where a source never says that a call is closed, such a rule needs minutes.
    "closed-later": 'action = "hold"\nuntil_closed = true\nfor_min = 5\ncategory = "robbery"',
    "east": 'action = "withhold"\narea = ["beat:02Y"]\ncategory = "burglary"',
    "coarse": 'action = "publish"\nresolution = 7\ncategory = "fire"',
    "placeless": 'action = "publish"\nplace = "none"\ncategory = "fire"',
}
_SHOWN = ("BURGLARY", "THEFT", "SICK PERSON", "FIRE", "ROBBERY")
_HIDDEN = ("STALKING", "DOMESTIC VIOLENCE", "WIZARDRY", "LOUD MUSIC")
_WEST = ((-122.2711, 37.8123), (-122.2602, 37.7911))
_EAST = (-122.1511, 37.8023)
_ADDRESSES = ("900 OAK ST", "1432 MAIN ST", "700 NOWHERE AVE")
_WITHHELD_BY: dict[str, dict[str, object]] = {
    "further": {"also": "STALKING"},
    "outside": {"lon": -121.0},
    "nowhere": {"lon": "", "lat": "", "address": ""},
    "east": {"lon": _EAST[0], "lat": _EAST[1]},
    "unfound": {"lon": "", "lat": ""},
}
"""What is withheld for another reason than its own type, by cells of its row."""
_HIDDEN_OF_HOUSE = 2
_LEDGERS = {"/api/v1/ledger", "/api/v1/city", "/data"}
"""What tells of a day that is over."""


@dataclass(frozen=True)
class Call:
    """One row as it is at one poll, and whether its incident is withheld, at this poll and at all others."""

    row: Row
    is_hidden: bool


@dataclass(frozen=True)
class Life:
    """A city and what its sources hold at each poll."""

    sources: tuple[Source, ...]
    text: str
    polls: tuple[tuple[float, bool, tuple[tuple[Call, ...], ...]], ...]

    def steps(self, *, hidden: bool) -> list[Step]:
        """Return the polls, with or without the withheld rows."""
        return [
            Step(
                minutes,
                [[call.row for call in calls if hidden or not call.is_hidden] for calls in each],
                restart,
            )
            for minutes, restart, each in self.polls
        ]


@st.composite
def sources(draw: st.DrawFn, number: int) -> Source:
    platform = draw(st.sampled_from(PLATFORMS))
    closes = ("status", "time", "never") if platform == "push" else ("vanish", "status", "time", "never")
    return Source(
        platform,
        draw(st.sampled_from(closes)),
        draw(st.sampled_from((0.3, 0.5, 1.0))),
        draw(st.sampled_from((None, True, False))),
        draw(st.sampled_from(("", "other", "this", "join"))) if number else "",
        draw(st.sampled_from(("incident", "incident", "unit"))),
        by_cursor=draw(st.booleans()),
    )


def _row(call: int, **cells: object) -> Row:
    opened = (NOW - timedelta(minutes=20 * call + 5)).isoformat()
    lon, lat = _WEST[call % 2]
    row: Row = {"number": f"N{call}", "opened": opened, "closed": "", "state": "OPEN", "what": "BURGLARY"}
    return {**row, "also": "", "address": "", "lon": lon, "lat": lat, **cells}


@st.composite
def shown(draw: st.DrawFn, steps: int) -> list[Row | None]:
    """Draw what one incident that may be shown looks like at each poll, ``None`` where it is not there."""
    call = draw(st.integers(0, 3))
    placed = draw(st.booleans())
    cells: dict[str, object] = {} if placed else {"lon": "", "lat": ""}
    cells["address"] = draw(st.sampled_from(("", *_ADDRESSES)))
    versions: list[Row | None] = []
    for _ in range(steps):
        state = draw(st.sampled_from((None, "OPEN", "OPEN", "DONE")))
        closed = {"closed": NOW.isoformat()} if state == "DONE" else {}
        what = {"what": draw(st.sampled_from(_SHOWN))}
        versions.append(None if state is None else _row(call, state=state, **closed, **what, **cells))
    return versions


@st.composite
def hidden(draw: st.DrawFn, steps: int, east: bool) -> list[Row | None]:  # noqa: FBT001 - drawn
    """Draw one incident that is withheld at every poll, for whatever reason."""
    call = draw(st.integers(10, 13))
    kinds = ["type", "type", "once", "further", "outside", "nowhere", *(["east", "unfound"] if east else [])]
    kind = draw(st.sampled_from(kinds))
    cells: dict[str, object] = {"address": draw(st.sampled_from(("", "200 ELM ST", *_ADDRESSES)))}
    if kind in ("type", "once", "further") and draw(st.booleans()):
        cells |= {"lon": "", "lat": ""}
    cells |= _WITHHELD_BY.get(kind, {})
    # Of each kind numbers of their own: an incident has one reason to be withheld, in every source.
    cells["number"] = f"{kind}{call}"
    versions: list[Row | None] = []
    was_there = False
    for _ in range(steps):
        is_there = draw(st.booleans())
        what = draw(st.sampled_from(_HIDDEN if kind == "type" else ("BURGLARY",)))
        if kind == "once" and not was_there:
            what = "DOMESTIC VIOLENCE"
        was_there |= is_there
        state = draw(st.sampled_from(("OPEN", "DONE")))
        versions.append(_row(call, what=what, state=state, **cells) if is_there else None)
    return versions


@st.composite
def house(draw: st.DrawFn, steps: int, source: int) -> list[tuple[bool, list[Row | None]]]:
    """Draw a house with a sensitive call, one beside it, and one that the public had seen before.

    The second is withheld like the first: the withheld rows are closed under being beside a sensitive call.
    The third is shown, whatever happens beside it.
    """
    begins = draw(st.integers(0, steps - 1))
    lon, lat = -122.2411 + source / 100, 37.8211
    blank: dict[str, object] = {"lon": "", "lat": "", "address": f"{31 + source}00 ELM ST"}
    calls: list[tuple[bool, list[Row | None]]] = []
    for number, first in enumerate((begins, begins, 0)):
        is_hidden = number < _HIDDEN_OF_HOUSE
        opened = (NOW - timedelta(minutes=draw(st.sampled_from((0, 3, 20))))).isoformat()
        cells = {"number": f"house{source}-{number}", "opened": opened, "lon": lon, "lat": lat}
        cells |= {"address": blank["address"]} | (blank if is_hidden and draw(st.booleans()) else {})
        versions: list[Row | None] = []
        for step in range(steps):
            # Each is there and open at first, and the earlier one is published then.
            state = "OPEN" if step == first else draw(st.sampled_from((None, "OPEN", "DONE")))
            what = "BURGLARY" if step == first else draw(st.sampled_from(_SHOWN))
            is_there = step >= first and state is not None and (is_hidden or begins > 0)
            what = what if number else "DOMESTIC VIOLENCE"
            versions.append(_row(20 + number, **cells, what=what, state=state) if is_there else None)
        calls.append((is_hidden, versions))
    return calls


@st.composite
def unreadable(draw: st.DrawFn, steps: int) -> list[Row | None]:
    call = draw(st.integers(0, 6))
    wrong = draw(st.sampled_from(({"opened": "soon"}, {"what": ""}, {"number": ""}, {"opened": ""})))
    there = draw(st.lists(st.booleans(), min_size=steps, max_size=steps))
    return [_row(call, **wrong) if is_there else None for is_there in there]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    count = draw(st.integers(1, 2))
    every = tuple(draw(sources(number)) for number in range(count))
    closed = "closed-later" if any(source.closes == "never" for source in every) else "closed"
    of_fires = draw(st.sampled_from(("", "cut", "coarse", "placeless")))
    more = {of_fires} - {""} | draw(st.sets(st.sampled_from((closed, "east"))))
    steps = draw(st.integers(1, 4))
    pools: list[list[tuple[bool, list[Row | None]]]] = []
    for number in range(count):
        # A quiet town: there are nights on which nothing but what is withheld happens.
        most, least = draw(st.sampled_from(((3, 0), (3, 0), (0, 1))))
        pool = [(False, one) for one in draw(st.lists(shown(steps), max_size=most))]
        pool += [
            (True, one) for one in draw(st.lists(hidden(steps, "east" in more), min_size=least, max_size=4))
        ]
        if draw(st.booleans()):  # where no answer is refused, so that who was there first was published
            pool += draw(house(steps, number))
        else:
            pool += [(False, one) for one in draw(st.lists(unreadable(steps), max_size=most))]
        pools.append(draw(st.permutations(pool)))
    polls = []
    for step in range(steps):
        minutes, restart = (
            draw(st.sampled_from((0, 1, 16, 31, 61, 180))),
            draw(st.sampled_from((False,) * 3 + (True,))),
        )
        each = tuple(
            tuple(
                Call({**row, "row": number}, is_hidden)
                for number, (is_hidden, versions) in enumerate(pool)
                if (row := versions[step]) is not None
            )
            for pool in pools
        )
        polls.append((float(minutes), restart, each))
    rules = _RULES + "".join(
        f'[[policy.rules]]\nname = "{name}"\n{_MORE_RULES[name]}\n' for name in sorted(more)
    )
    text = city_text(every, rules=rules, labels=draw(st.booleans()), geocoder=draw(st.booleans()))
    return Life(every, text, tuple(polls))


def _both(life: Life) -> tuple[World, World]:
    with tempfile.TemporaryDirectory() as folder:
        return tuple(  # type: ignore[return-value]  # two of them
            live(Path(folder) / str(with_hidden), life.text, life.sources, life.steps(hidden=with_hidden))
            for with_hidden in (True, False)
        )


def _count(life: Life, along: World, drawn: Counter[str]) -> None:
    """Count what was drawn, so that the test cannot pass on nothing."""
    calls = [calls for *_, each in life.polls for calls in each]
    drawn["lives"] += 1
    drawn["polls"] += len(life.polls)
    drawn["published"] += along.published
    drawn["hidden rows"] += sum(call.is_hidden for each in calls for call in each)
    drawn["answers with withheld rows alone"] += sum(
        bool(each) and all(call.is_hidden for call in each) for each in calls
    )
    drawn["companions"] += sum(str(call.row["number"]).endswith("-1") for each in calls for call in each)
    drawn["there before"] += sum(str(call.row["number"]).endswith("-2") for each in calls for call in each)
    drawn["failures"] += along.failures
    drawn["requests to the geocoder"] += len(along.asked)
    for source in life.sources:
        drawn[source.platform] += 1
        drawn[f"closes by {source.closes}"] += 1
        drawn[f"may be empty: {source.may_be_empty}"] += 1
        event(f"{source.platform}, {source.closes}")


def test_no_public_byte_and_no_request_depends_on_withheld_rows() -> None:
    drawn: Counter[str] = Counter()

    @settings(max_examples=_LIVES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(lives())
    def holds(life: Life) -> None:
        along, without = _both(life)
        for number, (one, other) in enumerate(zip(along.answers, without.answers, strict=True)):
            assert len(one) >= 18
            assert differences(one, other) == [], f"after poll {number}"
        assert along.asked == without.asked
        assert along.failures == without.failures
        _count(life, along, drawn)

    holds()
    few = max(1, _LIVES // 8)
    assert drawn["lives"] >= _LIVES // 2
    assert drawn["published"] > few
    assert drawn["hidden rows"] > 2 * few
    assert drawn["answers with withheld rows alone"] >= few
    assert drawn["companions"] >= few
    assert drawn["there before"] >= few
    assert drawn["failures"] >= 1
    assert drawn["requests to the geocoder"] >= 1
    if _LIVES >= 100:
        assert all(drawn[platform] for platform in PLATFORMS)
