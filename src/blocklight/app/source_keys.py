"""Makes, revokes and lists the keys with which sources push records to us."""

from pathlib import Path

from blocklight.config.city import City, load_city
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError
from blocklight.intake.push_keys import PushKey, PushKeys


def create_source_key(city_name: str, source_id: str, data: Path | None) -> tuple[str, str]:
    """Make a key; its id, and the key itself, which cannot be read again."""
    city = load_city(city_name)
    if city.source(source_id).connector != "push":
        raise BlocklightError(f'{source_id}: its records are fetched; only connector = "push" has keys')
    return _keys_of(city, data).create(source_id)


def revoke_source_key(city_name: str, key: str, data: Path | None) -> str:
    """Revoke a key by its id or as a whole; its id."""
    parts = key.split("_")
    key_id = parts[1] if len(parts) > 1 else key
    if not _keys_of(load_city(city_name), data).revoke(key_id):
        raise BlocklightError("there is no such key; `blocklight key list` shows those that there are")
    return key_id


def source_keys(city_name: str, data: Path | None) -> list[PushKey]:
    """The keys of a city's sources, none of which can be read from it."""
    return list(_keys_of(load_city(city_name), data).all())


def _keys_of(city: City, data: Path | None) -> PushKeys:
    return PushKeys(data or Settings().data / city.city.id)
