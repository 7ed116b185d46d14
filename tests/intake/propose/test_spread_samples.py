"""A sample holds a feed's first, middle, last and newest rows; its pace is what its layer says."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from loopback.arcgis import Layer
from loopback.server import Reply, Request, serving
from loopback.table import Table

from blocklight.app.bodies import download
from blocklight.errors import SourceChanged
from blocklight.intake.propose.asking import fetch_sample
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.pace import pace_of
from blocklight.intake.propose.sample import Sample, read_sample, spread

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sample_of(url: str) -> Sample:
    return read_sample(
        url, fetch_sample(url, lambda at, how: download(at, 8_000_000, instead="", typed=url, params=how))
    )


def proposed(body: bytes, url: str = "https://d.example/calls.csv") -> Proposal:
    return propose(read_sample(url, body), "smallville", Path())


def test_a_spread_keeps_the_first_the_last_and_some_between() -> None:
    assert spread(range(150)) == list(range(150))
    kept = spread(range(100_000))
    assert kept[:100] == list(range(100))
    assert kept[-100:] == list(range(99_900, 100_000))
    assert kept == sorted(set(kept))
    assert max(b - a for a, b in pairwise(kept)) < 300


def test_a_column_whose_first_rows_are_all_midnight_is_a_time() -> None:
    heading = "Unique Key,Created Date,Complaint Type,Latitude,Longitude"
    still = [f"{n},12/25/2025 12:00:00 AM,Graffiti,40.7{n % 9},-73.9{n % 9}" for n in range(3000)]
    clock = [f"{n},12/24/2025 1{n % 2}:0{n % 9}:07 PM,Graffiti,40.71,-73.91" for n in range(3000, 3400)]
    found = proposed("\n".join([heading, *still, *clock]).encode())
    assert found.table.found["received_at"].spec["convert"] == "local"
    found = proposed("\n".join([heading, *still]).encode())
    assert found.table.found["received_at"].spec["convert"] == "day"
    assert any(line.startswith("received_at: every time here is midnight") for line in found.decide)


def test_rare_types_at_the_end_of_a_sorted_file_are_seen() -> None:
    heading = "call_number,received,call_type,lat,lon"
    rows = [f"{n},2026-03-01T10:00:00Z,ALARM,37.7,-97.3" for n in range(5000)]
    rows += [f"{n},2026-03-01T11:00:00Z,WIZARDRY,37.7,-97.3" for n in range(5000, 5020)]
    assert proposed("\n".join([heading, *rows]).encode()).unmapped == ["WIZARDRY"]


def test_the_last_and_the_newest_rows_of_a_layer_are_asked_for() -> None:
    rows = [
        {"OBJECTID": n, "CallNumber": f"26-{n}", "CallType": "ALARM", "Received": 1_772_366_400_000 + n % 777}
        for n in range(1, 2001)
    ]
    layer = Layer(Table(rows[0], rows), dates=frozenset({"Received"}))

    def served(request: Request) -> Reply:
        if request.params.get("returnCountOnly"):
            return Reply.json({"count": len(rows)})
        return layer(request)

    with serving(served) as running:
        sample = sample_of(running.url + "/rest/services/CAD/FeatureServer/0")
    ids = {row["OBJECTID"] for row in sample.rows}
    assert {1001, 2000} <= ids
    assert any(row["Received"] == 1_772_366_400_776 for row in sample.rows)
    assert 200 < len(sample.rows) == len(ids) < 400
    assert sample.count == 2000


def test_a_layer_that_refuses_to_page_is_asked_without_a_size() -> None:
    rows = [{"OBJECTID": n, "CallNumber": f"26-{n}", "CallType": "ALARM"} for n in range(1, 9)]
    layer = Layer(Table(rows[0], rows), supports_pagination=False)
    with serving(layer) as running:
        sample = sample_of(running.url + "/rest/services/CAD/FeatureServer/0")
    assert len(sample.rows) == 8


def test_the_oldest_and_middle_rows_of_a_dataset_are_asked_for() -> None:
    def served(request: Request) -> Reply:
        params = request.params
        if "$select" in params:
            return Reply.json([{"count": "5000"}])
        rows = list(range(5000))[:: -1 if params["$order"].endswith("DESC") else 1]
        start = int(params.get("$offset", "0"))
        return Reply.json([{"call_number": str(n)} for n in rows[start : start + int(params["$limit"])]])

    with serving(served) as running:
        sample = sample_of(running.url + "/resource/abcd-1234.json")
    numbers = {row["call_number"] for row in sample.rows}
    assert {"4999", "0", "2500"} <= numbers


@pytest.mark.parametrize(
    ("age", "told", "count", "settings"),
    [
        (timedelta(minutes=3), {}, 90, {}),
        (timedelta(hours=3), {}, 90, {"poll_s": 300}),
        (timedelta(hours=30), {}, 90, {"poll_s": 3600}),
        (timedelta(0), {"maxRecordCount": 2000}, 90, {}),
        (timedelta(0), {"maxRecordCount": 2000}, 5000, {"page_size": 2000}),
        (timedelta(0), {"maxRecordCount": 32_000}, 9000, {"page_size": 5000}),
        (
            timedelta(0),
            {"editFieldsInfo": {"editDateField": "Edited"}},
            5000,
            {"cursor_column": "Edited", "first_days": 30},
        ),
        (
            timedelta(0),
            {"editFieldsInfo": {"editDateField": "Gone"}},
            5000,
            {"cursor_column": "LastUpdate", "first_days": 30},
        ),
    ],
)
def test_how_a_layer_is_polled_is_proposed_from_what_it_says(
    age: timedelta, told: dict[str, Any], count: int, settings: dict[str, Any]
) -> None:
    stamp = round((NOW - age).timestamp() * 1000)
    dates = {"Received", "LastUpdate"} | ({"Edited"} if settings.get("cursor_column") == "Edited" else set())
    document = {"editingInfo": {"lastEditDate": stamp}} | told
    if "cursor_column" not in settings:
        dates = {"Received"}
    assert pace_of(document, count, frozenset(dates), NOW) == settings


def test_the_departments_of_requests_are_mapped_and_the_rest_are_the_citys() -> None:
    rows = [
        {"Unique Key": str(n), "Created Date": f"2026-03-01T12:{n:02}:01", "Complaint Type": "Graffiti"}
        | {"Agency": ("NYPD", "DOB", "DSNY", "XYZ")[n % 4], "Latitude": "40.7", "Longitude": "-73.9"}
        for n in range(20)
    ]
    found = proposed(json.dumps(rows).encode(), "https://d.example/requests.json")
    assert found.table.found["agency"].spec == {
        "from": ("Agency",),
        "map": {"NYPD": "police", "DOB": "buildings", "DSNY": "sanitation"},
        "default": "city",
    }
    assert found.city is not None


def test_what_is_no_list_of_calls_is_said_to_be_none() -> None:
    rows = [{"name": f"a{n}", "size": n} for n in range(9)]
    with pytest.raises(
        SourceChanged, match="no column looks like a type of call, and none like a place: name, size"
    ):
        proposed(json.dumps(rows).encode())
