"""What the service says of itself: landing page, conformance, collections, properties that can be asked."""

from collections.abc import Mapping
from typing import Any

from blocklight.config.city import City
from blocklight.query.fields import GEOMETRY, Field, FieldType
from blocklight.standards.ogc.collections import Collection
from blocklight.standards.ogc.systems import SYSTEMS, ReferenceSystem

Json = dict[str, Any]
ROOT = "/ogc"
GEOJSON, JSON, HTML = "application/geo+json", "application/json", "text/html"
SCHEMA = "application/schema+json"
TILE = "application/vnd.mapbox-vector-tile"
TILING = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
TILING_ID = "WebMercatorQuad"
_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    f"{_FEATURES}-1/1.0/conf/core",
    f"{_FEATURES}-1/1.0/conf/geojson",
    f"{_FEATURES}-1/1.0/conf/html",
    f"{_FEATURES}-2/1.0/conf/crs",
    f"{_FEATURES}-3/1.0/conf/queryables",
    f"{_FEATURES}-3/1.0/conf/queryables-query-parameters",
    f"{_FEATURES}-3/1.0/conf/filter",
    f"{_FEATURES}-3/1.0/conf/features-filter",
    *(
        f"{_CQL2}/{name}"
        for name in (
            "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators",
            "case-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus",
            "temporal-functions",
        )
    ),
    *(f"{_TILES}/{name}" for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")),
)  # fmt: skip
_ALLOWED_TYPES: Mapping[FieldType, Json] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.WHOLE: {"type": "integer"},
    FieldType.TIME: {"type": "string", "format": "date-time"},
}


def link(rel: str, href: str, type_: str, title: str | None = None) -> Json:
    """A link as RFC 8288 has it."""
    target: Json = {"rel": rel, "type": type_, "href": href}
    return target if title is None else {**target, "title": title}


def twice(address: str, title: str, *, html: bool = False, json_type: str = JSON) -> list[Json]:
    """The links of a page to itself and to its other form."""
    forms = (("html", HTML), ("json", json_type)) if html else (("json", json_type), ("html", HTML))
    rels = ("self", "alternate")
    join = "&" if "?" in address else "?"
    return [
        link(rel, f"{address}{join}f={form}", type_, title)
        for rel, (form, type_) in zip(rels, forms, strict=True)
    ]


def city_box(city: City) -> list[float]:
    """The city's box: west, south, east, north."""
    bounds = city.city.bounds
    return [bounds.west, bounds.south, bounds.east, bounds.north]


def landing(city: City, root: str) -> Json:
    """What there is."""
    root_address = f"{root}{ROOT}"
    return {
        "title": city.city.name,
        "description": f"Calls for service and requests that {city.city.name} publishes.",
        "attribution": city.city.attribution,
        "links": [
            *twice(root_address, city.city.name),
            link("service-desc", f"{root}/openapi.json", "application/vnd.oai.openapi+json;version=3.1"),
            link("service-doc", f"{root}/data", HTML, "How to use it"),
            link("conformance", f"{root_address}/conformance", JSON, "What it conforms to"),
            link("data", f"{root_address}/collections", JSON, "Collections"),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
                f"{root_address}/tileMatrixSets", JSON, "Tiling schemes",
            ),
        ],
    }  # fmt: skip


def collection_json(city: City, root: str, collection: Collection) -> Json:
    """One collection."""
    address = f"{root}{ROOT}/collections/{collection.id}"
    extent: Json = {"spatial": {"bbox": [city_box(city)], "crs": str(ReferenceSystem.CRS84)}}
    if collection.has_times:
        extent["temporal"] = {
            "interval": [[None, None]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    return {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "attribution": city.city.attribution,
        "itemType": "feature",
        "extent": extent,
        "crs": list(SYSTEMS),
        "storageCrs": str(ReferenceSystem.CRS84),
        "links": [
            *twice(address, collection.title),
            link("items", f"{address}/items?f=json", GEOJSON, f"{collection.title} as GeoJSON"),
            link("items", f"{address}/items?f=html", HTML, f"{collection.title} as a page"),
            link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{address}/queryables", SCHEMA),
            link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", f"{address}/tiles", JSON),
        ],
    }


def collections_json(city: City, root: str, collections: Mapping[str, Collection]) -> Json:
    """All collections."""
    return {
        "links": twice(f"{root}{ROOT}/collections", "Collections"),
        "collections": [collection_json(city, root, collection) for collection in collections.values()],
    }


def queryables(root: str, collection: Collection) -> Json:
    """The properties that a filter may name, as a JSON Schema; no other filter is answered."""
    geometry = "geometry-point" if collection.area_kind is None else "geometry-multipolygon"
    properties = {name: _property_schema(field) for name, field in collection.fields.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}{ROOT}/collections/{collection.id}/queryables",
        "type": "object",
        "title": collection.title,
        "properties": {**properties, GEOMETRY: {"title": "Geometry", "format": geometry}},
        "additionalProperties": False,
    }


def _property_schema(field: Field) -> Json:
    schema = {"title": field.alias, "description": field.meaning, **_ALLOWED_TYPES[field.type]}
    return {**schema, "enum": list(field.words)} if field.words else schema
