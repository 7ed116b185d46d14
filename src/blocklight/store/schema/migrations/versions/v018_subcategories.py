"""What an incident is about within its category."""

import sqlalchemy as sa
from alembic import op

revision = "018"
down_revision = "017"


def upgrade() -> None:
    """Add a column; of incidents stored before, nobody knows it until their source tells of them again."""
    op.add_column("incident", sa.Column("subcategory", sa.Text))
