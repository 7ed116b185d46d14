"""Records that are held back, pauses, the ledger by area, the audit log, and what policy does to times."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add four tables, and two columns to the incidents."""
    op.add_column("incident", sa.Column("delayed", _WHOLE))
    op.add_column("incident", sa.Column("time_step_min", _WHOLE))
    _held_back()
    _counted()
    op.create_table(
        "audit",
        sa.Column("number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="audit_pk"),
        comment="What people decided, appended only: each digest covers the entry and the digest before it.",
    )


def _held_back() -> None:
    op.create_table(
        "held",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("release_at", _WHOLE),
        sa.Column("after_close_ms", _WHOLE, nullable=False),
        sa.Column("step_min", _WHOLE),
        sa.Column("open", _WHOLE, nullable=False),
        sa.Column("joins", _WHOLE, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="held_pk"),
        comment="Public records that are not public yet; without release_at, until the call is closed.",
    )
    op.create_index("held_due", "held", ["release_at"], unique=False)
    op.create_table(
        "pause",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("scope", "value", name="pause_pk"),
        comment="What is not published for the time being, by decision of the city.",
    )


def _counted() -> None:
    op.create_table(
        "area_ledger",
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("area_kind", sa.Text, nullable=False),
        sa.Column("area_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("n", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("month", "area_kind", "area_id", "outcome", "reason", name="area_ledger_pk"),
        comment="How many of each outcome, per month (UTC) and area of the ledger's one kind.",
    )
