"""Whatever feeds look like, no public byte and no request to others depends on the rows that are withheld.

``BLOCKLIGHT_TWO_WORLDS`` sets how many lives are drawn; a few hundred find what a change of the flow breaks.
"""

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from loopback.table import Row
from town import NOW
from two_worlds import (
    MASKS,
    PAGED,
    PLATFORMS,
    POINTS,
    SHAPES,
    Source,
    Step,
    World,
    city_text,
    differences,
    live,
)

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
    "by-area": 'action = "publish"\nplace = "area"\narea_kind = "beat"\ncategory = "fire"',
}
_OF_FIRES = ("", "cut", "coarse", "placeless", "by-area")
_POLICIES = ("", "medical_time_step_min = 30\n", "medical_resolution = 7\n")
_MINUTES = (0, 1, 16, 31, 61, 180)
_SHOWN = ("BURGLARY", "THEFT", "SICK PERSON", "FIRE", "ROBBERY")
_HIDDEN = ("STALKING", "DOMESTIC VIOLENCE", "WIZARDRY", "LOUD MUSIC")
_WEST = ((-122.2711, 37.8123), (-122.2602, 37.7911))
_EAST = (-122.1511, 37.8023)
# Where nothing else happens: the time of a call that cannot be read is that of its fetch.
_ALONE = (-122.1311, 37.7511)

_ADDRESSES = ("900 OAK ST", "1432 MAIN ST", "700 NOWHERE AVE")
# What is withheld for another reason than its own type, by cells of its row.
_WITHHELD_BY: dict[str, dict[str, object]] = {
    "further": {"also": "STALKING"},
    "outside": {"lon": -121.0},
    "nowhere": {"lon": "", "lat": "", "address": ""},
    "east": {"lon": _EAST[0], "lat": _EAST[1]},
    "unfound": {"lon": "", "lat": ""},
}

_KINDS = ("type", "type", "once", "further", "outside", "nowhere", "broken")
_KINDS_OF_EAST = ("east", "unfound")
_HIDDEN_BY_KIND = {"type": _HIDDEN, "broken": _HIDDEN[:2]}
_HIDDEN_OF_HOUSE = 2
# What tells of a day that is over.
_LEDGERS = {"/api/v1/ledger", "/api/v1/city", "/data"}


@dataclass(frozen=True)
class Call:
    """One row as it is at one poll, and whether its incident is withheld, at this poll and at all others."""

    row: Row
    is_hidden: bool
    moves: str = ""
    """Whether the row ``leaves`` or ``comes`` while the answer is read page by page."""


@dataclass(frozen=True)
class Life:
    """A city and what its sources hold at each poll."""

    sources: tuple[Source, ...]
    text: str
    polls: tuple[tuple[float, bool, tuple[tuple[Call, ...], ...]], ...]
    moves_at: int = 0
    drawn: frozenset[str] = frozenset()
    """What was drawn besides: rules, settings and kinds of rows."""

    def steps(self, *, hidden: bool) -> list[Step]:
        """Return the polls, with or without the withheld rows."""

        def rows(each: tuple[tuple[Call, ...], ...], absent: str) -> list[list[Row]]:
            return [
                [call.row for call in calls if call.moves != absent and (hidden or not call.is_hidden)]
                for calls in each
            ]

        return [
            Step(minutes, rows(each, "comes"), restart, rows(each, "leaves"), self.moves_at)
            for minutes, restart, each in self.polls
        ]


@st.composite
def sources(draw: st.DrawFn, number: int, count: int) -> Source:
    platform = draw(st.sampled_from(PLATFORMS))
    never_whole = platform in ("push", "open311", "mqtt")
    closes = ("status", "time", "never") if never_whole else ("vanish", "status", "time", "never")
    return Source(
        platform,
        draw(st.sampled_from(closes)),
        draw(st.sampled_from((0.3, 0.5, 1.0))),
        draw(st.sampled_from((None, True, False))),
        draw(st.sampled_from(("", "other", "this", "join"))) if number else "",
        draw(st.sampled_from(("incident", "incident", "unit"))),
        by_cursor=draw(st.booleans()),
        shape=draw(st.sampled_from(SHAPES.get(platform, ("",)))),
        # What another source reports too has no points that are shown as they are.
        points=draw(st.sampled_from(sorted(POINTS) if count == 1 else ("", "frozen"))),
    )


def _row(call: int, **cells: object) -> Row:
    opened = (NOW - timedelta(minutes=20 * call + 5)).isoformat()
    lon, lat = _WEST[call % 2]
    row: Row = {"number": f"N{call}", "opened": opened, "closed": "", "state": "OPEN", "what": "BURGLARY"}
    return {**row, "also": "", "address": "", "lon": lon, "lat": lat, **cells}


@st.composite
def shown(draw: st.DrawFn, steps: int) -> list[Row | None]:
    """Draw what one incident that may be shown looks like at each poll, ``None`` where it is not there."""
    # The last one is received at a time that is impossible at first and not later.
    call = draw(st.sampled_from((0, 1, 2, 3, -6)))
    placed = draw(st.booleans())
    cells: dict[str, object] = {} if placed else {"lon": "", "lat": ""}
    cells["address"] = draw(st.sampled_from(("", *_ADDRESSES)))
    versions: list[Row | None] = []
    for _ in range(steps):
        state = draw(st.sampled_from((None, "OPEN", "OPEN", "DONE")))
        ends = NOW + draw(st.sampled_from((timedelta(0), timedelta(0), timedelta(minutes=130))))
        closed = {"closed": ends.isoformat()} if state == "DONE" else {}
        what = {"what": draw(st.sampled_from(_SHOWN))}
        versions.append(None if state is None else _row(call, state=state, **closed, **what, **cells))
    return versions


@st.composite
def hidden(draw: st.DrawFn, steps: int, east: bool) -> list[Row | None]:  # noqa: FBT001 - drawn
    """Draw one incident that is withheld at every poll, for whatever reason."""
    call = draw(st.integers(10, 13))
    kind = draw(st.sampled_from([*_KINDS, *(_KINDS_OF_EAST if east else ())]))
    cells: dict[str, object] = {"address": draw(st.sampled_from(("", "200 ELM ST", *_ADDRESSES)))}
    if kind in ("type", "once", "further") and draw(st.booleans()):
        cells |= {"lon": "", "lat": ""}
    if kind == "broken":
        cells = {"lon": _ALONE[0], "lat": _ALONE[1], "opened": draw(st.sampled_from(("soon", "")))}
    cells |= _WITHHELD_BY.get(kind, {})
    # Of each kind numbers of their own: an incident has one reason to be withheld, in every source.
    cells["number"] = f"{kind}{call}"
    versions: list[Row | None] = []
    was_there = False
    for _ in range(steps):
        is_there = draw(st.booleans())
        what = draw(st.sampled_from(_HIDDEN_BY_KIND.get(kind, ("BURGLARY",))))
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
def moving(draw: st.DrawFn, steps: int, number: int) -> list[tuple[Row, str] | None]:
    """Draw a withheld row that may come or leave while the pages of an answer are read."""
    how = st.sampled_from((None, "", "leaves", "comes"))
    row = _row(14 + number, number=f"moving{number}", what="STALKING", lon=_ALONE[0], lat=_ALONE[1])
    return [None if move is None else (row, move) for move in draw(st.tuples(*[how] * steps))]


@st.composite
def unreadable(draw: st.DrawFn, steps: int) -> list[Row | None]:
    call = draw(st.integers(0, 6))
    wrong = draw(st.sampled_from(({"opened": "soon"}, {"what": ""}, {"number": ""}, {"opened": ""})))
    there = draw(st.lists(st.booleans(), min_size=steps, max_size=steps))
    return [_row(call, **wrong) if is_there else None for is_there in there]


@st.composite
def pools(
    draw: st.DrawFn,
    source: Source,
    number: int,
    steps: int,
    *,
    east: bool,
) -> list[tuple[bool, list[Row | None], list[str]]]:
    """Draw what one source holds: for each row whether it is withheld, and its states and moves."""
    still = [""] * steps
    # A quiet town: there are nights on which nothing but what is withheld happens.
    most, least = draw(st.sampled_from(((3, 0), (3, 0), (0, 1))))
    pool = [(False, one, still) for one in draw(st.lists(shown(steps), max_size=most))]
    pool += [(True, one, still) for one in draw(st.lists(hidden(steps, east), min_size=least, max_size=4))]
    if draw(st.booleans()):  # where no answer is refused, so that who was there first was published
        pool += [(is_hidden, one, still) for is_hidden, one in draw(house(steps, number))]
    else:
        pool += [(False, one, still) for one in draw(st.lists(unreadable(steps), max_size=most))]
    moved = still
    for turn in range(2 if source.is_paged else 0):
        versions = draw(moving(steps, turn))
        moves = ["" if version is None else version[1] for version in versions]
        # As many that come as leave are not noticed by their number: docs/privacy.md, "Pages of one moment".
        moves = [how if not before or how == before else "" for before, how in zip(moved, moves, strict=True)]
        moved = moves
        pool.append((True, [None if version is None else version[0] for version in versions], moves))
    return draw(st.permutations(pool))


@st.composite
def lives(draw: st.DrawFn) -> Life:
    count = draw(st.integers(1, 2))
    every = tuple(draw(sources(number, count)) for number in range(count))
    closed = "closed-later" if any(source.closes == "never" for source in every) else "closed"
    of_fires = draw(st.sampled_from(_OF_FIRES))
    more = {of_fires} - {""} | draw(st.sets(st.sampled_from((closed, "east"))))
    steps = draw(st.integers(1, 4))
    every_pool = [
        draw(pools(source, number, steps, east="east" in more)) for number, source in enumerate(every)
    ]
    polls = []
    for step in range(steps):
        minutes, restart = draw(st.sampled_from(_MINUTES)), draw(st.sampled_from((False,) * 3 + (True,)))
        each = tuple(
            tuple(
                Call({**row, "row": number}, is_hidden, moves[step])
                for number, (is_hidden, versions, moves) in enumerate(pool)
                if (row := versions[step]) is not None
            )
            for pool in every_pool
        )
        polls.append((float(minutes), restart, each))
    rules = _RULES + "".join(
        f'[[policy.rules]]\nname = "{name}"\n{_MORE_RULES[name]}\n' for name in sorted(more)
    )
    place, geocoder = draw(st.sampled_from(sorted(MASKS))), draw(st.booleans())
    policy = draw(st.sampled_from(_POLICIES))
    text = city_text(every, rules=rules, geocoder=geocoder, place=place, policy=policy)
    settings_drawn = {f"rule {name}" for name in more} | {f"mask {place}", f"geocoder {geocoder}", policy}
    return Life(every, text, tuple(polls), draw(st.integers(1, 4)), frozenset(settings_drawn))


def _features(life: Life) -> set[str]:
    """Return what is in a life: kinds of feeds, rules, masks, rows and moments."""
    found = set(life.drawn) | {f"{len(life.sources)} sources"}
    for source in life.sources:
        found |= {f"{source.platform} {source.shape}", f"closes {source.closes}", f"points {source.points}"}
        found |= {f"may be empty {source.may_be_empty}", f"rows {source.rows}", f"same {source.same}"}
        found.add(f"cursor {source.by_cursor}")
    for minutes, restart, each in life.polls:
        found |= {f"{minutes:g} minutes", f"restart {restart}"}
        for call in (call for calls in each for call in calls):
            kind = str(call.row["number"]).partition("-")[0].rstrip("0123456789")
            found |= {f"{'hidden' if call.is_hidden else 'shown'} {kind}", f"moves {call.moves}"}
            found.add(f"what {call.row['what']}")
    return found


_EVERY_FEATURE = {
    *(f"{platform} {shape}" for platform in PLATFORMS for shape in SHAPES.get(platform, ("",))),
    *(f"closes {closes}" for closes in ("vanish", "status", "time", "never")),
    *(f"points {points}" for points in POINTS),
    *(f"may be empty {may_be}" for may_be in (None, True, False)),
    *(f"same {same}" for same in ("", "other", "this", "join")),
    *(f"rule {name}" for name in _MORE_RULES),
    *(f"hidden {kind}" for kind in (*_KINDS, *_KINDS_OF_EAST, "moving", "house")),
    *(f"what {what}" for what in (*_SHOWN, *_HIDDEN, "")),  # an unreadable row may have none
    *(f"{minutes} minutes" for minutes in _MINUTES),
    *(f"moves {moves}" for moves in ("", "leaves", "comes")),
    *(f"{name} {value}" for name in ("geocoder", "restart", "cursor") for value in (True, False)),
    *(f"mask {place}" for place in MASKS),
    *_POLICIES,
    *("1 sources", "2 sources", "rows incident", "rows unit", "shown N", "shown ", "shown house"),
}


def test_lives_are_drawn_with_every_kind_of_feed_rule_mask_row_and_moment() -> None:
    found: set[str] = set()

    @settings(
        max_examples=400, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(lives())
    def draw(life: Life) -> None:
        found.update(_features(life))

    draw()
    assert _EVERY_FEATURE - found == set()


@pytest.mark.parametrize("rows", ["incident", "unit"])
@pytest.mark.parametrize(("platform", "shape"), sorted(PAGED))
def test_withheld_rows_that_move_while_pages_are_read_change_nothing_public(
    platform: str, shape: str, rows: str
) -> None:
    first_page = {"ckan": 2, "arcgis": 3}.get(
        platform, 1
    )  # others are asked what they hold before their rows
    for place, moves, closes in ((0, "leaves", "vanish"), (0, "comes", "vanish"), (3, "leaves", "status")):
        calls = [Call({**_row(number), "row": 10 * number + 10}, is_hidden=False) for number in range(4)]
        row = _row(14, number="moving", what="STALKING", lon=_ALONE[0], lat=_ALONE[1])
        calls.insert(place, Call({**row, "row": 10 * place + 5}, is_hidden=True, moves=moves))
        source = Source(platform, closes, shape=shape, rows=rows, by_cursor=rows == "unit")
        text = city_text([source], rules=_RULES, geocoder=False)
        along, without = _both(Life((source,), text, ((1.0, False, (tuple(calls),)),), first_page))
        assert along.moved == 1
        assert differences(along.answers[0], without.answers[0]) == []
        assert along.failures == without.failures == 0
        assert along.published == len(calls) - 1


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
    drawn["rows that moved"] += along.moved
    for source in life.sources:
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
    assert drawn["rows that moved"] >= 1 or _LIVES < 100
