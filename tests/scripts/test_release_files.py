"""What is released beside the wheel: its bill of materials, and the versions that it was tested with."""

import sys
import tomllib
from pathlib import Path

import orjson
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import sbom  # noqa: E402 - scripts are no package
from pins import pins  # noqa: E402 - the same

DIRECT = {
    canonicalize_name(Requirement(text).name)
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
}
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_the_bill_lists_what_a_server_installs_and_what_is_in_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "licences.json"
    page.write_text('[{"name": "@deck.gl/core", "version": "9.4.0", "licence": "MIT"}]')
    monkeypatch.setattr(sbom, "PAGE", page)
    bill = sbom.bill()
    components = {component["bom-ref"]: component for component in bill["components"]}
    assert {
        name for name in DIRECT if not any(ref.startswith(f"pkg:pypi/{name}@") for ref in components)
    } == set()
    assert not any(ref.startswith("pkg:pypi/pytest@") for ref in components), "no tool of the tests"
    assert components["pkg:npm/%40deck.gl/core@9.4.0"]["licenses"] == [{"expression": "MIT"}]
    assert all(component["version"] and component["licenses"] for component in components.values())
    ours = bill["metadata"]["component"]["bom-ref"]
    depends = {entry["ref"]: set(entry["dependsOn"]) for entry in bill["dependencies"]}
    assert depends[ours] >= {"pkg:npm/%40deck.gl/core@9.4.0"}
    assert set().union(*depends.values()) == set(components)
    assert orjson.dumps(sbom.bill()) == orjson.dumps(bill), "the same versions have the same bill"


def test_the_pins_are_those_of_the_lock_for_what_a_server_installs() -> None:
    text = pins(LOCK, DIRECT)
    names = [line.partition("==")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert {canonicalize_name(name) for name in names} == DIRECT
    assert names.count("numpy") == LOCK.count("\nnumpy==") > 1, (
        "one for each version of Python that has its own"
    )
    assert text.count("--hash=sha256:") > len(DIRECT)
    assert all(line.removesuffix(" \\") in LOCK for line in text.splitlines())


def test_a_lock_that_lacks_something_is_said_to() -> None:
    with pytest.raises(ValueError, match="lacks something-new; run: make lock"):
        pins(LOCK, {"something-new", "numpy"})
