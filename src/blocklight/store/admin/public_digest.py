"""One digest of all that the public can see of a database: the same before a backup and after its restore."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import orjson
import sqlalchemy as sa

from blocklight.store.read.reading import window_rows
from blocklight.store.schema import tables
from blocklight.store.schema.rows import body, stored_of_row

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_LEDGERS = (tables.city_ledger, tables.area_ledger, tables.pause)


def public_digest(connection: sa.Connection) -> str:
    """The digest of the published incidents with their lives, the public ledgers and the pauses.

    It depends on neither the engine nor the order of rows: their digests are added up.
    """
    total = 0
    lives = {
        row.id: row.life
        for row in connection.execute(sa.select(tables.incident.c.id, tables.incident.c.life))
    }
    window = window_rows(connection, _BEGINNING)
    for block in window.blocks:
        for row in block:
            stored = stored_of_row(row, window.places)
            times = [stored.released_at.timestamp(), stored.updated_at.timestamp()]
            total += _digest_number([body(stored.incident).decode(), times, lives.get(stored.incident.id)])
    for table in _LEDGERS:
        total += sum(_digest_number([table.name, *row]) for row in connection.execute(sa.select(table)))
    return hashlib.sha256(str(total).encode()).hexdigest()


def _digest_number(parts: Iterable[object]) -> int:
    return int.from_bytes(hashlib.sha256(orjson.dumps(list(parts))).digest(), "big")
