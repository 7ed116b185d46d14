"""The file that a backup is: its parts by name, each with its digest, readable by its owner alone."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import msgspec
import zstandard

from blocklight.errors import BlocklightError
from blocklight.store import Snapshot

# Raised when what is written could not be restored by an older Blocklight any more.
FORMAT = 1

MANIFEST, DATABASE, CITY_FILES = "manifest.json", "database", "city"
ID_KEY, PUSH_KEYS = "id.key", "push-keys.json"
_PIECE = 65_536


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: the SHA-256 of each of its files, and where the city file is among them."""

    format: int
    version: str
    snapshot: Snapshot
    city_file: str
    files: dict[str, str]


def pack(folder: Path, manifest: Manifest, file: Path) -> None:
    """Write *folder* and its manifest into a new *file*, which appears once it is whole and on the disk."""
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        try:
            with (
                zstandard.ZstdCompressor(level=3, write_checksum=True).stream_writer(
                    written, closefd=False
                ) as packed,
                tarfile.open(fileobj=packed, mode="w|") as archive,
            ):
                for name in (MANIFEST, *manifest.files):
                    archive.add(folder / name, name, recursive=False)
            written.flush()
            os.fsync(written.fileno())
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    partial.rename(file)


def unpack(file: Path, folder: Path) -> Manifest:
    """Write a backup's files into *folder*; raises ``BlocklightError`` for one that is not whole."""
    try:
        with file.open("rb") as packed, _opened_archive(packed) as archive:
            for member in archive:
                if not member.isfile() or not _stays_inside(member.name):
                    raise BlocklightError(f"{file}: not a backup of Blocklight's")
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None  # noqa: S101 - a file has one
                with target.open("wb") as written:
                    shutil.copyfileobj(content, written)
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (tarfile.TarError, zstandard.ZstdError, msgspec.DecodeError, FileNotFoundError) as error:
        problem = (
            "no such file" if not file.exists() else "not a backup of Blocklight's, or one that was cut off"
        )
        raise BlocklightError(f"{file}: {problem}") from error
    if manifest.format != FORMAT:
        raise BlocklightError(f"{file}: a backup of a newer version of Blocklight ({manifest.version})")
    for name, digest in manifest.files.items():
        if not (folder / name).is_file() or sha256(folder / name) != digest:
            raise BlocklightError(f"{file}: damaged: {name} is not what was backed up")
    return manifest


@contextmanager
def _opened_archive(packed: object) -> Iterator[tarfile.TarFile]:
    with (
        zstandard.ZstdDecompressor().stream_reader(packed) as unpacked,  # type: ignore[arg-type]  # a file
        tarfile.open(fileobj=unpacked, mode="r|") as archive,
    ):
        yield archive
        while unpacked.read(_PIECE):  # to the checksum at the end, which covers the manifest as well
            pass


def sha256(file: Path) -> str:
    """A file's digest in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
