"""The change log gets an epoch: after a restore the same seq stands for another change."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "008"
down_revision = "007"


def upgrade() -> None:
    """Name the history that the log has now."""
    op.add_column("log", sa.Column("epoch", sa.Text, nullable=False, server_default=""))
    log = sa.table("log", sa.column("epoch"))
    op.execute(log.update().values(epoch=secrets.token_hex(4)))
