"""Bring a database to this version's schema, and refuse one that is not ours to change."""

from pathlib import Path

import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.store.schema.object_ids import new_key
from blocklight.store.schema.patience import without_end
from blocklight.store.schema.tables import log, new_epoch

_MIGRATIONS = Path(__file__).with_name("migrations")
_DAMAGED = "its file is damaged: restore a backup"
_CLOSED = "its folder must be there, and file and folder must be writable for this user"
_ADVICE = {
    "database disk image is malformed": _DAMAGED,  # SQLITE_CORRUPT, in SQLite's words
    "file is not a database": _DAMAGED,
    "unable to open database file": _CLOSED,
    "attempt to write a readonly database": _CLOSED,
}
_LOCK = 0x626C6F636B  # "block": one upgrade at a time on PostgreSQL


def prepare(engine: sa.Engine, city: str) -> None:
    """Create or upgrade the schema and claim the database for *city*.

    Raises ``StoreError`` for another city's database, a newer schema, or one that cannot be used.
    """
    try:
        with engine.begin() as connection:
            without_end(connection)
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            upgrade(connection)
            claim(connection, city)
    except sa.exc.DBAPIError as error:
        # Without the name of our driver, which nobody typed.
        typed = engine.url.set(drivername=engine.url.get_backend_name())
        shown = typed.render_as_string(hide_password=True)
        reason = next(iter(str(error.orig).splitlines()), "") or type(error.orig).__name__
        sentence = f"{shown} cannot be used: {reason}"
        raise StoreError(f"{sentence}; {_ADVICE[reason]}" if reason in _ADVICE else sentence) from error


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the schema to a *revision*; raises ``StoreError`` for one that is newer than this version."""
    if revision == "head" and current_revision(connection) == newest_revision():
        return  # most of the time; what follows takes half a second to load
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = current_revision(connection)
    revisions = {step.revision for step in script.walk_revisions()}
    for name in (current, None if revision == "head" else revision):
        if name is not None and name not in revisions:
            raise StoreError(f"the database has schema {name}, newer than this version of Blocklight")
    if current != script.get_current_head():
        command.upgrade(config, revision)


def current_revision(connection: sa.Connection) -> str | None:
    """The revision of a database's schema, ``None`` for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version


def newest_revision() -> str:
    """This version's revision: the number in the name of its last migration."""
    return max(path.name[1:4] for path in (_MIGRATIONS / "versions").glob("v*.py"))


def claim(connection: sa.Connection, city: str) -> None:
    """Make a new database *city*'s; raises ``StoreError`` for another city's."""
    owner = connection.execute(sa.select(log.c.city)).scalar()
    if owner is None:
        connection.execute(
            log.insert().values(
                one=1,
                city=city,
                head=0,
                tail=0,
                next_place=1,
                places_version=0,
                drift_ms=0,
                epoch=new_epoch(),
                next_object=0,
                object_key=new_key(),
            )
        )
    elif owner != city:
        raise StoreError(f"the database belongs to the city {owner!r}, not to {city!r}")
