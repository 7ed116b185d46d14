"""Approved places that are built anew while calls are told: calls at one place stay together."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import orjson
import pytest
from grid_town import EAST, LINES, NORTH, SOUTH, STEP, WEST, build_places, write_layers
from town import FILE, KEY, NOW, a_row

from blocklight.app.policy_change import apply_policy
from blocklight.config.city import City, parse_city
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.model.record import Place
from blocklight.store import IncidentQuery, Store

pytestmark = pytest.mark.anyio

BOUNDS = f"west = {WEST - 0.02}, south = {SOUTH - 0.02}, east = {EAST + 0.02}, north = {NORTH + 0.02} }}"
NEAREST = """
[[areas]]
kind = "beat"
label = "Beats"
file = "beats.geojson"
[places]
file = "places.geojson"
streets = "streets.geojson"
addresses = "addresses.geojson"
serves = {}
"""
# Where calls are: one on each quarter of a block.
HOMES = [
    (WEST + (i + 0.25) * STEP / 2, SOUTH + (j + 0.25) * STEP / 2)
    for i in range(2 * LINES - 4)
    for j in range(2 * LINES - 4)
]


def a_city(folder: Path, serves: int) -> City:
    """Write the town's files and return its city with places that serve so many addresses."""
    folder.mkdir()
    write_layers(folder)
    lines = [line for line in FILE.splitlines() if not line.startswith("bounds")]
    lines.insert(lines.index('time_zone = "America/Los_Angeles"') + 1, f"bounds = {{ {BOUNDS}")
    file = "\n".join(lines).replace('labels = "hundred_block"', 'place = "nearest"') + NEAREST.format(serves)
    city = parse_city(tomllib.loads(file), file="anytown.toml", folder=folder)
    build_places(city, folder)
    return city


class Calls:
    """A call at each home, told alike, under one place file after the other."""

    def __init__(self, store: Store, cities: list[City]) -> None:
        self._store = store
        self._cities = cities
        self._at = NOW
        self._seen: dict[str, list[Place | None]] = {}

    async def tell(self, city: int) -> None:
        """Fetch all calls under the policy of one of the cities, and note what is seen before and after."""
        self._at += timedelta(minutes=1)
        chosen = self._cities[city]
        rules = Rules.of(chosen, KEY)
        apply_policy(chosen, rules, self._store, self._at)
        self._look()
        rows = [a_row(n, lon=lon, lat=lat) for n, (lon, lat) in enumerate(HOMES)]
        async with httpx2.AsyncClient(transport=ReplayTransport(orjson.dumps(rows))) as client:
            source = chosen.sources[0]
            reader = connector(source, client=client, now=lambda: self._at)
            feed = Feed(source, chosen, reader, rules)
            await Runner(feed, self._store, now=lambda: self._at, stored=lambda: None).poll()
        self._look()

    def _look(self) -> None:
        stored = self._store.query(IncidentQuery(limit=1000)).items
        shown = {one.incident.id: one.incident.place for one in stored}
        for id_ in self._seen.keys() | shown.keys():
            self._seen.setdefault(id_, []).append(shown.get(id_))

    def narrowed(self) -> dict[Place, Counter[tuple[Place | None, ...]]]:
        """The histories of the calls of each first place where they differ."""
        histories: dict[Place, Counter[tuple[Place | None, ...]]] = {}
        for seen in self._seen.values():
            first = next(place for place in seen if place is not None)
            histories.setdefault(first, Counter())[tuple(seen)] += 1
        assert len(histories) > 10
        return {place: found for place, found in histories.items() if len(found) > 1}


@contextmanager
def calls(folder: Path, *serves: int) -> Iterator[Calls]:
    cities = [a_city(folder / f"city{number}", each) for number, each in enumerate(serves)]
    url = f"sqlite:///{folder}/anytown.sqlite3"
    with Store.open(url, "anytown", place_key=b"a key that is not in the database") as store:
        yield Calls(store, cities)


@pytest.mark.parametrize("serves", [(8, 14), (14, 8)])
async def test_calls_that_moved_with_their_place_are_told_apart_by_no_later_fetch(
    tmp_path: Path, serves: tuple[int, int]
) -> None:
    with calls(tmp_path, *serves) as town:
        for city in (0, 1, 0, 1):  # a place of both is not the same one: it stands for other addresses
            await town.tell(city)
        assert town.narrowed() == {}
