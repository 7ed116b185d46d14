"""Prints keys with which sources push records to us, and what became of the key of the public ids."""

from pathlib import Path

from rich.table import Table

from blocklight.app import key_rotation, source_keys
from blocklight.app.opening import Options
from blocklight.cli import out


def create_key(city_name: str, source_id: str, data: Path | None) -> None:
    """Make a key and print it; it cannot be shown again."""
    key_id, key = source_keys.create_source_key(city_name, source_id, data)
    out.print(f"Key {key_id} for {source_id}. Keep it now, it is not shown again:", highlight=False)
    out.print(key, highlight=False, soft_wrap=True)


def revoke_key(city_name: str, key: str, data: Path | None) -> None:
    """Revoke a key."""
    out.print(f"Key {source_keys.revoke_source_key(city_name, key, data)} is revoked.", highlight=False)


def list_keys(city_name: str, data: Path | None) -> None:
    """Print the keys, none of which can be read from it."""
    table = Table("Key", "Source", "Made")
    for key in source_keys.source_keys(city_name, data):
        table.add_row(key.id, key.source, f"{key.created_at:%Y-%m-%d %H:%M} UTC")
    out.print(table)


def print_rotation(options: Options) -> None:
    """Change the key of the ids, and print what was renamed and where the new key is."""
    rotated = key_rotation.rotate_id_key(options)
    if rotated.renamed is not None:
        out.print(f"{rotated.renamed} published incidents have new ids.", highlight=False)
    out.print(f"The new key is in {rotated.file}: keep a copy of it.", highlight=False, soft_wrap=True)
