"""The small layers that are kept in memory: the city's areas, and its sources."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely

from blocklight.query.conditions import Row, meets
from blocklight.query.fields import GEOMETRY, OBJECT_ID
from blocklight.standards.area_rows import area_rows
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.query_request import Query

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def selected_rows(view: CityView, layer: Layer, query: Query) -> list[Row]:
    """The rows that a query selects, in its order; those of areas have their shape in degrees."""
    if layer.sort == "sources":
        rows: list[Row] = [{OBJECT_ID: number, **row} for number, row in enumerate(view.sources(), 1)]
    else:
        rows = list(area_rows(view.areas, layer.area_kind or ""))
    ids = None if query.selection.object_ids is None else set(query.selection.object_ids)
    rows = [row for row in rows if ids is None or row[OBJECT_ID] in ids]
    where = query.selection.where
    if where is not None:
        rows = [row for row in rows if meets(row, where)]
    if query.search is not None and rows:
        met = query.search.meets(np.array([row[GEOMETRY] for row in rows], dtype=object))
        rows = [row for row, is_met in zip(rows, met.tolist(), strict=True) if is_met]
    # Python's sort is stable: sorting by the last field first leaves the first one in charge.
    for order in reversed(query.part.order):
        rows.sort(key=lambda row, name=order.field: _sortable(row[name]), reverse=order.descending)  # type: ignore[misc]  # a default binds the name
    return rows


def flat_row(row: Row, names: Sequence[str]) -> list[Any]:
    """Values as answers have them."""
    return [_wire(row[name]) for name in names]


def _wire(value: object) -> object:
    return round((value - _EPOCH).total_seconds() * 1000) if isinstance(value, datetime) else value


def _sortable(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - of one field's type
    return value is not None, 0 if value is None else value


def bounds_of(rows: Sequence[Row]) -> tuple[float, float, float, float] | None:
    """The box around the shapes of some rows."""
    shapes = [row[GEOMETRY] for row in rows if GEOMETRY in row]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north
