import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pyarrow as pa
import pytest
from pages import read, section, table, words
from public_side import whole

from blocklight.alerts.webhooks import Webhooks
from blocklight.api.examples import FEATURE
from blocklight.api.incidents import IncidentParameters
from blocklight.api.state import Public
from blocklight.app.city_runtime import CityRuntime
from blocklight.app.fetching import Intake
from blocklight.app.operator_figures import port_of_intake, port_of_serving
from blocklight.app.public_interface import create_public_app
from blocklight.config.city import load_city
from blocklight.geo.areas import Areas
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed
from blocklight.jobs import FOLLOWING
from blocklight.model.outcomes import Outcome, Withheld
from blocklight.model.vocabulary import Reason
from blocklight.publish.publisher import Publisher
from blocklight.publish.store_watch import StoreWatch
from blocklight.store import FetchReport, Store, WithheldUsual

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
    publisher.store_watch = StoreWatch(whole(publisher.store))
    return create_public_app(Public(publisher.city, publisher.store, publisher, Areas(publisher.city)))


async def get(app: Any, path: str) -> httpx2.Response:  # noqa: ANN401 - an ASGI application
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://city") as client:
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
    rows = table(read("docs/reference/metrics.md"), "Metric")
    _compare(rows, exposed)


async def test_the_reference_of_the_metrics_has_every_one_of_the_operators_port(
    app: Any,  # noqa: ANN401 - an ASGI application
    publisher: Publisher,
    tmp_path: Path,
) -> None:
    await get(app, "/api/v1/city")
    feed = Feed(publisher.city.sources[0], publisher.city, None, Rules.of(publisher.city, bytes(32)))  # type: ignore[arg-type]  # nothing is read
    hidden = Withheld("", feed.source.id, Reason.UNMAPPED, sensitive=False)
    many: list[Outcome] = [msgspec.structs.replace(hidden, id=str(number)) for number in range(40)]
    feed.withheld_watch.note(
        many, publisher.now(), whole=True, usual_before=lambda _: WithheldUsual(0.1, 0.1)
    )
    feeds = [feed]
    watch = StoreWatch(whole(publisher.store))
    publisher.jobs_run.end(FOLLOWING)
    app.api.state.public.admission.refused_pushes[feed.source.id, "a1b2c3d4", "waiting"] += 1
    port = port_of_serving(app.api.state.public, whole(publisher.store), None, feeds, host="127.0.0.1")
    unused: Any = None  # nothing is fetched
    town = CityRuntime(publisher.city, whole(publisher.store), unused, unused, unused, tmp_path)
    webhook = Webhooks(tmp_path).add("https://newsroom.example/", "", publisher.now())
    intake = Intake(
        town, [], now=publisher.now, stored=publisher.wake, jobs_run=publisher.jobs_run, store_watch=watch
    )
    intake.delivery.attempts[webhook.id, "delivered"] += 1
    of_intake = port_of_intake(
        intake,
        feeds,
        whole(publisher.store),
        city="harbour",
        host="127.0.0.1",
        now=publisher.now,
        watch=watch,
        jobs_run=publisher.jobs_run,
    )
    exposed = port.metrics().decode()
    public = set(table(read("docs/reference/metrics.md"), "Metric"))
    rows = table(read("docs/reference/metrics.md"), "Operator's metric")
    assert public <= _types(exposed)
    assert not public & set(rows)
    assert not public & _types(of_intake.metrics().decode())
    _compare(rows, "".join((exposed, of_intake.metrics().decode())), but=public, on_all={"city"})


def _types(exposed: str) -> set[str]:
    names = re.findall(r"^# TYPE (\w+) ", exposed, re.MULTILINE)
    return {name for name in names if not name.endswith("_created")}  # when a counter began


def _compare(
    rows: dict[str, list[str]],
    exposed: str,
    *,
    but: AbstractSet[str] = frozenset(),
    on_all: AbstractSet[str] = frozenset(),
) -> None:
    assert set(rows) == _types(exposed) - but
    for metric, (labels, *_) in rows.items():
        sample = next(line for line in exposed.splitlines() if line.startswith(metric))
        assert set(words(labels)) | on_all == set(re.findall(r'[{,](\w+)="', sample)), metric
