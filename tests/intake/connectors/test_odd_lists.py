"""Lists in the forms that dispatch centres publish: plain XML, by id, by agency, rows without names."""

import json
from typing import Any

import pytest
from loopback.reading import Fetched, Reader, calls_source
from loopback.server import Reply, serving

from blocklight.errors import SourceChanged
from blocklight.intake.forms.row_lists import list_at

pytestmark = pytest.mark.anyio

FIELDS: dict[str, Any] = {
    "received_at": {"from": "received", "convert": "iso"},
    "source_type": "type",
    "agency": {"default": "fire"},
    "address": "place",
}
CALL = {"id": "C1", "received": "2026-03-01T12:00:00Z", "type": "ALARM", "place": "100 ELM ST"}
OTHER = CALL | {"id": "C2", "type": "VEHICLE FIRE"}


async def read(body: str | bytes, connector: str = "json", **changes: Any) -> Fetched:  # noqa: ANN401 - any setting
    sent = body if isinstance(body, bytes) else body.encode()
    with serving(lambda _: Reply(200, (sent,))) as running:
        source = calls_source(running.url + "/calls", connector, **{"fields": FIELDS, **changes})
        async with Reader(source) as reader:
            return await reader.fetch()


XML = """<?xml version="1.0"?><!-- made on the hour --><Active made="12:00"><!-- two --><Call no="C1">
<received>2026-03-01T12:00:00Z</received><type>ALARM &amp; SMOKE</type><place>100 ELM ST</place></Call>
<Call no="C2"><received>2026-03-01T12:01:00Z</received><type>ALARM</type><place/></Call></Active>"""
OPEN311 = """<service_requests><request><service_request_id>R1</service_request_id><status>open</status>
<service_name>Pothole</service_name><requested_datetime>2026-03-01T12:00:00Z</requested_datetime><lat>37.7</lat>
<long>-97.3</long></request></service_requests>"""


async def test_a_plain_list_in_xml_is_read_at_its_path() -> None:
    found = await read(XML, "feed", records="Active.Call", key=["Call@no"])
    assert found.error is None
    assert [(row["Call@no"], row["type"]) for row in found.rows] == [("C1", "ALARM & SMOKE"), ("C2", "ALARM")]
    assert found.complete == [True]
    fields = {
        "received_at": {"from": "requested_datetime", "convert": "iso"},
        "source_type": "service_name",
        "agency": {"default": "public_works"},
        "lat": {"from": "lat", "convert": "float"},
        "lon": {"from": "long", "convert": "float"},
    }
    changes = {"records": "service_requests.request", "key": ["service_request_id"], "fields": fields}
    [request] = (await read(OPEN311, "feed", **changes)).rows
    assert (request["service_request_id"], request["lat"], request["long"]) == ("R1", "37.7", "-97.3")


async def test_a_list_in_xml_may_lie_in_several_elements() -> None:
    document = (
        "<state><center id='A'><log id='1'/></center>"
        "<center id='B'><log id='2'/><log id='3'/></center></state>"
    )
    fields = {"source_type": "log@id", "received_at": "log@id", "agency": {"default": "a"}, "address": "x"}
    found = await read(document, "feed", records="state.center.log", key=["log@id"], fields=fields)
    assert [row["log@id"] for row in found.rows] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "document", ["<Active/>", "<Active><note>none</note></Active>", '<Active count="0"/>']
)
async def test_a_list_in_xml_without_elements_is_empty(document: str) -> None:
    found = await read(document, "feed", records="Active.Call", key=["Call@no"])
    assert (found.error, found.rows, found.complete) == (None, [], [True])


@pytest.mark.parametrize(
    "document",
    [
        "<Active><error>database down</error></Active>",
        '<Active status="error"/>',
        '<Active success="false"/>',
        "<Active><Fault>timed out</Fault></Active>",
    ],
)
async def test_a_list_in_xml_that_says_that_it_failed_is_no_empty_list(document: str) -> None:
    found = await read(document, "feed", records="Active.Call", key=["Call@no"])
    assert str(found.error) == "the response reports an error"


async def test_another_document_in_xml_is_no_empty_list() -> None:
    error = (await read("<error><code>5</code></error>", "feed", records="Active.Call")).error
    assert str(error) == "no list of records in the answer"
    plain = (await read(XML, "feed", key=["Call@no"])).error
    assert isinstance(plain, SourceChanged)
    assert "name the path of its `records`" in plain.explained


@pytest.mark.parametrize("path", ["incidents", "incidents.*"])
async def test_a_list_may_be_keyed_by_the_ids_of_its_records(path: str) -> None:
    keyed = {"incidents": {"77": {name: CALL[name] for name in ("received", "type", "place")}}}
    [row] = (await read(json.dumps(keyed), records=path, key=["__key"])).rows
    assert (row["__key"], row["type"]) == ("77", "ALARM")


async def test_a_list_for_each_agency_is_one_list_and_names_it() -> None:
    body = {"made": "12:00", "fire": {"calls": [CALL]}, "police": {"calls": [OTHER]}, "ems": {"calls": None}}
    agency = {"from": "__group", "map": {"fire": "fire", "police": "police", "ems": "ems"}}
    found = await read(json.dumps(body), records="*.calls", fields=FIELDS | {"agency": agency})
    assert [(row["__group"], row["id"]) for row in found.rows] == [("fire", "C1"), ("police", "C2")]
    lacking = {**body, "ems": {"error": "down"}}
    assert (
        str((await read(json.dumps(lacking), records="*.calls")).error) == "no list of records in the answer"
    )


ROWS = [[CALL[name] for name in ("id", "received", "type", "place")]]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"data": ROWS}, {"columns": ["id", "received", "type", "place"]}),
        ({"data": [["id", "received", "type", "place"], *ROWS]}, {}),
        (
            {
                "columns": [{"name": "id"}, {"name": "received"}, {"name": "type"}, {"name": "place"}],
                "data": ROWS,
            },
            {},
        ),
    ],
)
async def test_rows_may_be_lists_of_values(body: dict[str, Any], changes: dict[str, Any]) -> None:
    assert (await read(json.dumps(body), records="data", **changes)).rows == [CALL]


async def test_values_without_names_are_counted_and_a_row_of_another_length_is_damaged() -> None:
    fields = FIELDS | {"received_at": {"from": "1", "convert": "iso"}, "source_type": "2", "address": "3"}
    [row] = (await read(json.dumps({"data": ROWS}), records="data", key=["0"], fields=fields)).rows
    assert (row["0"], row["2"]) == ("C1", "ALARM")
    ragged = await read(json.dumps([*ROWS, ["C2"]]), columns=["id", "received", "type", "place"])
    assert [row.reason for row in ragged.batches[0].unreadable] == ["ragged_row"]
    assert ragged.rows == [CALL]


@pytest.mark.parametrize(
    "body",
    [
        {"d": json.dumps([CALL])},
        {"d": json.dumps({"d": [CALL]})},
    ],
)
async def test_json_within_a_text_is_opened(body: dict[str, str]) -> None:
    path = "d" if body["d"].startswith("[") else "d.d"
    assert (await read(json.dumps(body), records=path)).rows == [CALL]


async def test_one_record_in_the_place_of_a_list_is_a_list_of_one() -> None:
    assert (await read(json.dumps({"calls": {"call": CALL}}), records="calls.call")).rows == [CALL]


@pytest.mark.parametrize(
    "body", ["null", '{"calls": null}', '{"count": 0}', '{"calls": {}}', '{"total": "0"}']
)
async def test_a_count_of_none_and_nothing_are_an_empty_list(body: str) -> None:
    found = await read(body, records="calls")
    assert (found.error, found.rows, found.complete) == (None, [], [True])


@pytest.mark.parametrize("body", ['{"count": 2}', '{"count": 0, "error_code": 5}', '{"message": "none"}'])
async def test_an_answer_without_its_list_is_no_empty_one(body: str) -> None:
    assert str((await read(body, records="calls")).error) == "no list of records in the answer"


def test_lists_of_something_else_are_no_lists_of_records() -> None:
    assert list_at({"calls": {"a": {"b": []}}}, "calls") is None
    assert list_at({"calls": "[broken"}, "calls") is None
    assert list_at([[1], [2]], "*") == [1, 2]
