"""The statements that run for every batch, compiled once for the engine at hand."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from blocklight.store import schema
from blocklight.store.rows import CONTENT, STORED, Row

KNOWN = ("id", "first_seq", "digest")
WHOLE = (*STORED, "vanished", "listed_at", "life")
UPDATED = ("seq", "updated_at", "digest", "vanished", *CONTENT, "life")


class Statements:
    """SQL texts with positional parameters; rows are tuples, so that nothing is built for each of them."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._is_sqlite = dialect.name == "sqlite"
        incident, place, withheld = schema.incident, schema.place, schema.withheld
        self.known = self._pick(incident, KNOWN, incident.c.id)
        self.whole = self._pick(incident, WHOLE, incident.c.first_seq)
        self.marks = self._pick(withheld, ("id", "reason", "sensitive", "first_at"), withheld.c.id)
        self.places = self._pick(
            place, ("place_id", "digest", "lon", "lat", "kind", "radius_m", "label", "areas"), place.c.digest
        )
        self.places_by_id = self._pick(
            place, ("place_id", "lon", "lat", "kind", "radius_m", "label", "areas"), place.c.place_id
        )
        self.insert_incident = self._text(incident.insert())
        self.update_incident = self._text(
            incident.update()
            .where(incident.c.first_seq == sa.bindparam("key"))
            .values({incident.c[name]: sa.bindparam(name) for name in UPDATED}),
            (*[c.name for c in incident.c if c.name in UPDATED], "key"),
        )
        self.insert_change = self._text(schema.change.insert())
        self.insert_place = self._text(place.insert())
        self.insert_place_area = self._text(schema.place_area.insert())
        self.delete_incidents = self._text(incident.delete().where(self.among(incident.c.first_seq)))
        self.delete_changes = self._text(schema.change.delete().where(self.among(schema.change.c.seq)))
        self.delete_marks = self._text(withheld.delete().where(self.among(withheld.c.id)))
        self.put_mark = self._text(self._upsert(withheld, ("reason", "sensitive")))
        self.rejected = self._pick(schema.rejected, ("source", "id"), schema.rejected.c.id)
        self.insert_rejected = self._text(schema.rejected.insert())
        self.add_to_ledger = self._text(self._add_to_ledger())

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

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    def _upsert(self, table: sa.Table, names: Sequence[str]) -> sa.Insert:
        insert = self._insert(table)
        return insert.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={name: insert.excluded[name] for name in names}
        )

    def _add_to_ledger(self) -> sa.Insert:
        insert = self._insert(schema.ledger)
        return insert.on_conflict_do_update(
            index_elements=list(schema.ledger.primary_key),
            set_={"n": schema.ledger.c.n + insert.excluded.n},
        )

    def _text(self, statement: sa.sql.ClauseElement, order: Sequence[str] | None = None) -> str:
        compiled: Any = statement.compile(dialect=self._dialect)
        if order is not None and tuple(compiled.positiontup) != tuple(order):
            raise AssertionError(f"parameters stand as {compiled.positiontup}")
        return str(compiled)


def fetch(connection: sa.Connection, sql: str, parameters: tuple[object, ...]) -> Sequence[Row]:
    """Run a compiled select."""
    return connection.exec_driver_sql(sql, parameters).all()


def run_many(connection: sa.Connection, sql: str, rows: list[tuple[Any, ...]]) -> None:
    """Run a compiled statement once for each of *rows*, if there are any."""
    if rows:
        connection.exec_driver_sql(sql, rows)
