import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "test"
_PROGRAMS = {
    ".venv/bin/ruff": "",
    ".venv/bin/mypy": "",
    ".venv/bin/lint-imports": 'echo "the layers are kept"',
    ".venv/bin/python": "",
    ".venv/bin/pytest": 'echo "3 passed with $*"',
    "bin/npm": 'echo " Tests  5 passed"',
    "scripts/chromium": "",
    "scripts/firefox": "",
    "scripts/servers": "",
}


def ran(folder: Path, *failing: str) -> subprocess.CompletedProcess[str]:
    """Run the script where every program that it calls is a line, and *failing* ones fail after theirs."""
    for name, line in _PROGRAMS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{line}\nexit {int(name in failing)}\n")
        (folder / name).chmod(0o755)
    (folder / "web").mkdir()
    shutil.copy(SCRIPT, folder / "scripts" / "test")
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [folder / "scripts" / "test"], env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_when_all_lanes_pass_the_last_lines_are_their_counts(tmp_path: Path) -> None:
    done = ran(tmp_path)
    assert done.returncode == 0, done.stderr
    after = done.stdout.partition("== All passed\n")[2].splitlines()
    assert [line.strip().split(" with")[0] for line in after[:2]] == ["Tests  5 passed"] * 2
    parts = [line.rpartition(" (")[2].rstrip(")") for line in after[2:]]
    assert all(line.startswith("3 passed with -m") for line in after[2:])
    assert parts[0] == "browser"
    assert parts[-1] == "rest"
    named = {part for part in parts if (SCRIPT.parents[1] / "tests" / part).is_dir()}
    assert {*parts} - named == {"rest", "states"}, "a part is a folder of tests, or files of one"
    ignored = after[-1].split("--ignore=tests/")[1:]
    assert {*map(str.strip, ignored[:-1])} - {"states"} == named, "and the rest is whatever no part names"


@pytest.mark.parametrize(
    ("program", "lanes"),
    [
        (".venv/bin/mypy", "python_checks"),
        ("bin/npm", "web_checks"),
        ("scripts/servers", "scripts/servers"),
        (".venv/bin/pytest", None),
    ],
)
def test_a_lane_that_fails_keeps_no_other_from_running_and_is_named_at_the_end(
    tmp_path: Path, program: str, lanes: str | None
) -> None:
    done = ran(tmp_path, program)
    assert done.returncode == 1
    before, _, after = done.stdout.partition("\n== FAILED: ")
    named = {*after.partition(". ")[0].split()}
    assert named == {lanes} if lanes else {"tests/browser", "tests/store", "tests/rest"} <= named
    for line in ("the layers are kept", "Tests  5 passed", "with -m not browser", "with -m browser"):
        assert line in before
