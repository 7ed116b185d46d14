"""Drop the old end of the change log, a part at a time so that nobody waits for it."""

from datetime import datetime

import sqlalchemy as sa

from blocklight.store.schema import tables
from blocklight.store.schema.rows import to_ms
from blocklight.store.write.turn import Turn

# Between two parts others write.
_AT_ONCE = 20_000


def compact(engine: sa.Engine, turn: Turn, keep_since: datetime, keep_at_least: int) -> int:
    """Move the tail of the log as far as both limits allow; return by how much."""
    moved = 0
    while True:
        with turn.taken(), engine.begin() as connection:
            turn.has_begun()
            step = _batch_size(connection, to_ms(keep_since), keep_at_least)
        moved += step
        if not step:
            return moved


def _batch_size(connection: sa.Connection, keep_since: int, keep_at_least: int) -> int:
    log, change = tables.log, tables.change
    row = connection.execute(sa.select(log.c.head, log.c.tail).with_for_update()).one()
    first_kept = connection.scalar(
        sa.select(change.c.seq).where(change.c.changed_at >= keep_since).order_by(change.c.seq).limit(1)
    )
    last = row.head if first_kept is None else first_kept - 1
    last = min(last, row.head - keep_at_least, row.tail + _AT_ONCE)
    if last <= row.tail:
        return 0
    connection.execute(change.delete().where(change.c.seq <= last))
    connection.execute(log.update().values(tail=last))
    return int(last - row.tail)
