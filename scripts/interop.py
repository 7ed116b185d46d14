"""Let real clients read a served city, and print what each of them saw beside what is published."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests"
sys.path[:0] = [str(TESTS / "support"), str(TESTS)]

from feature_server import ALL, FeatureServer, service_of  # noqa: E402 - from the tests' folder
from gdal_client import read_by_gdal  # noqa: E402 - the same
from living_city import START, an_incident  # noqa: E402 - the same
from ogc_api import OgcClient  # noqa: E402 - the same
from public_side import NOW, PublicSide, public_side, some_incidents  # noqa: E402 - the same

from blocklight.api.state import web_root  # noqa: E402 - the same
from blocklight.model.outcomes import Withheld  # noqa: E402 - the same
from blocklight.model.record import PublicIncident  # noqa: E402 - the same
from blocklight.model.vocabulary import Category, Reason  # noqa: E402 - the same

COUNT = 2_500
_CITY = "smallville"
_LENGTH_OF_FEED = 100
# Id and category of each record that a client saw, with those that it saw twice.
Seen = list[list[str]]


@dataclass(frozen=True)
class Part:
    """What a client is to read: all of it, or the part in a box, of a category or received since a time."""

    name: str
    bbox: tuple[float, float, float, float] | None = None
    category: str | None = None
    is_recent: bool = False

    def holds(self, incident: PublicIncident) -> bool:
        """Whether an incident belongs to this part."""
        if self.is_recent and incident.received_at < NOW - timedelta(hours=24):
            return False
        if self.category is not None and incident.category != self.category:
            return False
        if self.bbox is None:
            return True
        west, south, east, north = self.bbox
        place = incident.place
        return place is not None and west <= place.lon <= east and south <= place.lat <= north

    @property
    def since(self) -> str | None:
        """The time from which on it is received, in UTC."""
        return f"{NOW - timedelta(hours=24):%Y-%m-%dT%H:%M:%SZ}" if self.is_recent else None


PARTS = (
    Part("all"),
    Part("box", bbox=(-122.3, 37.7, -122.2, 37.76)),
    Part("last 24 hours", is_recent=True),
    Part("category", category="fire"),
)


@dataclass(frozen=True)
class Client:
    """How a client reads a part, and how many records it shows at most: those first published last."""

    name: str
    read: Callable[[Part], Seen]
    most: int = COUNT * 2

    def is_equal(self, part: Part, incidents: list[PublicIncident]) -> tuple[int, int, bool]:
        """How many there are, how many the client saw, and whether those are the same records."""
        # Of equal times, the one that was published later comes first.
        numbered = sorted(enumerate(incidents), key=lambda pair: (pair[1].received_at, pair[0]), reverse=True)
        matching = [incident for _, incident in numbered if part.holds(incident)][: self.most]
        seen = sorted(self.read(part))
        expected = sorted([incident.id, str(incident.category)] for incident in matching)
        return len(expected), len(seen), seen == expected


def _fields_of_layer(part: Part) -> tuple[int, dict[str, str]]:
    """The layer of the FeatureServer and the parameters that choose a part."""
    query = {"where": "1=1" if part.category is None else f"category = '{part.category}'", "outFields": "*"}
    if part.bbox is not None:
        query["geometry"] = ",".join(map(str, part.bbox))
    return 0 if part.is_recent else ALL, query


def _own_clients(side: PublicSide) -> Iterator[Client]:
    """Yield plain HTTP clients, which show what a page after page reader sees."""
    server, ogc = FeatureServer(side.client), OgcClient(side.client)

    def pages(part: Part) -> Seen:
        layer, query = _fields_of_layer(part)
        seen: Seen = []
        while True:
            page = server.query(layer, **query, resultOffset=len(seen), resultRecordCount=400)
            seen += [_id_and_category(feature["attributes"]) for feature in page["features"]]
            if not page.get("exceededTransferLimit"):
                return seen

    def geojson(part: Part) -> Seen:
        layer, query = _fields_of_layer(part)
        features = server.query(layer, **query, f="geojson")["features"]
        return [_id_and_category(feature["properties"]) for feature in features]

    def ogc_pages(part: Part) -> Seen:
        query: dict[str, str | int] = {"limit": 400}
        if part.bbox is not None:
            query["bbox"] = ",".join(map(str, part.bbox))
        if part.category is not None:
            query["filter"] = f"category = '{part.category}'"
        if part.since is not None:
            query["datetime"] = f"{part.since}/.."
        return [[feature["id"], feature["properties"]["category"]] for feature in ogc.features(**query)]

    yield Client("pages of 400", pages)
    yield Client("GeoJSON", geojson)
    yield Client("OGC pages of 400", ogc_pages)


def _gdal_clients(side: PublicSide, process: ProcessPoolExecutor) -> Iterator[Client]:
    """Yield GDAL's drivers for both interfaces, of the version that Blocklight itself has."""

    def esrijson(part: Part) -> Seen:
        layer, query = _fields_of_layer(part)
        parameters = urlencode({**query, "orderByFields": "OBJECTID", "f": "json"})
        return rows(f"ESRIJSON:{side.server.url}{service_of(_CITY)}/{layer}/query?{parameters}")

    def oapif(part: Part) -> Seen:
        conditions = [f"category = '{part.category}'"] if part.category else []
        if part.is_recent:
            conditions.append(f"received_at >= '{NOW - timedelta(hours=24):%Y/%m/%d %H:%M:%S}+00'")
        where = " AND ".join(conditions) or None
        return rows(f"OAPIF:{side.server.url}/ogc/collections/incidents", bbox=part.bbox, where=where)

    def rows(address: str, **chosen: Any) -> Seen:  # noqa: ANN401 - of pyogrio
        columns = process.submit(read_by_gdal, address, **chosen).result(120)
        return [list(pair) for pair in zip(columns["id"], columns["category"], strict=True)]

    yield Client("GDAL ESRIJSON", esrijson)
    yield Client("GDAL OAPIF", oapif)


def _other_clients(side: PublicSide, processes: ExitStack) -> Iterator[Client]:
    """Yield clients of other people, each family in a process with its own libraries."""
    folder = HERE.parent / ".build"
    python = [str(folder / "interop" / "bin" / "python"), str(HERE / "interop_clients.py")]
    node = ["node", str(HERE / "interop_clients.mjs")]
    families = (
        (python, folder, ("OWSLib", "esridump", "geopandas OAPIF", *_EXPORTS, "feedparser")),
        (node, folder / "interop-node", ("arcgis-rest-js", "arcgis-rest-js pbf")),
    )
    for command, cwd, names in families:
        process = processes.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cwd)  # noqa: S603 - ours
        )
        processes.callback(process.terminate)
        for name in names:
            yield Client(name, _asking(process, name, side.server.url), _MOST.get(name, COUNT * 2))


_EXPORTS = ("geopandas .geojson", "geopandas .fgb", "geopandas .parquet", "pandas .csv")
_MOST = {"feedparser": _LENGTH_OF_FEED}


def _asking(process: "subprocess.Popen[str]", name: str, root: str) -> Callable[[Part], Seen]:
    def read(part: Part) -> Seen:
        request = {"client": name, "root": root, "city": _CITY, "bbox": part.bbox, "category": part.category}
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        process.stdin.write(json.dumps({**request, "since": part.since}) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise SystemExit(f"{name}: the client ended while it read {part.name}")
        seen: Seen = json.loads(answer)
        return seen

    return read


def _id_and_category(values: dict[str, Any]) -> list[str]:
    return [values["id"], values["category"]]


Row = tuple[str, str, int, int, bool]


def _rows(side: PublicSide, clients: list[Client]) -> Iterator[Row]:
    """Yield client, part, how many there are, how many the client saw, and whether they are the same."""
    incidents = some_incidents(COUNT)
    side.store.apply("dispatch", incidents, at=START)
    side.follow()
    for client in clients:
        for part in PARTS:
            yield client.name, part.name, *client.is_equal(part, incidents)
    taken_back, renamed, unchanged = incidents[:50], incidents[50:80], incidents[80:]
    now_named = [replace(incident, category=Category.ALARM, subcategory=None) for incident in renamed]
    new = [an_incident(number) for number in range(10_000, 10_025)]
    withheld = [
        Withheld(incident.id, incident.source, Reason.SENSITIVE, sensitive=True) for incident in taken_back
    ]
    side.store.apply("dispatch", [*withheld, *now_named, *new], at=START + timedelta(hours=1))
    side.follow()
    published = [*now_named, *unchanged, *new]
    for client in clients:
        yield client.name, "25 new, 30 updated, 50 taken back", *client.is_equal(PARTS[0], published)


@contextmanager
def _city_with_pages(folder: Path) -> Iterator[PublicSide]:
    """Run a city with the built web app, from which feeds take their words."""
    (folder / "web").symlink_to(web_root())
    with public_side(folder) as side:
        yield side


def main() -> int:
    """Print the table; the status is 1 where anything differs."""
    failures = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        _city_with_pages(Path(folder)) as side,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
        ExitStack() as processes,
    ):
        clients = [*_own_clients(side), *_gdal_clients(side, process), *_other_clients(side, processes)]
        for name, part, expected, seen, is_equal in _rows(side, clients):
            failures += not is_equal
            verdict = "equal" if is_equal else "DIFFERENT"
            sys.stdout.write(f"{name:20} {part:34} {expected:7,} {seen:7,}  {verdict}\n")
            sys.stdout.flush()
    sys.stdout.write(json.dumps({"clients": len(clients), "different": failures}) + "\n")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
