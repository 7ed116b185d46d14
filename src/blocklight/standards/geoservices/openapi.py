"""How the OpenAPI document describes the FeatureServer: paths, parameters of ``query``, answers."""

from typing import Any

from blocklight.standards.geoservices.errors import GeoServicesError

Json = dict[str, Any]
_SERVICE = "/arcgis/rest/services/{city}/FeatureServer"
_ANSWER, _FEATURES = "GeoServicesAnswer", "GeoServicesGeoJson"
SCHEMAS: Json = {
    _ANSWER: {
        "title": _ANSWER,
        "type": "object",
        "description": "An answer as the GeoServices REST specification has it, or `error` with `code`, "
        "`message` and `details`, which name the parameter and the position of the mistake. Both have HTTP "
        "status 200.",
    },
    _FEATURES: {
        "title": _FEATURES,
        "type": "object",
        "description": "A GeoJSON FeatureCollection, or `error`.",
    },
}
_COUNT: Json = {"count": 41}
_MISTAKE: Json = dict(GeoServicesError("no field 'categry'", parameter="where", position=1).answer())
_CITY: Json = {
    "name": "city",
    "in": "path",
    "required": True,
    "description": "Id of the city",
    "schema": {"type": "string", "minLength": 1},
}
_LAYER: Json = {
    "name": "layer",
    "in": "path",
    "required": True,
    "description": "0: last 24 hours, 1: 7 days, 2: 30 days, 3: all; 4: sources; 10 and more: kinds of areas",
    "schema": {"type": "integer", "minimum": 0},
}
_FORMAT = {"f": "`json` or `pjson`"}
_QUERY = {
    "f": "`json`, `pjson`, `geojson` or `pbf`",
    "where": "comparisons, AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL; `timestamp '…'`, CURRENT_TIMESTAMP",
    "time": "milliseconds since 1970, one or two of them with a comma, `null` for an open end",
    "geometry": "`xmin,ymin,xmax,ymax`, or an envelope, a polygon or a point as JSON",
    "geometryType": "the type of `geometry`",
    "inSR": "4326, 3857 or 102100: of `geometry`",
    "spatialRel": "`esriSpatialRelIntersects` and the others that points can have",
    "distance": "around a point",
    "units": "of `distance`, for example `esriSRUnit_Meter`",
    "objectIds": "object ids with commas between them",
    "outFields": "names with commas between them, or `*`",
    "returnGeometry": "`false` leaves geometries out",
    "outSR": "4326, 3857 or 102100: of the answer",
    "geometryPrecision": "digits behind the point",
    "quantizationParameters": "a grid, as JSON",
    "orderByFields": "names with ASC or DESC",
    "resultOffset": "how many to pass over",
    "resultRecordCount": "how many at most",
    "maxRecordCountFactor": "1 to 5 times as many as `maxRecordCount`",
    "resultType": "`none`, `standard` or `tile`",
    "returnCountOnly": "`true`: the count",
    "returnIdsOnly": "`true`: all object ids",
    "returnExtentOnly": "`true`: extent and count",
    "returnDistinctValues": "`true`: each combination of `outFields` once",
    "returnCentroid": "`true`: a point in each polygon as well",
    "outStatistics": "count, sum, min, max, avg, var and stddev, as JSON",
    "groupByFieldsForStatistics": "names with commas between them",
    "having": "a condition on statistics",
}


def _response(media_types: Json) -> Json:
    content = {
        media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
        for media_type, (schema, example) in media_types.items()
        if schema
    }
    if "application/x-protobuf" in media_types:
        example = "an Esri FeatureCollection protocol buffer"
        content["application/x-protobuf"] = {
            "schema": {"type": "string", "format": "binary"},
            "example": example,
        }
    return {"200": {"description": "The answer, or what is wrong", "content": content}}


def _operations(
    summary: str, description: str, path: list[Json], parameters: dict[str, str], answers: Json
) -> Json:
    """The GET and the POST of a path: the same parameters, in the address or as a form."""
    operation = {"tags": ["geoservices"], "summary": summary, "description": description}
    texts = {name: {"type": "string", "description": text} for name, text in parameters.items()}
    in_address = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in parameters.items()
    ]
    form = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": texts}}}
    responses = _response(answers)
    return {
        "get": {**operation, "parameters": [*path, *in_address], "responses": responses},
        "post": {**operation, "parameters": path, "requestBody": {"content": form}, "responses": responses},
    }


_JSON: Json = {"application/json": (_ANSWER, _MISTAKE)}
_ANY: Json = {
    "application/json": (_ANSWER, _COUNT),
    "application/geo+json": (_FEATURES, {"type": "FeatureCollection", "features": []}),
    "application/x-protobuf": ("", ""),
}
PATHS: Json = {
    "/arcgis/rest/info": _operations(
        "Version of the GeoServices interface",
        "What clients ask first. No token is needed.",
        [],
        _FORMAT,
        _JSON,
    ),
    "/arcgis/rest/services": _operations(
        "GeoServices services", "One FeatureServer, named by the city's id.", [], _FORMAT, _JSON
    ),
    _SERVICE: _operations(
        "The FeatureServer", "Layers, tables, limits and capabilities.", [_CITY], _FORMAT, _JSON
    ),
    _SERVICE + "/{layer}": _operations(
        "A layer or table",
        "Fields with their domains, extent, time, renderer and capabilities.",
        [_CITY, _LAYER],
        _FORMAT,
        _JSON,
    ),
    _SERVICE + "/{layer}/query": _operations(
        "Query a layer or table",
        "Features, object ids, a count, an extent or statistics, of published records alone.",
        [_CITY, _LAYER],
        _QUERY,
        _ANY,
    ),
}
