"""Copies a whole database at one moment, while others write to it, and puts such a copy back."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason
from blocklight.store.admin.integrity import check_integrity
from blocklight.store.admin.public_digest import public_digest
from blocklight.store.failing import failing_as_store_error
from blocklight.store.schema import tables
from blocklight.store.schema.engines import connect
from blocklight.store.schema.object_ids import SKIPPED_AT_RESTORE
from blocklight.store.schema.upgrading import claim, current_revision, upgrade
from blocklight.store.store import Store
from blocklight.store.write import auditing
from blocklight.store.write.application import Application
from blocklight.store.write.places import Places
from blocklight.store.write.settled import Settled
from blocklight.store.write.statements import Statements
from blocklight.store.write.tombstones import Position

_FILE = "database.sqlite3"
_BUSY_S = 60
_AT_ONCE = 500


class Snapshot(msgspec.Struct, frozen=True):
    """What a copy holds: *columns* by table, and how far the journal of *tombstones* was before it."""

    city: str
    engine: str
    revision: str
    taken_at: datetime
    head: int
    digest: str
    columns: dict[str, list[str]]
    tombstones: Position | None


def take(store: Store, city: str, folder: Path, at: datetime) -> Snapshot:
    """Write a copy of the database into files of *folder*; nobody who reads or writes waits for it."""
    # Before the copy, with the writers' lock: what the journal holds by then is committed and in the copy.
    position = store.tombstone_position()
    engines = store.engines
    with failing_as_store_error():
        if engines.is_sqlite:
            copy = folder / _FILE
            _copy_sqlite(str(engines.write.url.database), copy)
            with closing(connect(f"sqlite:///{copy}")) as copied, copied.read.begin() as connection:
                return _described(connection, city, at, position)
        with engines.read.begin() as connection:  # one moment for all tables
            snapshot = _described(connection, city, at, position)
            for name, columns in snapshot.columns.items():
                _copy_out(connection, name, columns, folder / name)
            return snapshot


def replace_database(
    url: str, snapshot: Snapshot, folder: Path, taken_back: Sequence[str], at: datetime, **detail: object
) -> int:
    """Replace what a database holds by a copy, less what was *taken_back* since; return how many went.

    Whoever reads from the database sees what was there before or what is there after, and nothing between.
    Raises ``StoreError`` for a copy that is not what it says, or another engine's.
    """
    account = {"taken_at": snapshot.taken_at.isoformat(), "taken_back": len(taken_back), **detail}
    engine = sa.make_url(url).get_backend_name()
    if engine != snapshot.engine:
        raise StoreError(f"this is a backup of {snapshot.engine}, and the database is {engine}")
    with failing_as_store_error():
        if engine == "postgresql":
            with closing(connect(url)) as engines, engines.write.begin() as connection:
                _copy_in(connection, snapshot, folder)
                return _finish_restore(connection, snapshot, taken_back, at, account)
        copy = folder / _FILE
        with closing(connect(f"sqlite:///{copy}")) as engines, engines.write.begin() as connection:
            gone = _finish_restore(connection, snapshot, taken_back, at, account)
        target = sa.make_url(url).database or ""
        connect(url).close()  # a new file is its owner's from the first byte
        _copy_sqlite(str(copy), Path(target))
        return gone


def _described(connection: sa.Connection, city: str, at: datetime, position: Position | None) -> Snapshot:
    inspector = sa.inspect(connection)
    return Snapshot(
        city=city,
        engine=connection.dialect.name,
        revision=current_revision(connection) or "",
        taken_at=at,
        head=connection.scalar(sa.select(tables.log.c.head)) or 0,
        digest=public_digest(connection),
        columns={
            table.name: [column["name"] for column in inspector.get_columns(table.name)]
            for table in tables.metadata.sorted_tables
        },
        tombstones=position,
    )


def _finish_restore(
    connection: sa.Connection,
    snapshot: Snapshot,
    taken_back: Sequence[str],
    at: datetime,
    detail: dict[str, object],
) -> int:
    """Bring a copy to today's schema, take back what has to be, and begin another history of its log."""
    upgrade(connection)
    claim(connection, snapshot.city)
    as_it_was = snapshot.revision == current_revision(connection)
    if as_it_was and public_digest(connection) != snapshot.digest:
        raise StoreError("the restored database does not show what the backup showed; nothing was changed")
    check_integrity(connection)
    gone = _take_back(connection, taken_back, at)
    # What waited then may have become medical, withheld or another type since, which the journal does not
    # say of calls that were never public. Sources that are fetched report what is still true again.
    connection.execute(tables.held.delete())
    connection.execute(
        tables.log.update().values(
            epoch=tables.new_epoch(), next_object=tables.log.c.next_object + SKIPPED_AT_RESTORE
        )
    )
    auditing.append(connection, at, "restore", detail)
    return gone


def _take_back(connection: sa.Connection, ids: Sequence[str], at: datetime) -> int:
    """Withhold *ids* for good: what was taken back is not shown again, nor in another form."""
    sources: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        for table in (tables.incident, tables.held):
            statement = sa.select(table.c.id, table.c.source).where(
                table.c.id.in_(ids[start : start + _AT_ONCE])
            )
            sources |= {row.id: row.source for row in connection.execute(statement)}
    outcomes = [Withheld(id_, source, Reason.SENSITIVE, sensitive=True) for id_, source in sources.items()]
    sql = Statements(connection.dialect)
    with closing(connection.connection.cursor()) as cursor:
        application = Application(cursor, sql, Places(sql), Settled(), source="", at=at)
        gone = application.run(outcomes, cursor=None, present=None, join_rows=False).retracted
    _mark_absent(connection, [id_ for id_ in ids if id_ not in sources], at)
    return gone


def _mark_absent(connection: sa.Connection, ids: Sequence[str], at: datetime) -> None:
    """Mark ids that the copy does not hold as never to be published."""
    table, first_at = tables.withheld, round(at.timestamp() * 1000)
    for start in range(0, len(ids), _AT_ONCE):
        chunk = ids[start : start + _AT_ONCE]
        present = set(connection.scalars(sa.select(table.c.id).where(table.c.id.in_(chunk))))
        connection.execute(table.update().where(table.c.id.in_(present)).values(sensitive=1))
        rows = [
            {"id": id_, "source": "", "reason": str(Reason.SENSITIVE), "sensitive": 1, "first_at": first_at}
            for id_ in chunk
            if id_ not in present
        ]
        if rows:
            connection.execute(table.insert(), rows)


def _copy_sqlite(source: str, target: Path) -> None:
    """Copy a database with SQLite's own backup, in one step: a copy that others write to begins anew."""
    if not target.exists():
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(source, timeout=_BUSY_S)) as old,
        closing(sqlite3.connect(target, timeout=_BUSY_S)) as new,
    ):
        old.backup(new)


def _copy_out(connection: sa.Connection, table: str, columns: Sequence[str], file: Path) -> None:
    with (
        closing(_driver(connection).cursor()) as cursor,
        cursor.copy(f"COPY {_columns_sql(table, columns)} TO STDOUT") as copy,
        file.open("wb") as written,
    ):
        for chunk in copy:
            written.write(chunk)


def _copy_in(connection: sa.Connection, snapshot: Snapshot, folder: Path) -> None:
    """Make the tables anew as the copy had them, and fill them, in the one transaction of *connection*."""
    for table in [*reversed(tables.metadata.sorted_tables), sa.table("alembic_version")]:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_quoted_name(table.name)}")
    upgrade(connection, snapshot.revision)
    for name, columns in snapshot.columns.items():
        with (
            closing(_driver(connection).cursor()) as cursor,
            cursor.copy(f"COPY {_columns_sql(name, columns)} FROM STDIN") as copy,
            (folder / name).open("rb") as written,
        ):
            while chunk := written.read(1 << 20):
                copy.write(chunk)


def _driver(connection: sa.Connection) -> Any:  # noqa: ANN401 - the driver's own connection
    return connection.connection.driver_connection


def _columns_sql(table: str, columns: Sequence[str]) -> str:
    return f"{_quoted_name(table)} ({', '.join(map(_quoted_name, columns))})"


def _quoted_name(name: str) -> str:
    if not name.isidentifier():  # the names come from a file
        raise StoreError("the backup names a table or a column that cannot be one")
    return f'"{name}"'
