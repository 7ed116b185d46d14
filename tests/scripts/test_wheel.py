import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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
        "scripts/require_assets.py",
        "src/blocklight/__init__.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_wheel_without_the_page_is_not_built(project: Path) -> None:
    ended = built(project)
    assert ended.returncode != 0
    assert "the web page is not built" in ended.stderr
    assert not list(project.glob("dist/*.whl"))


def test_a_wheel_carries_the_page(project: Path) -> None:
    page = project / "src" / "blocklight" / "assets" / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html>")
    ended = built(project)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = project.glob("dist/*.whl")
    assert "blocklight/assets/index.html" in zipfile.ZipFile(wheel).namelist()
