"""A mark says whether its incident was sensitive itself, or only close to one that was."""

import sqlalchemy as sa
from alembic import op

revision = "015"
down_revision = "014"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a column; earlier marks count as those of sensitive incidents, which withholds more."""
    op.add_column("withheld", sa.Column("companion", _WHOLE, nullable=False, server_default="0"))
