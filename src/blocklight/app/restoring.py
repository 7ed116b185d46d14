"""Puts a backup back, and lets nothing be seen again that was taken back since it was made."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blocklight.app.backup_archive import CITY_FILES, DATABASE, ID_KEY, PUSH_KEYS, Manifest, unpack
from blocklight.app.opening import tombstone_file, wall_clock
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, StoreError
from blocklight.intake.keys import check_of, load_id_key
from blocklight.store import Snapshot, Store, Tombstones, replace_database


@dataclass(frozen=True)
class Restored:
    """What a backup brought back: the *snapshot* that it held, less *gone* incidents, and its *city_file*."""

    snapshot: Snapshot
    gone: int
    city_file: Path


def restore_city(
    file: Path, *, data: Path | None, database: str | None, tombstones: Path | None, without_tombstones: bool
) -> Restored:
    """Restore *file* into the folder and the database of its city.

    Raises ``BlocklightError``, and changes nothing, where the backup is damaged or no tombstone journal says
    what was taken back since, unless the operator does *without_tombstones*.
    """
    settings = Settings()
    parent = data or settings.data
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".blocklight-", dir=parent) as name:
        unpacked = Path(name)
        manifest = unpack(file, unpacked)
        city = manifest.snapshot.city
        folder = data or settings.data / city
        url = database or settings.database_url or f"sqlite:///{folder / 'blocklight.sqlite3'}"
        own_journal = tombstone_file(folder, settings)
        ids = _taken_back(manifest, tombstones or own_journal, without=without_tombstones)
        folder.mkdir(exist_ok=True, mode=0o700)
        _keep_keys(unpacked, folder, settings)
        if tombstones is not None and not without_tombstones:
            ids = _with_own(ids, manifest, own_journal, tombstones)
        gone = _replace(url, manifest, unpacked, ids, without=without_tombstones)
        _keep_city(unpacked, folder)
    return Restored(manifest.snapshot, gone, folder / manifest.city_file)


def _taken_back(manifest: Manifest, journal: Path, *, without: bool) -> list[str]:
    if without:
        return []
    if manifest.snapshot.tombstones is None:
        raise BlocklightError("the backup does not say how far its tombstone journal was")
    try:
        return Tombstones(journal).since(manifest.snapshot.tombstones)
    except StoreError as error:
        raise BlocklightError(
            f"{error}. Nothing was restored: what was taken back since "
            f"{manifest.snapshot.taken_at:%Y-%m-%d %H:%M} UTC would be public again. Name a copy of the "
            "journal with --tombstones, or, if it is lost, say --without-tombstones"
        ) from None


def _with_own(ids: list[str], manifest: Manifest, own_journal: Path, journal: Path) -> list[str]:
    """Let the city's own journal go on with what *journal* knows, or the next restore would know less.

    Gives *ids* and those of the city's own journal, which may be newer than the copy that was named.
    """
    if not own_journal.exists():
        _copy_private(journal, own_journal)
        return ids
    withdrawn_ids: list[str] = []
    with suppress(StoreError):  # a journal of another history: it goes on, but says nothing of this backup
        journal_of_city = Tombstones(own_journal)
        withdrawn_ids = journal_of_city.since(manifest.snapshot.tombstones or journal_of_city.position())
    Tombstones(own_journal).append(id_ for id_ in ids if id_ not in set(withdrawn_ids))
    return list(dict.fromkeys((*ids, *withdrawn_ids)))


def _replace(url: str, manifest: Manifest, unpacked: Path, ids: list[str], *, without: bool) -> int:
    """Restore the database while no process fetches; return how many published incidents went."""
    snapshot = manifest.snapshot
    lock = Store.lock_of(url)
    if not lock.acquire():
        raise BlocklightError(f"another process fetches for {snapshot.city}: stop it first")
    try:
        source = unpacked / DATABASE
        return replace_database(url, snapshot, source, ids, wall_clock(), journal=not without)
    finally:
        lock.release()


def _keep_keys(unpacked: Path, folder: Path, settings: Settings) -> None:
    """Bring back the keys where none are: those that are there are newer, and some may have been revoked."""
    if (unpacked / PUSH_KEYS).is_file() and not (folder / PUSH_KEYS).exists():
        _copy_private(unpacked / PUSH_KEYS, folder / PUSH_KEYS)
    if not (unpacked / ID_KEY).is_file():
        if settings.id_key is None and not (folder / ID_KEY).is_file():
            raise BlocklightError(f"{folder / ID_KEY}: the backup holds no id key; put it there first")
        return
    backed_up = load_id_key(unpacked)
    if settings.id_key is not None or (folder / ID_KEY).exists():
        secret = None if settings.id_key is None else settings.id_key.get_secret_value()
        if check_of(load_id_key(folder, secret)) != check_of(backed_up):
            raise BlocklightError(
                f"{folder / ID_KEY}: not the id key with which the backup's ids were made; move it away"
            )
        return
    _copy_private(unpacked / ID_KEY, folder / ID_KEY)


def _keep_city(unpacked: Path, folder: Path) -> None:
    """Leave the city file with what it names beside the database; the one in use is not touched."""
    target = folder / CITY_FILES
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(unpacked / CITY_FILES, target)


def _copy_private(source: Path, target: Path) -> None:
    target.touch(mode=0o600)
    shutil.copyfile(source, target)
