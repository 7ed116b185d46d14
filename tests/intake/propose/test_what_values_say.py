"""Columns without telling names, lists beside each other and servers that want a POST are proposed right."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from loopback.server import Reply, Request, serving

from blocklight.cli.proposing import new_city
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.sample import read_sample

URL = "https://calls.smallville.example/list"
NEAR = "-97.33,37.68"


def proposed(body: str | object, url: str = URL, near: str | None = None) -> Proposal:
    text = body if isinstance(body, str) else json.dumps(body)
    return propose(read_sample(url, text.encode()), "smallville", Path(), near=near)


def columns(found: Proposal) -> dict[str, tuple[str, ...]]:
    return {name: guess.columns for name, guess in found.table.found.items()}


def arrays(*, digits: int) -> dict[str, Any]:
    rows = [
        [
            f"26000{n}",
            f"11/28/2026 10:1{n}",
            "ALARM",
            f"{37.68 + n / 90:.{digits}f}",
            f"{-97.33 - n / 80:.{digits}f}",
        ]
        for n in range(1, 6)
    ]
    return {"recordsTotal": len(rows), "data": rows}


@pytest.mark.parametrize("near", [NEAR, None])
def test_rows_without_names_are_known_by_their_values(near: str | None) -> None:
    found = proposed(arrays(digits=4), near=near)
    assert found.key == ("0",)
    assert columns(found) == {
        "received_at": ("1",),
        "source_type": ("2",),
        "lat": ("3",),
        "lon": ("4",),
        "agency": (),
    }


def test_numbers_that_are_no_degrees_of_the_city_are_no_place() -> None:
    assert {"lon", "lat"}.isdisjoint(proposed(arrays(digits=4), near="2.35,48.86").table.found)
    assert {"lon", "lat"}.isdisjoint(proposed(arrays(digits=0), near=NEAR).table.found)


@pytest.mark.parametrize("name", ["Call", "case", "Run", "Log", "report"])
def test_what_is_different_in_every_row_and_one_word_with_digits_is_the_key(name: str) -> None:
    rows = "\n".join(
        f"K-{1000 + n},11/28/2026 10:1{n},ALARM,{100 * n + 100},ELM ST,37.7,-97.3" for n in range(6)
    )
    found = proposed(f"{name},Opened,Nature,Block,Street,Lat,Lon\n{rows}\n")
    assert found.key == (name,)
    assert found.confidence["key"] < 0.9


def test_a_house_number_is_no_key_though_it_is_different_in_every_row() -> None:
    rows = "\n".join(f"11/28/2026 10:1{n},ALARM,{100 * n + 100},37.7,-97.3" for n in range(6))
    assert "House" not in proposed(f"Opened,Nature,House,Lat,Lon\n{rows}\n").key


def test_a_headline_is_an_address_only_if_it_is_written_like_one() -> None:
    def feed(title: str) -> str:
        items = "".join(
            f"<item><title>{title}</title><guid>p-{n}</guid><category>Alarm</category>"
            f"<pubDate>Sun, 01 Mar 2026 12:0{n}:00 GMT</pubDate></item>"
            for n in range(3)
        )
        return f"<rss><channel>{items}</channel></rss>"

    assert columns(proposed(feed("100 BLOCK ELM ST")))["address"] == ("title",)
    assert columns(proposed(feed("Fire alarm in the north")))["address"] == ("FILL_IN",)


def test_a_request_that_is_open_may_be_closed_tomorrow() -> None:
    request = {
        "service_request_id": "SR1", "status": "open", "service_name": "Pothole", "lat": 37.7, "long": -97.3,
        "requested_datetime": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    found = proposed([request])
    assert found.closes == "status"
    assert found.table.found["status"].spec["map"] == {"closed": "closed"}


def call(number: int, **more: str) -> dict[str, Any]:
    return {
        "ID": f"90{number}", "CallType": "Fire Alarm", "Latitude": f"37.7{number}", "Longitude": "-97.3300",
        "CallReceivedDateTime": f"2026-03-01T12:0{number}:00Z",
    } | more  # fmt: skip


ENDED = [call(number, ClosedDateTime="2026-03-01T13:00:00Z") for number in (3, 4, 5)]
CLOSED = [call(number, Status="Closed") for number in (3, 4)]


@pytest.mark.parametrize(
    ("document", "lists", "closes"),
    [
        (
            {"incidents": {"active": [call(1), call(2)], "recent": ENDED}},
            {"calls": "incidents.active", "recent": "incidents.recent"},
            "time",
        ),
        (
            {"currentCalls": [call(1, Status="Open")], "Closed Calls": CLOSED, "units": [{"a": 1}]},
            {"calls": "currentCalls", "closed-calls": "Closed Calls"},
            "status",
        ),
    ],
)
def test_lists_of_open_and_of_ended_calls_become_two_sources_of_the_same_calls(
    document: dict[str, Any], lists: dict[str, str], closes: str
) -> None:
    found = proposed(document)
    assert found.city is not None
    assert {one.id: one.records for one in found.city.sources} == lists
    assert {one.closes for one in found.city.sources} == {closes}
    assert [(one.same_as, one.both) for one in found.city.sources][1:] == [("calls", "join")]
    assert any("joined with it by their keys" in line for line in found.decide)


def test_a_list_beside_the_first_that_says_of_no_call_that_it_is_over_is_named_and_not_read() -> None:
    found = proposed({"active": [call(1)], "older": [call(2), call(3)]})
    assert found.city is not None
    assert [one.records for one in found.city.sources] == ["active"]
    assert any("not read: older" in line for line in found.decide)


def test_a_server_that_wants_a_post_is_asked_with_one(tmp_path: Path) -> None:
    asked: list[str] = []

    def served(request: Request) -> Reply:
        asked.append(request.method)
        return Reply.json({"rows": [call(1), call(2)]}) if request.method == "POST" else Reply(405, (b"",))

    with serving(served) as running:
        new_city(running.url + "/calls", name="smallville", sample=None, output=tmp_path, near=NEAR)
    assert asked == ["GET", "POST"]
    source = tomllib.loads((tmp_path / "smallville.toml").read_text("utf-8"))["sources"][0]
    assert (source["connector"], source["form"]) == ("json", {})


def test_a_file_with_a_name_like_a_data_sets_id_is_no_data_set() -> None:
    rows = [call(n) for n in range(3)]
    for url in ("https://a.example/abcd-1234.json", "https://a.example/x/y/data-2024.json"):
        assert proposed(rows, url).table.sample.connector == "json"
    for url in (
        "https://a.example/resource/abcd-1234.json",
        "https://a.example/Public-Safety/Calls/abcd-1234",
    ):
        assert proposed(rows, url).table.sample.connector == "socrata"


@pytest.mark.parametrize("heeds", [True, False])
def test_further_pages_of_requests_are_looked_at(tmp_path: Path, *, heeds: bool) -> None:
    requests = [
        {
            "service_request_id": f"SR{number}", "status": "open", "service_name": "Pothole",
            "lat": 37.6 + number / 500, "long": -97.3, "requested_datetime": "2026-03-01T12:00:00Z",
        }
        for number in range(120)
    ]  # fmt: skip

    def served(request: Request) -> Reply:
        page = int(request.params.get("page", 1)) if heeds else 1
        return Reply.json(requests[50 * (page - 1) : 50 * page])

    with serving(served) as running:
        new_city(running.url + "/requests.json", name="smallville", sample=None, output=tmp_path)
    north = tomllib.loads((tmp_path / "smallville.toml").read_text("utf-8"))["city"]["bounds"]["north"]
    assert north > (37.83 if heeds else 37.7)
    assert north < (37.9 if heeds else 37.75)


def test_a_case_in_several_elements_is_the_key_of_all_of_them() -> None:
    rows = "".join(
        f'<incident case="24-{n // 2}"><reported>03/01/2026 12:0{n}</reported><nature>ALARM</nature>'
        f"<place>{n}00 ELM ST</place><y>37.7{n}</y><x>-97.3{n}</x></incident>"
        for n in range(8)
    )
    found = proposed(f"<incidents>{rows}</incidents>")
    assert (found.key, found.rows) == (("incident@case",), "part")
