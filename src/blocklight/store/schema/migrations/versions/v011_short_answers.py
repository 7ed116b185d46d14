"""Sources remember what they usually close at once, an answer that lacked more, and how much is withheld."""

import sqlalchemy as sa
from alembic import op

revision = "011"
down_revision = "010"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Begin without anything usual: until then more than a few closings wait for a second answer."""
    op.add_column("source", sa.Column("closings", sa.Text, nullable=False, server_default="[]"))
    op.add_column("source", sa.Column("short_at", _WHOLE))
    op.add_column("source", sa.Column("short_confirmed", _WHOLE, nullable=False, server_default="0"))
    op.add_column("source", sa.Column("withheld_usual", sa.Double))
