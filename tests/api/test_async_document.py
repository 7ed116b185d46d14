import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from declared import mistakes
from listening import Listener
from living_city import START, an_incident, incident_id
from public_side import PublicSide, public_side

from blocklight.alerts import messages
from blocklight.api.async_document import LIVE_EVENTS, WEBHOOK_EVENTS
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason

_SPECIFICATION = Path(__file__).parents[2] / "web/node_modules/@asyncapi/specs/schemas/3.0.0.json"


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("town")) as side:
        side.store.apply("dispatch", [an_incident(1), an_incident(2)], at=START)
        side.store.apply("dispatch", [Withheld(incident_id(1), "dispatch", Reason.POLICY)], at=START)
        side.follow()
        yield side


def _document(side: PublicSide) -> dict[str, Any]:
    answer = side.client.get("/asyncapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    document: dict[str, Any] = answer.json()
    return document


def test_the_document_is_valid_by_the_schema_of_asyncapi_3(side: PublicSide) -> None:
    validator = jsonschema_rs.validator_for(json.loads(_SPECIFICATION.read_text()))
    document = _document(side)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors(document | {"operations": {"x": {"action": "shout"}}}))


def test_every_reference_of_the_document_leads_somewhere(side: PublicSide) -> None:
    document = _document(side)
    references = list(_references(document))
    assert len(references) > len(LIVE_EVENTS) + len(WEBHOOK_EVENTS)
    for reference in references:
        part: Any = document
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


def test_every_live_event_is_what_the_document_declares(side: PublicSide) -> None:
    document = _document(side)
    with Listener(side.server.port, "/api/v1/live?last_event_id=0") as listener:
        heard = listener.read(until_seen="retract")
    with Listener(side.server.port, "/api/v1/live?last_event_id=1-another") as listener:
        heard += listener.read(until_seen="reset")
    assert {"incident", "retract", "reset"} <= {event.name for event in heard} <= set(LIVE_EVENTS)
    for event in heard:
        declared = document["components"]["messages"][event.name]["payload"]
        assert mistakes(document, declared, event.data) == [], event.name


def test_every_webhook_message_is_what_the_document_declares(side: PublicSide) -> None:
    document = _document(side)
    stored, _ = side.store.incident(incident_id(2))
    sent = [messages.message_of("smallville", stored), messages.removal_of("smallville", incident_id(1), 3)]
    bodies = [json.loads(message.body) for message in sent]
    bodies.append(bodies[0] | {"type": messages.UPDATED})
    assert {body["type"] for body in bodies} == set(WEBHOOK_EVENTS)
    for body in bodies:
        declared = document["components"]["messages"][body["type"].rpartition(".")[2]]["payload"]
        assert mistakes(document, declared, body) == [], body["type"]
        assert mistakes(document, declared, body | {"address": "12 Main St"})


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for member in part.values():
            yield from _references(member)
    elif isinstance(part, list):
        for member in part:
            yield from _references(member)
