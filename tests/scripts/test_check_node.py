import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check-node"
TOOLS = ("vite", "vitest", "rolldown", "@sveltejs/vite-plugin-svelte")
REFUSED = ["8.10.0", "18.20.4", "20.0.0", "20.18.3", "21.7.3", "22.0.0", "22.11.0", "23.1.0"]
TAKEN = ["20.19.0", "20.20.2", "22.12.0", "22.23.3", "24.0.0", "26.10.0"]


def checked(folder: Path, version: str | None) -> subprocess.CompletedProcess[str]:
    """Run the check where `node` says that it is of *version*, or where there is none."""
    for name in ("node", "npm") if version else ():
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)
    for tool in ("bash", "env"):
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    return subprocess.run(
        [str(SCRIPT)], env={**os.environ, "PATH": str(folder)}, capture_output=True, text=True, check=False
    )


def takes(engines: str, version: str) -> bool:
    """Whether a package's `engines` name *version*: ranges such as `^20.19.0 || >=22.12.0`."""
    numbers = tuple(map(int, version.split(".")))
    for part in engines.split("||"):
        hit = re.fullmatch(r"(\^|>=) ?([\d.]+)", part.strip())
        assert hit, engines
        least = tuple(map(int, hit[2].split(".")))
        if numbers >= least and (hit[1] == ">=" or numbers[0] == least[0]):
            return True
    return False


@pytest.mark.parametrize("version", [*REFUSED, *TAKEN])
def test_what_is_taken_is_what_every_web_tool_of_the_lock_file_takes(version: str) -> None:
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))["packages"]
    engines = [packages[f"node_modules/{tool}"]["engines"]["node"] for tool in TOOLS]
    assert all(takes(text, version) for text in engines) == (version in TAKEN)
    own = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))["engines"]["node"]
    assert takes(own, version) == (version in TAKEN)


@pytest.mark.parametrize("version", REFUSED)
def test_a_node_that_the_web_tools_refuse_is_refused_with_a_way_to_a_newer_one(
    tmp_path: Path, version: str
) -> None:
    refused = checked(tmp_path, version)
    assert refused.returncode == 1
    assert f"node is {version}" in refused.stderr
    assert "npm install --global node@22" in refused.stderr


@pytest.mark.parametrize("version", TAKEN)
def test_a_node_that_the_web_tools_take_is_taken(tmp_path: Path, version: str) -> None:
    assert checked(tmp_path, version).returncode == 0


def test_without_node_it_says_so(tmp_path: Path) -> None:
    assert "there is no npm here" in checked(tmp_path, None).stderr


def test_set_up_ends_at_a_node_that_is_refused_before_it_installs_anything(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(SCRIPT, tmp_path / "scripts")
    for name in ("setup-python", "setup-node", "test"):
        (tmp_path / "scripts" / name).write_text("#!/bin/sh\ntouch installed\n")
        (tmp_path / "scripts" / name).chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml", "web/package.json", "web/package-lock.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "bin").mkdir()
    for name in ("node", "npm"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\necho 20.18.3\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    for target in (["test"], ["demo"], ["setup", "-j4"]):
        ended = subprocess.run(
            ["make", *target], cwd=tmp_path, env={**os.environ, "PATH": path, "MAKEFLAGS": ""},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 2, ended.stdout + ended.stderr
        assert "node is 20.18.3" in ended.stderr
        assert not (tmp_path / "installed").exists()
