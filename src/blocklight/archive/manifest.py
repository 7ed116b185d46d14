"""What the archive holds on disk: one file for each month, and where in the change log it stands."""

import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

_NAME = "manifest.json"
_CHUNK = 1 << 20


class RevisionFile(msgspec.Struct, frozen=True):
    """The published versions of a month's incidents.

    *first_at* and *last_at* are the first and last received_at of any version.
    """

    file: str
    rows: int
    bytes: int
    sha256: str
    first_at: datetime
    last_at: datetime


class MonthFile(msgspec.Struct, frozen=True):
    """One month's file, exact as of *seq*, which is what was published at *built_at* by the city's clock.

    *first_at* and *last_at* are its first and last received_at. Where all of it is
    imported, there are no *revisions*.
    """

    month: str
    file: str
    rows: int
    bytes: int
    sha256: str
    seq: int
    built_at: datetime
    first_at: datetime
    last_at: datetime
    revisions: RevisionFile | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all its files."""
        return (self.file,) if self.revisions is None else (self.file, self.revisions.file)


class Manifest(msgspec.Struct, frozen=True):
    """The files of one city; *dirty* are months whose files are out of date as of *seq*."""

    city: str
    layout: int
    area_kinds: list[str]
    epoch: str
    seq: int
    months: dict[str, MonthFile]
    dirty: list[str]


def read_manifest(folder: Path) -> Manifest | None:
    """Read what a folder holds; ``None`` where that cannot be read, and everything is to be built."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of a folder in one step."""
    new = folder / f"{_NAME}.new"
    new.write_bytes(msgspec.json.encode(manifest))
    new.replace(folder / _NAME)


def checksum(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def is_intact(folder: Path, month: MonthFile) -> bool:
    """Whether a month's files are there in their full length; `is_sound` says whether each byte is right."""
    try:
        return all(os.stat(folder / file.file).st_size == file.bytes for file in _stored(month))  # noqa: PTH116 - one call
    except OSError:
        return False


def is_sound(folder: Path, month: MonthFile) -> bool:
    """Whether a month's files are what was written, by their checksums."""
    try:
        return all(checksum(folder / file.file) == file.sha256 for file in _stored(month))
    except OSError:
        return False


def _stored(month: MonthFile) -> tuple[MonthFile | RevisionFile, ...]:
    return (month,) if month.revisions is None else (month, month.revisions)
