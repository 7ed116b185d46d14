import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from pages import read, section, table, words

from blocklight.api.app import create_app
from blocklight.api.examples import FEATURE
from blocklight.api.incidents import IncidentParameters
from blocklight.api.state import Public
from blocklight.areas import Areas
from blocklight.city import load_city
from blocklight.publish.publisher import Publisher
from blocklight.publish.store_watch import StoreWatch
from blocklight.store import FetchReport, Store

API = read("docs/reference/api.md")
pytestmark = pytest.mark.anyio


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    city = load_city("demo")
    now = datetime(2026, 1, 31, 5, 2, tzinfo=UTC)
    with Store.open(f"sqlite:///{tmp_path}/any.sqlite3", city.city.id) as store:
        for source in city.sources:
            noticed = {"places_sought": 20}
            yesterday = now - timedelta(days=1)
            store.record_fetch(FetchReport(source=source.id, at=yesterday, late_after_s=60, noticed=noticed))
            store.record_fetch(FetchReport(source=source.id, at=now, late_after_s=60, noticed=noticed))
        publisher = Publisher(city, store, now=lambda: now)
        publisher.load()
        yield publisher


@pytest.fixture
def app(publisher: Publisher) -> Any:  # noqa: ANN401 - an ASGI application
    publisher.store_watch = StoreWatch(publisher.store)
    return create_app(Public(publisher.city, publisher.store, publisher, Areas(publisher.city)))


async def get(app: Any, path: str) -> httpx.Response:  # noqa: ANN401 - an ASGI application
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city") as client:
        return await client.get(path)


async def test_the_reference_of_the_api_has_every_path(app: Any) -> None:  # noqa: ANN401 - an ASGI application
    documented = set(re.findall(r"`GET (/[^`?]*)`", API))
    described = set((await get(app, "/openapi.json")).json()["paths"])
    assert documented == described


async def test_the_reference_of_the_api_has_every_filter() -> None:
    assert list(table(section(API, "Incidents"), "Parameter")) == list(IncidentParameters.model_fields)


async def test_the_reference_of_the_api_has_every_property() -> None:
    assert set(table(section(API, "Incidents"), "Property")) == set(FEATURE["properties"])


async def test_the_reference_of_the_api_has_every_column_of_the_window(publisher: Publisher) -> None:
    raw = publisher.window.get(24, "identity").body
    schema = pa.ipc.open_stream(raw).schema
    assert list(table(section(API, "The window"), "Column")) == schema.names
    told = words(section(API, "The window"))
    assert {key.decode() for key in schema.metadata} <= set(told)


async def test_the_reference_of_the_api_has_every_member_of_a_pulse(publisher: Publisher) -> None:
    told = words(section(API, "The live feed"))
    pulse = publisher.pulse()
    assert {*pulse, *pulse["sources"][0]} <= set(told)


@pytest.mark.parametrize(
    ("path", "heading"),
    [("city", "The city"), ("policy", "The policy"), ("sources", "Health of the sources")],
)
async def test_the_reference_of_the_api_has_every_member_of(app: Any, path: str, heading: str) -> None:  # noqa: ANN401 - an ASGI application
    body: dict[str, Any] = (await get(app, f"/api/v1/{path}")).json()
    members = {key for source in body["sources"] for key in source} if path == "sources" else set(body)
    missing = members - set(words(section(API, heading)))
    assert not missing


async def test_the_reference_of_the_metrics_has_every_metric_and_label(app: Any) -> None:  # noqa: ANN401 - an ASGI application
    exposed = (await get(app, "/metrics")).text
    names = re.findall(r"^# TYPE (\w+) ", exposed, re.MULTILINE)
    types = {name for name in names if not name.endswith("_created")}  # when a counter began
    rows = table(read("docs/reference/metrics.md"), "Metric")
    assert set(rows) == types
    for metric, (labels, _) in rows.items():
        sample = next(line for line in exposed.splitlines() if line.startswith(metric))
        assert set(words(labels)) == set(re.findall(r'[{,](\w+)="', sample)), metric
