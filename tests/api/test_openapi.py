import importlib.util
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from living_city import START, an_incident, incident_id
from public_side import NOW, PublicSide, public_side

from blocklight.model import Status
from blocklight.store import FetchReport

_ROOT = Path(__file__).parents[2]
_ASKED = {"/api/v1/usual": "?area=beat:01X"}
_PARAMETERS = {"incident_id": incident_id(1), "kind": "beat", "number": "0"}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        closed = an_incident(1, status=Status.CLOSED, closed_at=START + timedelta(hours=1))
        side.store.apply("dispatch", [an_incident(1)], at=START)
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
    assert len(paths) == 16
    return {path: entry["get"] for path, entry in paths.items()}


def _misses(told: object, example: object, where: str = "") -> list[str]:
    """Return what an answer holds that its example does not show, or shows as another kind of value."""
    if isinstance(told, dict) and isinstance(example, dict):
        if where.endswith((".areas", ".changed", ".rejected", ".withheld")):  # free keys
            return []
        unknown = [f"{where}.{name}" for name in told.keys() - example.keys()]
        shared = told.keys() & example.keys()
        return unknown + [
            miss for name in shared for miss in _misses(told[name], example[name], f"{where}.{name}")
        ]
    if isinstance(told, list) and isinstance(example, list):
        return [miss for item in told for miss in _misses(item, example[0], f"{where}[]")] if example else []
    if told is None or example is None or type(told) is type(example):
        return []
    numbers = isinstance(told, int | float) and isinstance(example, int | float)
    return [] if numbers else [where]


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


def test_what_is_answered_looks_as_its_example_does(side: PublicSide) -> None:
    for path, operation in _operations(side).items():
        if path in ("/api/v1/live", "/api/v1/map/tiles"):  # endless; not everywhere
            continue
        answer = side.client.get(path.format(**_PARAMETERS) + _ASKED.get(path, ""))
        assert answer.status_code == 200, path
        (media_type,) = operation["responses"]["200"]["content"]
        assert answer.headers["content-type"].partition(";")[0] == media_type, path
        if media_type.endswith("json") and "map" not in path:
            example = operation["responses"]["200"]["content"][media_type]["example"]
            assert _misses(answer.json(), example) == [], path


def test_failures_look_as_their_examples_do(side: PublicSide) -> None:
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
        assert _misses(answer.json(), content["example"]) == []


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
