import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def write_page(project: Path, *names: str) -> None:
    assets = project / "src" / "blocklight" / "assets"
    assets.mkdir()
    for name in names:
        (assets / name).write_text("<!doctype html>")


def built(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a wheel is built of: the package's first module, without a page."""
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "docs/how-to/run-in-production.md",
        "scripts/require_assets.py",
        "src/blocklight/__init__.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    return tmp_path


@pytest.mark.parametrize("there", [(), ("index.html",), ("licences.txt",)])
def test_a_wheel_without_the_page_or_its_licences_is_not_built(project: Path, there: tuple[str, ...]) -> None:
    write_page(project, *there)
    ended = built(project)
    assert ended.returncode != 0
    assert "the web page is not built: build the wheel with `make wheel`" in ended.stderr
    assert not list(project.glob("dist/*.whl"))


def test_a_wheel_carries_the_page_and_the_licences_of_what_is_in_it(project: Path) -> None:
    write_page(project, "index.html", "licences.txt")
    ended = built(project)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = project.glob("dist/*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"blocklight/assets/index.html", "blocklight/assets/licences.txt"} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    shared = {Path(name).name for name in names if "/data/share/blocklight/" in name}
    assert shared == {path.name for path in (ROOT / "deploy").iterdir()} | {"run-in-production.md"}
