"""Attacks on a map of calls, measured: averaging, narrowing a box, subtracting counts. All must fail."""

import asyncio
import hashlib
import math
import random
from datetime import timedelta
from pathlib import Path

import h3
import httpx2
import orjson
import pytest
from town import FILE, KEY, NOW, Row, a_row, a_town

from blocklight.intake.connectors import connector
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.store import FetchReport, IncidentQuery

pytestmark = pytest.mark.anyio

_METRES_A_DEGREE = 111_195
FIRES_LATER = """
[[policy.rules]]
name = "fires-later"
category = "fire"
action = "hold"
for_min = 60
"""


def addresses(count: int) -> list[tuple[float, float]]:
    chance = random.Random(11)  # noqa: S311 - makes examples, guards nothing
    return [(chance.uniform(-122.29, -122.11), chance.uniform(37.71, 37.89)) for _ in range(count)]


def metres(one: tuple[float, float], two: tuple[float, float]) -> float:
    return h3.great_circle_distance((one[1], one[0]), (two[1], two[0]), unit="m")  # type: ignore[no-any-return]  # of h3


def test_averaging_a_hundred_publications_of_an_address_comes_no_nearer_to_it() -> None:
    after_one, after_hundred, noisy = [], [], []
    chance = random.Random(5)  # noqa: S311 - the attacked alternative: fresh noise for each call
    for lon, lat in addresses(200):
        points = [mask_point(lon, lat, 9) for _ in range(100)]
        mean = sum(p.lon for p in points) / 100, sum(p.lat for p in points) / 100
        after_one.append(metres((points[0].lon, points[0].lat), (lon, lat)))
        after_hundred.append(metres(mean, (lon, lat)))
        drawn = [(chance.gauss(0, 150), chance.gauss(0, 150)) for _ in range(100)]
        east, north = (sum(part) / 100 for part in zip(*drawn, strict=True))
        noisy.append(math.hypot(east, north))
    middle = len(after_one) // 2
    assert sorted(after_hundred)[middle] == pytest.approx(sorted(after_one)[middle], abs=0.5)
    assert sorted(after_one)[middle] > 90
    assert sorted(noisy)[middle] < 30  # what the attack wins against fresh noise


async def test_calls_of_one_address_stand_at_one_point_and_their_mean_is_that_point(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", FILE.replace('"hundred_block"', '"none"')) as town:
        await town.fetch(*(a_row(number) for number in range(100)))
        places = {tuple(feature["geometry"]["coordinates"]) for feature in await town.features()}
    assert len(places) == 1
    assert metres(places.pop(), (-122.2711, 37.8123)) > 20


def test_narrowing_a_box_around_an_address_finds_nothing_before_the_cells_centre(tmp_path: Path) -> None:
    found = 0
    homes = [(lon, lat) for lon, lat in addresses(60)]
    far = [h for h in homes if metres((mask_point(*h, 9).lon, mask_point(*h, 9).lat), h) > 60]
    assert len(far) > 40
    with a_town(tmp_path / "town") as town:
        asyncio.run(town.fetch(*(a_row(n, lon=lon, lat=lat) for n, (lon, lat) in enumerate(far))))
        for lon, lat in far:
            half = 40 / _METRES_A_DEGREE
            box = (lon - half, lat - half, lon + half, lat + half)
            found += len(town.store.query(IncidentQuery(bbox=box)).items)
            cell = mask_point(lon, lat, 9)
            point = (cell.lon, cell.lat, cell.lon, cell.lat)
            assert town.store.query(IncidentQuery(bbox=point)).items
    assert found == 0


async def test_watching_the_counts_all_day_tells_nothing_of_what_is_withheld(tmp_path: Path) -> None:
    # The difference attack: ask for every count every minute and subtract.
    with a_town(tmp_path / "town") as town:
        await town.fetch(a_row(1))
        seen = set()
        for minute in range(0, 60, 10):
            at = NOW + timedelta(minutes=minute)
            await town.fetch(a_row(1), *(a_row(100 + n, what="STALKING") for n in range(minute)), at=at)
            answers = await town.public(NOW)
            seen.add((answers["/api/v1/ledger"], answers["/api/v1/incidents"], answers["live"]))
        assert len(seen) == 1


async def test_no_figure_of_today_tells_which_calls_are_withheld_or_held(tmp_path: Path) -> None:
    # What a geocoder sought and did not find is withheld; a counter that moves at once would say when.
    with a_town(tmp_path / "town") as town:
        await town.fetch(a_row(1))
        before = await town.public(NOW)
        for noticed in ({"places_sought": 30, "places_found": 20}, {"told_twice": 10}):
            town.store.record_fetch(FetchReport("calls", NOW, late_after_s=600, noticed=noticed))
        after = await town.public(NOW)
        assert len(before) >= 13
        assert before == after
        tomorrow = await town.public(NOW + timedelta(days=1))
        assert b'what="places_sought"} 30.0' in tomorrow["/metrics"]


async def test_no_later_day_tells_which_of_the_held_were_withheld_while_they_waited(tmp_path: Path) -> None:
    # The difference attack on fates: what the ledger says was held, less what the live feed released later.
    # Some wait past midnight, some of a second town's turn sensitive meanwhile: nobody may see whose.
    began = NOW.replace(hour=23, minute=30)
    answers, delayed, turned_out = [], [], []
    for name, hidden in (("one", 0), ("two", 4)):
        with a_town(tmp_path / name, FILE + FIRES_LATER) as town:
            fires = [a_row(n, what="FIRE", opened=began.isoformat()) for n in range(20)]
            turned = [a_row(100 + n, what="FIRE", opened=began.isoformat()) for n in range(hidden)]
            await town.fetch(a_row(99), *fires, *turned, at=began)
            turned = [row | {"what": "STALKING"} for row in turned]
            await town.fetch(a_row(99), *fires, *turned, at=began + timedelta(minutes=15))
            for hours in (1, 2):
                town.store.release(began + timedelta(hours=hours))
            answers.append(await town.public(began + timedelta(days=3)))
            ledger = answers[-1]["/api/v1/ledger"]
            held = sum(day["held"] or 0 for day in orjson.loads(ledger[ledger.index(b'{"from"') :])["days"])
            delayed.append((held, answers[-1]["live"].count(b'"delayed":true')))
            turned_out.append(town.ledgered("withheld"))
    assert delayed == [(20, 20), (20, 20)]
    assert len(answers[0]) >= 13
    assert answers[0] == answers[1]
    assert turned_out == [0, 4]


class Conditional(httpx2.AsyncBaseTransport):
    """A source that answers 304 to who knows its answer already."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = orjson.dumps(self.rows)
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        same = request.headers.get("if-none-match") == tag
        headers = {"etag": tag, "content-type": "application/json"}
        return httpx2.Response(304 if same else 200, headers=headers, content=b"" if same else body)


async def test_an_answer_that_changed_in_what_is_withheld_looks_like_one_that_did_not(
    tmp_path: Path,
) -> None:
    # The watched feed says "not modified" most of the time: no count may say when it did not.
    transport = Conditional()
    with a_town(tmp_path / "town", FILE.replace('"socrata"', '"json"')) as town:
        async with httpx2.AsyncClient(transport=transport) as client:
            source = town.city.sources[0]
            reader = connector(source, client=client, now=lambda: NOW)
            feed = Feed(source, town.city, reader, Rules.of(town.city, KEY))
            runner = Runner(feed, town.store, now=lambda: NOW, stored=lambda: None)
            told = []
            hidden = [a_row(7, what="STALKING"), a_row(8, what="WIZARDRY")]
            answers = [
                [a_row(1)],
                [a_row(1)],
                [a_row(1), hidden[0]],
                [a_row(1), *hidden],
                [a_row(1), *hidden],
            ]
            unchanged = []
            for transport.rows in answers:
                tally = await runner.poll()
                assert tally is not None
                unchanged.append(tally.unchanged)
                told.append((await town.public())["/api/v1/sources"])
    assert unchanged == [False, True, False, False, True]
    assert len(set(told)) == 1
