"""A city lived with and without a sensitive call and what is withheld beside it: one poll after the other."""

from datetime import timedelta
from pathlib import Path

import pytest
from loopback.table import Row
from town import NOW
from two_worlds import Source, Step, World, city_text, differences, live

from blocklight.store import Store

_PUSH = Source("json", closes="never")


def a_call(number: str, what: str, minutes_ago: float = 5, **cells: object) -> Row:
    opened = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    blank = {"closed": "", "state": "OPEN", "also": "", "address": "", "row": 0}
    return {
        "number": number,
        "opened": opened,
        "what": what,
        "lon": -122.2411,
        "lat": 37.8211,
        **blank,
        **cells,
    }


HIDDEN = a_call("hidden", "DOMESTIC VIOLENCE")
BESIDE = a_call("beside", "BURGLARY", 12)
BEFORE = a_call("before", "BURGLARY", 20, lat=37.8213)
FAR = a_call("far", "BURGLARY", lat=37.8011)


def lived(
    folder: Path, *polls: list[Row] | tuple[list[Row], ...], restart: bool = False, rules: str = ""
) -> World:
    """Live polls a minute apart, each the rows of one source or of several; *restart* before each."""
    each = [poll if isinstance(poll, tuple) else (poll,) for poll in polls]
    sources = [_PUSH for _ in each[0]]
    text = city_text(sources, rules=rules, geocoder=False)
    return live(folder, text, sources, [Step(1, poll, restart=restart) for poll in each])


def same(one: World, other: World) -> bool:
    return all(not differences(a, b) for a, b in zip(one.answers, other.answers, strict=True))


@pytest.mark.parametrize("restart", [False, True])
def test_a_companion_leaves_no_trace_and_never_comes_back(tmp_path: Path, restart: bool) -> None:  # noqa: FBT001 - a case
    later = [HIDDEN, {**BESIDE, "what": "FIRE"}, FAR]
    polls = [[HIDDEN, BESIDE, FAR], later, [later[1], FAR], [{**BESIDE, "state": "DONE"}, FAR]]
    along = lived(tmp_path / "a", *polls, restart=restart)
    without = lived(tmp_path / "b", *([FAR] for _ in polls), restart=restart)
    assert same(along, without)
    assert along.published == without.published == 1


@pytest.mark.parametrize("restart", [False, True])
def test_what_was_public_before_goes_on_to_its_end_as_if_nothing_had_come(
    tmp_path: Path,
    restart: bool,  # noqa: FBT001 - a case
) -> None:
    done = {**BEFORE, "state": "DONE", "closed": NOW.isoformat()}
    polls = [[BEFORE], [HIDDEN, BEFORE, BESIDE], [HIDDEN, {**BEFORE, "what": "FIRE"}], [HIDDEN, done]]
    along = lived(tmp_path / "a", *polls, restart=restart)
    without = lived(tmp_path / "b", *([row for row in poll if row["number"] == "before"] for poll in polls))
    assert same(along, without)
    assert along.published == 3


@pytest.mark.parametrize("what", ["BURGLARY", "DOMESTIC VIOLENCE"], ids=["renamed", "unreadable"])
def test_after_a_restart_a_call_that_was_sensitive_once_still_has_companions(
    tmp_path: Path, what: str
) -> None:
    now = {**HIDDEN, "what": what} if what == "BURGLARY" else {**HIDDEN, "opened": "soon"}
    along = lived(tmp_path / "a", [HIDDEN, FAR], [now, BESIDE, FAR], [BESIDE, FAR], restart=True)
    assert same(along, lived(tmp_path / "b", *([FAR] for _ in range(3)), restart=True))
    assert along.published == 1


def test_a_companion_has_no_companions_of_its_own_after_a_restart(tmp_path: Path) -> None:
    beyond = a_call("beyond", "BURGLARY", 12, lat=37.8211 + 70 / 111_195)
    beside = {**BESIDE, "lat": 37.8211 + 35 / 111_195}
    along = lived(tmp_path / "a", [HIDDEN, beside], [beside], [beside, beyond], restart=True)
    assert along.published == 1


def test_a_sensitive_row_that_cannot_be_read_makes_no_answer_fail(tmp_path: Path) -> None:
    broken = [{**HIDDEN, "number": f"h{number}", "opened": "soon"} for number in range(30)]
    along = lived(tmp_path / "a", [FAR], [*broken, FAR], [*broken, FAR])
    assert same(along, lived(tmp_path / "b", [FAR], [FAR], [FAR]))
    assert along.failures == 0


def test_a_call_of_another_source_beside_a_sensitive_one_is_withheld(tmp_path: Path) -> None:
    along = lived(tmp_path / "a", ([HIDDEN], [BESIDE, FAR]))
    assert same(along, lived(tmp_path / "b", ([], [FAR])))
    assert along.published == 1


def test_a_city_that_publishes_companions_says_why_in_public(tmp_path: Path) -> None:
    rules = '[policy.companions]\nshow = true\nreason = "The council wants every alarm shown"\n'
    along = lived(tmp_path / "a", [HIDDEN, BESIDE], rules=rules)
    assert along.published == 1
    assert b"The council wants every alarm shown" in along.answers[0]["/api/v1/policy"]


def test_the_ledger_has_no_class_for_companions(tmp_path: Path) -> None:
    lived(tmp_path, [HIDDEN, BESIDE, FAR])
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "anytown") as store:
        rows = {
            (row.outcome, row.reason): row.n for row in store.ledger((NOW - timedelta(1)).date(), NOW.date())
        }
    assert rows == {("withheld", "sensitive"): 2, ("published", ""): 1}


_LATER = '[[policy.rules]]\nname = "later"\nmatch = "BURGLARY"\naction = "hold"\nfor_min = 60\n'


def told_once(folder: Path, first: list[Row], then: list[Row], *, restart: bool) -> World:
    """Live what a source that pushes says once: *first*, *then*, and a fire when all holds are over."""
    text = city_text([_PUSH], rules=_LATER, geocoder=False)
    fire = {**FAR, "what": "FIRE", "number": "fire"}
    steps = [Step(1, [first]), Step(9, [then], restart=restart), Step(90, [[fire]]), Step(1, [[]])]
    return live(folder, text, [_PUSH], steps)


@pytest.mark.parametrize("restart", [False, True])
def test_a_call_that_waits_and_is_not_told_again_is_withheld_with_a_sensitive_one_beside_it(
    tmp_path: Path,
    restart: bool,  # noqa: FBT001 - a case
) -> None:
    along = told_once(tmp_path / "a", [BESIDE, FAR], [HIDDEN], restart=restart)
    without = told_once(tmp_path / "b", [FAR], [], restart=restart)
    assert same(along, without)
    assert along.published == without.published == 2
    assert told_once(tmp_path / "c", [BESIDE, FAR], [], restart=restart).published == 3
