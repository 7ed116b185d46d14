"""The folder of an archive: who may write to it, which files hold an incident, and which of them go."""

import fcntl
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from blocklight.archive.manifest import MonthFile
from blocklight.errors import StoreBusy

# Each serving process beside the first has a copy of its own; more than these are a mistake of set-up.
_MOST_COPIES = 16

_LOCK = "lock"
_REQUEST = "request"
# What another process may request of the one that keeps an archive.
REBUILD, VERIFY = "rebuild", "verify"


def own_folder(folder: Path) -> tuple[int, Path]:
    """Lock the first folder that no other process writes to: *folder*, or one beside it."""
    for own_folder in _copies(folder):
        own_folder.mkdir(parents=True, exist_ok=True)
        lock_file = os.open(own_folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock_file)
            continue
        return lock_file, own_folder
    raise StoreBusy(f"{folder}: {_MOST_COPIES} processes keep an archive here already")


def is_in_use(folder: Path) -> bool:
    """Whether a process keeps an archive in a folder."""
    try:
        lock_file = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock_file)
    return False


def folders_in_use(folder: Path) -> tuple[Path, ...]:
    """The folders, *folder* and those beside it, in which processes keep archives."""
    return tuple(copy for copy in _copies(folder) if is_in_use(copy))


def request(folder: Path, work: str) -> None:
    """Request of the process that keeps an archive in a folder to rebuild or to verify it."""
    new = folder / f"{_REQUEST}.new"
    new.write_text(work)
    new.replace(folder / _REQUEST)


def take_request(folder: Path) -> str | None:
    """What was requested since the last time, if anything."""
    try:
        work = (folder / _REQUEST).read_text()
        (folder / _REQUEST).unlink()
    except OSError:
        return None
    return work


def _copies(folder: Path) -> list[Path]:
    beside = (folder.with_name(f"{folder.name}-{number}") for number in range(2, _MOST_COPIES + 1))
    return [folder, *beside]


def holds_any(path: Path, ids: Collection[str]) -> bool:
    """Whether a file holds any of some incidents; one that cannot be read is taken to hold them."""
    try:
        column = pq.read_table(path, columns=["id"])["id"]
    except (OSError, pa.ArrowException):
        return True
    held: bool = pc.any(pc.is_in(column, pa.array(list(ids), pa.string()))).as_py()
    return bool(held)


def files_of_one_only(month: MonthFile, other: MonthFile | None) -> list[str]:
    """The names of a month's files that another version of that month does not share."""
    return [file for file in month.files if other is None or file not in other.files]


def remove(folder: Path, files: Iterable[str]) -> None:
    """Delete files, also where some are gone already."""
    for file in files:
        with suppress(FileNotFoundError):
            (folder / file).unlink()
