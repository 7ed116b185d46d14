"""The statements that run for every batch, compiled once for the engine at hand.

They run on the driver's own cursor with rows as tuples: what SQLAlchemy does for each execution costs
more than most of these statements do.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.store.schema import tables
from blocklight.store.schema.rows import CONTENT, STORED, Row

WHOLE = (*STORED, "vanished", "listed_at", "life", "medical_once")
# The columns of a new incident, in the order in which ``public_writes`` gives their values.
INSERTED = (
    *("first_seq", "id", "seq", "listed_at", "released_at", "updated_at", "digest", "vanished"),
    *CONTENT,
    *("life", "medical_once", "object_id", "imported"),
)

_OF_SOURCE = ("cursor", "delays", "last_success_at", "failures")
_SUCCESS = ("last_attempt_at", "last_success_at", "reason", "failures")
_FAILURE = ("last_attempt_at", "last_failure_at", "reason", "failures")
_WHERE = ("lon", "lat", "kind", "radius_m", "label", "areas")
_CHANGING = (
    "seq",
    "updated_at",
    "digest",
    "vanished",
    *(n for n in CONTENT if n != "place_id"),
    "life",
    "medical_once",
)


class Statements:
    """SQL texts with positional parameters.

    Where they insert, those are in the order of the table's columns; of an incident, in that of ``INSERTED``.
    """

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._of_log()
        self._of_incidents()
        self._of_places()
        self._of_what_is_kept_back()
        self._of_place_marks()
        self._of_what_waits()
        self._of_restraints()
        self._of_sources()

    def _of_log(self) -> None:
        log, change = tables.log, tables.change
        names = ("head", "next_place", "places_version", "drift_ms", "next_object")
        locked = (*names, "object_key")
        self.lock = self._text(sa.select(*[log.c[name] for name in locked]).with_for_update())
        self.write_log = self._update(log, names)
        self.insert_change = self._insert_all(change)
        self.delete_changes = self._text(change.delete().where(self.among(change.c.seq)))
        self.announce = None if self._is_sqlite else "SELECT pg_notify('blocklight', %s)"

    def _of_incidents(self) -> None:
        incident = tables.incident
        of_medical = ("time_step_min", "category", "medical_once")
        self.known = self._pick(incident, ("id", "first_seq", "digest", *of_medical), incident.c.id)
        self.whole = self._pick(incident, WHOLE, incident.c.first_seq)
        still_open = (incident.c.status == tables.OPEN, incident.c.source == sa.bindparam("of"))
        self.open = self._text(sa.select(incident.c.id, incident.c.first_seq).where(*still_open))
        ahead = (incident.c.vanished == sa.literal_column("1"), incident.c.closed_at > sa.bindparam("at"))
        self.closed_ahead = self._text(sa.select(*[incident.c[name] for name in WHOLE]).where(*ahead))
        self.insert_incident = self._insert_all(incident, INSERTED)
        # A place apart: naming it makes the engine touch its index, and hardly any change moves one.
        self.update_incident = self._update(incident, _CHANGING, incident.c.first_seq)
        self.move_incident = self._update(incident, ("place_id",), incident.c.first_seq)
        self.relist_incident = self._update(incident, ("listed_at", "released_at"), incident.c.first_seq)
        self.delete_incidents = self._text(incident.delete().where(self.among(incident.c.first_seq)))

    def _of_places(self) -> None:
        place, area = tables.place, tables.place_area
        self.places = self._pick(place, ("digest", "place_id", *_WHERE), place.c.digest)
        self.places_by_id = self._pick(place, ("place_id", *_WHERE), place.c.place_id)
        self.insert_place = self._insert_all(place)
        self.insert_place_area = self._insert_all(area)
        used = sa.exists().where(tables.incident.c.place_id == place.c.place_id)
        self.unused_places = self._text(
            sa.select(place.c.place_id).where(self.among(place.c.place_id), ~used)
        )
        self.delete_places = self._text(place.delete().where(self.among(place.c.place_id)))
        self.delete_place_areas = self._text(area.delete().where(self.among(area.c.place_id)))

    def _of_what_is_kept_back(self) -> None:
        withheld, rejected, ledger = tables.withheld, tables.rejected, tables.ledger
        self.marks = self._pick(
            withheld,
            ("id", "reason", "sensitive", "first_at", "medical_once", "companion", "time_step_min"),
            withheld.c.id,
        )
        was = sa.select(withheld.c.id).where(withheld.c.sensitive == sa.literal_column("1"))
        self.once_sensitive = self._text(was.where(self.among(withheld.c.id)))
        itself = was.where(withheld.c.companion == sa.literal_column("0"))
        self.itself_sensitive = self._text(itself.where(self.among(withheld.c.id)))
        put = self._insert(withheld)
        self.put_mark = self._text(
            put.on_conflict_do_update(
                index_elements=list(withheld.primary_key),
                set_={
                    name: put.excluded[name]
                    for name in ("reason", "sensitive", "medical_once", "companion", "time_step_min")
                },
            )
        )
        self.delete_marks = self._text(withheld.delete().where(self.among(withheld.c.id)))
        self.rejected = self._pick(rejected, ("source", "id"), rejected.c.id)
        self.insert_rejected = self._insert_all(rejected)
        self.add_to_ledger = self._add_to(ledger)
        self.add_to_city_ledger = self._add_to(tables.city_ledger)
        self.add_to_area_ledger = self._add_to(tables.area_ledger)

    def _of_restraints(self) -> None:
        restraint = tables.restraint
        self.restraints = self._pick(restraint, ("id", "source", "body"), restraint.c.id)
        of_source = restraint.c.source == sa.bindparam("of")
        is_open = restraint.c.body.like(
            sa.literal_column("'%\"is_open\":true%'")
        )  # left out where it is false
        self.open_restraints = self._text(
            sa.select(restraint.c.id, restraint.c.body).where(of_source, is_open)
        )
        put = self._insert(restraint)
        self.put_restraint = self._text(
            put.on_conflict_do_update(
                index_elements=list(restraint.primary_key), set_={"body": put.excluded.body}
            )
        )
        of_id = (restraint.c.id == sa.bindparam("one"), of_source)
        self.delete_restraint = self._text(restraint.delete().where(*of_id))

    def _of_place_marks(self) -> None:
        mark = tables.place_mark
        self.place_marks = self._pick(mark, ("id", "mark"), mark.c.id)
        put = self._insert(mark)
        self.put_place_mark = self._text(
            put.on_conflict_do_update(index_elements=[mark.c.id], set_={"mark": put.excluded.mark})
        )
        self.delete_place_marks = self._text(mark.delete().where(self.among(mark.c.id)))

    def _of_what_waits(self) -> None:
        held, pause, incident = tables.held, tables.pause, tables.incident
        everything = sa.select(held)
        self.held = self._text(everything.where(self.among(held.c.id)))
        any_held, any_mark = sa.exists(sa.select(held.c.id)), sa.exists(sa.select(tables.place_mark.c.id))
        self.any_held_or_moved = self._text(sa.select(any_held, any_mark))
        self.any_due = (
            f"{self._text(sa.select(held.c.id).where(held.c.release_at <= sa.bindparam('at')))} LIMIT 1"
        )
        is_open = (held.c.source == sa.bindparam("of"), held.c.open == sa.literal_column("1"))
        self.open_held = self._text(sa.select(held.c.id).where(*is_open))
        is_closed = (held.c.source == sa.bindparam("of"), held.c.open == sa.literal_column("0"))
        self.closing_held = self._text(sa.select(held.c.id).where(*is_closed))
        due = everything.where(held.c.release_at <= sa.bindparam("at")).order_by(held.c.release_at, held.c.id)
        self.all_due = self._text(due)
        self.due = f"{self.all_due} LIMIT 5000"  # bound, it would be another parameter
        put = self._insert(held)
        new_values = {column.name: put.excluded[column.name] for column in held.c if column.name != "id"}
        self.put_held = self._text(put.on_conflict_do_update(index_elements=[held.c.id], set_=new_values))
        self.delete_held = self._text(held.delete().where(self.among(held.c.id)))
        self.pauses = self._text(sa.select(pause.c.scope, pause.c.value))
        self.shown = self._pick(
            incident,
            (
                *("id", "digest", "status", "category", "medical_once", "place_id", "released_at"),
                *("delayed", "time_step_min"),
            ),
            incident.c.id,
        )
        self.published = self._pick(incident, STORED, incident.c.id)
        self.open_whole = self._text(
            sa.select(*[incident.c[name] for name in WHOLE]).where(incident.c.status == tables.OPEN)
        )

    def _of_sources(self) -> None:
        source, gap = tables.source, tables.gap
        of_source = source.c.source == sa.bindparam("of")
        self.source = self._text(sa.select(*[source.c[name] for name in _OF_SOURCE]).where(of_source))
        self.insert_source = self._text(source.insert())
        self.advance_source = self._update(source, ("cursor", "delays"), source.c.source)
        self.note_success = self._update(source, _SUCCESS, source.c.source)
        self.note_failure = self._update(source, _FAILURE, source.c.source)
        self.noticed = self._text(sa.select(source.c.noticed).where(of_source))
        self.note_noticed = self._update(source, ("noticed",), source.c.source)
        closings = ("closings", "last_success_at", "short_at", "short_confirmed")
        self.closings = self._text(sa.select(*[source.c[name] for name in closings]).where(of_source))
        changed = ("closings", "short_at", "short_confirmed")
        self.note_closings = self._update(source, changed, source.c.source)
        self.note_withheld_usual = self._update(
            source, ("withheld_usual", "withheld_for_weeks"), source.c.source
        )
        self.insert_gap = self._text(gap.insert())
        of_gap = (gap.c.source == sa.bindparam("of"), gap.c.from_at == sa.bindparam("from"))
        self.delete_gap = self._text(gap.delete().where(*of_gap))
        old = (gap.c.source == sa.bindparam("of"), gap.c.to_at < sa.bindparam("before"))
        self.delete_old_gaps = self._text(gap.delete().where(*old))

    def _add_to(self, ledger: sa.Table) -> str:
        add = self._insert(ledger)
        sum_of = {"n": ledger.c.n + add.excluded.n}
        return self._text(add.on_conflict_do_update(index_elements=list(ledger.primary_key), set_=sum_of))

    def among(self, column: sa.Column[Any]) -> sa.ColumnElement[bool]:
        """Match *column* against any number of keys in one parameter (see ``keys``)."""
        keys: sa.BindParameter[Any]
        if self._is_sqlite:
            keys = sa.bindparam("keys", type_=sa.Text)
            return column.in_(sa.select(sa.func.json_each(keys).table_valued("value").c.value))
        keys = sa.bindparam("keys", type_=postgresql.ARRAY(column.type))
        return column == sa.any_(keys)

    def keys(self, keys: Iterable[object]) -> tuple[object]:
        """Make the parameter of a statement built with ``among``."""
        listed = list(keys)
        return (orjson.dumps(listed).decode() if self._is_sqlite else listed,)

    def _pick(self, table: sa.Table, names: Sequence[str], key: sa.Column[Any]) -> str:
        return self._text(sa.select(*[table.c[name] for name in names]).where(self.among(key)))

    def _insert_all(self, table: sa.Table, names: Sequence[str] | None = None) -> str:
        """Insert rows that are known to be new: PostgreSQL copies them several times faster."""
        if names is None:
            names = table.c.keys()
        columns = ", ".join(names)
        if self._is_sqlite:
            marks = ", ".join("?" * len(names))
            return f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own tables
        return f"COPY {table.name} ({columns}) FROM STDIN"

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    def _update(self, table: sa.Table, names: Sequence[str], key: sa.Column[Any] | None = None) -> str:
        """Set columns to parameters in the order of *names*; the last parameter is the *key*."""
        values: list[tuple[Any, Any]] = [(table.c[name], sa.bindparam(name)) for name in names]
        statement = table.update().ordered_values(*values)
        return self._text(statement if key is None else statement.where(key == sa.bindparam("key")))

    def _text(self, statement: sa.sql.ClauseElement) -> str:
        return str(statement.compile(dialect=self._dialect))


def fetch(cursor: DBAPICursor, sql: str, parameters: Sequence[object] = ()) -> Sequence[Row]:
    """Run a select and return all of its rows."""
    cursor.execute(sql, parameters)
    return cursor.fetchall()


def run_many(cursor: DBAPICursor, sql: str, rows: list[tuple[Any, ...]]) -> None:
    """Run a statement once for each of *rows*, if there are any."""
    if not rows:
        return
    if sql.startswith("COPY "):
        with cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row(row)
    else:
        cursor.executemany(sql, rows)
