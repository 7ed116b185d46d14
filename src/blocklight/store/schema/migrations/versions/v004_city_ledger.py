"""The ledger of all sources together, so that a year of it is read without adding up each source."""

import sqlalchemy as sa
from alembic import op

revision = "004"
down_revision = "003"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEY = "day, outcome, reason"


def upgrade() -> None:
    """Add the table and fill it from the ledger of each source."""
    op.create_table(
        "city_ledger",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("n", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("day", "outcome", "reason", name="city_ledger_pk"),
        sqlite_with_rowid=False,
        comment="The ledger of all sources together, which is what the public may ask for.",
    )
    op.execute(f"INSERT INTO city_ledger SELECT {_KEY}, sum(n) FROM ledger GROUP BY {_KEY}")  # noqa: S608 - no input
