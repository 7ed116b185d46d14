"""What waits remembers whether it was ever published, apart from whether the ledger counted it before."""

import sqlalchemy as sa
from alembic import op

revision = "014"
down_revision = "013"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a column; of what waits already and was counted, nobody knows whether it was published."""
    op.add_column("held", sa.Column("was_shown", _WHOLE, nullable=False, server_default="0"))
    op.execute("UPDATE held SET was_shown = counted")
