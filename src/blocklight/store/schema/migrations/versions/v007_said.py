"""An index of the source types that are published: a search knows at once whether any holds a word."""

import sqlalchemy as sa
from alembic import op

revision = "007"
down_revision = "006"


def upgrade() -> None:
    """Index the source types where there are any."""
    some = sa.text("folded IS NOT NULL")
    op.create_index("incident_said", "incident", ["folded"], sqlite_where=some, postgresql_where=some)
