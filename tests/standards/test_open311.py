"""The Open311 interface over HTTP: every public request in both forms, what is asked for, and no call."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from living_city import START, an_incident
from msgspec.structs import replace
from open311_server import Open311Client
from public_side import PublicSide, public_side, some_incidents

from blocklight.model.outcomes import Withheld
from blocklight.model.record import Place, PublicIncident
from blocklight.model.times import iso
from blocklight.model.vocabulary import Category, Kind, PlaceKind, Reason, Status, Subcategory

INCIDENTS = some_incidents(300)
REQUESTS = [incident for incident in INCIDENTS if incident.kind is Kind.REQUEST]
LATER = START + timedelta(hours=30)


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


@pytest.fixture(scope="module")
def client(side: PublicSide) -> Open311Client:
    return Open311Client(side.client)


def _code(incident: PublicIncident) -> str:
    return str(incident.subcategory or incident.category)


def test_every_request_and_no_call_is_there_newest_first(client: Open311Client) -> None:
    assert 100 < len(REQUESTS) < len(INCIDENTS)
    rows = client.rows()
    assert {row["service_request_id"] for row in rows} == {request.id for request in REQUESTS}
    times = [row["requested_datetime"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_a_request_has_the_fields_of_the_specification(client: Open311Client) -> None:
    by_id = {request.id: request for request in REQUESTS}
    for row in client.rows():
        request = by_id[row["service_request_id"]]
        assert row["status"] == request.status
        assert row["service_code"] == _code(request)
        assert row["service_name"] == _code(request).replace("_", " ").capitalize()
        assert row["requested_datetime"] == iso(request.received_at)
        assert row["agency_responsible"] == request.agency
        assert row["description"] == request.source_type
        place = request.place
        assert (row["lat"], row["long"]) == ((None, None) if place is None else (place.lat, place.lon))
        assert row["address"] == (None if place is None else place.label)
        assert len(row) == 17


def test_xml_says_the_same_as_json(client: Open311Client) -> None:
    rows, root = client.rows(), client.xml()
    assert root.tag == "service_requests"
    elements = [{part.tag: part.text for part in request} for request in root]
    assert len(elements) == len(rows)
    for row, element in zip(rows, elements, strict=True):
        assert list(element) == list(row)
        assert element == {name: None if value is None else str(value) for name, value in row.items()}


@pytest.mark.parametrize(
    ("parameters", "is_met"),
    [
        ({"status": "open"}, lambda request: request.status == "open"),
        ({"status": "open,closed"}, lambda _: True),
        ({"service_code": "noise,smoke_alarm"}, lambda request: _code(request) in ("noise", "smoke_alarm")),
        ({"start_date": iso(LATER)}, lambda request: request.received_at >= LATER),
        ({"end_date": "2026-02-01T06:00:00-08:00"}, lambda request: request.received_at <= LATER),
        ({"service_request_id": REQUESTS[3].id}, lambda request: request.id == REQUESTS[3].id),
        ({"updated_after": "2100-01-01T00:00:00Z"}, lambda _: False),
        ({"updated_before": "2100-01-01T00:00:00Z"}, lambda _: True),
        ({"jurisdiction_id": "smallville", "api_key": "x", "extensions": "true"}, lambda _: True),
    ],
)
def test_a_question_chooses_what_it_says(
    client: Open311Client, parameters: dict[str, str], is_met: Callable[[PublicIncident], bool]
) -> None:
    assert set(client.ids(**parameters)) == {request.id for request in REQUESTS if is_met(request)}


def test_pages_hold_each_request_once(client: Open311Client) -> None:
    pages = [client.ids(page=page, page_size=37) for page in range(1, 8)]
    read = [id_ for page in pages for id_ in page]
    assert sorted(read) == sorted(request.id for request in REQUESTS)


def test_one_request_is_asked_for_by_its_id(client: Open311Client) -> None:
    (row,) = client.rows(f"requests/{REQUESTS[0].id}")
    assert row["service_request_id"] == REQUESTS[0].id
    call = next(incident for incident in INCIDENTS if incident.kind is Kind.CALL)
    for id_ in (call.id, "nothing"):
        assert client.failure(f"requests/{id_}") == (404, "service_request_id was not found")


def test_services_are_our_words_whatever_happened(client: Open311Client) -> None:
    services = {service["service_code"]: service for service in client.rows("services")}
    assert set(services) == {*map(str, Category), *map(str, Subcategory)}
    assert services["pothole"]["group"] == "Street and lights"
    assert [part.findtext("service_code") for part in client.xml("services")] == list(services)
    assert client.xml("services/pothole").findtext("service_code") == "pothole"
    assert client.failure("services/wizardry") == (404, "service_code was not found")


def test_discovery_names_the_address_and_both_forms(side: PublicSide, client: Open311Client) -> None:
    found = side.client.get("/open311/v2/discovery.json").json()
    (endpoint,) = found["endpoints"]
    assert endpoint["url"] == f"{side.server.url}/open311/v2"
    assert endpoint["formats"] == ["application/json", "application/xml"]
    root = client.xml("discovery")
    assert root.findtext("endpoints/endpoint/url") == endpoint["url"]
    assert [form.text for form in root.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"status": "perhaps"}, "status: "),
        ({"page": "0"}, "page: "),
        ({"page_size": "1001"}, "page_size: "),
        ({"page": "9" * 30}, "page: "),
        ({"start_date": "yesterday"}, "start_date: "),
        ({"start_date": "2026-01-31"}, "start_date: "),
        ({"end_date": "9999-12-31T23:59:59-14:00"}, "end_date: "),
        ({"service_code": ","}, "service_code: "),
        ({"service_request_id": "a," * 300}, "service_request_id: "),
        ({"q": "x"}, "an unknown parameter"),
    ],
)
def test_a_mistake_is_named(client: Open311Client, parameters: dict[str, str], said: str) -> None:
    status, description = client.failure(**parameters)
    assert status == 400
    assert description.startswith(said)


def test_another_city_is_not_found_and_nothing_is_taken(side: PublicSide, client: Open311Client) -> None:
    assert client.failure(jurisdiction_id="bigville") == (404, "jurisdiction_id was not found")
    assert client.failure("nothing")[0] == 404
    assert side.client.post("/open311/v2/requests.json", data={"service_code": "noise"}).status_code == 405


def test_what_is_taken_back_leaves_every_answer_and_an_update_is_after_the_time_before_it(
    tmp_path: Path,
) -> None:
    with public_side(tmp_path) as side:
        client = Open311Client(side.client)
        first, second, third = (an_incident(number, kind=Kind.REQUEST) for number in (1, 2, 3))
        side.store.apply("requests", [first, second, third], at=START + timedelta(hours=1))
        side.follow()
        assert len(client.rows()) == 3
        gone = Withheld(first.id, "requests", Reason.SENSITIVE, sensitive=True)
        closed = replace(second, status=Status.CLOSED, closed_at=START + timedelta(hours=2))
        side.store.apply("requests", [gone, closed], at=START + timedelta(hours=2))
        side.follow()
        assert client.ids() == [third.id, second.id]
        assert client.failure(f"requests/{first.id}")[0] == 404
        assert client.ids(updated_after=iso(START + timedelta(minutes=90))) == [second.id]


def test_no_text_breaks_out_of_xml(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        place = Place(-122.25, 37.75, PlaceKind.GRID, 201, 'a<b>&"]]>\x01\x0b')
        side.store.apply("requests", [an_incident(1, kind=Kind.REQUEST, place=place)], at=START)
        side.follow()
        (request,) = Open311Client(side.client).xml()
        assert request.findtext("address") == 'a<b>&"]]>'
