"""Answers ``query``: features, ids, a count, an extent, or figures, in any of the formats."""

from collections.abc import Sequence

import numpy as np
import orjson

from blocklight.query.encoded import FlatRow, Form, Points
from blocklight.query.fields import GEOMETRY, OBJECT_ID, Field
from blocklight.query.selection import Slice
from blocklight.query.statistics import Grouping
from blocklight.standards.answer import Answer
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices.describing import field_json
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.feature_writers import Writer, writer_of
from blocklight.standards.geoservices.geometries import Json
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.parameters import Parameters
from blocklight.standards.geoservices.pbf import (
    MEDIA_TYPE,
    PbfLayer,
    attributes,
    collection,
    count_message,
    object_ids_message,
    pbf_feature,
)
from blocklight.standards.geoservices.query_request import Query, parse_query
from blocklight.standards.geoservices.tables import bounds_of, flat_row, selected_rows

# So that what was taken back leaves other caches within a second.
BRIEFLY = "public, max-age=1"

_MOST_COUNTED = 10_000
Box = tuple[float, float, float, float]


def answer_query(view: CityView, layer: Layer, parameters: Parameters) -> Answer:
    """Answer a request for ``query``; raises ``GeoServicesError``."""
    query = parse_query(parameters, layer, view.now())
    answering = {
        "count": _counted,
        "extent": _extent_answer,
        "ids": _object_ids_answer,
        "figures": _figures_answer,
    }
    return answering.get(query.returns, _featured)(view, layer, query)


def _featured(view: CityView, layer: Layer, query: Query) -> Answer:
    writer = writer_of(layer, query)
    features, has_more = _encoded_features(view, layer, query, writer)
    return Answer(writer.collection(features, has_more=has_more), writer.media_type, BRIEFLY)


def _encoded_features(view: CityView, layer: Layer, query: Query, writer: Writer) -> tuple[list[bytes], bool]:
    """The features of an answer as its format has them, and whether there are more."""
    if layer.sort != "incidents":
        rows = selected_rows(view, layer, query)
        end = query.part.offset + query.part.limit
        shown = rows[query.part.offset : end]
        attributes = writer.attributes([flat_row(row, writer.names) for row in shown])
        shapes = writer.shapes([row.get(GEOMETRY) for row in shown])
        return list(map(writer.feature, attributes, shapes)), len(rows) > end
    if query.quantization is None:

        def whole(rows: Sequence[FlatRow], points: Points) -> list[bytes]:
            return list(map(writer.feature, writer.attributes(rows), writer.points(points)))

        place = (query.system, query.precision) if query.with_geometry else None
        form = Form((writer.kind, place), writer.names, whole)
        encoded = view.features.encoded(query.selection, query.part, form, layer.fields)
        return encoded.rows, encoded.has_more
    # A grid is the client's own: what is on it is not worth keeping.
    form = Form(writer.kind, writer.names, lambda rows, _: writer.attributes(rows))
    encoded = view.features.encoded(query.selection, query.part, form, layer.fields)
    return list(map(writer.feature, encoded.rows, writer.points(encoded.points))), encoded.has_more


def json_answer(body: Json, format_: str) -> Answer:
    """Encode a JSON answer in one of its formats."""
    option = orjson.OPT_INDENT_2 if format_ == "pjson" else 0
    media_type = "application/geo+json" if format_ == "geojson" and "type" in body else "application/json"
    return Answer(orjson.dumps(body, option=option), media_type, BRIEFLY)


def _counted(view: CityView, layer: Layer, query: Query) -> Answer:
    count = _count(view, layer, query)
    if query.format == "pbf":
        return Answer(count_message(count), MEDIA_TYPE, BRIEFLY)
    return json_answer({"count": count}, query.format)


def _count(view: CityView, layer: Layer, query: Query) -> int:
    if layer.sort != "incidents":
        return len(selected_rows(view, layer, query))
    if query.grouping is None:
        return view.features.count(query.selection, layer.fields)
    every = Slice(limit=_MOST_COUNTED)
    rows, has_more = view.features.groups(query.selection, query.grouping, every, layer.fields, query.figures)
    if has_more:
        raise GeoServicesError(f"more than {_MOST_COUNTED:,} groups", parameter="returnCountOnly")
    return len(rows)


def _object_ids(view: CityView, layer: Layer, query: Query) -> list[int]:
    part = query.part if query.is_paged else None
    if layer.sort == "incidents":
        return view.features.numbers(query.selection, part, layer.fields)
    rows = selected_rows(view, layer, query)
    numbers = [int(str(row[OBJECT_ID])) for row in rows]
    return numbers if part is None else numbers[part.offset : part.offset + part.limit]


def _object_ids_answer(view: CityView, layer: Layer, query: Query) -> Answer:
    numbers = _object_ids(view, layer, query)
    if query.format == "pbf":
        return Answer(object_ids_message(OBJECT_ID, numbers), MEDIA_TYPE, BRIEFLY)
    return json_answer({"objectIdFieldName": OBJECT_ID, "objectIds": numbers}, query.format)


def _extent_answer(view: CityView, layer: Layer, query: Query) -> Answer:
    box: Box | None
    if layer.sort == "incidents":
        rows_extent = view.features.extent(query.selection, layer.fields)
        count, box = rows_extent.count, rows_extent.box
    else:
        rows = selected_rows(view, layer, query)
        count, box = len(rows), bounds_of(rows)
    sides: list[float | None] = [None] * 4
    if box is not None:
        corners = query.system.of_degrees(np.array([box[:2], box[2:]]))
        sides = [*corners.ravel().tolist()]
    extent = dict(zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True))
    body: Json = {"count": count, "extent": {**extent, "spatialReference": query.system.json}}
    return json_answer(body, query.format)


def _figures_answer(view: CityView, layer: Layer, query: Query) -> Answer:
    grouping = query.grouping or Grouping(figures=())
    rows, has_more = view.features.groups(query.selection, grouping, query.part, layer.fields, query.figures)
    names = tuple(query.figures)
    fields = [_figure_field(field, layer) for field in query.figures.values()]
    if query.format == "pbf":
        described = PbfLayer(OBJECT_ID, fields, None, None, None)
        features = [pbf_feature(values, b"") for values in attributes(fields, rows)]
        return Answer(collection(described, features, has_more=has_more), MEDIA_TYPE, BRIEFLY)
    named = [dict(zip(names, row, strict=True)) for row in rows]
    if query.format == "geojson":
        listed = [{"type": "Feature", "geometry": None, "properties": attributes} for attributes in named]
        return json_answer({"type": "FeatureCollection", "features": listed}, query.format)
    body: Json = {"objectIdFieldName": OBJECT_ID, "globalIdFieldName": "", "fields": fields}
    if has_more:
        body["exceededTransferLimit"] = True
    body["features"] = [{"attributes": attributes} for attributes in named]
    return json_answer(body, query.format)


def _figure_field(field: Field, layer: Layer) -> Json:
    described = field_json(field)
    if field.name not in layer.fields and field.type.value == "whole":
        described["type"] = "esriFieldTypeDouble"
    return described
