"""An incident says whether an import of history brought it: since when it was public is then not claimed."""

import sqlalchemy as sa
from alembic import op

revision = "019"
down_revision = "018"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ZONES_APART_MS = 26 * 3_600_000


def upgrade() -> None:
    """Add a column; of those stored before, what was published long after it came in counts as imported."""
    op.add_column("incident", sa.Column("imported", _WHOLE))
    op.execute(f"UPDATE incident SET imported = 1 WHERE released_at - listed_at > {_ZONES_APART_MS}")  # noqa: S608 - a number of ours
