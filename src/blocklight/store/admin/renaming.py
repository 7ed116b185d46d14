"""Give every incident another public id at once: marks, what waits and what is published."""

from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from msgspec.structs import replace

from blocklight.store.read.reading import window_rows
from blocklight.store.schema import tables
from blocklight.store.schema.object_ids import ObjectIds
from blocklight.store.schema.rows import body, digest, incident_of_body, stored_of_row

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)

NewId = Callable[[str], str]


def rename(connection: sa.Connection, new_id: NewId) -> int:
    """Rename all there is and return how many incidents are published; call with the log's row locked.

    The change log names the old ids, so it ends here: in a new epoch, where followers begin anew.
    """
    ends = connection.execute(sa.select(tables.log.c.next_object, tables.log.c.object_key)).one()
    object_ids = ObjectIds(ends.next_object, ends.object_key)
    published = _published(connection, new_id, object_ids)
    _waiting(connection, new_id)
    for table in (tables.withheld, tables.rejected, tables.restraint, tables.place_mark):
        old_ids = connection.scalars(sa.select(table.c.id).distinct()).all()
        _update(connection, table, [{"old": id_, "new": new_id(id_)} for id_ in old_ids])
    connection.execute(tables.change.delete())
    end = tables.log.c.head + 1
    connection.execute(
        tables.log.update().values(head=end, tail=end, epoch=tables.new_epoch(), next_object=object_ids.next)
    )
    return published


def _published(connection: sa.Connection, new_id: NewId, object_ids: ObjectIds) -> int:
    """Rename what is published, with other object ids: the same ones would link old ids to new ones."""
    window = window_rows(connection, _BEGINNING)
    rows = []
    for block in window.blocks:
        for row in block:
            incident = stored_of_row(row, window.places).incident
            renamed = replace(incident, id=new_id(incident.id))
            rows.append(
                {
                    "old": incident.id,
                    "new": renamed.id,
                    "hash": digest(body(renamed)),
                    "object": object_ids.give(),
                }
            )
    columns: dict[str, sa.BindParameter[object]] = {
        "digest": sa.bindparam("hash"),
        "object_id": sa.bindparam("object"),
    }
    _update(connection, tables.incident, rows, **columns)
    return len(rows)


def _waiting(connection: sa.Connection, new_id: NewId) -> None:
    rows = []
    for id_, text in connection.execute(sa.select(tables.held.c.id, tables.held.c.body)).all():
        renamed = replace(incident_of_body(text), id=new_id(id_))
        rows.append({"old": id_, "new": renamed.id, "told": body(renamed).decode()})
    _update(connection, tables.held, rows, body=sa.bindparam("told"))


def _update(
    connection: sa.Connection,
    table: sa.Table,
    rows: list[dict[str, object]],
    **more: sa.BindParameter[object],
) -> None:
    if rows:
        row_of_id = table.c.id == sa.bindparam("old")
        connection.execute(table.update().where(row_of_id).values({"id": sa.bindparam("new"), **more}), rows)
