"""What was told as medical is remembered while it waits or is withheld, so that it is told no finer later."""

import sqlalchemy as sa
from alembic import op

revision = "006"
down_revision = "005"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a column to three tables; of what is published, its life says whether it was medical."""
    op.add_column("incident", sa.Column("medical_once", _WHOLE, nullable=False, server_default="0"))
    op.add_column("withheld", sa.Column("medical_once", _WHOLE, nullable=False, server_default="0"))
    op.add_column("held", sa.Column("bound", sa.Text))
    incident = sa.table("incident", sa.column("medical_once"), sa.column("life"))
    was = incident.c.life.contains('"category":"medical"')
    op.execute(incident.update().where(was).values(medical_once=1))
