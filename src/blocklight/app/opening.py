"""Opens a city's file and database as the command line and the environment say; quick to load."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blocklight.app.service import act_as_owner
from blocklight.config.city import City, load_city
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, UsageError
from blocklight.intake.keys import place_key
from blocklight.store import Store, Tombstones


def wall_clock() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Options:
    """What a command was given; see the help of ``serve``."""

    city: str
    data: Path | None = None
    database: str | None = None
    source_urls: list[str] = field(default_factory=list)
    poll_s: float | None = None
    seed: int = 7


def configured_city(options: Options) -> City:
    """Load the city with the command line's other addresses and intervals; raises ``UsageError``."""
    city = load_city(options.city)
    changes: dict[str, dict[str, Any]] = {}
    for text in options.source_urls:
        source_id, _, url = text.partition("=")
        from blocklight.net import is_web_address  # noqa: PLC0415 - most commands reach nobody

        if not is_web_address(url):
            expected = f"expected ID=URL, for example active=http://127.0.0.1:9000/calls, not {text!r}"
            raise UsageError("--source-url", expected)
        changes[city.source(source_id).id] = {"url": url}
    sources = tuple(
        source.model_copy(
            update=changes.get(source.id, {}) | ({} if options.poll_s is None else {"poll_s": options.poll_s})
        )
        for source in city.sources
    )
    return city.model_copy(update={"sources": sources})


def open_store(options: Options, city: City, settings: Settings, *, existing: bool = False) -> Store:
    """Open a city's store where the command line or the environment says.

    Raises ``BlocklightError`` for an *existing* one that is not in the data folder: what is decided about a
    city must not be noted beside the database that it is served from.
    """
    folder = options.data or settings.data / city.city.id
    file = folder / "blocklight.sqlite3"
    act_as_owner(folder, settings.data)
    url = options.database or settings.database_url
    if existing and url is None and not file.is_file():
        raise no_database(file, city)
    return Store.open(
        url or f"sqlite:///{file}",
        city.city.id,
        ledger_kind=city.ledger_kind,
        tombstones=Tombstones(tombstone_file(folder, settings)),
        place_key=place_key(folder, settings.id_key.get_secret_value() if settings.id_key else None),
    )


def no_database(file: Path, city: City) -> BlocklightError:
    """The error of a database *file* of a city that does not exist."""
    return BlocklightError(
        f"{file}: no database there; name the folder that {city.city.name} is served from with --data"
    )


def tombstone_file(folder: Path, settings: Settings) -> Path:
    """Where the ids of what is taken back are noted: the environment's file, or the city folder's."""
    return settings.tombstones or folder / "tombstones"
