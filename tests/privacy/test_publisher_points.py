"""Points that a publisher has masked already, through an incident's life: one is told, and no second one."""

import asyncio
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from town import FILE, FIRES_LATER_NO_NOISE, KEY, NOW, Row, Town, a_row, a_town

from blocklight.app.policy_change import apply_policy
from blocklight.intake.redact import Rules
from blocklight.model.outcomes import Held
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, PlaceKind, Status
from blocklight.store import IncidentQuery, Pause

pytestmark = pytest.mark.anyio

RADIUS_M = 120
LINE = 'masked_by_publisher = { radius_m = 120, reason = "The dispatch centre moves every call" }\n'
RULES = f"""{FIRES_LATER_NO_NOISE}[[policy.rules]]
name = "cells-for-theft"
category = "theft"
action = "publish"
place = "cell"
[[policy.rules]]
name = "traffic-nowhere"
category = "traffic"
action = "publish"
place = "none"
[[policy.rules]]
name = "parking-in-steps"
category = "parking"
action = "publish"
time_step_min = 10
"""
WITHOUT = FILE + RULES
PASSED = WITHOUT.replace("[sources.fields]", LINE + "[sources.fields]")
HOME = (-122.2711, 37.8123)
_METRES_A_DEGREE = 111_195
SHOWN = "BURGLARY ALARM"
WORDS = [SHOWN, "SICK PERSON", "FIRE", "LOUD MUSIC", "THEFT", "TRAFFIC STOP", "PARKING", "WIZARDRY"]

Point = tuple[float, float]


def metres(one: Point, two: Point) -> float:
    east = (one[0] - two[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, one[1] - two[1]) * _METRES_A_DEGREE


class Publisher:
    """A feed that masks: a new point for the same home at every fetch, somewhere within its radius."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - makes examples, guards nothing
        self.drawn: list[Point] = []

    def row(self, number: int = 1, **other: object) -> Row:
        far, way = RADIUS_M * math.sqrt(self._chance.random()), self._chance.uniform(0, 2 * math.pi)
        north = far * math.cos(way) / _METRES_A_DEGREE
        east = far * math.sin(way) / _METRES_A_DEGREE / math.cos(math.radians(HOME[1]))
        self.drawn.append((HOME[0] + east, HOME[1] + north))
        told = {"what": SHOWN, **other}
        return a_row(number, lon=self.drawn[-1][0], lat=self.drawn[-1][1], **told)


@contextmanager
def running(folder: Path, file: str = PASSED) -> Iterator[Town]:
    """Open a town whose policy is in force."""
    with a_town(folder, file) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        yield town


def seen(town: Town) -> list[Place]:
    """Return every place that anybody can see now: what is shown, and what the change log tells of before."""
    shown = [stored.incident for stored in town.store.query(IncidentQuery(limit=1000)).items]
    told = [change.incident for change in town.store.changes(0) if change.incident is not None]
    return [incident.place for incident in (*shown, *told) if incident.place is not None]


def points(places: Sequence[Place]) -> set[Point]:
    return {(place.lon, place.lat) for place in places if place.kind is PlaceKind.PUBLISHER}


async def test_a_publisher_that_draws_anew_at_each_fetch_is_told_at_its_first_point_only(
    tmp_path: Path,
) -> None:
    publisher = Publisher(3)
    collected: list[Place] = []
    with running(tmp_path) as town:
        for minute in range(60):
            await town.fetch(publisher.row(units="U" * (minute % 3 + 1)), at=NOW + timedelta(minutes=minute))
            collected += seen(town)
    assert len(collected) >= 120
    lon = sum(place.lon for place in collected) / len(collected)
    lat = sum(place.lat for place in collected) / len(collected)
    one = metres(publisher.drawn[0], HOME)
    assert metres((lon, lat), HOME) == pytest.approx(one, abs=2)
    east, north = (sum(part) / 60 for part in zip(*publisher.drawn, strict=True))
    assert metres((east, north), HOME) < one / 3  # what the attack wins against the feed itself


steps = st.lists(
    st.tuples(
        st.sampled_from([*WORDS, "no place", "pause", "resume", "other policy", "wait"]), st.booleans()
    ),
    min_size=2,
    max_size=9,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=steps, seed=st.integers(0, 99))
def test_whatever_becomes_of_an_incident_one_point_of_its_publisher_is_ever_told(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool]], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("towns")
    told = asyncio.run(_live_through(folder, Publisher(seed), [(SHOWN, True), *steps, (SHOWN, True)]))
    assert len(told) == 1


@pytest.mark.parametrize(
    "steps",
    [
        ["LOUD MUSIC"],
        ["no place"],
        ["THEFT", "LOUD MUSIC"],
        ["TRAFFIC STOP", "no place"],
        ["FIRE", "LOUD MUSIC"],
        ["FIRE", "wait"],
        ["pause", "THEFT", "LOUD MUSIC", "resume"],
        ["pause", "other policy", "LOUD MUSIC", "other policy", "resume"],
        ["other policy", SHOWN, "LOUD MUSIC", "other policy"],
        ["SICK PERSON", "LOUD MUSIC"],
    ],
    ids=", ".join,
)
async def test_an_incident_whose_point_was_told_gets_no_second_one_by_going_away(
    tmp_path: Path, steps: list[str]
) -> None:
    through = [(what, True) for what in (SHOWN, *steps, SHOWN, "wait", SHOWN)]
    assert len(await _live_through(tmp_path, Publisher(1), through)) == 1


async def _live_through(folder: Path, publisher: Publisher, steps: list[tuple[str, bool]]) -> set[Point]:
    """Return every point of its publisher that was public at any time of an incident's life."""
    told: set[Point] = set()
    passing, at = True, NOW
    with running(folder / "with") as town, a_town(folder / "without", WITHOUT) as other:
        cities = {True: town.city, False: other.city}
        for what, is_open in steps:
            at += timedelta(minutes=3)
            match what:
                case "pause":
                    town.store.pause(Pause("city", "", "for a test", at))
                case "resume":
                    town.store.resume("city", "", at)
                case "other policy":
                    passing = not passing
                    town.city = cities[passing]
                    apply_policy(town.city, Rules.of(town.city, KEY), town.store, at)
                case "wait":
                    at += timedelta(hours=1)
                case _:
                    await town.fetch(_row(publisher, what, is_open=is_open), at=at)
            town.store.release(at)
            told |= points(seen(town))
            if not passing:
                assert points(seen(town)) == set()
    return told


def _row(publisher: Publisher, what: str, *, is_open: bool) -> Row:
    state: dict[str, Any] = {"state": "OPEN" if is_open else "DONE"}
    if what == "no place":
        return publisher.row(**state) | {"lon": None, "lat": None}
    return publisher.row(what=what, **state)


def an_incident(place: Place | None, minute: int = 0) -> PublicIncident:
    return PublicIncident(
        id="one",
        source="calls",
        kind=Kind.CALL,
        agency="police",
        category=Category.ALARM,
        status=Status.OPEN,
        received_at=NOW,
        place=place,
        units=minute or None,
    )


def passed(lon: float, radius_m: int = RADIUS_M) -> Place:
    return Place(lon, 37.8, PlaceKind.PUBLISHER, radius_m)


@pytest.mark.parametrize("join_rows", [False, True])
def test_two_processes_that_read_one_feed_at_once_tell_one_point(tmp_path: Path, *, join_rows: bool) -> None:
    # Neither saw the other's point when it asked what is stored: the store itself has to hold on to it.
    with a_town(tmp_path) as town:
        for minute in range(5):
            told = an_incident(passed(-122.2 + minute / 1000), minute)
            town.store.apply("calls", [told], at=NOW, join_rows=join_rows)
        assert points(seen(town)) == {(-122.2, 37.8)}
        [stored] = town.store.query(IncidentQuery()).items
    assert stored.incident.units == 4


def test_what_has_to_wait_waits_at_the_point_that_was_told(tmp_path: Path) -> None:
    with a_town(tmp_path) as town:
        town.store.apply("calls", [an_incident(passed(-122.2))], at=NOW)
        later = NOW + timedelta(minutes=30)
        town.store.apply("calls", [Held(an_incident(passed(-122.25), 1), release_at=later)], at=NOW)
        assert seen(town) == []
        town.store.release(later)
        assert points(seen(town)) == {(-122.2, 37.8)}


def test_what_was_told_at_a_mask_or_nowhere_is_not_told_at_a_publishers_point_later(tmp_path: Path) -> None:
    cell = Place(-122.21, 37.81, PlaceKind.GRID, 201)
    for name, first in (("cell", cell), ("nowhere", None)):
        with a_town(tmp_path / name) as town:
            town.store.apply("calls", [an_incident(first)], at=NOW)
            town.store.apply("calls", [an_incident(passed(-122.2), 1)], at=NOW)
            [stored] = town.store.query(IncidentQuery()).items
        assert (stored.incident.place, stored.incident.units) == (first, 1)


def test_a_publisher_that_turns_out_to_mask_more_is_told_to_at_the_same_point(tmp_path: Path) -> None:
    with a_town(tmp_path) as town:
        for minute, radius_m in enumerate((120, 400, 300)):
            told = an_incident(passed(-122.2 + minute / 1000, radius_m), minute)
            town.store.apply("calls", [told], at=NOW)
        [stored] = town.store.query(IncidentQuery()).items
    assert stored.incident.place == passed(-122.2, 400)


@pytest.mark.parametrize("radius_m", [50, 120, 199, 300, 5000])
@pytest.mark.parametrize("rule", ["", 'place = "cell"', 'place = "none"'])
async def test_taking_the_line_away_takes_the_points_of_the_past_back(
    tmp_path: Path, radius_m: int, rule: str
) -> None:
    file = PASSED.replace("radius_m = 120", f"radius_m = {radius_m}")
    strict = WITHOUT
    if rule:  # another mask by a rule, and the line still there
        strict = file.replace("for_min = 30", f"for_min = 30\n{rule}")
        strict += f'[[policy.rules]]\nname = "all"\naction = "publish"\n{rule}\n'
    with running(tmp_path / "town", file) as town:
        await town.fetch(a_row(1, what=SHOWN), a_row(2, what="FIRE", opened=NOW.isoformat()))
        assert town.store.held() == 1
        before = await town.public()
        with a_town(tmp_path / "strict", strict) as other:
            apply_policy(other.city, Rules.of(other.city, KEY), town.store, NOW)
        town.store.release(NOW + timedelta(hours=1))
        after = await town.public(NOW + timedelta(hours=1))
        places = [stored.incident.place for stored in town.store.query(IncidentQuery()).items]
    marks = (str(HOME[0]).encode(), str(HOME[1]).encode())
    assert all(mark in before["/api/v1/incidents"] for mark in marks)
    if radius_m == 5000:
        assert b'"category"' not in after["live"]
        assert len(places) <= 1
        return
    assert b'"category":"fire"' in after["live"]
    assert len(places) == 2
    assert all((place is None) is ("none" in rule) for place in places)
    assert all(place is None or place.radius_m > radius_m for place in places)
    assert len(after) >= 13
    for path, body in after.items():
        assert not any(mark in body for mark in marks), path


async def test_without_the_line_what_was_masked_before_is_masked_once_more(tmp_path: Path) -> None:
    with running(tmp_path, WITHOUT) as town:
        await town.fetch(a_row(1, what=SHOWN))
        assert [place.kind for place in seen(town)] == [PlaceKind.GRID] * 2


async def test_why_a_sources_points_are_shown_as_they_are_is_public(tmp_path: Path) -> None:
    with running(tmp_path / "with") as town:
        await town.fetch(a_row(1, what=SHOWN))
        surfaces = await town.public()
        (entry,) = town.store.audit()
    line = b'{"source":"calls","radius_m":120,"reason":"The dispatch centre moves every call"}'
    assert b'"masked_by_publisher":[' + line + b"]" in surfaces["/api/v1/policy"]
    assert "masked_by_publisher" in entry.detail
    html = surfaces["/data"].decode()
    assert "Calls: up to 120 m from the place" in html
    assert "The dispatch centre moves every call" in html
    with running(tmp_path / "without", WITHOUT) as town:
        surfaces = await town.public()
        (entry,) = town.store.audit()
    assert b'"masked_by_publisher":[]' in surfaces["/api/v1/policy"]
    assert "masked_by_publisher" not in entry.detail
