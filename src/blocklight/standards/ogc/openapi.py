"""How the OpenAPI document describes the OGC API: paths, parameters, answers."""

from typing import Any

from blocklight.standards.ogc.describing import CONFORMS_TO, GEOJSON, HTML, JSON, ROOT, SCHEMA, TILE
from blocklight.standards.ogc.errors import OgcError

Json = dict[str, Any]
_ANSWER, _FEATURES, _FEATURE, _PROBLEM = "OgcAnswer", "OgcFeatures", "OgcFeature", "OgcProblem"
_COUNT: Json = {"type": "integer", "minimum": 0}
_LINKS: Json = {"type": "array", "items": {"type": "object"}}


def _described_schema(schema: Json, text: str, example: object) -> Json:
    return {**schema, "description": text, "examples": [example]}


SCHEMAS: Json = {
    _ANSWER: {
        "title": _ANSWER,
        "type": "object",
        "description": "A description as OGC API Common, Features and Tiles have it, with `links`.",
    },
    _FEATURES: {
        "title": _FEATURES,
        "type": "object",
        "required": ["type", "features", "links", "numberMatched", "numberReturned"],
        "description": "A GeoJSON FeatureCollection. A link with `rel` `next` leads to the next page, which "
        "neither skips nor repeats what was there, whatever is published meanwhile.",
        "properties": {
            "type": _described_schema(
                {"const": "FeatureCollection"}, "Always a collection", "FeatureCollection"
            ),
            "features": _described_schema(
                {"type": "array", "items": {"$ref": f"#/components/schemas/{_FEATURE}"}}, "This page", []
            ),
            "links": _described_schema(_LINKS, "Where to go on", []),
            "numberMatched": _described_schema(_COUNT, "How many the request chooses", 2_510),
            "numberReturned": _described_schema(_COUNT, "How many are on this page", 1_000),
        },
    },
    _FEATURE: {
        "title": _FEATURE,
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "description": "A GeoJSON Feature, with its public id.",
        "properties": {
            "type": _described_schema({"const": "Feature"}, "Always a feature", "Feature"),
            "id": _described_schema(
                {"type": "string"}, "Its public id, or the id of an area", "k3x7m2qa5tzw4bne"
            ),
            "geometry": _described_schema(
                {"type": ["object", "null"]}, "Where it is, null without a place", None
            ),
            "properties": _described_schema({"type": "object"}, "The properties of its collection", {}),
            "links": _described_schema(_LINKS, "Where to go on, on a page of its own", []),
        },
    },
    _PROBLEM: {
        "title": _PROBLEM,
        "type": "object",
        "required": ["title", "status", "detail"],
        "description": "What is wrong, with the name of the parameter and the position of the mistake.",
        "properties": {
            "title": _described_schema({"type": "string"}, "What kind of trouble", "Bad request"),
            "status": _described_schema({"type": "integer"}, "The status of HTTP", 400),
            "detail": _described_schema({"type": "string"}, "What is wrong, and where", "limit: too small"),
        },
    },
}
_MISTAKE: Json = dict(OgcError("no property 'categry'", parameter="filter", position=1).problem())
_FEATURE_EXAMPLE: Json = {"type": "Feature", "id": "k3x7m2qa5tzw4bne", "geometry": None, "properties": {}}
_EMPTY: Json = {
    "type": "FeatureCollection", "numberMatched": 0, "numberReturned": 0, "links": [], "features": [],
}  # fmt: skip
_FORMAT = {"f": "`json` or `html`; without it, what the client accepts"}
_CRS = {"crs": "the reference system of the answer, by its URI: CRS84, EPSG 4326 or EPSG 3857"}
_FILTER = {
    "filter": "CQL2: comparisons, AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL, CASEI, S_ and T_ functions",
    "filter-lang": "`cql2-text` or `cql2-json`",
    "filter-crs": "the reference system of the shapes in `filter`",
    "bbox": "west,south,east,north",
    "bbox-crs": "the reference system of `bbox`",
    "datetime": "when it was received: a time, or two with a slash between them; `..` is an open end",
}
_PAGING = {
    "limit": "how many at most: 1,000 where nothing is said, 10,000 in any case",
    "offset": "how many to pass over; the `next` links do without",
    "after": "where the page before ended, as its `next` link says",
}


def _parameter(place: str, name: str, text: str) -> Json:
    parameter: Json = {"name": name, "in": place, "description": text, "schema": {"type": "string"}}
    if place == "path":
        parameter["required"] = True
        parameter["schema"]["minLength"] = 1
    return parameter


def _content(media_type: str, schema: str, example: Json) -> Json:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}}


_PAGE: Json = {HTML: {"schema": {"type": "string"}, "example": "<!doctype html>"}}
_DESCRIBED: Json = {**_content(JSON, _ANSWER, {"links": []}), **_PAGE}
_NO_SUCH = {"404": "There is no such collection, feature or tile"}
_WRONG = {"400": "A parameter that cannot be answered, or is not known"}
_LATER = {"503": "The database cannot answer right now"}


def _get_operation(  # noqa: PLR0917 - a table of operations, a line each
    summary: str, description: str, path: Json, query: Json, content: Json, problems: Json
) -> Json:
    parameters = [_parameter("path", name, text) for name, text in path.items()]
    parameters += [_parameter("query", name, text) for name, text in query.items()]
    mistaken = _content("application/problem+json", _PROBLEM, _MISTAKE)
    responses: Json = {"200": {"description": "The answer", "content": content}}
    responses["304"] = {"description": "The client has it already"}
    responses |= {status: {"description": text, "content": mistaken} for status, text in problems.items()}
    return {
        "get": {
            "tags": ["ogc"],
            "summary": summary,
            "description": description,
            "parameters": parameters,
            "responses": responses,
        }
    }


_COLLECTION = {"collection": "`incidents`, or `areas-` and a kind of area"}
_TILING = {"tiling": "`WebMercatorQuad`"}
_HERE = f"{ROOT}/collections/{{collection}}"
_ONE = {**_NO_SUCH, **_WRONG}
PATHS: Json = {
    ROOT: _get_operation("OGC API", "The landing page.", {}, _FORMAT, _DESCRIBED, _WRONG),
    f"{ROOT}/conformance": _get_operation(
        "OGC conformance", "The classes of requirements that hold.", {}, _FORMAT,
        {**_content(JSON, _ANSWER, {"conformsTo": [CONFORMS_TO[0]]}), **_PAGE}, _WRONG,
    ),
    f"{ROOT}/collections": _get_operation(
        "OGC collections", "Incidents, and each kind of area.", {}, _FORMAT, _DESCRIBED, _WRONG
    ),
    _HERE: _get_operation(
        "An OGC collection", "Extent, systems, links.", _COLLECTION, _FORMAT, _DESCRIBED, _ONE
    ),
    f"{_HERE}/queryables": _get_operation(
        "OGC queryables", "What a filter may name, as a JSON Schema.", _COLLECTION, _FORMAT,
        {**_content(SCHEMA, _ANSWER, {"type": "object", "properties": {}}), **_PAGE}, _ONE,
    ),
    f"{_HERE}/items": _get_operation(
        "OGC items",
        "Features in the order in which they were published. Each property is a parameter as well: "
        "`category=fire`.",
        _COLLECTION, {**_FORMAT, **_PAGING, **_FILTER, **_CRS},
        {**_content(GEOJSON, _FEATURES, _EMPTY), **_PAGE}, {**_ONE, **_LATER},
    ),
    f"{_HERE}/items/{{item}}": _get_operation(
        "An OGC item", "One feature by its public id.",
        {**_COLLECTION, "item": "its id"}, {**_FORMAT, **_CRS},
        {**_content(GEOJSON, _FEATURE, _FEATURE_EXAMPLE), **_PAGE}, {**_ONE, **_LATER},
    ),
    f"{_HERE}/tiles": _get_operation("OGC tilesets", "One tileset.", _COLLECTION, _FORMAT, _DESCRIBED, _ONE),
    f"{_HERE}/tiles/{{tiling}}": _get_operation(
        "An OGC tileset", "Bounds, layer and links.", {**_COLLECTION, **_TILING}, _FORMAT, _DESCRIBED, _ONE
    ),
    f"{_HERE}/tiles/{{tiling}}/tilejson": _get_operation(
        "TileJSON", "TileJSON 3, for MapLibre and others; a filter is handed on to the tiles.",
        {**_COLLECTION, **_TILING}, _FILTER,
        _content(JSON, _ANSWER, {"tilejson": "3.0.0", "tiles": []}), _ONE,
    ),
    f"{_HERE}/tiles/{{tiling}}/{{zoom}}/{{row}}/{{column}}": _get_operation(
        "A vector tile",
        "A Mapbox vector tile, empty where nothing is. From zoom 12 on it has each incident, farther out "
        "how many there are.",
        {**_COLLECTION, **_TILING, "zoom": "0 to 18", "row": "from the north", "column": "from the west"},
        _FILTER,
        {TILE: {"schema": {"type": "string", "format": "binary"}, "example": "a tile"}}, {**_ONE, **_LATER},
    ),
    f"{ROOT}/tileMatrixSets": _get_operation(
        "OGC tiling schemes", "One.", {}, _FORMAT, _DESCRIBED, _WRONG
    ),
    f"{ROOT}/tileMatrixSets/{{tiling}}": _get_operation(
        "An OGC tiling scheme", "WebMercatorQuad.", _TILING, _FORMAT, _DESCRIBED, _ONE
    ),
}  # fmt: skip
