"""Killed with `kill -9` a hundred times, a replay ends with what an unbroken one ends with."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard
from houston_days import write_recording
from recordings import shared_folder
from whole_record import tables

KILLS = 100
ANSWERS = 150


@dataclass
class Replayer:
    """The process that forks replays."""

    process: subprocess.Popen[str]

    def begin(self, folder: Path) -> int:
        self._say(str(folder))
        return int(self._hear())

    def end(self) -> int:
        """Wait for the child's end and return its status."""
        assert self._hear() == "ended"
        self._say("and?")
        return int(self._hear())

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def _replayer(recording: Path) -> Iterator[Replayer]:
    script = Path(__file__).with_name("replayer.py")
    process = subprocess.Popen(
        [sys.executable, str(script), "houston", "active", str(recording)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BLOCKLIGHT_ID_KEY": "5a" * 32},
    )
    with process:
        yield Replayer(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """A day and a half of answers: recorded ones where they are beside the checkout, else invented ones."""
    if not shared_folder().is_dir():
        return write_recording(tmp_path / "part.jsonl.zst", ANSWERS)
    whole = shared_folder() / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
    with (
        whole.open("rb") as packed,
        zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(packed) as r,
    ):
        lines = r.read().splitlines(keepends=True)
    path = tmp_path / "part.jsonl.zst"
    path.write_bytes(zstandard.ZstdCompressor().compress(b"".join(lines[:ANSWERS])))
    return path


def _head(folder: Path) -> int:
    """How far a replay has come, as another process sees it."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/blocklight.sqlite3?mode=ro", uri=True)) as connection:
            return int(connection.execute("select head from log").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _until_it_moves(folder: Path, head: int) -> None:
    for _ in range(2000):
        if _head(folder) > head:
            return
        time.sleep(0.005)


def test_a_replay_killed_a_hundred_times_ends_as_an_unbroken_one(part: Path, tmp_path: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - moments, not secrets
    kills = after_a_commit = 0
    with _replayer(part) as replayer:
        begun = time.monotonic()
        replayer.begin(tmp_path / "unbroken")
        assert replayer.end() == 0
        took_s = time.monotonic() - begun
        expected = tables(tmp_path / "unbroken" / "blocklight.sqlite3")
        assert len(expected["incident"]) > (2_500 if shared_folder().is_dir() else 500)
        broken = 0
        while kills < KILLS:
            broken += 1
            folder = tmp_path / f"broken{broken}"
            status = -signal.SIGKILL
            while status == -signal.SIGKILL:
                head = _head(folder)
                child = replayer.begin(folder)
                if kills < KILLS:
                    if chance.random() < 0.5:  # else somewhere in its start
                        _until_it_moves(folder, head)
                    time.sleep(chance.uniform(0, 2.5 * took_s / KILLS))
                    os.kill(child, signal.SIGKILL)
                status = replayer.end()
                kills += status == -signal.SIGKILL
                after_a_commit += status == -signal.SIGKILL and _head(folder) > head
            assert status == 0
            assert tables(folder / "blocklight.sqlite3") == expected
    assert kills == KILLS
    assert after_a_commit > KILLS // 4
