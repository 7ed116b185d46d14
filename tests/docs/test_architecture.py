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
