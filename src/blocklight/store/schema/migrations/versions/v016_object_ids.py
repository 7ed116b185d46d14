"""Incidents get object ids, the numbers by which GeoServices clients tell features apart."""

import sqlalchemy as sa
from alembic import op

from blocklight.store.schema.object_ids import ObjectIds, new_key

revision = "016"
down_revision = "015"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 10_000


def upgrade() -> None:
    """Add the columns, and number what is published in the order in which it was."""
    op.add_column("log", sa.Column("next_object", _WHOLE, nullable=False, server_default="0"))
    op.add_column("log", sa.Column("object_key", sa.Text, nullable=False, server_default=""))
    op.add_column("incident", sa.Column("object_id", _WHOLE, nullable=False, server_default="0"))
    key = new_key()
    log = sa.table("log", sa.column("next_object"), sa.column("object_key"))
    incident = sa.table("incident", sa.column("first_seq"), sa.column("object_id"))
    connection = op.get_bind()
    ids = ObjectIds(0, key)
    published = connection.scalars(sa.select(incident.c.first_seq).order_by(incident.c.first_seq)).all()
    put = incident.update().where(incident.c.first_seq == sa.bindparam("of"))
    for start in range(0, len(published), _AT_ONCE):
        rows = [{"of": first_seq, "given": ids.give()} for first_seq in published[start : start + _AT_ONCE]]
        connection.execute(put.values(object_id=sa.bindparam("given")), rows)
    connection.execute(log.update().values(next_object=ids.next, object_key=key))
    op.create_index("incident_object", "incident", ["object_id"], unique=True)
