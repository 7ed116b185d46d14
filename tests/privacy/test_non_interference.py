"""What is withheld changes no public byte: the whole flow with and without it, on every surface."""

import asyncio
import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from town import FILE, NOW, Row, Town, a_row, a_town

pytestmark = pytest.mark.anyio

RULES = """
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
AREAS = """
[[areas]]
kind = "beat"
label = "Beats"
file = "beats.geojson"
"""
BEATS = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", '
    '"properties": {"id": "01X", "name": "Beat 01X"}, "geometry": {"type": "Polygon", "coordinates": '
    "[[[-122.3, 37.7], [-122.1, 37.7], [-122.1, 37.9], [-122.3, 37.9], [-122.3, 37.7]]]}}]}"
)
HIDDEN = ("STALKING", "DOMESTIC VIOLENCE", "WIZARDRY", "LOUD MUSIC")
_ETAG = re.compile(rb"\('etag', '[^']*'\), ")


def hidden_rows(count: int, first: int = 1000) -> list[Row]:
    return [
        a_row(first + number, what=HIDDEN[number % len(HIDDEN)], lat=37.75 + number / 2000)
        for number in range(count)
    ]


async def surfaces(
    folder: Path, polls: list[tuple[datetime, list[Row]]], at: datetime, more: str = RULES
) -> dict[str, bytes]:
    with a_town(folder, FILE + more) as town:
        for moment, rows in polls:
            await town.fetch(*rows, at=moment)
        return await town.public(at)


async def test_a_hundred_withheld_calls_change_no_public_byte(tmp_path: Path) -> None:
    shown = [a_row(number, lat=37.80 + number / 1000) for number in range(5)]
    later = [a_row(6, what="THEFT"), a_row(7, what="THEFT", opened=(NOW - timedelta(hours=1)).isoformat())]
    hidden = hidden_rows(100)
    without = [(NOW, shown), (NOW, [*shown, *later])]
    along = [(NOW, [*hidden[:50], *shown]), (NOW, [*shown, *hidden, *later])]
    one = await surfaces(tmp_path / "one", without, NOW)
    two = await surfaces(tmp_path / "two", along, NOW)
    assert len(one) == 27
    assert one == two
    # The ledger tells of them, when the day is over; nothing else does.
    tomorrow = NOW + timedelta(days=1)
    one = await surfaces(tmp_path / "three", without, tomorrow)
    two = await surfaces(tmp_path / "four", along, tomorrow)
    assert {path for path in one if _ETAG.sub(b"", one[path]) != _ETAG.sub(b"", two[path])} == {
        "/api/v1/ledger",
        "/api/v1/city",
        "/data",
    }


async def test_withheld_calls_of_weeks_change_nothing_of_what_is_usual(tmp_path: Path) -> None:
    def town(name: str) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / "beats.geojson").write_text(BEATS)
        return tmp_path / name

    def days(first: int, whats: tuple[str, ...], n: int) -> list[Row]:
        opened = [NOW - timedelta(weeks=week, minutes=20 + k) for week in range(8) for k in range(n)]
        return [
            a_row(first + number, what=whats[number % len(whats)], opened=at.isoformat())
            for number, at in enumerate(opened)
        ]

    shown, hidden = days(0, ("BURGLARY", "FIRE"), 6), days(1000, HIDDEN, 9)
    file = RULES + AREAS
    one = await surfaces(town("one"), [(NOW, shown)], NOW, file)
    two = await surfaces(town("two"), [(NOW, [*hidden[:30], *shown]), (NOW, [*shown, *hidden])], NOW, file)
    for path in ("/api/v1/usual?area=beat:01X", "/api/v1/usual"):
        assert b'"now":6' in one[path]
        assert b'"weeks":6' in one[path]
        assert b'"verdict":"usual"' in one[path]
    assert one == two


rows = st.builds(
    lambda number, what, state, lat: a_row(number, what=what, state=state, lat=37.75 + lat / 100),
    st.integers(0, 6),
    st.sampled_from(["BURGLARY", "THEFT", "SICK PERSON", "FIRE"]),
    st.sampled_from(["OPEN", "DONE"]),
    st.integers(0, 9),
)
secrets = st.builds(
    lambda number, what, lat: a_row(1000 + number, what=what, lat=37.75 + lat / 100),
    st.integers(0, 20),
    st.sampled_from(HIDDEN),
    st.integers(0, 9),
)
polls = st.lists(
    st.tuples(st.lists(rows, max_size=5), st.lists(secrets, max_size=6), st.integers(0, 90)), max_size=5
)


def _mixed(shown: list[Row], hidden: list[Row]) -> list[Row]:
    mixed: list[Row] = []
    for number in range(max(len(shown), len(hidden))):
        mixed += hidden[number : number + 1] + shown[number : number + 1]
    return mixed


@settings(max_examples=25)
@given(polls)
def test_no_withheld_call_changes_a_public_byte_whenever_it_comes(drawn: Any) -> None:  # noqa: ANN401 - as drawn above
    at, without, along = NOW, [], []
    for shown, hidden, minutes in drawn:
        at += timedelta(minutes=minutes)
        # An answer without a single record is a failure, so something always stands in it.
        without.append((at, [a_row(99), *shown]))
        along.append((at, [a_row(99), *_mixed(shown, hidden)]))
    with tempfile.TemporaryDirectory() as folder:
        one = asyncio.run(surfaces(Path(folder) / "one", without, at))
        two = asyncio.run(surfaces(Path(folder) / "two", along, at))
    assert len(one) >= 10
    if at.date() == NOW.date():
        assert one == two
    else:  # a day is over, and its ledger told
        for path in one.keys() - {"/api/v1/ledger", "/api/v1/city"}:
            assert one[path] == two[path], path


async def test_what_is_asked_for_and_withheld_answers_like_what_never_was(tmp_path: Path) -> None:
    with a_town(tmp_path / "here", FILE + RULES) as town:
        await town.fetch(a_row(1), a_row(2, what="STALKING"), a_row(3, what="THEFT"))
        waiting = _ids(town, "held")
        withheld = _ids(town, "withheld")
        assert (len(waiting), len(withheld)) == (1, 1)
        asked = (*waiting, *withheld, "a" * 16)
        found = await town.public(unknown=asked)
        answers = {found[f"/api/v1/incidents/{id_}"] for id_ in asked}
        assert len(answers) == 1


def _ids(town: Town, table: str) -> list[str]:
    engine = town.store._engines.read  # noqa: SLF001 - what no public method may tell
    with engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM {table}")]  # noqa: S608 - a constant
