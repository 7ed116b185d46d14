"""One Blocklight reads the Open311 server of another: every public request, once, and what becomes of it."""

import asyncio
import tomllib
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from living_city import START, an_incident
from msgspec.structs import replace
from public_side import NOW, public_side

from blocklight.config.city import City, parse_city
from blocklight.intake.connectors import connector
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Kind, Status
from blocklight.store import IncidentQuery, Store

COUNT = 120
_FILE = """
[city]
id = "county"
name = "County"
time_zone = "America/Los_Angeles"
bounds = {{ west = -122.6, south = 37.5, east = -122.0, north = 38.0 }}
[[sources]]
id = "smallville"
label = "Requests of Smallville"
connector = "open311"
url = "{url}"
kind = "request"
key = ["service_request_id"]
closes = "status"
page_size = 40
cursor_column = "updated_datetime"
[sources.fields]
received_at = {{ from = "requested_datetime", convert = "iso" }}
status = "status"
source_type = "service_name"
agency = {{ default = "city" }}
lat = {{ from = "lat", convert = "float" }}
lon = {{ from = "long", convert = "float" }}
[call_types.exact]
"Noise" = "noise"
"Graffiti and dumping" = "graffiti_and_dumping"
"""


def _fetch(city: City, store: Store) -> None:
    async def poll() -> None:
        source = city.sources[0]
        async with httpx2.AsyncClient(trust_env=False) as client:
            feed = Feed(
                source, city, connector(source, client=client, now=lambda: NOW), Rules.of(city, bytes(32))
            )
            await Runner(feed, store, now=lambda: NOW, stored=lambda: None).poll()

    asyncio.run(poll())


def _published(store: Store) -> list[PublicIncident]:
    return [stored.incident for stored in store.query(IncidentQuery(limit=1000)).items]


@pytest.mark.parametrize("path", ["/open311/v2", "/open311/v2/requests.xml"])
def test_one_city_reads_the_requests_of_another(tmp_path: Path, path: str) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    kinds = (Category.NOISE, Category.GRAFFITI_AND_DUMPING)
    requests = [an_incident(number, kind=Kind.REQUEST, category=kinds[number % 2]) for number in range(COUNT)]
    calls = [an_incident(number) for number in range(1000, 1030)]
    with public_side(far) as side, Store.open(f"sqlite:///{near}/county.sqlite3", "county") as store:
        side.store.apply("requests", [*requests, *calls], at=START + timedelta(hours=3))
        side.follow()
        table = tomllib.loads(_FILE.format(url=f"{side.server.url}{path}"))
        city = parse_city(table, file="county.toml", folder=near)
        _fetch(city, store)
        read = _published(store)
        assert len(read) == COUNT
        assert sorted(one.received_at for one in read) == sorted(one.received_at for one in requests)
        assert {one.category for one in read} == set(kinds)
        assert {one.kind for one in read} == {Kind.REQUEST}
        closed = replace(requests[0], status=Status.CLOSED, closed_at=NOW - timedelta(minutes=5))
        side.store.apply("requests", [closed], at=NOW)
        side.follow()
        _fetch(city, store)
        assert [one.status for one in _published(store)].count(Status.CLOSED) == 1
        assert len(_published(store)) == COUNT
