"""A mark keeps to what steps the times were cut of an incident that was told as medical."""

import sqlalchemy as sa
from alembic import op

revision = "017"
down_revision = "016"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a column; of incidents that were taken back before, the step is not known."""
    op.add_column("withheld", sa.Column("time_step_min", _WHOLE))
