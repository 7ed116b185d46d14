"""What each source of an incident asks for is remembered: the strictest binds, in any order."""

import sqlalchemy as sa
from alembic import op

revision = "012"
down_revision = "011"


def upgrade() -> None:
    """Add a table; what was told before is asked for again with the next fetch."""
    op.create_table(
        "restraint",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "source", name="restraint_pk"),
        comment="What one source of an incident asks for that binds the whole of it (JSON).",
    )
    op.create_index("restraint_source", "restraint", ["source"])
