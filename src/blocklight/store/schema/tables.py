"""The tables: the only place that says what a database of Blocklight holds.

Times are integers, milliseconds since 1970-01-01 UTC. There is no column for an exact location, a caller or a
source's own identifier, so none can be stored.
"""

import secrets

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_unique",
    }
)

# SQLite makes a primary key the row's own number only when its type is spelled INTEGER.
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Spelled out, not bound: a partial index is used only where the statement repeats its condition.
OPEN: sa.ColumnElement[str] = sa.literal_column("'open'")


def new_epoch() -> str:
    """A random name for one history of the change log: seqs of two histories are not compared."""
    return secrets.token_hex(4)


log = sa.Table(
    "log",
    metadata,
    sa.Column(
        "one", Whole, sa.CheckConstraint("one = 1", name="log_one"), primary_key=True, autoincrement=False
    ),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("head", Whole, nullable=False),
    sa.Column("tail", Whole, nullable=False),
    sa.Column("next_place", Whole, nullable=False),
    sa.Column("places_version", Whole, nullable=False),
    sa.Column("drift_ms", Whole, nullable=False),
    sa.Column("epoch", sa.Text, nullable=False, server_default=""),
    sa.Column("next_object", Whole, nullable=False, server_default="0"),
    sa.Column("object_key", sa.Text, nullable=False, server_default=""),
    comment="One row: the city, the change log's ends, and the lock that puts writers in order.",
)

place = sa.Table(
    "place",
    metadata,
    sa.Column("place_id", Whole, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("radius_m", Whole, nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("folded", sa.Text),
    sa.Column("areas", sa.Text, nullable=False),
    comment="The approved public points that published incidents stand at, each once, with their areas.",
)

place_area = sa.Table(
    "place_area",
    metadata,
    sa.Column("area_kind", sa.Text, primary_key=True),
    sa.Column("area_id", sa.Text, primary_key=True),
    sa.Column("place_id", Whole, sa.ForeignKey("place.place_id"), primary_key=True, autoincrement=False),
    sa.Index("place_area_place", "place_id"),
    comment="Which places lie in an area.",
)

incident = sa.Table(
    "incident",
    metadata,
    sa.Column("first_seq", Whole, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("seq", Whole, nullable=False),
    sa.Column("listed_at", Whole, nullable=False),
    sa.Column("released_at", Whole, nullable=False),
    sa.Column("updated_at", Whole, nullable=False),
    sa.Column("digest", Whole, nullable=False),
    sa.Column("vanished", Whole, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("agency", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("received_at", Whole, nullable=False),
    sa.Column("place_id", Whole, sa.ForeignKey("place.place_id")),
    sa.Column("source_type", sa.Text),
    sa.Column("priority", Whole),
    sa.Column("origin", sa.Text),
    sa.Column("units", Whole),
    sa.Column("disposition", sa.Text),
    sa.Column("dispatched_at", Whole),
    sa.Column("en_route_at", Whole),
    sa.Column("on_scene_at", Whole),
    sa.Column("closed_at", Whole),
    sa.Column("folded", sa.Text),
    sa.Column("life", sa.Text),
    sa.Column("delayed", Whole),
    sa.Column("time_step_min", Whole),
    sa.Column("medical_once", Whole, nullable=False, server_default="0"),
    sa.Column("object_id", Whole, nullable=False, server_default="0"),
    sa.Column("subcategory", sa.Text),
    sa.Column("imported", Whole),
    comment="What is published now; listed_at is received_at as first published and never changes.",
)
sa.Index("incident_object", incident.c.object_id, unique=True)
sa.Index("incident_listed", incident.c.listed_at, incident.c.first_seq)
sa.Index("incident_placed", incident.c.place_id, incident.c.listed_at, incident.c.first_seq)
sa.Index(
    "incident_open",
    incident.c.listed_at,
    incident.c.first_seq,
    sqlite_where=incident.c.status == OPEN,
    postgresql_where=incident.c.status == OPEN,
)

sa.Index(
    "incident_said",
    incident.c.folded,
    sqlite_where=incident.c.folded.is_not(None),
    postgresql_where=incident.c.folded.is_not(None),
)

change = sa.Table(
    "change",
    metadata,
    sa.Column("seq", Whole, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("first_seq", Whole, nullable=False),
    sa.Column("changed_at", Whole, nullable=False),
    sa.Column("released_at", Whole),
    sa.Column("body", sa.Text),
    comment="The change log: body is the incident as published (JSON), null when the id was retracted.",
)

withheld = sa.Table(
    "withheld",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sensitive", Whole, nullable=False),
    sa.Column("first_at", Whole, nullable=False),
    sa.Column("medical_once", Whole, nullable=False, server_default="0"),
    sa.Column("companion", Whole, nullable=False, server_default="0"),
    sa.Column("time_step_min", Whole),
    comment="Marks of incidents that are not published; sensitive ones never will be.",
)

place_mark = sa.Table(
    "place_mark",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, nullable=False),
    comment="Keyed digests of where incidents were shown that moved or were taken back; never a place.",
)

held = sa.Table(
    "held",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("release_at", Whole),
    sa.Column("after_close_ms", Whole, nullable=False),
    sa.Column("step_min", Whole),
    sa.Column("open", Whole, nullable=False),
    sa.Column("joins", Whole, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("counted", Whole, nullable=False, server_default="0"),
    sa.Column("bound", sa.Text),
    sa.Column("first_seen_at", Whole, nullable=False, server_default="0"),
    sa.Column("closed_seen_at", Whole),
    sa.Column("was_shown", Whole, nullable=False, server_default="0"),
    sa.Index("held_due", "release_at"),
    comment="Public records that are not public yet; without release_at, until the call is closed.",
)

restraint = sa.Table(
    "restraint",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("restraint_source", "source"),
    comment="What one source of an incident asks for that binds the whole of it (JSON).",
)

pause = sa.Table(
    "pause",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", Whole, nullable=False),
    comment="What is not published for the time being, by decision of the city.",
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", Whole, primary_key=True, autoincrement=False),
    sa.Column("at", Whole, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    comment="What people decided, appended only: each digest covers the entry and the digest before it.",
)

rejected = sa.Table(
    "rejected",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("first_at", Whole, nullable=False),
    comment="Records that could not be normalised, each counted once.",
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("n", Whole, nullable=False),
    comment="How many of each outcome, per day (UTC) and source; reason is empty where there is none.",
)

city_ledger = sa.Table(
    "city_ledger",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("n", Whole, nullable=False),
    sqlite_with_rowid=False,
    comment="The ledger of all sources together, which is what the public may ask for.",
)

area_ledger = sa.Table(
    "area_ledger",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("area_kind", sa.Text, primary_key=True),
    sa.Column("area_id", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("n", Whole, nullable=False),
    comment="How many of each outcome, per month (UTC) and area of the ledger's one kind.",
)

source = sa.Table(
    "source",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("cursor", sa.Text),
    sa.Column("last_attempt_at", Whole),
    sa.Column("last_success_at", Whole),
    sa.Column("last_failure_at", Whole),
    sa.Column("reason", sa.Text),
    sa.Column("failures", Whole, nullable=False),
    sa.Column("delays", sa.Text, nullable=False),
    sa.Column("noticed", sa.Text, nullable=False, server_default="{}"),
    sa.Column("closings", sa.Text, nullable=False, server_default="[]"),
    sa.Column("short_at", Whole),
    sa.Column("short_confirmed", Whole, nullable=False, server_default="0"),
    sa.Column("withheld_usual", sa.Double),
    sa.Column("withheld_for_weeks", sa.Double),
    comment="Where each source's next fetch begins and how its fetches went.",
)

gap = sa.Table(
    "gap",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("from_at", Whole, primary_key=True, autoincrement=False),
    sa.Column("to_at", Whole, nullable=False),
    comment="Spans in which a source was not fetched with success for longer than it may be late.",
)
