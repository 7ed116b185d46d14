"""Changes the key of the public ids: everything stored is renamed, and its old ids lead nowhere."""

from dataclasses import dataclass
from pathlib import Path

from blocklight.app.id_keys import ACTION, known_check
from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError
from blocklight.intake.keys import adopt, check_of, interrupted, load_id_key, next_keys, renewed_id


@dataclass(frozen=True)
class Rotated:
    """Where the new key lies, and how many published incidents it *renamed*, unless an earlier run did."""

    file: Path
    renamed: int | None


def rotate_id_key(options: Options) -> Rotated:
    """Rename everything stored to ids of a new key; taken up again where it was interrupted."""
    settings, city = Settings(), configured_city(options)
    folder = options.data or settings.data / city.city.id
    if settings.id_key is not None:
        raise BlocklightError(
            f"put the key of BLOCKLIGHT_ID_KEY into {folder / 'id.key'} first, and unset it"
        )
    renamed = None
    with open_store(options, city, settings, existing=True) as store:
        keys = load_id_key(folder)
        recorded = known_check(store)
        if recorded in (None, check_of(keys)):
            following = next_keys(folder, keys)
            detail = {"check": check_of(following)}
            renamed = store.rename(lambda id_: renewed_id(id_, following), wall_clock(), ACTION, detail)
        elif (new_keys := interrupted(folder)) is None or recorded != check_of(new_keys):
            raise BlocklightError("this database was filled with another id key: put back its id.key")
    adopt(folder)
    return Rotated(folder / "id.key", renamed)
