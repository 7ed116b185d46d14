"""One incident, several masks: all that was ever published of it narrows it no more than the narrowest place.

What is held to is this. An incident whose place stands still is shown through any sequence of versions,
pauses, retractions, restarts and policies, under rules by status, type and priority. Whoever has seen all of
it cannot tell any two places apart of the smallest ground that it was ever shown on: at each of them, every
answer at every step would have been the same. Of one whose point moves, no two cells are shown of which
neither holds the other.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from town import FILE, KEY, NOW, Row, a_row, a_town

from blocklight.app.policy_change import apply_policy
from blocklight.geo.hexagons import cell_of, coarsened, mask_point, parent, place_of, resolution_of
from blocklight.intake.keys import place_key
from blocklight.intake.redact import Rules
from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind
from blocklight.store import IncidentQuery, Pause, Store

pytestmark = pytest.mark.anyio

HOME = (-122.2711, 37.8123)
SHOWN, OTHER, HIDDEN, PATIENT = "BURGLARY ALARM", "THEFT", "LOUD MUSIC", "SICK PERSON"
AREAS = """
[[areas]]
kind = "beat"
label = "Beats"
file = "beats.geojson"
"""
NO_NOISE = """
[[policy.rules]]
name = "no-noise"
category = "noise"
action = "withhold"
"""
# Where two beats meet: it cuts the cell of resolution 8 that the home is in.
BORDER = HOME[0] + 0.0009

AREA = 'place = "area"\narea_kind = "beat"'

Point = tuple[float, float]
Step = tuple[Any, ...]
Seen = tuple[tuple[Place | None, tuple[str, ...]], ...]


def write_beats(folder: Path) -> None:
    def beat(name: str, west: float, east: float) -> dict[str, Any]:
        ring = [[west, 37.7], [east, 37.7], [east, 37.9], [west, 37.9], [west, 37.7]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"id": name, "name": name}, "geometry": shape}

    features = [beat("W", -122.3, BORDER), beat("E", BORDER, -122.1)]
    (folder / "beats.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def _reach(mask: tuple[str, str]) -> tuple[int, bool]:
    """Put narrow conditions before wide ones: a rule that is never reached is refused."""
    condition, _ = mask
    return -condition.count("\n"), condition.startswith("status")


def city_file(masks: Sequence[tuple[str, str]], *, labels: bool) -> str:
    """Return a city file that masks so what meets a condition."""
    rules = "".join(
        f'[[policy.rules]]\nname = "mask{number}"\naction = "publish"\n{condition}\n{mask}\n'
        for number, (condition, mask) in enumerate(masks)
    )
    text = FILE if labels else FILE.replace('labels = "hundred_block"\n', "")
    text = text.replace("[policy]", AREAS + "[policy]", 1)
    return (
        text.replace("source_type =", 'priority = { from = "rank", convert = "int" }\nsource_type =')
        + NO_NOISE
        + rules
    )


class Life:
    """One incident in a town of its own, step by step."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        folder.mkdir()
        write_beats(folder)
        self._folder = folder
        self._files = files
        self._towns = [a_town(folder, file) for file in files]
        self.town = self._towns[0].__enter__()
        self.cities = [self.town.city]
        for one in self._towns[1:]:
            with one as town:
                self.cities.append(town.city)
        self._at = NOW
        self._apply(0)

    def close(self) -> None:
        self._towns[0].__exit__(None, None, None)

    def _apply(self, number: int) -> None:
        self.town.city = self.cities[number % len(self.cities)]
        apply_policy(self.town.city, Rules.of(self.town.city, KEY), self.town.store, self._at)

    def step(self, step: Step, point: Point) -> Seen:
        """Do one thing, and return what is shown of the incident, and was told of before."""
        self._at += timedelta(minutes=3)
        match step:
            case ("version", what, state, rank):
                row: Row = a_row(1, what=what, state=state, rank=rank, lon=point[0], lat=point[1])
                asyncio.run(self.town.fetch(row, at=self._at))
            case ("pause",):
                self.town.store.pause(Pause("city", "", "for a test", self._at))
            case ("resume",):
                self.town.store.resume("city", "", self._at)
            case ("policy", number):
                self._apply(number)
            case ("restart",):
                self.town.store.close()
                self.town.store = Store.open(f"sqlite:///{self._folder}/anytown.sqlite3", "anytown")
        self.town.store.release(self._at)
        return seen(self.town.store)


def seen(store: Store) -> Seen:
    shown = [stored.incident for stored in store.query(IncidentQuery()).items]
    told = [change.incident for change in store.changes(0) if change.incident is not None]
    return tuple((one.place, (str(one.category), *sorted(one.areas.values()))) for one in (*shown, *told))


def lived(folder: Path, files: Sequence[str], steps: Sequence[Step], points: Sequence[Point]) -> list[Seen]:
    life = Life(folder, files)
    try:
        return [life.step(step, point) for step, point in zip(steps, points, strict=True)]
    finally:
        life.close()


# A version that meets each condition, and no narrower one.
MEETS: dict[str, Step] = {
    'status = "open"': ("version", SHOWN, "OPEN", 3),
    'status = "closed"': ("version", SHOWN, "DONE", 3),
    'category = "theft"': ("version", OTHER, "OPEN", 3),
    "priority = 1": ("version", SHOWN, "OPEN", 1),
    'status = "open"\npriority = 2': ("version", SHOWN, "OPEN", 2),
}

conditions = st.sampled_from(list(MEETS))
masks = st.sampled_from(
    [
        "resolution = 8",
        "resolution = 7",
        'place = "none"',
        AREA,
        "resolution = 9",
    ]
)
policies = st.lists(st.tuples(conditions, masks), min_size=1, max_size=3, unique_by=lambda mask: mask[0]).map(
    lambda drawn: sorted(drawn, key=_reach)
)
any_step = st.one_of(
    st.tuples(
        st.just("version"),
        st.sampled_from([SHOWN, SHOWN, OTHER, HIDDEN, PATIENT]),
        st.sampled_from(["OPEN", "DONE"]),
        st.sampled_from([1, 2, 3]),
    ),
    st.sampled_from([("pause",), ("resume",), ("restart",), ("policy", 1), ("policy", 0)]),
)
steps = st.lists(any_step, min_size=2, max_size=7)


@st.composite
def crossing(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[Step]]:
    """Draw a policy with two masks that cut each other, and a life in which both are asked for in turn."""
    first, second, *more = draw(st.permutations(sorted(MEETS)))
    cut = [AREA, draw(st.sampled_from(["resolution = 8", "resolution = 8", "resolution = 7"]))]
    drawn = dict(zip((first, second), draw(st.permutations(cut)), strict=True))
    if draw(st.booleans()):
        drawn[more[0]] = draw(masks)
    few = st.lists(any_step, max_size=2)
    life = [*draw(few), MEETS[first], *draw(few), MEETS[second], *draw(few)]
    return sorted(drawn.items(), key=_reach), life


RANDOM = random.Random(7)  # noqa: S311 - makes examples, guards nothing
GROUND = [
    (HOME[0] + RANDOM.uniform(-0.011, 0.011), HOME[1] + RANDOM.uniform(-0.009, 0.009)) for _ in range(150)
]


def is_on(place: Place, point: Point) -> bool:
    """Whether a point lies on the ground of a place that was worked out from a source's own point."""
    cell = cell_of(place)
    if cell is not None:
        return parent_cell(point, resolution_of(cell)) == cell
    coarse = [mask_point(*point, resolution) for resolution in (7, 8, 9)]
    sides = {(one.lon < BORDER) == (place.lon < BORDER) for one in coarse}
    return place.kind is PlaceKind.AREA and sides == {True}


def parent_cell(point: Point, resolution: int) -> str:
    cell = cell_of(mask_point(*point, 9))
    assert cell is not None
    return parent(cell, resolution)


def smallest(lives: Sequence[Seen]) -> tuple[Place | None, list[Point]]:
    """Return the narrowest place ever published, with points on its ground."""
    places = {place for told in lives for place, _ in told if place is not None}
    grounds = {place: [point for point in GROUND if is_on(place, point)] for place in places}
    grounds = {place: ground for place, ground in grounds.items() if place.kind is PlaceKind.AREA or ground}
    place = min(grounds, key=lambda one: (one.radius_m, len(grounds[one])), default=None)
    return (None, GROUND) if place is None else (place, grounds[place])


def in_cut_cells() -> list[Point]:
    """Return the points in coarse cells that the border cuts."""
    by_cell: dict[str, list[Point]] = {}
    for point in GROUND:
        by_cell.setdefault(parent_cell(point, 8), []).append(point)
    sides = {cell: {is_west(point) for point in points} for cell, points in by_cell.items()}
    return [point for cell, points in by_cell.items() if len(sides[cell]) > 1 for point in points]


def is_west(point: Point) -> bool:
    return mask_point(*point, 9).lon < BORDER


@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
@given(drawn=crossing(), other=policies, here=st.sampled_from(in_cut_cells()), chance=st.integers(0, 149))
def test_all_that_was_published_narrows_an_incident_to_the_narrowest_place_alone(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[list[tuple[str, str]], list[Step]],
    other: list[tuple[str, str]],
    here: Point,
    chance: int,
) -> None:
    folder = tmp_path_factory.mktemp("towns")
    policy, sequence = drawn
    files = [city_file(one, labels=False) for one in (policy, other)]
    told = lived(folder / "here", files, sequence, [here] * len(sequence))
    place, ground = smallest(told)
    assume(ground)
    # Where the border cuts the ground, the other side of it is what could be told apart.
    across = [point for point in ground if is_west(point) != is_west(here)]
    there = (across or ground)[chance % len(across or ground)]
    assert lived(folder / "there", files, sequence, [there] * len(sequence)) == told, (place, here, there)


@pytest.mark.parametrize(
    ("while_open", "once_closed", "between"),
    [
        (AREA, "resolution = 8", []),
        ("resolution = 8", AREA, []),
        (AREA, "resolution = 8", [HIDDEN]),
        ("resolution = 8", AREA, [HIDDEN, OTHER]),
    ],
)
def test_of_an_area_and_a_cell_that_its_border_cuts_one_alone_is_told(
    tmp_path: Path, while_open: str, once_closed: str, between: list[str]
) -> None:
    files = [city_file([('status = "open"', while_open), ('status = "closed"', once_closed)], labels=False)]
    ground = [point for point in GROUND if is_on(mask_point(*HOME, 8), point)]
    sides = {mask_point(*point, 9).lon < BORDER: point for point in ground}
    assert len(sides) == 2
    steps = [
        ("version", SHOWN, "OPEN", 3),
        *(("version", what, "DONE", 3) for what in between),
        ("version", SHOWN, "DONE", 3),
    ]
    told = {
        side: lived(tmp_path / str(side), files, steps, [point] * len(steps)) for side, point in sides.items()
    }
    shown = {place for lives in told.values() for seen_then in lives for place, _ in seen_then if place}
    assert shown
    if while_open == AREA:  # which side it is was told at first: no cell is told beside that
        assert all(place.kind is PlaceKind.AREA or not is_on(place, HOME) for place in shown)
    else:
        assert told[True] == told[False]


@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    one=policies,
    sequence=steps,
    along=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_beside_a_label_nothing_tells_where_on_its_block_an_incident_is(
    tmp_path_factory: pytest.TempPathFactory,
    one: list[tuple[str, str]],
    sequence: list[Step],
    along: tuple[float, float],
) -> None:
    folder = tmp_path_factory.mktemp("towns")
    files = [city_file(one, labels=True), city_file([], labels=True)]
    sequence = [("version", SHOWN, "OPEN", 3), *sequence]
    assume(not any(condition == 'status = "open"' for condition, _ in one))
    here, there = ((HOME[0] + part * 0.00055, HOME[1]) for part in along)
    told = lived(folder / "here", files, sequence, [here] * len(sequence))
    assert any(place is not None and place.label is not None for place, _ in told[0])
    assert lived(folder / "there", files, sequence, [there] * len(sequence)) == told


@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    sequence=steps,
    draws=st.lists(st.tuples(st.floats(-0.002, 0.002), st.floats(-0.0015, 0.0015)), min_size=8, max_size=8),
)
def test_a_feed_that_draws_a_new_point_each_time_shows_no_two_cells_beside_each_other(
    tmp_path_factory: pytest.TempPathFactory, sequence: list[Step], draws: list[Point]
) -> None:
    folder = tmp_path_factory.mktemp("towns")
    one = [('status = "closed"', "resolution = 8"), ("priority = 1", "resolution = 7")]
    files = [city_file(one, labels=False), city_file(one[:1], labels=False)]
    sequence = [("version", SHOWN, "OPEN", 3), *sequence, ("version", SHOWN, "OPEN", 3)]
    points = [(HOME[0] + east, HOME[1] + north) for east, north in draws] * 2
    lives = lived(folder / "town", files, sequence, points[: len(sequence)])
    places = {place for told in lives for place, _ in told if place is not None}
    cells = sorted(filter(None, map(cell_of, places)), key=resolution_of)
    assert len(cells) == len(places)
    for coarse, fine in pairwise(cells):
        assert parent(fine, resolution_of(coarse)) == coarse


async def test_a_corrected_place_is_told_by_a_cell_that_holds_both_and_by_no_finer_one(
    tmp_path: Path,
) -> None:
    far = (HOME[0] + 0.02, HOME[1])
    with a_town(tmp_path / "town", FILE.replace('labels = "hundred_block"\n', "")) as town:
        await town.fetch(a_row(1))
        await town.fetch(a_row(1, lon=far[0]))
        ((place, _), *_) = seen(town.store)
        assert place is not None
        cell = cell_of(place)
        assert cell is not None
        assert {parent_cell(point, resolution_of(cell)) for point in (HOME, far)} == {cell}
        for what in (SHOWN, HIDDEN, OTHER, SHOWN):
            await town.fetch(a_row(1, what=what, lon=far[0]))
        assert {told for told, _ in seen(town.store)} == {place}
        await town.fetch(a_row(1))  # and back
        assert {told for told, _ in seen(town.store)} == {place}


async def test_what_was_taken_back_is_known_again_by_the_key_and_by_nothing_else(tmp_path: Path) -> None:
    file = FILE.replace('labels = "hundred_block"\n', "") + NO_NOISE
    cell = mask_point(*HOME, 9)
    beside = next(
        point for point in GROUND if mask_point(*point, 9) != cell and is_on(mask_point(*HOME, 8), point)
    )
    with a_town(tmp_path / "town", file) as town:
        await town.fetch(a_row(1), a_row(2), a_row(3))
        await town.fetch(*(a_row(number, what=HIDDEN) for number in (1, 2, 3)))
        assert seen(town.store) == ()
        await town.fetch(a_row(1), a_row(2, lon=beside[0], lat=beside[1]))
        assert {one.place for one in town_incidents(town.store)} == {cell, None}
        town.store.close()
        url = f"sqlite:///{tmp_path}/town/anytown.sqlite3"
        town.store = Store.open(url, "anytown", place_key=b"another key")
        await town.fetch(a_row(3))
        assert [one.place for one in town_incidents(town.store)].count(cell) == 1


def town_incidents(store: Store) -> list[Any]:
    return [stored.incident for stored in store.query(IncidentQuery()).items]


async def test_a_place_that_was_told_beside_no_other_mask_follows_from_it_alone(tmp_path: Path) -> None:
    rule = '[[policy.rules]]\nname = "closed"\nstatus = "closed"\naction = "publish"\nresolution = 8\n'
    with a_town(tmp_path / "town", FILE + rule) as town:
        await town.fetch(a_row(1))
        ((label, _), *_) = seen(town.store)
        assert label is not None
        assert label.label == "1400 block of Main St"
        await town.fetch(a_row(1, state="DONE"))
        ((coarse, _), *_) = seen(town.store)
        assert coarse == coarsened(label, 8)
        await town.fetch(a_row(1))
        assert seen(town.store)[0][0] in (label, coarse)


def test_the_key_of_places_outlives_a_change_of_the_id_keys(tmp_path: Path) -> None:
    assert place_key(tmp_path) is None
    first, second = bytes(32).hex(), bytes(range(32)).hex()
    assert place_key(tmp_path, first) == place_key(tmp_path, f"{first},{second}")
    assert place_key(tmp_path, first) != place_key(tmp_path, second)
    (tmp_path / "id.key").write_text(f"{first}\n")
    assert place_key(tmp_path) == place_key(tmp_path, first)


def test_the_cell_of_a_place_is_that_of_its_middle() -> None:
    assert place_of(parent_cell(HOME, 9)) == mask_point(*HOME, 9)
