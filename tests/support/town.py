"""One city on its way from a source's answer to every byte that the public can ask for."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import orjson
from archived import archive_paths, archived, unpacked
from feature_server import geoservices_paths
from main_street import with_streets
from ogc_api import ogc_paths
from open311_server import open311_paths
from webhook_bytes import webhook_bytes

from blocklight.api.state import Public
from blocklight.app.public_interface import create_public_app
from blocklight.archive.engine import Engine
from blocklight.config.city import City, parse_city
from blocklight.geo.areas import Areas
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.publish.exports.table import MEDIA_TYPES
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

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
[call_types.exact]
"BURGLARY CANARYTYPE" = "burglary"
"SICK PERSON CANARYTYPE" = "medical"
"OVERTURNED PATIENT SICK PERSON" = "medical"
[policy]
labels = "hundred_block"
"""

Row = dict[str, Any]
# Ends of the paths that describe the interface, and so list every word that there is.
DESCRIBING = (
    *("/openapi.json", "/asyncapi.json"),
    *("/FeatureServer/layers", "/queryables", "/services.json", "/services.xml"),
)
# Of the world, and two that the town lies in.
_TILES = [(0, 0, 0), (12, 1582, 656), (13, 3163, 1313)]
# Below these each incident has an address.
_ONE = ("/api/v1/incidents", "/list")
# Rules to be put behind ``FILE``: one that holds, and one that withholds for now.
FIRES_LATER_NO_NOISE = """
[[policy.rules]]
name = "fires-later"
category = "fire"
action = "hold"
for_min = 30
[[policy.rules]]
name = "no-noise"
category = "noise"
action = "withhold"
"""


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


class _Following(Publisher):
    """Follows a log that does not grow, so that what is kept in memory is asked as well."""

    @property
    def follows_closely(self) -> bool:
        return True


@dataclass
class Town:
    """A city on its way from a source's answer to the public."""

    city: City
    store: Store

    async def fetch(self, *rows: Row, key: bytes = KEY, at: datetime = NOW) -> None:
        """Carry one answer of the source through to the store."""
        transport = ReplayTransport(orjson.dumps(rows))
        async with httpx2.AsyncClient(transport=transport) as client:
            source = self.city.sources[0]
            reader = connector(source, client=client, now=lambda: at)
            feed = Feed(source, self.city, reader, Rules.of(self.city, key))
            await Runner(feed, self.store, now=lambda: at, stored=lambda: None).poll()

    async def public(self, at: datetime = NOW, *, unknown: tuple[str, ...] = ()) -> dict[str, bytes]:
        """Return every byte that the public can ask for at a time, with its headers, by path.

        *unknown* are ids that are asked for as well, and not found.
        """
        publisher = _Following(self.city, self.store, now=lambda: at)
        publisher.load()
        areas = Areas(self.city)
        with (
            TemporaryDirectory() as folder,
            archived(self.city, self.store, Path(folder), lambda: at) as archive,
        ):
            app = create_public_app(Public(self.city, self.store, publisher, areas, archive=archive))
            return await self._answers(app, publisher, archive, areas, unknown)

    async def _answers(
        self,
        app: Any,  # noqa: ANN401 - an ASGI application
        publisher: Publisher,
        archive: Engine,
        areas: Areas,
        unknown: tuple[str, ...],
    ) -> dict[str, bytes]:
        paths = [
            "/openapi.json",
            "/asyncapi.json",
            "/metrics",
            "/api/v1/city",
            "/api/v1/sources",
            "/api/v1/incidents",
        ]
        paths += ["/api/v1/policy", "/", "/?lang=zh-Hant", "/?range=168"]
        paths += ["/api/v1/window?hours=24", "/api/v1/window/ids?hours=24", "/api/v1/ledger"]
        paths += [f"/api/v1/areas/{layer.kind}" for layer in self.city.areas]
        every = [area for known in areas.by_kind.values() for area in known]
        paths += ["/api/v1/usual", *(f"/api/v1/usual?area={area.kind}:{area.id}" for area in every)]
        found: dict[str, bytes] = {
            "live": b"".join(publisher.live.replay.since(0) or ()),
            "pulse": orjson.dumps(publisher.pulse()),
        }
        found |= await webhook_bytes(self.city, self.store)
        paths += geoservices_paths(self.city)
        paths += ogc_paths(self.city, _TILES)
        paths += open311_paths()
        paths += [f"/api/v1/incidents.{form}" for form in (*MEDIA_TYPES, "atom", "jsonfeed")]
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://city") as client:
            paths += ["/list", "/list?lang=es&status=open", "/data"]
            listed = (await client.get("/api/v1/incidents?limit=1000")).json()["features"]
            missing = [f"{where}/{id_}" for id_ in unknown for where in _ONE]
            found_ids = [feature["id"] for feature in listed]
            if listed:
                paths += archive_paths(archive, [(area.kind, area.id) for area in every])
                paths += ["/area", "/response-times", *(f"/area/{area.kind}/{area.id}" for area in every)]
            for path in [*paths, *(f"{where}/{id_}" for id_ in found_ids for where in _ONE), *missing]:
                answer = await client.get(path, headers={"accept-encoding": "identity"})
                assert answer.status_code == (httpx2.codes.NOT_FOUND if path in missing else httpx2.codes.OK)
                body = unpacked(path, answer.content)
                if path == "/metrics":  # but for when a counter began, by the wall's clock
                    body = re.sub(rb"^\w+_created\b.*$", b"", body, flags=re.MULTILINE)
                headers = {name: text for name, text in answer.headers.items() if name != "content-length"}
                found[path] = str(sorted(headers.items())).encode() + body
        return found

    async def features(self, at: datetime = NOW) -> list[Row]:
        """Return what is published."""
        body = (await self.public(at))["/api/v1/incidents"]
        features: list[Row] = orjson.loads(body[body.index(b'{"type"') :])["features"]
        return features

    def ledgered(self, outcome: str) -> int:
        """Return how often an outcome is in the whole ledger."""
        rows = self.store.ledger(NOW.date() - timedelta(days=9), NOW.date() + timedelta(days=9))
        return sum(row.n for row in rows if row.outcome == outcome)

    def ledger(self) -> dict[tuple[str, str], int]:
        """Return today's counts by outcome and reason."""
        rows = self.store.ledger(NOW.date(), NOW.date())
        return {(row.outcome, row.reason): row.n for row in rows}


@contextmanager
def a_town(folder: Path, file: str = FILE) -> Iterator[Town]:
    """Open a town with an empty store of its own in a folder."""
    folder.mkdir(exist_ok=True)
    city = parse_city(tomllib.loads(with_streets(file, folder)), file="anytown.toml", folder=folder)
    with Store.open(
        f"sqlite:///{folder}/anytown.sqlite3", city.city.id, ledger_kind=city.ledger_kind
    ) as store:
        name_epoch(store)
        yield Town(city, store)


def name_epoch(store: Store) -> None:
    """Give the log the same name and the same order of object ids in every city, to compare public bytes."""
    with store._engines.write.begin() as connection:  # noqa: SLF001 - it is drawn by lot in a real one
        connection.exec_driver_sql("UPDATE log SET epoch = 'testtest', object_key = 'testtest'")
