"""Reads published incidents for those who keep them in memory: all at one moment, then what changed since."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from blocklight.query.fields import Fields
from blocklight.store.read.condition_sql import field_columns
from blocklight.store.read.reading import ends
from blocklight.store.schema import tables
from blocklight.store.schema.patience import without_end
from blocklight.store.schema.rows import to_ms

# Rows in memory at a time while a database of millions is read.
BLOCK = 5_000

_AT_ONCE = 500
_areas_of = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A public place with what it says of itself and the areas it lies in."""

    lon: float
    lat: float
    kind: str
    radius_m: int
    label: str | None
    areas: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Rows in the order of publication: values in the order of ``own_fields``, the last one a place's number.

    *seq* and *epoch* say of which moment of the change log they are; *ids* are all that changed, of which
    those without a row were taken back.
    """

    epoch: str
    seq: int
    blocks: Iterator[list[Sequence[Any]]]
    places: Mapping[int, PlaceRow]
    ids: frozenset[str] = frozenset()


def own_fields(fields: Fields) -> list[str]:
    """List the fields that belong to an incident itself, and not to its place."""
    return [
        name for name, field in fields.items() if field.area_kind is None and not name.startswith("place_")
    ]


def has_more_than(connection: sa.Connection, limit: int, since: datetime | None) -> bool:
    """Whether more than *most* incidents are published; never counts them all."""
    table = tables.incident
    beyond = sa.select(table.c.listed_at).where(*_received(connection, since)).offset(limit).limit(1)
    return connection.execute(beyond).one_or_none() is not None


def every_row(connection: sa.Connection, fields: Fields, since: datetime | None) -> FeatureRows:
    """Begin a sweep over all incidents, or those received *since*; read its blocks first."""
    without_end(connection)
    epoch, seq = _moment(connection)
    places = _places(connection, None)
    # Of those since a time, an index finds few; only a sum keeps the engine from walking through all instead.
    order = tables.incident.c.first_seq if since is None else tables.incident.c.first_seq + 0
    statement = _statement(fields).where(*_received(connection, since)).order_by(order)
    result = connection.execute(statement, execution_options={"yield_per": BLOCK})
    return FeatureRows(epoch, seq, (list(block) for block in result.partitions()), places)


def changed_rows(
    connection: sa.Connection, fields: Fields, after: int, limit: int, known_places: Collection[int | None]
) -> FeatureRows | None:
    """What changed after a seq, as it is now; ``None`` where it is too much or was dropped."""
    table = tables.change
    epoch, seq = _moment(connection)
    tail = ends(connection)[1]
    if not tail <= after <= seq or seq - after > limit:
        return None
    ids = sorted(set(connection.scalars(sa.select(table.c.id).where(table.c.seq > after))))
    rows: list[Sequence[Any]] = []
    for start in range(0, len(ids), _AT_ONCE):
        statement = _statement(fields).where(tables.incident.c.id.in_(ids[start : start + _AT_ONCE]))
        rows += connection.execute(statement)
    first_seq = own_fields(fields).index("first_seq")
    rows.sort(key=lambda row: row[first_seq])
    places = _places(connection, {row[-1] for row in rows} - {None} - set(known_places))
    return FeatureRows(epoch, seq, iter([rows]), places, frozenset(ids))


def _moment(connection: sa.Connection) -> tuple[str, int]:
    row = connection.execute(sa.select(tables.log.c.epoch, tables.log.c.head)).one()
    return row.epoch, row.head


def _statement(fields: Fields) -> sa.Select[Any]:
    columns = field_columns(fields)
    incident = tables.incident
    chosen = [columns[name].label(f"c{at}") for at, name in enumerate(own_fields(fields))]
    return sa.select(*chosen, incident.c.place_id)


def _received(connection: sa.Connection, since: datetime | None) -> list[sa.ColumnElement[bool]]:
    if since is None:
        return []
    table, drift = tables.incident, ends(connection)[2]
    return [table.c.received_at >= to_ms(since), table.c.listed_at >= to_ms(since) - drift]


def _places(connection: sa.Connection, numbers: set[int] | None) -> dict[int, PlaceRow]:
    place = tables.place
    columns = (place.c.lon, place.c.lat, place.c.kind, place.c.radius_m, place.c.label, place.c.areas)
    statement = sa.select(place.c.place_id, *columns)
    if numbers is None:
        parts = [statement]
    else:
        place_numbers = sorted(numbers)
        starts = range(0, len(place_numbers), _AT_ONCE)
        parts = [statement.where(place.c.place_id.in_(place_numbers[at : at + _AT_ONCE])) for at in starts]
    return {
        number: PlaceRow(lon, lat, kind, radius_m, label, _areas_of(areas))
        for part in parts
        for number, lon, lat, kind, radius_m, label, areas in connection.execute(part)
    }
