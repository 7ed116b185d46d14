from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import httpx2
import pytest

from blocklight.config.city import SourceSpec, load_city
from blocklight.demo.arcgis_layer import BadQuestion, conditions
from blocklight.demo.dispatch import HOUR
from blocklight.demo.feeds import HOSTS, OUTAGE_S, dispatch_centre, outage
from blocklight.intake.connectors import connector
from blocklight.intake.record import Batch

pytestmark = pytest.mark.anyio

START = datetime(2025, 11, 22, 3, 26, 40, tzinfo=UTC)
Json = Any
LAYER = "http://dispatch.demo.invalid/arcgis/rest/services/CAD/FeatureServer/0"
DATASET = "http://requests.demo.invalid/resource/demo-311a.json"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def client_of(now: Callable[[], datetime], *, hiccups: bool = False, days: int = 3) -> httpx2.AsyncClient:
    app = dispatch_centre(seed=7, now=now, history_days=days, hiccups=hiccups)
    return httpx2.AsyncClient(mounts={f"http://{host}": httpx2.ASGITransport(app=app) for host in HOSTS})


@pytest.fixture
async def client(clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(clock) as open_client:
        yield open_client


async def asked(client: httpx2.AsyncClient, url: str, **params: object) -> Json:
    answer = await client.get(url, params={key: str(value) for key, value in params.items()})
    assert answer.status_code == 200
    return answer.json()


async def test_the_layer_describes_itself(client: httpx2.AsyncClient) -> None:
    told = await asked(client, LAYER, f="json")
    assert told["objectIdField"] == "OBJECTID"
    assert told["maxRecordCount"] == 2000
    assert told["advancedQueryCapabilities"]["supportsPagination"] is True
    assert {"CALL_NUMBER", "LASTEDIT"} <= {field["name"] for field in told["fields"]}


async def test_pages_of_the_layer_hold_every_row_once(client: httpx2.AsyncClient) -> None:
    question = {"f": "json", "where": "1=1", "outFields": "OBJECTID", "orderByFields": "OBJECTID ASC"}
    ids: list[int] = []
    more = True
    while more:
        page = await asked(client, f"{LAYER}/query", **question, resultOffset=len(ids), resultRecordCount=400)
        ids += [feature["attributes"]["OBJECTID"] for feature in page["features"]]
        more = page["exceededTransferLimit"]
    count = await asked(client, f"{LAYER}/query", f="json", where="1=1", returnCountOnly="true")
    listed = await asked(client, f"{LAYER}/query", f="json", where="1=1", returnIdsOnly="true")
    assert len(ids) > 1000
    assert ids == sorted(set(ids))
    assert count["count"] == len(ids)
    assert sorted(listed["objectIds"]) == ids


async def test_an_increment_holds_what_was_edited_since_and_nothing_else(
    client: httpx2.AsyncClient, clock: Clock
) -> None:
    since = clock.at - timedelta(minutes=30)
    everything = await asked(client, f"{LAYER}/query", f="json", where="1=1", outFields="*")
    rows = [feature["attributes"] for feature in everything["features"]]
    expected = {r["OBJECTID"] for r in rows if r["LASTEDIT"] >= since.timestamp() * 1000}
    assert 5 < len(expected) < 100
    for where in (
        f"LASTEDIT >= TIMESTAMP '{since:%Y-%m-%d %H:%M:%S}'",
        f"(lastedit >= {round(since.timestamp() * 1000)}) AND (OBJECTID >= 0)",
    ):
        answer = await asked(client, f"{LAYER}/query", f="json", where=where, outFields="OBJECTID")
        assert {f["attributes"]["OBJECTID"] for f in answer["features"]} == expected


async def test_a_row_shows_only_what_has_happened(client: httpx2.AsyncClient, clock: Clock) -> None:
    for _ in range(20):
        answer = await asked(client, f"{LAYER}/query", f="json", where="STATUS <> 'CLOSED'", outFields="*")
        now = clock.at.timestamp() * 1000
        assert answer["features"]
        for row in (feature["attributes"] for feature in answer["features"]):
            times = [row[c] for c in ("DISPATCHED", "ENROUTE", "ONSCENE", "LASTEDIT") if row[c] is not None]
            assert max(times) <= now
            assert row["CLOSED"] is None
            assert row["DISPOSITION"] is None
            assert (row["STATUS"] == "ONSCENE") == (row["ONSCENE"] is not None)
        clock.advance(700)


async def test_coordinates_can_be_had_in_web_mercator(client: httpx2.AsyncClient) -> None:
    question = {"f": "json", "where": "STATUS = 'PENDING'", "resultRecordCount": 1}
    degrees = (await asked(client, f"{LAYER}/query", **question))["features"][0]["geometry"]
    metres = (await asked(client, f"{LAYER}/query", **question, outSR=3857))["features"][0]["geometry"]
    assert metres["x"] == pytest.approx(degrees["x"] * 111_319.49, rel=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"where": "LASTEDIT >= yesterday"},
        {"where": "NOPE = 1"},
        {"where": "1=1 OR 2=2"},
        {"where": "PRIORITY = 'x'"},
        {"where": "1=1", "outFields": "NOPE"},
        {"where": "1=1", "orderByFields": "NOPE"},
        {"where": "1=1", "resultOffset": "-1"},
        {"where": "1=1", "outSR": "27700"},
        {},
    ],
)
async def test_the_layer_refuses_nonsense_inside_http_200(
    client: httpx2.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await asked(client, f"{LAYER}/query", f="json", **wrong)
    assert answer["error"]["code"] == 400


def test_conditions_may_be_bracketed_and_joined_by_and() -> None:
    found = conditions("((A = 'it''s (x) and y') AND (B>=3)) and C in (1,2) AND D IS NOT NULL")
    assert [(c.column, c.operator, c.value) for c in found] == [
        ("A", "=", "it's (x) and y"),
        ("B", ">=", 3),
        ("C", "IN", {1, 2}),
        ("D", "IS NOT NULL", None),
    ]


@pytest.mark.parametrize("wrong", ["", "(A=1", "A=1)", "A=1 OR B=2", "A=1 AND", "A=1) AND (B=2", "delete"])
def test_other_conditions_are_refused(wrong: str) -> None:
    with pytest.raises(BadQuestion):
        conditions(wrong)


async def test_the_dataset_answers_soda_queries(client: httpx2.AsyncClient, clock: Clock) -> None:
    since = f"{clock.at - timedelta(hours=2):%Y-%m-%dT%H:%M:%S.000}"
    rows = await asked(
        client,
        DATASET,
        **{"$select": ":*,*", "$where": f":updated_at >= '{since}'", "$order": ":updated_at,:id"},
    )
    assert 5 < len(rows) < 100
    assert [row[":updated_at"] for row in rows] == sorted(row[":updated_at"] for row in rows)
    assert rows[0][":updated_at"] >= since
    assert all("closed" in row for row in rows if row["status"] == "Closed")
    assert all("closed" not in row for row in rows if row["status"] != "Closed")
    whole = await asked(client, DATASET, **{"$limit": 50_000, "$order": ":id"})
    parts = [
        await asked(client, DATASET, **{"$limit": 200, "$offset": at, "$order": ":id"})
        for at in range(0, len(whole), 200)
    ]
    assert [row for part in parts for row in part] == whole
    assert len(whole) > 300


async def test_the_dataset_names_a_column_that_it_does_not_have(client: httpx2.AsyncClient) -> None:
    answer = await client.get(DATASET, params={"$where": "nope >= '2025'"})
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "query.soql.no-such-column"
    assert answer.json()["data"]["column"] == "nope"


async def test_unknown_places_of_the_hosts_are_not_found(client: httpx2.AsyncClient) -> None:
    answer = await client.get("http://requests.demo.invalid/resource/other.json")
    assert answer.status_code == 404


async def read(source: SourceSpec, client: httpx2.AsyncClient, clock: Clock) -> Callable[[], Any]:
    reader = connector(source, client=client, now=clock)
    state: dict[str, str | None] = {"cursor": None}

    async def fetch() -> list[Batch]:
        batches = []
        async for batch in reader.fetch(state["cursor"]):
            state["cursor"] = batch.cursor or state["cursor"]
            batches.append(batch)
        return batches

    return fetch


@pytest.mark.parametrize("source", load_city("demo").sources, ids=lambda source: source.id)
async def test_the_real_connector_follows_the_feed(
    source: SourceSpec, client: httpx2.AsyncClient, clock: Clock
) -> None:
    fetch = await read(source, client, clock)
    key, edited = source.key[0], source.cursor_column or ""
    seen = {row[key]: row for batch in await fetch() for row in batch.records}
    began = len(seen)
    assert began > 300
    for _ in range(30):
        clock.advance(120)
        rows = [row for batch in await fetch() for row in batch.records]
        assert len(rows) < 100
        seen |= {row[key]: row for row in rows}
    assert len(seen) > began
    whole = {row[key]: row for batch in await (await read(source, client, clock))() for row in batch.records}
    assert {row_key: seen[row_key][edited] for row_key in whole} == {
        row_key: row[edited] for row_key, row in whole.items()
    }


async def test_a_month_of_history_is_read_in_seconds_and_an_increment_at_once(clock: Clock) -> None:
    async with client_of(clock, days=30) as client:
        start = process_time()
        rows = 0
        for source in load_city("demo").sources:
            rows += sum(len(batch.records) for batch in await (await read(source, client, clock))())
        whole_s = process_time() - start
        since = f"{clock.at - timedelta(minutes=2):%Y-%m-%d %H:%M:%S}"
        start = process_time()
        for _ in range(10):
            await asked(client, f"{LAYER}/query", f="json", where=f"LASTEDIT >= TIMESTAMP '{since}'")
        increment_s = (process_time() - start) / 10
    assert 13_500 < rows < 16_500
    assert increment_s < whole_s / 20


def test_outages_are_short_rare_and_of_every_kind() -> None:
    begin = int(START.timestamp())
    failing = [outage(7, HOSTS[0], at) for at in range(begin, begin + 240 * HOUR, 30)]
    assert {kind for kind in failing if kind} == {"server_error", "arcgis_error", "html", "slow"}
    assert 0.003 < sum(kind is not None for kind in failing) / len(failing) < 0.015
    longest, run = 0, 0
    for kind in failing:
        run = run + 30 if kind else 0
        longest = max(longest, run)
    assert longest <= OUTAGE_S + 30


async def test_the_source_hiccups_and_recovers(clock: Clock) -> None:
    async with client_of(clock, hiccups=True) as client:
        answers: dict[str, httpx2.Response] = {}
        for _ in range(400 * 6):
            clock.advance(60)
            kind = outage(7, HOSTS[0], int(clock.at.timestamp()))
            if kind and kind not in answers:
                answers[kind] = await client.get(LAYER, params={"f": "json"})
                clock.advance(OUTAGE_S)
                well = outage(7, HOSTS[0], int(clock.at.timestamp())) is None
                assert not well or (await asked(client, LAYER, f="json"))["id"] == 0
    assert len(answers) == 4
    assert answers["server_error"].status_code == 503
    assert answers["arcgis_error"].json()["error"]["code"] == 500
    assert answers["html"].headers["content-type"] == "text/html"
    assert answers["slow"].json()["id"] == 0


async def test_the_first_ten_minutes_are_calm(clock: Clock) -> None:
    while outage(7, HOSTS[0], int(clock.at.timestamp())) in {None, "slow"}:
        clock.advance(30)
    async with client_of(clock, hiccups=True) as client:
        assert (await asked(client, LAYER, f="json"))["id"] == 0
