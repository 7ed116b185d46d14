"""What a source's answer held is not kept: such counts moved with withheld rows, and reasons named them."""

import sqlalchemy as sa
from alembic import op

revision = "009"
down_revision = "008"


def upgrade() -> None:
    """Drop two columns of a table with a row for each source, and word old reasons as new ones are."""
    op.drop_column("source", "records")
    op.drop_column("source", "rejected")
    table = sa.table("source", sa.column("reason"))
    op.execute(
        table.update()
        .where(table.c.reason.contains(" records could not be read"))
        .values(reason="too many of its records cannot be read")
    )
