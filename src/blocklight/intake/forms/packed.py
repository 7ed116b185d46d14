"""Opens what is packed with gzip or lies in a ZIP archive, within bounds, as if it were the file itself."""

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, cast

from blocklight.config.matching import Matcher
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms.excel import BOOKS

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
# What is in a ZIP archive may be a thousand times as large as the archive.
_MOST_UNPACKED = 2_000_000_000

_MOST_MEMBERS = 1_000
_TABLES = (".csv", ".tsv", ".txt", ".json", ".geojson", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls")
_BROKEN = "a broken packed file"


def is_packed(file: IO[bytes]) -> bool:
    """Whether a file is packed; a workbook of Excel or OpenDocument is an archive, and counts as a table."""
    start = file.read(len(ZIP))
    file.seek(0)
    if start.startswith(GZIP):
        return True
    if start != ZIP:
        return False
    with _archive(file) as archive:
        return not any(name in BOOKS for name in archive.namelist())


@contextmanager
def unpacked(file: IO[bytes], member: Matcher | None) -> Iterator[IO[bytes]]:
    """Yield the table that is packed in a file; of an archive with several, the one that *member* finds.

    Raises ``SourceChanged`` where it is not clear which is meant, and while reading for one that unpacks to
    too much; ``SourceUnavailable`` for a broken one.
    """
    start = file.read(len(GZIP))
    file.seek(0)
    if start == GZIP:
        with gzip.open(file) as stream:
            yield io.BufferedReader(_Bounded(cast("IO[bytes]", stream)))
        return
    with _archive(file) as archive:
        name = _table_in(archive.namelist(), member)
        try:
            inner = archive.open(name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):  # also one with a password
            raise SourceUnavailable(_BROKEN) from None
        with inner:
            yield io.BufferedReader(_Bounded(inner))


@contextmanager
def _archive(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise SourceUnavailable(_BROKEN) from None
    try:
        yield archive
    finally:
        archive.close()
        file.seek(0)


def _table_in(names: Sequence[str], member: Matcher | None) -> str:
    tables = [
        name
        for name in names[:_MOST_MEMBERS]
        if name.lower().endswith(_TABLES) and not name.startswith("__MACOSX/")
    ]
    if member is not None:
        tables = [name for name in tables if member.search(name)]
    if len(tables) != 1:
        contents = "several tables; say which with `resource`" if tables else "no such table"
        raise SourceChanged(f"the archive holds {contents}", detail=", ".join(tables[:20]))
    return tables[0]


class _Bounded(io.RawIOBase):
    """Reads an unpacking file up to a limit, and says in our words that it is broken."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner
        self._count = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read once more."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place; what was unpacked before counts for nothing at the beginning."""
        place = self._inner.seek(offset, whence)
        self._count = place
        return place

    def tell(self) -> int:
        """The place."""
        return self._inner.tell()

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - a writable buffer has no type of its own
        """Unpack some more."""
        try:
            piece = self._inner.read(len(buffer))
        except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, NotImplementedError):
            raise SourceUnavailable(_BROKEN) from None
        self._count += len(piece)
        if self._count > _MOST_UNPACKED:
            raise SourceChanged("the compressed file is too large once uncompressed")
        buffer[: len(piece)] = piece
        return len(piece)
