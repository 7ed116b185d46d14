"""A feed that is unusually short is so by what is published of it: withheld rows do not cause or hide it."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from loopback.table import Row
from town import NOW
from two_worlds import Source, Step, World, city_text, differences, live

_CALLS = 32
_NOTHING: frozenset[int] = frozenset()
_ALL = frozenset(range(_CALLS))
_QUARTER = frozenset(range(_CALLS // 4))


def _row(number: int, what: str) -> Row:
    opened = (NOW - timedelta(minutes=number + 5)).isoformat()
    row: Row = {
        "number": f"{what[:1]}{number}",
        "opened": opened,
        "closed": "",
        "state": "OPEN",
        "what": what,
    }
    lon = -122.2711 if what == "BURGLARY" else -122.2402  # far enough that none is beside another
    return {**row, "also": "", "address": "", "lon": lon, "lat": 37.8123, "row": f"{what[:1]}{number}"}


def _life(folder: Path, platform: str, polls: list[frozenset[int]], hidden: list[int]) -> World:
    source = Source(platform, "vanish", may_be_empty=True)
    text = city_text([source], rules="", geocoder=False)
    steps = []
    for shown, withheld in zip(polls, hidden, strict=True):
        rows = [_row(number, "BURGLARY") for number in sorted(shown)]
        rows += [_row(number, "STALKING") for number in range(withheld)]
        steps.append(Step(1, [[{**row, "row": place} for place, row in enumerate(rows)]]))
    return live(folder, text, [source], steps)


def _state(answers: dict[str, bytes]) -> str:
    body = answers["/api/v1/sources"]
    state: str = orjson.loads(body[body.index(b'{"sources"') :])["sources"][0]["state"]
    return state


@pytest.mark.parametrize(
    ("platform", "polls", "hidden", "states"),
    [
        # A short answer twice, with withheld rows that change meanwhile, so that no answer is the same again.
        ("json", [_ALL, _QUARTER, _QUARTER, _QUARTER], [5, 5, 7, 7], ["ok", "short", "ok", "ok"]),
        # All withheld rows leave, and all come, while what is shown stays.
        ("files", [_ALL, _ALL, _ALL, _ALL], [60, 0, 0, 60], ["ok", "ok", "ok", "ok"]),
        # Withheld rows fill an answer that is short of shown ones, or empty of them.
        (
            "arcgis",
            [_ALL, _QUARTER, _ALL, _NOTHING],
            [0, 60, 60, 60],
            ["ok", "short", "ok", "short"],
        ),
    ],
)
def test_whether_an_answer_is_unusually_short_does_not_depend_on_withheld_rows(
    tmp_path: Path, platform: str, polls: list[frozenset[int]], hidden: list[int], states: list[str]
) -> None:
    along = _life(tmp_path / "with", platform, polls, hidden)
    without = _life(tmp_path / "without", platform, polls, [0] * len(polls))
    assert [_state(answers) for answers in along.answers] == states
    for number, (one, other) in enumerate(zip(along.answers, without.answers, strict=True)):
        assert differences(one, other) == [], f"after poll {number}"
