"""What else is counted of a source: addresses looked for and found, places that moved."""

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"


def upgrade() -> None:
    """Add a column of counts to the sources."""
    op.add_column("source", sa.Column("noticed", sa.Text, nullable=False, server_default="{}"))
