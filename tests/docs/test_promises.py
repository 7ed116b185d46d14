"""What docs/privacy.md promises, from a source's answer to every byte that the public can ask for."""

import logging
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import h3
import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.api.app import create_app
from blocklight.api.state import Public
from blocklight.areas import Areas
from blocklight.city import City, parse_city
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 31, 5, 0, tzinfo=UTC)
KEY = bytes(range(32))
FILE = """
[city]
id = "anytown"
name = "Anytown"
time_zone = "America/Los_Angeles"
bounds = { west = -122.3, south = 37.7, east = -122.1, north = 37.9 }
[[sources]]
id = "calls"
label = "Calls"
connector = "socrata"
url = "https://data.anytown.example/resource/abcd-1234.json"
key = ["number"]
closes = "status"
max_rejected_share = 1.0
[sources.fields]
received_at = { from = "opened", convert = "iso" }
status = { from = "state", map = { OPEN = "open", DONE = "closed" } }
source_type = "what"
agency = { default = "police" }
address = "address"
cross_street = "cross"
disposition = "ended"
units = { from = "units", convert = "length" }
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }
[dispositions]
"REPORT" = "report_taken"
[policy]
labels = "hundred_block"
"""

Row = dict[str, Any]


def a_row(number: object, **other: object) -> Row:
    return {
        "number": f"CANARY-{number}",
        "opened": (NOW - timedelta(minutes=10)).isoformat(),
        "state": "OPEN",
        "what": "BURGLARY CANARYTYPE",
        "address": "1432 MAIN ST APT CANARY",
        "units": "CANARY1,CANARY2",
        "lon": -122.2711,
        "lat": 37.8123,
        "caller": "CANARY NAME",
        "remarks": {"text": "CANARY FREE TEXT"},
        **other,
    }


@dataclass
class Town:
    """A city on its way from a source's answer to the public."""

    city: City
    store: Store

    async def fetch(self, *rows: Row, key: bytes = KEY) -> None:
        """Carry one answer of the source through to the store."""
        transport = ReplayTransport(orjson.dumps(rows))
        async with httpx.AsyncClient(transport=transport) as client:
            source = self.city.sources[0]
            reader = connector(source, client=client, now=lambda: NOW)
            feed = Feed(source, self.city, reader, Rules.of(self.city, key))
            await Runner(feed, self.store, now=lambda: NOW, stored=lambda: None).poll()

    async def public(self) -> dict[str, bytes]:
        """Return every byte that the public can ask for, with its headers, by path."""
        publisher = Publisher(self.city, self.store, now=lambda: NOW)
        publisher.load()
        app = create_app(Public(self.city, self.store, publisher, Areas(self.city)))
        paths = ["/openapi.json", "/metrics", "/api/v1/city", "/api/v1/sources", "/api/v1/incidents"]
        paths += ["/api/v1/window?hours=24", "/api/v1/window/ids?hours=24"]
        found: dict[str, bytes] = {"live": publisher.live.replay.since(0) or b""}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city") as client:
            listed = (await client.get("/api/v1/incidents?limit=1000")).json()["features"]
            for path in [*paths, *(f"/api/v1/incidents/{feature['id']}" for feature in listed)]:
                answer = await client.get(path, headers={"accept-encoding": "identity"})
                assert answer.status_code == httpx.codes.OK
                body = re.sub(
                    rb"\S+_created \S+", b"", answer.content
                )  # when a counter began, by the wall's clock
                headers = {name: text for name, text in answer.headers.items() if name != "content-length"}
                found[path] = str(sorted(headers.items())).encode() + body
        return found

    async def features(self) -> list[Row]:
        """Return what is published."""
        body = (await self.public())["/api/v1/incidents"]
        features: list[Row] = orjson.loads(body[body.index(b'{"type"') :])["features"]
        return features

    def ledger(self) -> dict[tuple[str, str], int]:
        """Return today's counts by outcome and reason."""
        rows = self.store.ledger(NOW.date(), NOW.date())
        return {(row.outcome, row.reason): row.n for row in rows}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = parse_city(tomllib.loads(FILE), file="anytown.toml", folder=tmp_path)
    with Store.open(f"sqlite:///{tmp_path}/anytown.sqlite3", city.city.id) as store:
        yield Town(city, store)


async def test_nothing_that_is_not_on_the_list_reaches_any_public_byte(town: Town) -> None:
    await town.fetch(a_row(1), a_row(2, what="SICK PERSON CANARYTYPE"), a_row(3, what="STALKING CANARY"))
    surfaces = await town.public()
    assert len(surfaces) == 10
    assert b"1400 block of Main St" in surfaces["live"]
    for path, body in surfaces.items():
        assert b"canary" not in body.lower(), path
        assert b"37.8123" not in body, path


async def test_what_cannot_be_judged_is_not_published_and_is_counted(town: Town) -> None:
    await town.fetch(
        a_row(1, what="WIZARDRY"),
        a_row(2, opened="yesterday"),
        a_row(3, lon=0, lat=0),
        a_row(4, lon=37.8123, lat=-122.2711),
        a_row(5, lon=None),
        a_row(6, state="PERHAPS"),
    )
    assert await town.features() == []
    assert town.ledger() == {
        ("withheld", "unmapped"): 1,
        ("rejected", "bad_time"): 1,
        ("withheld", "outside_city"): 2,
        ("withheld", "no_place"): 1,
        ("rejected", "no_status"): 1,
    }


async def test_a_call_that_becomes_sensitive_leaves_every_public_byte_and_never_comes_back(
    town: Town,
) -> None:
    await town.fetch(a_row(1), a_row(2, address="900 ELM AVE"))
    before = await town.public()
    await town.fetch(a_row(1, what="DOMESTIC VIOLENCE"), a_row(2, address="900 ELM AVE"))
    (kept,) = await town.features()
    (gone,) = {path.rpartition("/")[2] for path in before if "/incidents/" in path} - {kept["id"]}
    await town.fetch(a_row(1, what="BURGLARY"), a_row(2, address="900 ELM AVE"))
    for path, body in (await town.public()).items():
        assert b"Main St" not in body, path
        assert (gone.encode() in body) == (path == "live"), path
    assert (await town.public())["live"].count(b'{"id":"%b"}' % gone.encode()) == 1


async def test_medical_calls_are_coarser_and_without_detail(town: Town) -> None:
    await town.fetch(a_row(1, what="OVERTURNED PATIENT SICK PERSON", ended="REPORT", state="DONE"))
    (feature,) = await town.features()
    shown = feature["properties"]
    lon, lat = feature["geometry"]["coordinates"]
    assert shown["category"] == "medical"
    assert (shown["disposition"], shown["source_type"], shown["place"]["label"]) == (None, None, None)
    assert shown["place"]["radius_m"] > 450
    assert h3.latlng_to_cell(lat, lon, 8) == h3.latlng_to_cell(37.8123, -122.2711, 8)


@given(lon=st.floats(-180, 180), lat=st.floats(-85, 85), resolution=st.integers(5, 9))
def test_every_public_point_is_the_centre_of_the_cell_and_always_the_same(
    lon: float, lat: float, resolution: int
) -> None:
    place = mask_point(lon, lat, resolution)
    cell = h3.latlng_to_cell(lat, lon, resolution)
    centre = h3.cell_to_latlng(cell)
    assert (place.lat, place.lon) == (round(centre[0], 6), round(centre[1], 6))
    assert mask_point(lon, lat, resolution) == place
    assert mask_point(place.lon, place.lat, resolution) == place
    assert h3.great_circle_distance((lat, lon), centre, unit="m") <= place.radius_m + 1


async def test_a_hundred_withheld_calls_change_two_counts_and_no_other_public_byte(
    town: Town, tmp_path: Path
) -> None:
    rows = [a_row(number, lat=37.80 + number / 1000) for number in range(5)]
    hidden = [a_row(1000 + number, what="STALKING") for number in range(100)]
    await town.fetch(*rows)
    with Store.open(f"sqlite:///{tmp_path}/other.sqlite3", town.city.city.id) as store:
        other = Town(town.city, store)
        await other.fetch(*hidden[:50], *rows, *hidden[50:])
        one, two = await town.public(), await other.public()
    assert one.keys() == two.keys()
    assert len(one) == 13
    counts = (rb'"withheld":{[^}]*}', rb'"records":\d+', rb"'etag', '[^']+'")
    for path, body in one.items():
        if path in ("/api/v1/city", "/api/v1/sources"):
            assert re.sub(b"|".join(counts), b"", body) == re.sub(b"|".join(counts), b"", two[path])
        else:
            assert body == two[path], path


async def test_public_ids_tell_nothing_without_the_key(town: Town, tmp_path: Path) -> None:
    await town.fetch(*(a_row(number) for number in range(50)))
    ids = [feature["id"] for feature in await town.features()]
    with Store.open(f"sqlite:///{tmp_path}/other.sqlite3", town.city.city.id) as store:
        other = Town(town.city, store)
        await other.fetch(*(a_row(number) for number in range(50)), key=KEY[::-1])
        others = [feature["id"] for feature in await other.features()]
    assert len({*ids, *others}) == 100
    assert ids not in (sorted(ids), sorted(ids, reverse=True))


async def test_neither_log_nor_reason_holds_a_record(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await town.fetch(a_row(1, opened="CANARY"), a_row(2))
    await town.fetch({"number": "CANARY", "opened": "CANARY", "CANARY": "CANARY"})
    (health,) = town.store.sources()
    assert health.reason == "column 'what' is gone"
    assert "source calls failed" in caplog.text
    assert "canary" not in f"{caplog.text} {b''.join((await town.public()).values())!r}".lower()
