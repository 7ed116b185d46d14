"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    _published()
    _log()
    _kept_back()
    _sources()


def _published() -> None:
    op.create_table(
        "place",
        sa.Column("place_id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("lon", sa.Double, nullable=False),
        sa.Column("lat", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("radius_m", _WHOLE, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("folded", sa.Text),
        sa.Column("areas", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("place_id", name="place_pk"),
        sa.UniqueConstraint("digest", name="place_digest_unique"),
        comment="The approved public points that published incidents stand at, each once, with their areas.",
    )
    op.create_table(
        "place_area",
        sa.Column("area_kind", sa.Text, nullable=False),
        sa.Column("area_id", sa.Text, nullable=False),
        sa.Column("place_id", _WHOLE, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"], name="place_area_place_id_fk"),
        sa.PrimaryKeyConstraint("area_kind", "area_id", "place_id", name="place_area_pk"),
        comment="Which places lie in an area.",
    )
    op.create_index("place_area_place", "place_area", ["place_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("first_seq", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("seq", _WHOLE, nullable=False),
        sa.Column("listed_at", _WHOLE, nullable=False),
        sa.Column("released_at", _WHOLE, nullable=False),
        sa.Column("updated_at", _WHOLE, nullable=False),
        sa.Column("digest", _WHOLE, nullable=False),
        sa.Column("vanished", _WHOLE, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("agency", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("received_at", _WHOLE, nullable=False),
        sa.Column("place_id", _WHOLE),
        sa.Column("source_type", sa.Text),
        sa.Column("priority", _WHOLE),
        sa.Column("origin", sa.Text),
        sa.Column("units", _WHOLE),
        sa.Column("disposition", sa.Text),
        sa.Column("dispatched_at", _WHOLE),
        sa.Column("en_route_at", _WHOLE),
        sa.Column("on_scene_at", _WHOLE),
        sa.Column("closed_at", _WHOLE),
        sa.Column("folded", sa.Text),
        sa.Column("life", sa.Text),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"], name="incident_place_id_fk"),
        sa.PrimaryKeyConstraint("first_seq", name="incident_pk"),
        sa.UniqueConstraint("id", name="incident_id_unique"),
        comment="What is published now; listed_at is received_at as first published and never changes.",
    )
    op.create_index("incident_listed", "incident", ["listed_at", "first_seq"], unique=False)
    op.create_index(
        "incident_open",
        "incident",
        ["listed_at", "first_seq"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("incident_placed", "incident", ["place_id", "listed_at", "first_seq"], unique=False)


def _log() -> None:
    op.create_table(
        "log",
        sa.Column("one", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("city", sa.Text, nullable=False),
        sa.Column("head", _WHOLE, nullable=False),
        sa.Column("tail", _WHOLE, nullable=False),
        sa.Column("next_place", _WHOLE, nullable=False),
        sa.Column("places_version", _WHOLE, nullable=False),
        sa.Column("drift_ms", _WHOLE, nullable=False),
        sa.CheckConstraint("one = 1", name="log_one"),
        sa.PrimaryKeyConstraint("one", name="log_pk"),
        comment="One row: the city, the change log's ends, and the lock that puts writers in order.",
    )
    op.create_table(
        "change",
        sa.Column("seq", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("first_seq", _WHOLE, nullable=False),
        sa.Column("changed_at", _WHOLE, nullable=False),
        sa.Column("released_at", _WHOLE),
        sa.Column("body", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="change_pk"),
        comment="The change log: body is the incident as published (JSON), null when the id was retracted.",
    )


def _kept_back() -> None:
    op.create_table(
        "withheld",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sensitive", _WHOLE, nullable=False),
        sa.Column("first_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="withheld_pk"),
        comment="Marks of incidents that are not published; sensitive ones never will be.",
    )
    op.create_table(
        "rejected",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("first_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name="rejected_pk"),
        comment="Records that could not be normalised, each counted once.",
    )
    op.create_table(
        "ledger",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("n", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "outcome", "reason", name="ledger_pk"),
        comment="How many of each outcome, per day (UTC) and source; reason is empty where there is none.",
    )


def _sources() -> None:
    op.create_table(
        "source",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("last_attempt_at", _WHOLE),
        sa.Column("last_success_at", _WHOLE),
        sa.Column("last_failure_at", _WHOLE),
        sa.Column("reason", sa.Text),
        sa.Column("failures", _WHOLE, nullable=False),
        sa.Column("records", _WHOLE, nullable=False),
        sa.Column("rejected", sa.Text, nullable=False),
        sa.Column("delays", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", name="source_pk"),
        comment="Where each source's next fetch begins and how its fetches went.",
    )
    op.create_table(
        "gap",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("from_at", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("to_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("source", "from_at", name="gap_pk"),
        comment="Spans in which a source was not fetched with success for longer than it may be late.",
    )
