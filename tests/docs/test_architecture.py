import re
import tomllib

from pages import ROOT, read, section, table

from blocklight.jobs import NAMES, PULSE

LAYERS = section(read("docs/architecture.md"), "Layers")


def test_the_layers_on_the_page_are_those_that_are_checked() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    checked = next(
        c["layers"] for c in contracts if c["type"] == "layers" and c["containers"] == ["blocklight"]
    )
    drawn = LAYERS.split("```text\n")[1].split("```")[0].splitlines()
    assert drawn == checked


def test_every_part_of_the_package_has_its_one_job_on_the_page() -> None:
    folder = ROOT / "src" / "blocklight"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    packages = {path.name for path in folder.iterdir() if any(path.glob("*.py")) or any(path.glob("*.toml"))}
    assert set(table(LAYERS, "Module")) == (modules | packages) - {"assets", "__pycache__"}


def test_every_job_is_on_the_page() -> None:
    page = section(read("docs/architecture.md"), "Jobs")
    assert set(table(page, "Job")) == set(NAMES) - {PULSE}  # the pulse is a part of each frame


def test_every_file_and_folder_of_where_a_change_goes_is_there() -> None:
    page = section(read("docs/architecture.md"), "Where a change goes")
    named = [path for path in re.findall(r"`([^`\s]+)`", page) if "/" in path or path == "pyproject.toml"]
    assert len(named) >= 30
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_connector_stands_in_the_contract_that_keeps_them_apart() -> None:
    connectors = ROOT / "src" / "blocklight" / "intake" / "connectors"
    text = (connectors / "__init__.py").read_text("utf-8")
    imported = set(re.findall(r"^ *from blocklight\.intake\.connectors\.(\w+) import", text, re.MULTILINE))
    (together,) = re.findall(r"^from blocklight\.intake\.connectors import (.+)$", text, re.MULTILINE)
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (apart,) = (contract["modules"] for contract in contracts if contract["type"] == "independence")
    modules = (imported | set(together.split(", "))) - {"http", "streams"}
    assert len(modules) >= 8
    assert {f"blocklight.intake.connectors.{module}" for module in modules} == set(apart)
