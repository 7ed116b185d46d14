"""What is withheld changes no public byte: the whole flow with and without it, on every surface."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
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
    an_hour_ago = (NOW - timedelta(hours=1)).isoformat()
    later = [a_row(6, what="THEFT", lat=37.83), a_row(7, what="THEFT", lat=37.83, opened=an_hour_ago)]
    hidden = hidden_rows(100)
    without = [(NOW, shown), (NOW, [*shown, *later])]
    along = [(NOW, [*hidden[:50], *shown]), (NOW, [*shown, *hidden, *later])]
    one = await surfaces(tmp_path / "one", without, NOW)
    two = await surfaces(tmp_path / "two", along, NOW)
    assert len(one) >= 95
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


async def test_a_file_of_the_past_says_nothing_of_when_it_was_written(tmp_path: Path) -> None:
    with a_town(tmp_path / "town") as town:
        await town.fetch(a_row(1))
        surfaces = await town.public()
    files = [path for path in surfaces if path.startswith("/api/v1/archive/")]
    assert len(files) == 8
    assert not [path for path in files if b"last-modified" in surfaces[path]]
