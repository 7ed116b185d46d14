"""Answers ``query``: features, ids, a count, an extent, or figures, in any of the formats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from blocklight.query.fields import OBJECT_ID, Field
from blocklight.query.selection import Slice
from blocklight.query.statistics import Grouping
from blocklight.standards.answer import Answer
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices import tables
from blocklight.standards.geoservices.describing import field_json, geometry_type
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.geometries import (
    Json,
    esri_points,
    esri_polygon,
    geojson_points,
    geojson_shape,
    point_pairs,
    rings,
)
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.parameters import Parameters
from blocklight.standards.geoservices.pbf import PbfLayer, collection, counted, numbered
from blocklight.standards.geoservices.query_request import Query, parse_query
from blocklight.standards.geoservices.spatial import Shape

BRIEFLY = "public, max-age=1"
"""So that what was taken back leaves other caches within a second."""
PBF = "application/x-protobuf"
_MOST_COUNTED = 10_000
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """Features in the order of an answer: values beginning with the object id, and points or shapes."""

    rows: list[Sequence[Any]]
    points: list[tuple[float, float] | None]
    shapes: list[Shape]
    more: bool


def answer_query(view: CityView, layer: Layer, given: Parameters) -> Answer:
    """Answer a request for ``query``; raises ``GeoServicesError``."""
    query = parse_query(given, layer, view.now())
    answering = {"count": _counted, "extent": _extent, "ids": _numbered, "figures": _figures}
    return answering.get(query.what, _featured)(view, layer, query)


def _featured(view: CityView, layer: Layer, query: Query) -> Answer:
    found = _found(view, layer, query)
    match query.format:
        case "pbf":
            return Answer(_pbf(layer, query, found), PBF, BRIEFLY)
        case "geojson":
            return json_answer(_geojson(layer, query, found), query.format)
    return json_answer(_features(layer, query, found), query.format)


def json_answer(body: Json, format_: str) -> Answer:
    """Encode a JSON answer in one of its formats."""
    option = orjson.OPT_INDENT_2 if format_ == "pjson" else 0
    media_type = "application/geo+json" if format_ == "geojson" and "type" in body else "application/json"
    return Answer(orjson.dumps(body, option=option), media_type, BRIEFLY)


def _counted(view: CityView, layer: Layer, query: Query) -> Answer:
    count = _count(view, layer, query)
    if query.format == "pbf":
        return Answer(counted(count), PBF, BRIEFLY)
    return json_answer({"count": count}, query.format)


def _count(view: CityView, layer: Layer, query: Query) -> int:
    if layer.sort != "incidents":
        return len(tables.selected(view, layer, query))
    if query.grouping is None:
        return view.features.count(query.selection, layer.fields)
    every = Slice(limit=_MOST_COUNTED)
    rows, more = view.features.groups(query.selection, query.grouping, every, layer.fields, query.figures)
    if more:
        raise GeoServicesError(f"more than {_MOST_COUNTED:,} groups", parameter="returnCountOnly")
    return len(rows)


def _numbers(view: CityView, layer: Layer, query: Query) -> list[int]:
    part = query.part if query.is_paged else None
    if layer.sort == "incidents":
        return view.features.numbers(query.selection, part, layer.fields)
    rows = tables.selected(view, layer, query)
    numbers = [int(str(row.values[OBJECT_ID])) for row in rows]
    return numbers if part is None else numbers[part.offset : part.offset + part.limit]


def _numbered(view: CityView, layer: Layer, query: Query) -> Answer:
    numbers = _numbers(view, layer, query)
    if query.format == "pbf":
        return Answer(numbered(OBJECT_ID, numbers), PBF, BRIEFLY)
    return json_answer({"objectIdFieldName": OBJECT_ID, "objectIds": numbers}, query.format)


def _extent(view: CityView, layer: Layer, query: Query) -> Answer:
    box: Box | None
    if layer.sort == "incidents":
        found = view.features.extent(query.selection, layer.fields)
        count, box = found.count, found.box
    else:
        rows = tables.selected(view, layer, query)
        count, box = len(rows), tables.bounds(rows)
    sides: list[float | None] = [None] * 4
    if box is not None:
        corners = query.system.of_degrees(np.array([box[:2], box[2:]]))
        sides = [*corners.ravel().tolist()]
    extent = dict(zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True))
    body: Json = {"count": count, "extent": {**extent, "spatialReference": query.system.json}}
    return json_answer(body, query.format)


def _found(view: CityView, layer: Layer, query: Query) -> Found:
    names = (OBJECT_ID, *query.names)
    if layer.sort == "incidents":
        flat = view.features.rows(query.selection, query.part, names, layer.fields)
        return Found(flat.rows, flat.points, [], flat.more)
    rows = tables.selected(view, layer, query)
    shown = rows[query.part.offset : query.part.offset + query.part.limit]
    more = len(rows) > query.part.offset + len(shown)
    return Found([tables.flat(row, names) for row in shown], [], [row.shape for row in shown], more)


def _features(layer: Layer, query: Query, found: Found) -> Json:
    fields = [layer.fields[name] for name in query.names]
    body = _head(layer, query, fields, more=found.more)
    geometries = _esri_geometries(layer, query, found)
    features = []
    for row, geometry in zip(found.rows, geometries, strict=True):
        feature: Json = {"attributes": dict(zip(query.names, row[1:], strict=True))}
        if geometry is not None:
            feature["geometry"] = geometry
        features.append(feature)
    if query.with_centroid:
        for feature, shape in zip(features, found.shapes, strict=True):
            inside = shape.representative_point()
            feature["centroid"] = esri_points([(inside.x, inside.y)], query)[0]
    body["features"] = features
    return body


def _head(layer: Layer, query: Query, fields: Iterable[Field], *, more: bool) -> Json:
    """Return what stands before the features; clients find the type of what follows by it."""
    body: Json = {
        "objectIdFieldName": OBJECT_ID,
        "uniqueIdField": {"name": OBJECT_ID, "isSystemMaintained": True},
    }
    body["globalIdFieldName"] = ""
    if not layer.is_table and query.what == "features":
        body |= {"geometryType": geometry_type(layer), "spatialReference": query.system.json}
        body |= {"hasZ": False, "hasM": False}
        if query.quantization is not None:
            body["transform"] = query.quantization.json
    body["fields"] = [field_json(field) for field in fields]
    if more:
        body["exceededTransferLimit"] = True
    return body


def _esri_geometries(layer: Layer, query: Query, found: Found) -> Sequence[Json | None]:
    if not query.with_geometry:
        return [None] * len(found.rows)
    if layer.sort == "incidents":
        return esri_points(found.points, query)
    return [esri_polygon(shape, query) for shape in found.shapes]


def _geojson(layer: Layer, query: Query, found: Found) -> Json:
    geometries: Sequence[Json | None] = [None] * len(found.rows)
    if query.with_geometry and layer.sort == "incidents":
        geometries = geojson_points(found.points, query)
    elif query.with_geometry:
        geometries = [geojson_shape(shape, query) for shape in found.shapes]
    body: Json = {"type": "FeatureCollection"}
    if found.more:
        body |= {"exceededTransferLimit": True, "properties": {"exceededTransferLimit": True}}
    body["features"] = [
        {
            "type": "Feature",
            "id": row[0],
            "geometry": geometry,
            "properties": dict(zip(query.names, row[1:], strict=True)),
        }
        for row, geometry in zip(found.rows, geometries, strict=True)
    ]
    return body


def _figures(view: CityView, layer: Layer, query: Query) -> Answer:
    grouping = query.grouping or Grouping(figures=())
    rows, more = view.features.groups(query.selection, grouping, query.part, layer.fields, query.figures)
    names = tuple(query.figures)
    fields = [_figure_field(field, layer) for field in query.figures.values()]
    if query.format == "pbf":
        described = PbfLayer(OBJECT_ID, fields, None, None, None)
        return Answer(collection(described, rows, None, more=more), PBF, BRIEFLY)
    attributes = [dict(zip(names, row, strict=True)) for row in rows]
    if query.format == "geojson":
        features = [{"type": "Feature", "geometry": None, "properties": one} for one in attributes]
        return json_answer({"type": "FeatureCollection", "features": features}, query.format)
    body: Json = {"objectIdFieldName": OBJECT_ID, "globalIdFieldName": "", "fields": fields}
    if more:
        body["exceededTransferLimit"] = True
    body["features"] = [{"attributes": one} for one in attributes]
    return json_answer(body, query.format)


def _figure_field(field: Field, layer: Layer) -> Json:
    described = field_json(field)
    if field.name not in layer.fields and field.type.value == "whole":
        described["type"] = "esriFieldTypeDouble"
    return described


def _pbf(layer: Layer, query: Query, found: Found) -> bytes:
    names = (OBJECT_ID, *(name for name in query.names if name != OBJECT_ID))
    kept = [0, *(at for at, name in enumerate(query.names, 1) if name != OBJECT_ID)]
    rows = [[row[at] for at in kept] for row in found.rows]
    fields = [field_json(layer.fields[name]) for name in names]
    described = PbfLayer(
        OBJECT_ID,
        fields,
        None if layer.is_table else geometry_type(layer),
        query.system.json,
        query.quantization,
    )
    if not query.with_geometry:
        return collection(described, rows, None, more=found.more)
    if layer.sort == "incidents":
        pairs = point_pairs(found.points, query)
        parts = [None if pair is None else [np.array([pair])] for pair in pairs]
    else:
        parts = [rings(shape, query) for shape in found.shapes]
    return collection(described, rows, parts, more=found.more)
