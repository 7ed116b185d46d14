"""What the service and its layers say of themselves: fields, extent, time, limits and capabilities."""

from collections.abc import Mapping

from blocklight.config.city import City
from blocklight.geo.areas import Areas
from blocklight.query.fields import OBJECT_ID, Field, FieldType
from blocklight.standards.geoservices.drawing import drawing_info, word_label
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.spatial import SpatialReference

VERSION = 11.1
# Features in one answer; ``maxRecordCountFactor`` multiplies it.
MOST_RECORDS = 10_000

MOST_FACTOR = 5
_LONGEST_TEXT = 255
# Clients load all codes of a field with the layer.
_MOST_CODED = 1_000

_TYPES = {
    FieldType.TEXT: "esriFieldTypeString",
    FieldType.WHOLE: "esriFieldTypeInteger",
    FieldType.TIME: "esriFieldTypeDate",
}
_BIG = frozenset(("seq", "first_seq"))
_UTC = {"timeZone": "UTC", "timeZoneIANA": "Etc/UTC", "respectsDaylightSaving": False}
_FORMATS = "JSON, geoJSON, PBF"
Json = dict[str, object]


def info() -> Json:
    """What a client asks first: which version this is, and that nobody needs a token."""
    return {
        "currentVersion": VERSION,
        "fullVersion": "11.1.0",
        "authInfo": {"isTokenBasedSecurity": False},
    }


def services_json(city: City) -> Json:
    """The list of services: one."""
    service = {"name": city.city.id, "type": "FeatureServer"}
    return {"currentVersion": VERSION, "folders": [], "services": [service]}


def service(city: City, layers: Mapping[int, Layer]) -> Json:
    """The root of the service."""
    return {
        "currentVersion": VERSION,
        "serviceDescription": f"Calls for service and service requests of {city.city.name}.",
        "description": _description(city),
        "copyrightText": city.city.attribution,
        "hasVersionedData": False,
        "maxRecordCount": MOST_RECORDS,
        "supportedQueryFormats": _FORMATS,
        "supportsDisconnectedEditing": False,
        "syncEnabled": False,
        "capabilities": "Query",
        "spatialReference": SpatialReference.WGS84.json,
        "initialExtent": _extent(city),
        "fullExtent": _extent(city),
        "allowGeometryUpdates": False,
        "units": "esriDecimalDegrees",
        "preferredTimeReference": None,
        "dateFieldsTimeReference": _UTC,
        "datesInUnknownTimezone": False,
        "layers": [_entry(layer) for layer in layers.values() if not layer.is_table],
        "tables": [_entry(layer) for layer in layers.values() if layer.is_table],
    }


def _entry(layer: Layer) -> Json:
    entry: Json = {
        "id": layer.id,
        "name": layer.name,
        "parentLayerId": -1,
        "defaultVisibility": layer.id == 0,
        "subLayerIds": None,
        "minScale": 0,
        "maxScale": 0,
        "type": "Table" if layer.is_table else "Feature Layer",
    }
    return entry if layer.is_table else entry | {"geometryType": geometry_type(layer)}


def geometry_type(layer: Layer) -> str:
    """The type of a layer's geometries."""
    return "esriGeometryPoint" if layer.sort == "incidents" else "esriGeometryPolygon"


def layer_json(city: City, areas: Areas, layer: Layer) -> Json:
    """A layer's description, whole: a key that is missing fails in silence in some client."""
    described = _common(city, areas, layer)
    if layer.is_table:
        return described
    described |= {
        "geometryType": geometry_type(layer),
        "minScale": 0,
        "maxScale": 0,
        "extent": _extent(city),
        "sourceSpatialReference": SpatialReference.WGS84.json,
        "spatialReference": SpatialReference.WGS84.json,
        "drawingInfo": drawing_info(layer),
        "geometryProperties": None,
        "hasGeometryProperties": False,
    }
    if layer.sort == "incidents":
        described["timeInfo"] = {
            "startTimeField": "received_at",
            "endTimeField": None,
            "trackIdField": None,
            "timeExtent": None,
            "timeReference": _UTC,
            "timeInterval": 1,
            "timeIntervalUnits": "esriTimeUnitsHours",
            "hasLiveData": True,
            "exportOptions": {"useTime": True, "timeDataCumulative": False, "timeOffset": None},
        }
    return described


def _common(city: City, areas: Areas, layer: Layer) -> Json:
    return {
        "currentVersion": VERSION,
        "id": layer.id,
        "name": layer.name,
        "type": "Table" if layer.is_table else "Feature Layer",
        "displayField": layer.display_field,
        "description": layer.description,
        "copyrightText": city.city.attribution,
        "defaultVisibility": layer.id == 0,
        "relationships": [],
        "isDataVersioned": False,
        "hasAttachments": False,
        "hasM": False,
        "hasZ": False,
        "htmlPopupType": "esriServerHTMLPopupTypeNone",
        "objectIdField": OBJECT_ID,
        "uniqueIdField": {"name": OBJECT_ID, "isSystemMaintained": True},
        "globalIdField": "",
        "typeIdField": "",
        "fields": [field_json(field, _domain(city, areas, field)) for field in layer.fields.values()],
        "indexes": [
            {"name": OBJECT_ID, "fields": OBJECT_ID, "isAscending": True, "isUnique": True, "description": ""}
        ],
        "types": [],
        "templates": [],
        "subtypes": [],
        "dateFieldsTimeReference": _UTC,
        "preferredTimeReference": None,
        "datesInUnknownTimezone": False,
        "maxRecordCount": MOST_RECORDS,
        "standardMaxRecordCount": MOST_RECORDS,
        "tileMaxRecordCount": MOST_RECORDS,
        "maxRecordCountFactor": MOST_FACTOR,
        "supportedQueryFormats": _FORMATS,
        "capabilities": "Query",
        "canModifyLayer": False,
        "hasStaticData": layer.sort == "areas",
        "useStandardizedQueries": True,
        **_abilities(layer),
    }


def _abilities(layer: Layer) -> Json:
    has_figures = layer.sort == "incidents"
    has_shapes = not layer.is_table
    return {
        "supportsStatistics": has_figures,
        "supportsAdvancedQueries": True,
        "supportsValidateSQL": False,
        "supportsCalculate": False,
        "supportsCoordinatesQuantization": has_shapes,
        "supportsQuantizationEditMode": False,
        "supportsReturningQueryGeometry": False,
        "supportsTopFeaturesQuery": False,
        "supportsRollbackOnFailureParameter": False,
        "allowGeometryUpdates": False,
        "advancedQueryCapabilities": {
            "supportsPagination": True,
            "supportsPaginationOnAggregatedQueries": has_figures,
            "supportsQueryRelatedPagination": False,
            "supportsQueryWithDistance": has_shapes,
            "supportsReturningQueryExtent": has_shapes,
            "supportsReturningGeometryCentroid": layer.sort == "areas",
            "supportsStatistics": has_figures,
            "supportsHavingClause": has_figures,
            "supportsOrderBy": True,
            "supportsDistinct": has_figures,
            "supportsCountDistinct": False,
            "supportsPercentileStatistics": False,
            "supportsSqlExpression": False,
            "supportsOutFieldSQLExpression": False,
            "supportsQueryWithResultType": has_shapes,
            "supportsQueryWithLodSR": False,
            "supportsQueryWithCacheHint": False,
            "supportsMaxRecordCountFactor": True,
            "supportsQueryWithDatumTransformation": False,
            "supportsQueryAttachments": False,
            "supportsTopFeaturesQuery": False,
            "supportsDefaultSR": True,
            "supportsFullTextSearch": False,
            "supportsTrueCurve": False,
            "supportsQueryAnalytic": False,
            "useStandardizedQueries": True,
            "supportedSpatialAggregationStatistics": [],
        },
    }


def field_json(field: Field, domain: Json | None = None) -> Json:
    """One field as answers name it."""
    described: Json = {
        "name": field.name,
        "type": "esriFieldTypeOID" if field.name == OBJECT_ID else esri_type(field),
        "alias": OBJECT_ID if field.name == OBJECT_ID else field.alias,
        "sqlType": "sqlTypeOther",
        "nullable": field.nullable,
        "editable": False,
        "domain": domain,
        "defaultValue": None,
        "description": field.meaning,
    }
    if field.type is FieldType.TEXT:
        described["length"] = _LONGEST_TEXT
    return described


def esri_type(field: Field) -> str:
    """The type of a field's values; a place in the change log may be larger than 32 bits."""
    return "esriFieldTypeDouble" if field.name in _BIG else _TYPES[field.type]


def _domain(city: City, areas: Areas, field: Field) -> Json | None:
    values = {word: word_label(word) for word in field.words}
    if field.name == "source":
        values = {source.id: source.label for source in city.sources}
    elif field.area_kind is not None:
        values = {area.id: area.name for area in areas.by_kind.get(field.area_kind, ())}
    if not values or len(values) > _MOST_CODED:
        return None
    coded = [{"name": name, "code": code} for code, name in values.items()]
    return {
        "type": "codedValue",
        "name": field.name,
        "mergePolicy": "esriMPTDefaultValue",
        "splitPolicy": "esriSPTDuplicate",
        "codedValues": coded,
    }


def _extent(city: City) -> Json:
    bounds = city.city.bounds
    return {
        "xmin": bounds.west,
        "ymin": bounds.south,
        "xmax": bounds.east,
        "ymax": bounds.north,
        "spatialReference": SpatialReference.WGS84.json,
    }


def _description(city: City) -> str:
    return (
        f"What {city.city.name} publishes of its calls for service and service requests. A call is a request "
        "for help, not a crime. Points are approved public places, never exact locations. Times are UTC."
    )
