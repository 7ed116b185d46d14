"""Answers requests for items: pages of features, and one by its id."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson
import shapely

from blocklight.model.times import iso
from blocklight.query.conditions import AllOf, Comparison, Condition, FieldRef, meets
from blocklight.query.encoded import FlatRow, Form, Points
from blocklight.query.fields import GEOMETRY, Fields, FieldType
from blocklight.query.selection import Selection, Slice
from blocklight.standards.area_rows import area_rows
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices.moments import moment_of_ms
from blocklight.standards.ogc.collections import Collection
from blocklight.standards.ogc.errors import OgcError
from blocklight.standards.ogc.items_request import ItemsRequest
from blocklight.standards.ogc.systems import ReferenceSystem

_DEGREE_DIGITS, _METRE_DIGITS = 6, 2
_LONGEST_ID = 80


@dataclass(frozen=True, slots=True)
class Page:
    """Features as JSON, how many match in all, and where the next page begins, if there is one."""

    features: list[bytes]
    matched: int
    after: int | None


def page_of_items(view: CityView, collection: Collection, request: ItemsRequest) -> Page:
    """The features that a request asks for, in the order in which they were published."""
    if collection.area_kind is not None:
        return _areas(view, collection, request)
    selection = Selection(
        where=request.where, since=request.since, until=request.until, region=request.region
    )
    matched = view.features.count(selection, collection.fields)
    if request.after is not None:
        # By the place in the log, and not by counting rows: what is published meanwhile shifts no page.
        rest = Comparison(FieldRef("first_seq"), ">", request.after)
        selection = replace(selection, where=_all_of(rest, selection.where))
    part = Slice(offset=request.offset, limit=request.limit)
    form = _feature_form(collection.fields, request.system)
    page_rows = view.features.encoded(selection, part, form, collection.fields)
    after = _place_in_log(page_rows.rows[-1]) if page_rows.has_more and page_rows.rows else None
    return Page(page_rows.rows, matched, after)


def item(view: CityView, collection: Collection, id_: str, system: ReferenceSystem) -> bytes:
    """One feature by its id; raises ``OgcError``."""
    has_id = Comparison(FieldRef("id"), "=", id_[:_LONGEST_ID])
    request = ItemsRequest(
        where=has_id, region=None, since=None, until=None, limit=1, offset=0, after=None, system=system
    )
    page = page_of_items(view, collection, request)
    if not page.features:
        raise OgcError("no such feature", status=404)
    return page.features[0]


def _all_of(first: Condition, second: Condition | None) -> Condition:
    return first if second is None else AllOf((first, second))


def _place_in_log(feature: bytes) -> int:
    place: int = orjson.loads(feature)["properties"]["first_seq"]
    return place


def _feature_form(fields: Fields, system: ReferenceSystem) -> Form:
    names = tuple(fields)
    properties = [name for name in names if name != "id"]
    at = names.index("id")
    times = [position for position, name in enumerate(properties) if fields[name].type is FieldType.TIME]

    def encode(rows: Sequence[FlatRow], points: Points) -> list[bytes]:
        written = []
        for row, geometry in zip(rows, _point_geometries(points, system), strict=True):
            values = [*row[:at], *row[at + 1 :]]
            for position in times:
                values[position] = _time(values[position])
            properties_json = orjson.dumps(dict(zip(properties, values, strict=True)))
            written.append(_feature_json(row[at], geometry, properties_json))
        return written

    return Form(("ogc", system), names, encode)


def _time(ms: int | None) -> str | None:
    return None if ms is None else iso(moment_of_ms(ms))


def _feature_json(id_: str, geometry: bytes, properties: bytes) -> bytes:
    return b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}' % (
        orjson.dumps(id_), geometry, properties,
    )  # fmt: skip


def _digits(system: ReferenceSystem) -> int:
    return _METRE_DIGITS if system is ReferenceSystem.MERCATOR else _DEGREE_DIGITS


def _point_geometries(points: Points, system: ReferenceSystem) -> list[bytes]:
    moved = np.round(system.of_degrees(points), _digits(system)).tolist()
    return [
        b"null" if math.isnan(first) else b'{"type":"Point","coordinates":%b}' % orjson.dumps([first, second])
        for first, second in moved
    ]


def _areas(view: CityView, collection: Collection, request: ItemsRequest) -> Page:
    rows = list(area_rows(view.areas, collection.area_kind or ""))
    if request.region is not None:
        parts = [shapely.box(*box) for box in request.region.boxes]
        searched = shapely.union_all(parts)
        rows = [row for row in rows if shapely.intersects(row[GEOMETRY], searched)]
    if request.where is not None:
        rows = [row for row in rows if meets(row, request.where)]
    begin = (request.after or 0) + request.offset
    shown = rows[begin : begin + request.limit]
    end = begin + len(shown)
    features = [
        _feature_json(
            str(row["id"]), _shape(row[GEOMETRY], request.system), orjson.dumps({"name": row["name"]})
        )
        for row in shown
    ]
    return Page(features, len(rows), end if end < len(rows) else None)


def _shape(shape: Any, system: ReferenceSystem) -> bytes:  # noqa: ANN401 - shapely has no types of its own
    moved = shapely.transform(shape, lambda points: np.round(system.of_degrees(points), _digits(system)))
    return orjson.dumps(orjson.loads(shapely.to_geojson(moved)))
