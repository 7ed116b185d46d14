"""The ledger counts what waited by what became of it, so that nothing follows from those released."""

import sqlalchemy as sa
from alembic import op

revision = "005"
down_revision = "004"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEYS = {
    "ledger": "day, source",
    "city_ledger": "day",
    "area_ledger": "month, area_kind, area_id",
}


def upgrade() -> None:
    """Note what of the waiting was counted before, and count the past by its fates.

    Of what was released it is not known which had been withheld before it waited, so that these few count
    among those held as well.
    """
    op.add_column("held", sa.Column("counted", _WHOLE, nullable=False, server_default="0"))
    for known in ("incident", "change"):
        op.execute(f"UPDATE held SET counted = 1 WHERE id IN (SELECT id FROM {known})")  # noqa: S608 - no input
    for table, keys in _KEYS.items():
        op.execute(f"DELETE FROM {table} WHERE outcome = 'held'")  # noqa: S608 - no input
        op.execute(f"UPDATE {table} SET outcome = 'held' WHERE outcome = 'released'")  # noqa: S608 - no input
        op.execute(
            f"INSERT INTO {table} ({keys}, outcome, reason, n)"  # noqa: S608 - no input
            f" SELECT {keys}, 'withheld', reason, n FROM {table} WHERE outcome = 'withheld_later'"
            f" ON CONFLICT ({keys}, outcome, reason) DO UPDATE SET n = {table}.n + excluded.n"
        )
        op.execute(f"DELETE FROM {table} WHERE outcome = 'withheld_later'")  # noqa: S608 - no input
