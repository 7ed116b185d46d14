"""Break each promise on purpose, in a copy of the sources, and see whether a test notices.

``tests/privacy/mutants.toml`` lists small exact changes, each with the promise it breaks and the tests that
must fail. First those tests run on the unchanged copy, where all have to pass; then on each change by itself.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "tests" / "privacy" / "mutants.toml"
_PYTEST = (
    "-q", "-x", "--no-header", "--tb=line", "-p", "no:randomly", "-p", "no:cacheprovider",
    "--hypothesis-seed=0",
)  # fmt: skip
_PASSED, _FAILED = 0, 1
_LONGEST_S = 600


@dataclass(frozen=True)
class Mutant:
    """One change: *old* stands exactly once in *file*, below ``src/blocklight``, and becomes *new*."""

    name: str
    file: str
    old: str
    new: str
    promise: int
    breaks: str
    tests: tuple[str, ...]

    def applied_to(self, text: str) -> str:
        """Return the changed text; raises ``ValueError`` where *old* does not stand in it exactly once."""
        if (times := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: its text stands {times} times in {self.file}, not once")
        return text.replace(self.old, self.new)


def mutants(path: Path = MUTANTS) -> list[Mutant]:
    """Read the list."""
    rows = tomllib.loads(path.read_text("utf-8"))["mutant"]
    return [Mutant(**row | {"tests": tuple(row["tests"])}) for row in rows]


class Workshop:
    """A copy of the sources in which one change at a time is made and undone."""

    def __init__(self, folder: Path) -> None:
        self._source = folder / "src"
        shutil.copytree(ROOT / "src", self._source, ignore=shutil.ignore_patterns("__pycache__", "assets"))
        # The page that is built is not changed: what looks for it finds the checkout's own.
        built = ROOT / "src" / "blocklight" / "assets"
        if built.is_dir():
            (self._source / "blocklight" / "assets").symlink_to(built, target_is_directory=True)

    def run(self, tests: Sequence[str]) -> tuple[int, str]:
        """Run some tests on the copy; return the status of pytest, and its last lines."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._source),
            "PYTHONDONTWRITEBYTECODE": "1",  # a quick change may keep the time of a file
        }
        command = [sys.executable, "-m", "pytest", *_PYTEST, *tests]
        done = subprocess.run(  # noqa: S603 - our own command, of tests that the list names
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        return done.returncode, "\n".join(done.stdout.strip().splitlines()[-12:])

    def try_out(self, mutant: Mutant) -> tuple[int, str]:
        """Make one change, run its tests, and undo it."""
        path = self._source / "blocklight" / mutant.file
        text = path.read_text("utf-8")
        path.write_text(mutant.applied_to(text), "utf-8")
        try:
            return self.run(mutant.tests)
        finally:
            path.write_text(text, "utf-8")


def baseline(chosen: Sequence[Mutant]) -> bool:
    """Whether all tests that are named pass while nothing is changed: others would notice nothing."""
    tests = sorted({test for mutant in chosen for test in mutant.tests})
    with tempfile.TemporaryDirectory(prefix="blocklight-mutants-") as folder:
        status, lines = Workshop(Path(folder)).run(tests)
    if status != _PASSED:
        _say(f"{lines}\nThe tests that are named do not all pass on the unchanged sources.")
    return status == _PASSED


def _lane(chosen: Sequence[Mutant]) -> list[str]:
    """Try changes one after the other in a copy of their own; return the names of those that went wrong."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="blocklight-mutants-") as folder:
        workshop = Workshop(Path(folder))
        for mutant in chosen:
            began = time.monotonic()
            status, lines = workshop.try_out(mutant)
            verdict = {_FAILED: "killed", _PASSED: "SURVIVED"}.get(status, f"ERROR {status}\n{lines}")
            if status != _FAILED:
                wrong.append(mutant.name)
            took_s = time.monotonic() - began
            _say(f"{verdict:9} {took_s:5.1f} s  {mutant.promise:2}  {mutant.name}: {mutant.breaks}")
    return wrong


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Try all changes, or those that are named; fail unless a test noticed each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these; all if left out")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (2)")
    options = parser.parse_args()
    listed = mutants()
    if unknown := set(options.names) - {mutant.name for mutant in listed}:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in listed if not options.names or mutant.name in options.names]
    for mutant in chosen:  # before anything runs: the list has to fit the sources
        mutant.applied_to((ROOT / "src" / "blocklight" / mutant.file).read_text("utf-8"))
    if not baseline(chosen):
        return 1
    lanes = [chosen[number :: options.jobs] for number in range(options.jobs)]
    with ThreadPoolExecutor(options.jobs) as pool:
        wrong = [name for names in pool.map(_lane, lanes) for name in names]
    _say(
        f"{len(chosen) - len(wrong)} of {len(chosen)} changes were noticed"
        + (f"; not: {', '.join(wrong)}" if wrong else ".")
    )
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    raise SystemExit(main())
