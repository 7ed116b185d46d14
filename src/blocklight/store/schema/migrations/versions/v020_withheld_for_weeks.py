"""Which share of a source's records was withheld over the last weeks, beside that of the last day."""

import sqlalchemy as sa
from alembic import op

revision = "020"
down_revision = "019"


def upgrade() -> None:
    """Add a column; without it the share of the last day is taken for that of the weeks before."""
    op.add_column("source", sa.Column("withheld_for_weeks", sa.Double))
