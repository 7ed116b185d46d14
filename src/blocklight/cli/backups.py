"""Says what came of a backup, of a restore, and of a look at whether a database is whole."""

from pathlib import Path

from blocklight.app import backup, restoring
from blocklight.app.opening import Options
from blocklight.cli import say


def print_backup(options: Options, file: Path, *, with_key: bool) -> None:
    """Write a backup and print what it holds."""
    whole = backup.back_up(options, file, with_key=with_key)
    key = "with its id key: keep it as secret as that" if with_key else "without id.key: keep that elsewhere"
    say(f"{file}: {whole.city} up to change {whole.head}, {key}.\nPublic digest: {whole.digest}")


def print_integrity(options: Options) -> None:
    """Print whether a database is whole and what the public sees of it, as one digest."""
    whole = backup.check_stored_city(options)
    say(
        f"The database of {whole.city} is whole, up to change {whole.head}; so are its {whole.audit_entries} "
        f"entries of the audit log.\nPublic digest: {whole.digest}"
    )


def print_restore(
    file: Path, *, data: Path | None, database: str | None, tombstones: Path | None, without_tombstones: bool
) -> None:
    """Restore a backup and print what is to be looked at before the map is opened again."""
    restored = restoring.restore_city(
        file,
        data=data,
        database=database,
        tombstones=tombstones,
        without_tombstones=without_tombstones,
    )
    snapshot = restored.snapshot
    say(
        f"{file}: {snapshot.city} is as it was on {snapshot.taken_at:%Y-%m-%d at %H:%M} UTC, less "
        f"{restored.gone} published incidents that were taken back since. Public digest of the backup: "
        f"{snapshot.digest}\nIts city file is {restored.city_file}. The pauses are those of the backup, and "
        "so are the push keys where none were here: look before you open the map."
    )
