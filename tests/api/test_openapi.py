import importlib.util
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from declared import mistakes
from listening import Listener
from living_city import START, an_incident, incident_id
from public_side import NOW, PublicSide, public_side

from blocklight.api.state import web_root
from blocklight.model.described import meanings
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Kind, Reason, Status
from blocklight.publish.window import COLUMNS
from blocklight.store import FetchReport, Pause

_ROOT = Path(__file__).parents[2]
_ASKED = {
    "/api/v1/usual": ("?area=beat:01X", ""),
    "/api/v1/ledger": ("", "?from=2025-11-01&area=beat:01X"),
    "/api/v1/compare": ("?areas=beat:01X,city", "?areas=city&versus_since=2025-11-01T00:00:00Z"),
}
_PARAMETERS = {
    "incident_id": incident_id(1),
    "code": "noise",
    "request_id": incident_id(2),
    "kind": "beat",
    "number": "0",
    "city": "smallville",
    "layer": "3",
    "area_id": "01X",
    "name": "2026-01",
    "form": "parquet",
    "collection": "incidents",
    "item": incident_id(1),
    "tiling": "WebMercatorQuad",
    "zoom": "0",
    "row": "0",
    "column": "0",
}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    with public_side(folder) as side:
        closed = an_incident(1, status=Status.CLOSED, closed_at=START + timedelta(hours=1))
        side.store.apply("dispatch", [an_incident(1)], at=START)
        side.store.apply("requests", [an_incident(2, kind=Kind.REQUEST)], at=START)
        side.store.apply("dispatch", [closed], at=START + timedelta(hours=1))
        for source in ("dispatch", "requests"):
            side.store.record_fetch(FetchReport(source, NOW, late_after_s=30))
        side.follow()
        yield side


@pytest.fixture
def script() -> ModuleType:
    """The script that writes and checks the document."""
    spec = importlib.util.spec_from_file_location("openapi_script", _ROOT / "scripts" / "openapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _operations(side: PublicSide) -> dict[str, dict[str, Any]]:
    paths = side.client.get("/openapi.json").json()["paths"]
    assert len(paths) == 63
    return {path: entry["get"] for path, entry in paths.items()}


def test_every_path_says_what_it_answers_and_shows_an_example_of_each_answer(side: PublicSide) -> None:
    for path, operation in _operations(side).items():
        assert operation["summary"], path
        assert operation["description"], path
        assert "200" in operation["responses"], path
        assert "422" not in operation["responses"], path
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                assert content.get("example"), (path, status, media_type)
        for parameter in operation.get("parameters", []):
            assert parameter["schema"], path
            assert parameter["description"], (path, parameter["name"])


def test_every_json_answer_refers_to_a_component_that_describes_each_of_its_fields(side: PublicSide) -> None:
    document = side.client.get("/openapi.json").json()
    answers = [
        content["schema"]
        for operation in _operations(side).values()
        for response in operation["responses"].values()
        for media_type, content in response.get("content", {}).items()
        if media_type.endswith("json")
    ]
    assert len(answers) > 30
    assert all(set(schema) == {"$ref"} for schema in answers)
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), (name, field)
            assert described.get("examples") or "$ref" in str(described), (name, field)


def test_what_is_answered_is_what_is_declared(side: PublicSide) -> None:
    document = side.client.get("/openapi.json").json()
    for path, operation in _operations(side).items():
        if path in ("/api/v1/live", "/api/v1/map/tiles"):  # endless; not everywhere
            continue
        for query in _ASKED.get(path, ("",)):
            answer = side.client.get(path.format(**_PARAMETERS) + query)
            assert answer.status_code == 200, path
            media_type = next(iter(operation["responses"]["200"]["content"]))
            assert answer.headers["content-type"].partition(";")[0] == media_type, path
            if media_type.endswith("json"):
                content = operation["responses"]["200"]["content"][media_type]
                assert mistakes(document, content["schema"], answer.json()) == [], path


def test_every_example_is_what_is_declared(side: PublicSide) -> None:
    document = side.client.get("/openapi.json").json()
    for path, operation in _operations(side).items():
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                if media_type.endswith("json"):
                    found = mistakes(document, content["schema"], content["example"])
                    assert found == [], (path, status)


def test_a_field_that_is_not_declared_is_a_mistake(side: PublicSide) -> None:
    document = side.client.get("/openapi.json").json()
    body = side.get("policy").json()
    schema = {"$ref": "#/components/schemas/Policy"}
    assert mistakes(document, schema, body) == []
    assert mistakes(document, schema, body | {"exact": 1})
    assert mistakes(document, schema, body | {"resolution": "9"})
    assert mistakes(document, schema, {name: body[name] for name in body if name != "labels"})


def test_every_event_of_the_live_feed_is_what_is_declared(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        document = side.client.get("/openapi.json").json()
        events = document["paths"]["/api/v1/live"]["get"]["responses"]["200"]["content"]["text/event-stream"]
        side.store.apply("dispatch", [an_incident(1), an_incident(2)], at=START)
        side.store.apply("dispatch", [Withheld(incident_id(1), "dispatch", Reason.POLICY)], at=START)
        side.store.pause(Pause("source", "requests", "A reason", START), by="a test")
        side.follow()
        with Listener(side.server.port, "/api/v1/live?last_event_id=0") as listener:
            heard = listener.read(until_seen="retract")
            if "pulse" not in {event.name for event in heard}:  # it comes in time, also before the others
                heard += listener.read(until_seen="pulse")
        with Listener(side.server.port, "/api/v1/live?last_event_id=1-another") as listener:
            heard += listener.read(until_seen="reset")
        assert {event.name for event in heard} == set(events["x-events"])
        for event in heard:
            assert mistakes(document, events["x-events"][event.name], event.data) == [], event.name


def test_failures_are_what_is_declared(side: PublicSide) -> None:
    document = side.client.get("/openapi.json").json()
    operations = _operations(side)
    asked = {
        "/api/v1/incidents": ("/api/v1/incidents?bboxx=1", 400),
        "/api/v1/incidents/{incident_id}": (f"/api/v1/incidents/{incident_id(77)}", 404),
        "/api/v1/window": ("/api/v1/window?hours=0", 400),
        "/api/v1/areas/{kind}": ("/api/v1/areas/zone", 404),
        "/api/v1/usual": ("/api/v1/usual?area=beat:99Z", 400),
    }
    for path, (address, status) in asked.items():
        answer = side.client.get(address)
        content = operations[path]["responses"][str(status)]["content"]["application/problem+json"]
        assert answer.status_code == status
        assert mistakes(document, content["schema"], answer.json()) == []


def test_the_properties_of_an_incident_are_the_fields_of_the_public_record(side: PublicSide) -> None:
    schemas = side.client.get("/openapi.json").json()["components"]["schemas"]
    of_the_log = {"first_seq", "seq", "stage", "released_at", "updated_at"}
    fields = set(PublicIncident.__struct_fields__) - {"id"} | of_the_log
    assert set(schemas["IncidentProperties"]["properties"]) == fields
    assert set(schemas["IncidentProperties"]["required"]) == fields
    assert set(meanings(PublicIncident)) == set(PublicIncident.__struct_fields__)


def test_the_columns_of_the_window_are_those_declared(side: PublicSide) -> None:
    document = side.client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    window = pa.ipc.open_stream(side.get("window?hours=168").content).read_all()
    names = window.schema.names
    assert names == list(COLUMNS)
    rows = window.to_pylist()
    assert len(rows) == 2
    for row in rows:
        assert mistakes(document, {"$ref": "#/components/schemas/WindowRow"}, row) == []
    assert set(schemas["WindowRow"]["properties"]) == set(names)
    assert set(schemas["WindowText"]["enum"]) < set(names)


def test_the_committed_document_is_what_the_application_says(script: ModuleType) -> None:
    assert (_ROOT / "docs" / "openapi.json").read_bytes() == script.document(), "run: make openapi"


def test_the_check_fails_for_a_document_that_is_out_of_date(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "docs" / "openapi.json"
    monkeypatch.setattr(script, "TARGET", target)
    monkeypatch.setattr(sys, "argv", ["openapi.py", "--check"])
    assert script.main() == 1
    assert "make openapi" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["openapi.py"])
    assert script.main() == 0
    monkeypatch.setattr(sys, "argv", ["openapi.py", "--check"])
    assert script.main() == 0
    target.write_bytes(target.read_bytes().replace(b"Blocklight", b"Limelight"))
    assert script.main() == 1
