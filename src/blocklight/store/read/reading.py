"""Read what is published: the change log, one incident, and the recent past in one sweep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from blocklight.errors import NotFound
from blocklight.model.changes import Change, LifeEvent, StoredIncident
from blocklight.model.record import PublicIncident
from blocklight.store.read import lives
from blocklight.store.schema import tables
from blocklight.store.schema.rows import (
    STORED,
    Row,
    Where,
    from_ms,
    incident_of_body,
    maybe_time,
    stored_of_row,
    to_ms,
    where_of_row,
)

BLOCK = 5_000
_AT_ONCE = 500
stored_columns = tuple(tables.incident.c[name] for name in STORED)
_where_columns = [tables.place.c[name] for name in ("lon", "lat", "kind", "radius_m", "label", "areas")]


@dataclass(frozen=True, slots=True)
class WindowRows:
    """The recent past, exact as of *seq*: rows have the columns of ``STORED``, *places* explains place_id."""

    seq: int
    places: dict[int, Where]
    blocks: Iterator[list[Row]]


def ends(connection: sa.Connection) -> tuple[int, int, int]:
    """The change log's head and tail, and how far received_at was ever moved, in ms."""
    row = connection.execute(sa.select(tables.log.c.head, tables.log.c.tail, tables.log.c.drift_ms)).one()
    return row.head, row.tail, row.drift_ms


@dataclass(frozen=True, slots=True)
class LogPart:
    """Changes in order, and the ends and the epoch of the log that they were read from.

    A *tail* beyond what a follower has read means that changes were dropped which it never saw.
    """

    epoch: str
    head: int
    tail: int
    changes: list[Change]


def log_part(connection: sa.Connection, after: int, limit: int) -> LogPart:
    """Up to *limit* changes with a seq above *after*, all seen at one moment."""
    log = tables.log
    epoch, head, tail = connection.execute(sa.select(log.c.epoch, log.c.head, log.c.tail)).one()
    return LogPart(epoch, head, tail, changes(connection, after, limit) if head > after else [])


def changes(connection: sa.Connection, after: int, limit: int) -> list[Change]:
    """Up to *limit* changes with a seq above *after*, in order."""
    table = tables.change
    rows = connection.execute(sa.select(table).where(table.c.seq > after).order_by(table.c.seq).limit(limit))
    return [
        Change(seq, id_, first_seq, from_ms(at), _incident_or_none(body), maybe_time(released))
        for seq, id_, first_seq, at, released, body in rows
    ]


def _incident_or_none(body: str | None) -> PublicIncident | None:
    """Read what a change published; one that no version of ours has written takes its incident off the map.

    Whoever follows the log could otherwise never get past it.
    """
    if body is None:
        return None
    try:
        return incident_of_body(body)
    except msgspec.DecodeError:  # a ValidationError too
        return None


def readable(rows: Sequence[Row], places: Mapping[int, Where]) -> Iterator[StoredIncident]:
    """Yield what rows of ``STORED`` hold, without those that no version of ours has written."""
    for row in rows:
        try:
            stored = stored_of_row(row, places)
        except (KeyError, ValueError, TypeError, OverflowError):
            continue  # one such row must not take all others from everybody
        yield stored


def incident(connection: sa.Connection, id_: str) -> tuple[StoredIncident, list[LifeEvent]]:
    """One incident with its life; raises ``NotFound``."""
    table = tables.incident
    row = connection.execute(sa.select(*stored_columns, table.c.life).where(table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound("no such incident is published")
    stored = stored_of_row(row, wheres(connection, {row.place_id}))
    return stored, lives.life_events(stored, row.life)


def wheres(connection: sa.Connection, numbers: set[int | None]) -> dict[int, Where]:
    """The places with these *numbers*."""
    place = tables.place
    rows = connection.execute(
        sa.select(place.c.place_id, *_where_columns).where(place.c.place_id.in_(numbers - {None}))
    )
    return {number: where_of_row(row) for number, *row in rows}


def window_rows(connection: sa.Connection, since: datetime) -> WindowRows:
    """Begin a sweep over incidents received *since*, or still open, ordered by received_at."""
    head, _, drift = ends(connection)
    rows = connection.execute(sa.select(tables.place.c.place_id, *_where_columns))
    places = {number: where_of_row(row) for number, *row in rows}
    return WindowRows(head, places, _sweep(connection, to_ms(since), drift))


def rows_between(connection: sa.Connection, start: datetime, end: datetime) -> WindowRows:
    """Begin a sweep over all incidents received from *start* to before *end*, ordered by received_at."""
    head, _, drift = ends(connection)
    rows = connection.execute(sa.select(tables.place.c.place_id, *_where_columns))
    places = {number: where_of_row(row) for number, *row in rows}
    return WindowRows(head, places, _sweep_between(connection, to_ms(start), to_ms(end), drift))


def received_bounds(connection: sa.Connection) -> tuple[datetime, datetime] | None:
    """The first and the last received_at of all that is published, ``None`` where nothing is."""
    received_at = tables.incident.c.received_at
    first, last = connection.execute(sa.select(sa.func.min(received_at), sa.func.max(received_at))).one()
    return None if first is None else (from_ms(first), from_ms(last))


def _sweep_between(connection: sa.Connection, start: int, end: int, drift: int) -> Iterator[list[Row]]:
    """Yield the rows of a span; behind the columns of ``STORED``, the life and whether it was imported."""
    table = tables.incident
    conditions = (
        table.c.listed_at >= start - drift,
        table.c.listed_at < end + drift,
        table.c.received_at >= start,
        table.c.received_at < end,
    )
    order = (table.c.received_at if drift else table.c.listed_at, table.c.first_seq)
    columns = (*stored_columns, table.c.life, table.c.imported)
    statement = sa.select(*columns).where(*conditions).order_by(*order)
    result = connection.execute(statement, execution_options={"yield_per": BLOCK})
    for block in result.partitions():
        rows: list[Any] = list(block)
        yield rows


def _sweep(connection: sa.Connection, since: int, drift: int) -> Iterator[list[Row]]:
    table = tables.incident
    # Where no received_at was ever moved, listed_at is the same, and its index needs no sorting.
    order = (table.c.received_at if drift else table.c.listed_at, table.c.first_seq)
    older = sa.select(*stored_columns).where(table.c.status == tables.OPEN, table.c.received_at < since)
    recent = sa.select(*stored_columns).where(
        table.c.listed_at >= since - drift, table.c.received_at >= since
    )
    for part in (older, recent):
        # For this statement alone: set on the connection, it would be what follows in the transaction too.
        result = connection.execute(part.order_by(*order), execution_options={"yield_per": BLOCK})
        for block in result.partitions():
            rows: list[Any] = list(block)
            yield rows
