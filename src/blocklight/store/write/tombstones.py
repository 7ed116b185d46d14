"""Ids of what must not be shown again, in a file outside the database, so that no restored one shows it."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from blocklight.errors import StoreError

_RENAMED = "# renamed"
_CHUNK = 1 << 20


class Position(msgspec.Struct, frozen=True):
    """How far a journal was written at some moment: its size, and the digest of all up to there."""

    size: int
    sha256: str


class Tombstones:
    """The tombstone journal: one id a line, appended only, and nothing else about anything.

    An id is in it, and on the disk, before the transaction commits that takes something back. A transaction
    that then fails leaves an id too many, which a restore takes back in vain; none is ever missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, ids: Iterable[str]) -> None:
        """Write *ids* to the disk; raises ``StoreError`` where that fails, so that nothing is committed."""
        self._write("".join(f"{id_}\n" for id_ in ids))

    def renamed(self) -> None:
        """Note that every id was given another: the ones above this line mean nothing to later databases."""
        self._write(f"{_RENAMED}\n")

    def position(self) -> Position:
        """How far the journal is written; call it while nobody can be taking anything back."""
        digest, size = hashlib.sha256(), 0
        if self.path.exists():
            with self.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        return Position(size, digest.hexdigest())

    def since(self, position: Position) -> list[str]:
        """The ids written after *position*; raises ``StoreError`` where this is not how it went on."""
        if not self.path.is_file():
            raise StoreError(f"{self.path}: no tombstone journal there")
        content = self.path.read_bytes()
        begin = content[: position.size]
        if len(begin) < position.size or hashlib.sha256(begin).hexdigest() != position.sha256:
            raise StoreError(
                f"{self.path}: not the tombstone journal that was there when the backup was made"
            )
        lines = content[position.size :].decode("ascii", errors="replace").splitlines()
        if _RENAMED in lines:
            raise StoreError(
                f"{self.path}: the id key was changed since the backup, so its ids no longer match"
            )
        return list(dict.fromkeys(line for line in lines if line))

    def _write(self, text: str) -> None:
        if not text:
            return
        try:
            new = not self.path.exists()
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                # One call for all: what several processes append does not mix. A line that a power cut left
                # unfinished is ended first.
                data = (text if self._ends_in_a_line() else f"\n{text}").encode("ascii")
                if os.write(file, data) != len(data):
                    raise OSError("written in part")
                os.fsync(file)
            finally:
                os.close(file)
            if new:
                _sync_folder(self.path.parent)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"{self.path}: the tombstone journal cannot be written: {reason}") from None

    def _ends_in_a_line(self) -> bool:
        with self.path.open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last: without it, a power cut may take the file with all that was synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
