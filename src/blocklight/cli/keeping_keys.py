"""Makes, closes and lists the keys with which sources push records to us, and changes that of the ids."""

from pathlib import Path

from rich.table import Table

from blocklight.app import key_rotation
from blocklight.app.opening import Options
from blocklight.cli import out
from blocklight.config.city import City, load_city
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError
from blocklight.intake.push_keys import PushKeys


def create_key(city_name: str, source_id: str, data: Path | None) -> None:
    """Make a key and print it; it cannot be shown again."""
    city = load_city(city_name)
    if city.source(source_id).connector != "push":
        raise BlocklightError(f'{source_id}: its records are fetched; only connector = "push" has keys')
    key_id, key = _keys(city, data).create(source_id)
    out.print(f"Key {key_id} for {source_id}. Keep it now, it is not shown again:", highlight=False)
    out.print(key, highlight=False, soft_wrap=True)


def revoke_key(city_name: str, key: str, data: Path | None) -> None:
    """Close a key."""
    parts = key.split("_")
    key_id = parts[1] if len(parts) > 1 else key
    if not _keys(load_city(city_name), data).revoke(key_id):
        raise BlocklightError("there is no such key; `blocklight key list` shows those that there are")
    out.print(f"Key {key_id} is closed.", highlight=False)


def list_keys(city_name: str, data: Path | None) -> None:
    """Print the keys, none of which can be read from it."""
    table = Table("Key", "Source", "Made")
    for key in _keys(load_city(city_name), data).all():
        table.add_row(key.id, key.source, f"{key.created_at:%Y-%m-%d %H:%M} UTC")
    out.print(table)


def rotate_id_key(options: Options) -> None:
    """Change the key of the ids, and print what was renamed and where the new key is."""
    rotated = key_rotation.rotate_id_key(options)
    if rotated.renamed is not None:
        out.print(f"{rotated.renamed} published incidents have new ids.", highlight=False)
    out.print(f"The new key is in {rotated.file}: keep a copy of it.", highlight=False, soft_wrap=True)


def _keys(city: City, data: Path | None) -> PushKeys:
    return PushKeys(data or Settings().data / city.city.id)
