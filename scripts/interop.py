"""Let real clients read a served city, and print what each of them saw beside what is published."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS / "support"), str(TESTS)]

from feature_server import ALL, FeatureServer, service_of  # noqa: E402 - from the tests' folder
from gdal_client import read_by_gdal  # noqa: E402 - the same
from living_city import START, an_incident  # noqa: E402 - the same
from ogc_api import OgcClient  # noqa: E402 - the same
from public_side import NOW, PublicSide, public_side, some_incidents  # noqa: E402 - the same

from blocklight.model.outcomes import Withheld  # noqa: E402 - the same
from blocklight.model.record import PublicIncident  # noqa: E402 - the same
from blocklight.model.vocabulary import Reason  # noqa: E402 - the same

COUNT = 2_500
_BOX = "-122.3,37.7,-122.2,37.76"
Client = Callable[[int, dict[str, str]], set[str]]
Row = tuple[str, str, int, int]


def _in_box(incident: PublicIncident) -> bool:
    return incident.place is not None and incident.place.lon < -122.2 and incident.place.lat < 37.76  # noqa: PLR2004 - see _BOX


def _recent(incident: PublicIncident) -> bool:
    return incident.received_at >= NOW - timedelta(hours=24)


def _clients(side: PublicSide, process: ProcessPoolExecutor) -> dict[str, Client]:
    server = FeatureServer(side.client)

    def gdal(layer: int, asked: dict[str, str]) -> set[str]:
        query = {"where": "1=1", "outFields": "*", "orderByFields": "OBJECTID", "f": "json", **asked}
        path = f"{service_of('smallville')}/{layer}/query?{urlencode(query)}"
        return set(process.submit(read_by_gdal, f"ESRIJSON:{side.server.url}{path}").result(120)["id"])

    def pages(layer: int, asked: dict[str, str]) -> set[str]:
        found: set[str] = set()
        while True:
            page = server.query(layer, **asked, resultOffset=len(found), resultRecordCount=400)
            found |= {feature["attributes"]["id"] for feature in page["features"]}
            if not page.get("exceededTransferLimit"):
                return found

    def geojson(layer: int, asked: dict[str, str]) -> set[str]:
        features = server.query(layer, **asked, f="geojson")["features"]
        return {feature["properties"]["id"] for feature in features}

    ogc = OgcClient(side.client)

    def ogc_pages(layer: int, asked: dict[str, str]) -> set[str]:
        return ogc.ids(**_as_ogc(layer, asked), limit=400)

    def oapif(layer: int, asked: dict[str, str]) -> set[str]:
        items = f"OAPIF:{side.server.url}/ogc/collections/incidents?{urlencode(_as_ogc(layer, asked))}"
        return set(process.submit(read_by_gdal, items.rstrip("?")).result(120)["id"])

    return {
        "GDAL ESRIJSON": gdal,
        "pages of 400": pages,
        "GeoJSON": geojson,
        "GDAL OAPIF": oapif,
        "OGC pages of 400": ogc_pages,
    }


def _as_ogc(layer: int, asked: dict[str, str]) -> dict[str, str]:
    """Ask the OGC API for what a query asks of a layer."""
    names = {"geometry": "bbox", "where": "filter"}
    given = {names[name]: text for name, text in asked.items()}
    if layer == 0:
        given["datetime"] = f"{NOW - timedelta(hours=24):%Y-%m-%dT%H:%M:%SZ}/.."
    return given


def _rows(side: PublicSide, clients: dict[str, Client]) -> Iterator[Row]:
    """Yield client, capability, how many there are and how many of just these the client saw."""
    incidents = some_incidents(COUNT)
    side.store.apply("dispatch", incidents, at=START)
    side.follow()
    first = {
        "all": (ALL, {}, incidents),
        "box": (ALL, {"geometry": _BOX}, [one for one in incidents if _in_box(one)]),
        "last 24 hours": (0, {}, [one for one in incidents if _recent(one)]),
        "where": (ALL, {"where": "category = 'fire'"}, [one for one in incidents if one.category == "fire"]),
    }
    for name, client in clients.items():
        for capability, (layer, asked, expected) in first.items():
            yield name, capability, len(expected), _seen(client(layer, asked), expected)
    gone = [Withheld(one.id, one.source, Reason.SENSITIVE, sensitive=True) for one in incidents[:50]]
    new = [an_incident(number) for number in range(10_000, 10_025)]
    side.store.apply("dispatch", [*gone, *new], at=START + timedelta(hours=1))
    side.follow()
    for name, client in clients.items():
        left = [*incidents[50:], *new]
        yield name, "25 new, 50 taken back", len(left), _seen(client(ALL, {}), left)


def _seen(ids: set[str], expected: list[PublicIncident]) -> int:
    """Return how many were seen; one that should not have been makes it wrong for certain."""
    return len(ids) if ids <= {one.id for one in expected} else -1


def main() -> int:
    """Print the table; return 1 where anything differs."""
    failures = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        public_side(Path(folder)) as side,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
    ):
        for name, capability, expected, seen in _rows(side, _clients(side, process)):
            failures += seen != expected
            verdict = "equal" if seen == expected else "DIFFERENT"
            sys.stdout.write(f"{name:16} {capability:24} {expected:7,} {seen:7,}  {verdict}\n")
    sys.stdout.write(json.dumps({"different": failures}) + "\n")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
