"""Rebuilds or verifies the archive of a city, or has the process do so that serves it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from blocklight.app.archiving import FOLDER
from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.archive.archive import Archive
from blocklight.archive.folder import REBUILD, VERIFY, folders_in_use, request
from blocklight.archive.manifest import MonthFile, is_sound, read_manifest
from blocklight.config.city import City
from blocklight.config.settings import Settings
from blocklight.errors import ArchiveError


@dataclass(frozen=True)
class ArchiveReport:
    """What was checked or built: *months* of *rows*; those *damaged*; and who serves, and does the rest."""

    city: str
    folder: Path
    months: int
    rows: int
    damaged: tuple[str, ...] = ()
    served_from: tuple[Path, ...] = ()
    """Folders of processes that serve the city, and build their files themselves."""


def rebuild_archive(options: Options) -> ArchiveReport:
    """Build every month's files from the database, here or where the city is served.

    A file is replaced once its successor is whole; raises ``ArchiveError`` where it cannot be written.
    """
    city, folder = _city_and_folder(options)
    served_from = _request_work(folder, REBUILD)
    if served_from:
        return ArchiveReport(city.city.name, folder, 0, 0, served_from=served_from)
    with _opened(options, city, folder) as archive:
        archive.mark_all()
        months = _build(archive)
    return ArchiveReport(city.city.name, folder, len(months), _rows(months))


def verify_archive(options: Options) -> ArchiveReport:
    """Compare every file with its checksum, and build damaged months anew; raises ``ArchiveError``.

    Files of a process that serves the city are compared here, and built anew by that process.
    """
    city, folder = _city_and_folder(options)
    served_from = folders_in_use(folder)
    months = [month for used in served_from or (folder,) for month in _month_files(used)]
    damaged = tuple(sorted({month for used in served_from or (folder,) for month in _damaged(used)}))
    if not months:
        raise ArchiveError(f"{folder}: no archive there; `blocklight archive rebuild` makes one")
    if damaged and served_from:
        _request_work(folder, VERIFY)
    elif damaged:
        with _opened(options, city, folder) as archive:
            archive.damaged()
            months = list(_build(archive))
    return ArchiveReport(city.city.name, folder, len(months), _rows(months), damaged, served_from)


def _city_and_folder(options: Options) -> tuple[City, Path]:
    city = configured_city(options)
    return city, (options.data or Settings().data / city.city.id) / FOLDER


@contextmanager
def _opened(options: Options, city: City, folder: Path) -> Iterator[Archive]:
    """Open an archive that no other process keeps."""
    kinds = [layer.kind for layer in city.areas]
    with open_store(options, city, Settings(), existing=True) as store:
        try:
            archive = Archive(store, folder, city=city.city.id, area_kinds=kinds, now=wall_clock)
            try:
                yield archive
            finally:
                archive.close()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ArchiveError(f"{folder}: {reason}; months that were built before are kept") from None


def _build(archive: Archive) -> tuple[MonthFile, ...]:
    while archive.turn():
        pass
    return archive.current().months


def _rows(months: Iterable[MonthFile]) -> int:
    return sum(month.rows for month in months)


def _request_work(folder: Path, work: str) -> tuple[Path, ...]:
    served_from = folders_in_use(folder)
    for used in served_from:
        request(used, work)
    return served_from


def _month_files(folder: Path) -> list[MonthFile]:
    manifest = read_manifest(folder)
    return [] if manifest is None else list(manifest.months.values())


def _damaged(folder: Path) -> list[str]:
    """The months whose files are damaged; one that was replaced meanwhile is not."""
    unsound = [file for file in _month_files(folder) if not is_sound(folder, file)]
    return [file.month for file in unsound if file in _month_files(folder)]
