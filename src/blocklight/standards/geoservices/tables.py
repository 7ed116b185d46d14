"""The small layers that are kept in memory: the city's areas, and its sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely

from blocklight.query.conditions import Row, meets
from blocklight.query.fields import OBJECT_ID
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.query_request import Query
from blocklight.standards.geoservices.spatial import Shape

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row with its shape in degrees, ``None`` for one of a table."""

    values: Row
    shape: Shape | None


def selected(view: CityView, layer: Layer, query: Query) -> list[TableRow]:
    """The rows that a query is about, in its order."""
    rows = _sources(view) if layer.sort == "sources" else _areas(view, layer)
    ids = None if query.selection.object_ids is None else set(query.selection.object_ids)
    rows = [row for row in rows if ids is None or row.values[OBJECT_ID] in ids]
    where = query.selection.where
    if where is not None:
        rows = [row for row in rows if meets(row.values, where)]
    if query.search is not None and rows:
        met = query.search.meets(np.array([row.shape for row in rows], dtype=object))
        rows = [row for row, is_met in zip(rows, met.tolist(), strict=True) if is_met]
    for order in reversed(query.part.order):
        rows.sort(key=lambda row, name=order.field: _sortable(row.values[name]), reverse=order.descending)  # type: ignore[misc]  # a default binds the name
    return rows


def flat(row: TableRow, names: Sequence[str]) -> list[Any]:
    """Values as answers have them."""
    return [_wire(row.values[name]) for name in names]


def _wire(value: object) -> object:
    return round((value - _EPOCH).total_seconds() * 1000) if isinstance(value, datetime) else value


def _sortable(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - of one field's type
    return value is not None, 0 if value is None else value


def _areas(view: CityView, layer: Layer) -> list[TableRow]:
    kind = layer.area_kind or ""
    return [
        TableRow({OBJECT_ID: number, "id": area.id, "name": area.name}, view.areas.polygon(kind, area.id))
        for number, area in enumerate(view.areas.by_kind.get(kind, ()), 1)
    ]


def _sources(view: CityView) -> list[TableRow]:
    return [TableRow({OBJECT_ID: number, **source}, None) for number, source in enumerate(view.sources(), 1)]


def bounds(rows: Sequence[TableRow]) -> tuple[float, float, float, float] | None:
    """The box around the shapes of some rows."""
    shapes = [row.shape for row in rows if row.shape is not None]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north
