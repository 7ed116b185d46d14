"""Selections of published incidents as flat rows: their values, numbers, count, extent and statistics."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from blocklight.errors import BadQuery
from blocklight.query.encoded import EncodedRows, FlatRow, Form, as_points
from blocklight.query.fields import Fields
from blocklight.query.region import Box, Region
from blocklight.query.selection import Selection, Slice
from blocklight.query.statistics import Grouping, Statistic
from blocklight.store.read.condition_sql import Column, ConditionSql, field_columns
from blocklight.store.read.feature_rows import FeatureRows, changed_rows, every_row, has_more_than
from blocklight.store.read.reading import ends
from blocklight.store.schema import tables
from blocklight.store.schema.rows import to_ms

# Each is compared with the shape in memory.
_MOST_PLACES = 500_000
# Object ids in one answer.
MOST_NUMBERS = 1_000_000

_MOST_GROUPS = 10_000
_areas_of = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class FlatRows:
    """Rows with their public points (``None`` for one without a place), and whether there are more."""

    rows: list[FlatRow]
    points: list[tuple[float, float] | None]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Extent:
    """How many were selected, and the box around the public points of those that have one."""

    count: int
    box: Box | None


class FeatureReader:
    """Answers selections; each answer is of one moment."""

    def __init__(self, read: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._read = read

    def rows(self, selection: Selection, part: Slice, names: Sequence[str], fields: Fields) -> FlatRows:
        """The values of some fields of a part of what was selected; raises ``BadQuery``."""
        with self._reading(fields) as reading:
            return reading.rows(selection, part, names)

    def encoded(self, selection: Selection, part: Slice, form: Form, fields: Fields) -> EncodedRows:
        """A part of what was selected, each row in a form; raises ``BadQuery``."""
        flat = self.rows(selection, part, form.names, fields)
        points = as_points(flat.points)
        return EncodedRows(form.encode(flat.rows, points), points, flat.has_more)

    def count(self, selection: Selection, fields: Fields) -> int:
        """Count what was selected."""
        with self._reading(fields) as reading:
            return reading.count(selection)

    def numbers(self, selection: Selection, part: Slice | None, fields: Fields) -> list[int]:
        """The object ids of what was selected; raises ``BadQuery`` for more than ``MOST_NUMBERS``."""
        with self._reading(fields) as reading:
            return reading.numbers(selection, part)

    def extent(self, selection: Selection, fields: Fields) -> Extent:
        """The extent of what was selected."""
        with self._reading(fields) as reading:
            return reading.extent(selection)

    def groups(
        self, selection: Selection, grouping: Grouping, part: Slice, fields: Fields, shown: Fields
    ) -> tuple[list[FlatRow], bool]:
        """Figures by group, in the order of *shown*, and whether there are more groups."""
        with self._reading(fields) as reading:
            return reading.groups(selection, grouping, part, shown)

    @contextmanager
    def every_row(
        self, fields: Fields, limit: int, since: datetime | None = None
    ) -> Iterator[FeatureRows | None]:
        """Open a sweep over all, or what was received *since*; ``None`` where there are more than *most*."""
        with self._read() as connection:
            if has_more_than(connection, limit, since):
                yield None
            else:
                yield every_row(connection, fields, since)

    def changed_rows(
        self, fields: Fields, after: int, limit: int, known_places: Collection[int | None]
    ) -> FeatureRows | None:
        """As the function of this name, with a connection of its own."""
        with self._read() as connection:
            return changed_rows(connection, fields, after, limit, known_places)

    @contextmanager
    def _reading(self, fields: Fields) -> Iterator["_Reading"]:
        with self._read() as connection:
            yield _Reading(connection, fields)


class _Reading:
    """One answer's transaction."""

    def __init__(self, connection: sa.Connection, fields: Fields) -> None:
        self._connection = connection
        self._fields = fields
        self._columns = field_columns(fields)
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._sql = ConditionSql(self._columns, fields, connection.dialect.name, self._within)

    def rows(self, selection: Selection, part: Slice, names: Sequence[str]) -> FlatRows:
        columns = flat_columns(names, self._fields, self._columns)
        statement = self._sliced(self._select(columns, selection), part)
        fetched = self._connection.execute(statement).all()
        has_more = len(fetched) > part.limit
        return flat_rows(fetched[: part.limit], names, self._fields, has_more=has_more)

    def count(self, selection: Selection) -> int:
        return self._connection.scalar(self._select([sa.func.count()], selection)) or 0

    def numbers(self, selection: Selection, part: Slice | None) -> list[int]:
        statement = self._select([tables.incident.c.object_id], selection)
        slice_ = part or Slice(limit=MOST_NUMBERS)
        numbers = list(self._connection.scalars(self._sliced(statement, slice_)))
        if part is None and len(numbers) > MOST_NUMBERS:
            raise BadQuery(
                f"more than {MOST_NUMBERS:,} object ids; narrow the query", parameter="returnIdsOnly"
            )
        return numbers[: slice_.limit]

    def extent(self, selection: Selection) -> Extent:
        place = tables.place
        sides = (
            sa.func.min(place.c.lon),
            sa.func.min(place.c.lat),
            sa.func.max(place.c.lon),
            sa.func.max(place.c.lat),
        )
        statement = self._select([sa.func.count(), *sides], selection)
        count, *box = self._connection.execute(statement).one()
        return Extent(count, None if box[0] is None else (box[0], box[1], box[2], box[3]))

    def groups(
        self, selection: Selection, grouping: Grouping, part: Slice, shown: Fields
    ) -> tuple[list[FlatRow], bool]:
        keys = {name: self._sql.bytewise(self._columns[name], self._fields[name]) for name in grouping.by}
        figures = {figure.name: self._figure(figure) for figure in grouping.figures}
        # Computed inside, then filtered and sorted by plain columns: both engines agree on that.
        labelled = [column.label(name) for name, column in (keys | figures).items()]
        inner = self._select(labelled, selection).group_by(*keys.values()).subquery()
        outer = ConditionSql(dict(inner.c), shown, self._connection.dialect.name)
        statement = sa.select(*inner.c)
        if grouping.having is not None:
            statement = statement.where(outer.of(grouping.having))
        order = [outer.ordered(key.field, descending=key.descending) for key in part.order]
        named = {key.field for key in part.order}
        order += [outer.ordered(name, descending=False) for name in grouping.by if name not in named]
        limit = min(part.limit, _MOST_GROUPS)
        statement = statement.order_by(*order).offset(part.offset).limit(limit + 1)
        rows: list[FlatRow] = [tuple(row) for row in self._connection.execute(statement)]
        return rows[:limit], len(rows) > limit

    def _figure(self, figure: Statistic) -> Column:
        if figure.field is None:
            return sa.func.count()
        column = self._columns[figure.field]
        match figure.kind:
            case "count":
                return sa.func.count(column)
            case "min" | "max":
                extreme = sa.func.min if figure.kind == "min" else sa.func.max
                return extreme(self._sql.bytewise(column, self._fields[figure.field]))
            case "sum":
                return sa.func.sum(column)
            case "avg":
                return sa.func.avg(sa.cast(column, sa.Double))
            case _:
                return self._spread(column, is_root=figure.kind == "stddev")

    def _spread(self, column: Column, *, is_root: bool) -> Column:
        """The variance of a sample, which SQLite has no function for."""
        number = sa.cast(column, sa.Double)
        n = sa.func.count(column)
        mean_of_squares, mean = sa.func.avg(number * number), sa.func.avg(number)
        variance = (mean_of_squares - mean * mean) * n / sa.func.nullif(n - 1, 0)
        variance = sa.case((variance < 0, 0.0), else_=variance)  # what rounding leaves below nothing
        return sa.func.sqrt(variance) if is_root else variance

    def _select(self, columns: Sequence[Column], selection: Selection) -> sa.Select[Any]:
        incident, place = tables.incident, tables.place
        joined = incident.outerjoin(place, incident.c.place_id == place.c.place_id)
        return sa.select(*columns).select_from(joined).where(*self._conditions(selection))

    def _conditions(self, selection: Selection) -> list[sa.ColumnElement[bool]]:
        table = tables.incident
        conditions: list[sa.ColumnElement[bool]] = []
        drift = 0 if selection.since is selection.until is None else ends(self._connection)[2]
        if selection.since is not None:
            since = to_ms(selection.since)
            conditions += [table.c.received_at >= since, table.c.listed_at >= since - drift]
        if selection.until is not None:
            until = to_ms(selection.until)
            conditions += [table.c.received_at <= until, table.c.listed_at <= until + drift]
        if selection.object_ids is not None:
            conditions.append(self._among(table.c.object_id, selection.object_ids))
        if selection.region is not None:
            conditions.append(self._within(selection.region))
        if selection.where is not None:
            conditions.append(self._sql.of(selection.where))
        return conditions

    def _within(self, region: Region) -> sa.ColumnElement[bool]:
        place = tables.place
        boxed = sa.or_(
            sa.false(),
            *(
                sa.and_(place.c.lon.between(west, east), place.c.lat.between(south, north))
                for west, south, east, north in region.boxes
            ),
        )
        inside = sa.select(place.c.place_id).where(boxed)
        if region.holds is None:
            return tables.incident.c.place_id.in_(inside)
        corners = sa.select(place.c.place_id, place.c.lon, place.c.lat).where(boxed).limit(_MOST_PLACES + 1)
        places = self._connection.execute(corners).all()
        if len(places) > _MOST_PLACES:
            raise BadQuery("too many places in so large a shape; draw a smaller one", parameter="geometry")
        if not places:
            return sa.false()
        numbers, lons, lats = zip(*places, strict=True)
        held = region.holds(np.array(lons), np.array(lats))
        return self._among(tables.incident.c.place_id, np.array(numbers)[held].tolist())

    def _among(self, column: sa.Column[Any], keys: Sequence[int]) -> sa.ColumnElement[bool]:
        """Match any number of keys with one bound value."""
        if self._is_sqlite:
            text = sa.literal(orjson.dumps(list(keys)).decode())
            return column.in_(sa.select(sa.func.json_each(text).table_valued("value").c.value))
        listed = sa.bindparam(None, list(keys), type_=postgresql.ARRAY(column.type))
        return column == sa.any_(listed)

    def _sliced(self, statement: sa.Select[Any], part: Slice) -> sa.Select[Any]:
        order = [self._sql.ordered(key.field, descending=key.descending) for key in part.order]
        # In the order in which they were published, a new one is always behind the pages that were read.
        statement = statement.order_by(*order, tables.incident.c.first_seq)
        return statement.offset(part.offset).limit(part.limit + 1)


def flat_columns(names: Sequence[str], fields: Fields, columns: Mapping[str, Column]) -> list[Column]:
    """The SQL of fields for ``flat_rows``; the areas of a place are read once for all kinds."""
    place = tables.place
    own_columns = [sa.null() if fields[name].area_kind else columns[name] for name in names]
    labelled = [column.label(f"c{at}") for at, column in enumerate(own_columns)]
    return [*labelled, place.c.lon, place.c.lat, place.c.areas]


def flat_rows(
    fetched: Sequence[Sequence[Any]], names: Sequence[str], fields: Fields, *, has_more: bool
) -> FlatRows:
    """Read what was selected as ``flat_columns`` say."""
    width = len(names)
    points = [None if row[width] is None else (row[width], row[width + 1]) for row in fetched]
    kinds = {at: kind for at, name in enumerate(names) if (kind := fields[name].area_kind)}
    rows: list[FlatRow] = [_with_areas(row, width, kinds) if kinds else row[:width] for row in fetched]
    return FlatRows(rows, points, has_more=has_more)


def _with_areas(row: Sequence[Any], width: int, kinds: dict[int, str]) -> FlatRow:
    values = list(row[:width])
    if row[width + 2] is not None:
        areas = _areas_of(row[width + 2])
        for at, kind in kinds.items():
            values[at] = areas.get(kind)
    return values
