"""Writes a city's backup, and checks that its database is whole."""

import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blocklight import __version__
from blocklight.app.backup_archive import (
    CITY_FILES,
    DATABASE,
    FORMAT,
    ID_KEY,
    PUSH_KEYS,
    Manifest,
    pack,
    sha256,
)
from blocklight.app.opening import Options, configured_city, no_database, open_store, wall_clock
from blocklight.config.city import city_path
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError
from blocklight.store import take


@dataclass(frozen=True)
class Whole:
    """What the public sees of a city's database, as one digest, up to change *head* of its log."""

    city: str
    head: int
    digest: str
    audit_entries: int = 0


def back_up(options: Options, file: Path, *, with_key: bool) -> Whole:
    """Write a backup into a new *file*; raises ``BlocklightError`` where one is there."""
    if file.exists():
        raise BlocklightError(
            f"{file}: exists already, and a backup is never overwritten; choose another name"
        )
    settings, city = Settings(), configured_city(options)
    folder = options.data or settings.data / city.city.id
    url = options.database or settings.database_url
    if url is None and not (folder / "blocklight.sqlite3").is_file():
        raise no_database(folder / "blocklight.sqlite3", city)
    if with_key and settings.id_key is None and not (folder / ID_KEY).is_file():
        raise BlocklightError(f"{folder / ID_KEY}: no id key there; back up without it with --no-key")
    # Beside the backup: its disk has room for it, and nobody else reads there.
    with (
        tempfile.TemporaryDirectory(prefix=".blocklight-", dir=file.parent) as name,
        open_store(options, city, settings, existing=True) as store,
    ):
        copy = Path(name)
        (copy / DATABASE).mkdir()
        snapshot = take(store, city.city.id, copy / DATABASE, wall_clock())
        _copy_folder(folder, copy, settings, with_key=with_key)
        city_file = _copy_city(city_path(options.city), copy / CITY_FILES)
        files = {
            str(path.relative_to(copy)): sha256(path) for path in sorted(copy.rglob("*")) if path.is_file()
        }
        pack(copy, Manifest(FORMAT, __version__, snapshot, city_file, files), file)
    return Whole(city.city.name, snapshot.head, snapshot.digest)


def check_stored_city(options: Options) -> Whole:
    """See that a database and its audit log are whole; raises ``BlocklightError`` where one is not."""
    settings, city = Settings(), configured_city(options)
    with open_store(options, city, settings, existing=True) as store:
        store.check_integrity()
        verdict, digest, head = store.verify_audit(), store.public_digest(), store.head()
    if verdict.broken is not None:
        raise BlocklightError(f"audit log tampered with: hash chain broken at entry {verdict.broken}")
    return Whole(city.city.name, head, digest, verdict.entries)


def _copy_folder(folder: Path, copy: Path, settings: Settings, *, with_key: bool) -> None:
    """Copy what lies beside the database and cannot be made anew."""
    if (folder / PUSH_KEYS).is_file():
        shutil.copyfile(folder / PUSH_KEYS, copy / PUSH_KEYS)
    if not with_key:
        return
    if settings.id_key is None:
        shutil.copyfile(folder / ID_KEY, copy / ID_KEY)
    else:
        (copy / ID_KEY).write_text(settings.id_key.get_secret_value())


def _copy_city(file: Path, target: Path) -> str:
    """Copy the city file and the files that it names; return where it lies in the backup."""
    target.mkdir()
    shutil.copyfile(file, target / file.name)
    for named in sorted(set(_texts_in(tomllib.loads(file.read_text("utf-8"))))):
        if Path(named).is_absolute() or "\n" in named:
            continue
        source = file.parent / named
        if ".." not in source.relative_to(file.parent).parts and source.is_file():
            (target / named).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / named)
    return f"{CITY_FILES}/{file.name}"


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if 0 < len(value) < 255:  # noqa: PLR2004 - no name of a file is longer
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)
