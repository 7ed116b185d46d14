"""What waits remembers when it was first seen, and first seen closed: a source's clock may be wrong."""

import sqlalchemy as sa
from alembic import op

revision = "010"
down_revision = "009"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add two columns; what waits already was first seen at an unknown moment, and keeps its time."""
    op.add_column("held", sa.Column("first_seen_at", _WHOLE, nullable=False, server_default="0"))
    op.add_column("held", sa.Column("closed_seen_at", _WHOLE))
