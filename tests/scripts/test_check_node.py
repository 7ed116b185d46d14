import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check-node"


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


@pytest.mark.parametrize("version", ["18.20.4", "20.0.0", "20.18.3", "21.7.3", "22.11.0", "23.1.0", "8.10.0"])
def test_a_node_that_the_web_tools_refuse_is_refused_with_a_way_to_a_newer_one(
    tmp_path: Path, version: str
) -> None:
    refused = checked(tmp_path, version)
    assert refused.returncode == 1
    assert f"node is {version}" in refused.stderr
    assert "npm install --global node@22" in refused.stderr


@pytest.mark.parametrize("version", ["20.19.0", "20.20.2", "22.12.0", "22.23.3", "24.0.0", "26.10.0"])
def test_a_node_that_the_web_tools_take_is_taken(tmp_path: Path, version: str) -> None:
    assert checked(tmp_path, version).returncode == 0


def test_without_node_it_says_so(tmp_path: Path) -> None:
    assert "there is no npm here" in checked(tmp_path, None).stderr
