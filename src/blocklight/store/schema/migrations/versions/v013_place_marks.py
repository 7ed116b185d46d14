"""Where an incident was shown is remembered by digest, so that no later place narrows it."""

import sqlalchemy as sa
from alembic import op

revision = "013"
down_revision = "012"


def upgrade() -> None:
    """Add a table; what is published was shown at its place, and of what was taken back nothing is known."""
    op.create_table(
        "place_mark",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="place_mark_pk"),
        comment="Keyed digests of where incidents were shown that moved or were taken back; never a place.",
    )
