"""Count what was received in areas during spans of time, without a look at what lies between them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from blocklight.model.vocabulary import Category, Kind, Origin
from blocklight.store.read.reading import ends
from blocklight.store.schema import tables
from blocklight.store.schema.rows import from_ms, to_ms

# Up to this share of all places an area's are looked up one by one; above it time is walked through.
_FEW = 1 / 8


class Span(NamedTuple):
    """From *start* to before *end*, as it was known at *seen*: all that is known where that is ``None``."""

    start: datetime
    end: datetime
    seen: datetime | None = None


class Received(NamedTuple):
    """*n* incidents of one sort that were received in an area during a span, which is told by its number.

    *area* is empty where the whole city was counted.
    """

    span: int
    area: str
    category: Category
    origin: Origin | None
    n: int


class Beginning(NamedTuple):
    """The earliest that is published of a source since some time, and when that became public."""

    received_at: datetime
    released_at: datetime


def received(
    connection: sa.Connection, kind: Kind, area_kind: str | None, area_id: str | None, spans: Sequence[Span]
) -> list[Received]:
    """Count incidents of a kind in one area, by area in all of its kind, or in the whole city."""
    drift = ends(connection)[2]
    source = _count_select(connection, area_kind, area_id)
    counts: list[Received] = []
    for number, span in enumerate(spans):
        rows = connection.execute(
            source.where(*_span_tests(span, drift), tables.incident.c.kind == str(kind))
        )
        counts += [
            Received(number, area, Category(category), None if origin is None else Origin(origin), n)
            for area, category, origin, n in rows
        ]
    return counts


def beginnings(connection: sa.Connection, sources: Iterable[str], since: datetime) -> dict[str, Beginning]:
    """Where each source begins that tells anything since a time."""
    table = tables.incident
    by_source: dict[str, Beginning] = {}
    for source in sources:
        row = connection.execute(
            sa.select(table.c.listed_at, table.c.released_at)
            .where(table.c.listed_at >= to_ms(since), table.c.source == source)
            .order_by(table.c.listed_at, table.c.first_seq)
            .limit(1)
        ).one_or_none()
        if row is not None:
            by_source[source] = Beginning(from_ms(row.listed_at), from_ms(row.released_at))
    return by_source


def _count_select(connection: sa.Connection, area_kind: str | None, area_id: str | None) -> sa.Select[Any]:
    table, inside = tables.incident, tables.place_area
    sort = (table.c.category, table.c.origin)
    if area_kind is None:
        return sa.select(sa.literal(""), *sort, sa.func.count()).group_by(*sort)
    of_kind = inside.c.area_kind == area_kind
    if area_id is None:
        return (
            sa.select(inside.c.area_id, *sort, sa.func.count())
            .join_from(table, inside, sa.and_(inside.c.place_id == table.c.place_id, of_kind))
            .group_by(inside.c.area_id, *sort)
        )
    in_area = (of_kind, inside.c.area_id == area_id)
    number = sa.select(sa.func.count())
    in_area_count = connection.scalar(number.select_from(inside).where(*in_area)) or 0
    every = connection.scalar(number.select_from(tables.place)) or 0
    column: sa.ColumnElement[int] = table.c.place_id
    places = sa.select(inside.c.place_id).where(*in_area)
    return (
        sa.select(sa.literal(area_id), *sort, sa.func.count())
        .where((column if in_area_count <= _FEW * every else column + 0).in_(places))
        .group_by(*sort)
    )


def _span_tests(span: Span, drift: int) -> list[sa.ColumnElement[bool]]:
    table = tables.incident
    start, end = to_ms(span.start), to_ms(span.end)
    tests = [
        table.c.listed_at >= start - drift,
        table.c.listed_at < end + drift,
        table.c.received_at >= start,
        table.c.received_at < end,
    ]
    return tests if span.seen is None else [*tests, table.c.released_at <= to_ms(span.seen)]
