"""Reads a request for ``query`` as one typed value, or says what is wrong with it and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast, get_args

from blocklight.query.conditions import Condition
from blocklight.query.fields import OBJECT_ID, Field, Fields, FieldType
from blocklight.query.selection import Order, Selection, Slice
from blocklight.query.statistics import NUMERIC, Grouping, Statistic, StatisticKind
from blocklight.standards.geoservices.describing import MOST_FACTOR, MOST_RECORDS
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.moments import moment_of_ms
from blocklight.standards.geoservices.parameters import Parameters
from blocklight.standards.geoservices.quantizing import Quantization, parse_quantization
from blocklight.standards.geoservices.spatial import (
    Search,
    SpatialReference,
    parse_reference,
    parse_search,
    with_distance,
)
from blocklight.standards.geoservices.where import parse_where

Format = Literal["json", "pjson", "geojson", "pbf"]
_MOST_IDS = 10_000
# What fits into the numbers of Esri's clients.
_MOST_OFFSET = 2**31

_MOST_FIELDS = 200
# Each is worked out for each group.
_MOST_FIGURES = 50

_ORDER = re.compile(r'\s*"?(\w+)"?(\s+(asc|desc))?(\s+nulls\s+(first|last))?\s*', re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_]\w{0,62}")
_REFUSED = ("historicMoment", "fullText", "uniqueIds", "relationParam", "text", "timeRelation", "lodType")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of a layer."""

    selection: Selection
    search: Search | None
    names: tuple[str, ...]
    part: Slice
    is_paged: bool
    returns: Literal["features", "count", "ids", "extent", "figures"]
    grouping: Grouping | None
    figures: Fields
    with_geometry: bool
    with_centroid: bool
    system: SpatialReference
    precision: int | None
    quantization: Quantization | None
    format: Format


def parse_format(parameters: Parameters, *allowed: Format) -> Format:
    """The format of the answer; raises ``GeoServicesError``."""
    text = (parameters.text("f") or "json").lower()
    if text == "html":  # what a browser that asks for nothing else would get; ours is JSON that can be read
        return "pjson"
    if text not in (allowed or get_args(Format)):
        raise GeoServicesError(f"expected {', '.join(allowed or get_args(Format))}", parameter="f")
    return cast("Format", text)


def parse_query(parameters: Parameters, layer: Layer, now: datetime) -> Query:
    """Read a request; raises ``GeoServicesError``."""
    for name in _REFUSED:
        parameters.refuse(name)
    format_ = parse_format(parameters)
    grouping, figures = _grouping(parameters, layer, now)
    search = _search(parameters, layer)
    system = parse_reference(parameters.text("outSR"), "outSR") or SpatialReference.WGS84
    if format_ == "geojson":
        system = SpatialReference.WGS84  # RFC 7946 knows no other
    returns = _what(parameters)
    if grouping is not None and returns in ("ids", "extent"):
        raise GeoServicesError(
            "statistics and distinct values have no ids and no extent", parameter="outStatistics"
        )
    return Query(
        selection=_selection(parameters, layer, now, search),
        search=search,
        names=_names(parameters, layer),
        part=_slice(parameters, figures if grouping is not None else layer.fields),
        is_paged=parameters.text("resultOffset") is not None
        or parameters.text("resultRecordCount") is not None,
        returns="figures" if grouping is not None and returns == "features" else returns,
        grouping=grouping,
        figures=figures,
        with_geometry=parameters.flag("returnGeometry", default=True) and not layer.is_table,
        with_centroid=parameters.flag("returnCentroid") and layer.sort == "areas",
        system=system,
        precision=parameters.whole("geometryPrecision", minimum=0, maximum=15),
        quantization=None if format_ == "geojson" else parse_quantization(parameters, system),
        format=format_,
    )


def _what(parameters: Parameters) -> Literal["features", "count", "ids", "extent"]:
    if parameters.flag("returnExtentOnly"):
        return "extent"
    if parameters.flag("returnCountOnly"):
        return "count"
    return "ids" if parameters.flag("returnIdsOnly") else "features"


def _selection(parameters: Parameters, layer: Layer, now: datetime, search: Search | None) -> Selection:
    since, until = _time_bounds(parameters) if layer.sort == "incidents" else (None, None)
    if layer.hours is not None:
        start = now - timedelta(hours=layer.hours)
        since = start if since is None else max(start, since)
    return Selection(
        where=_where_condition(parameters, layer, now),
        since=since,
        until=until,
        region=None if search is None or layer.sort != "incidents" else search.region(),
        object_ids=_object_ids(parameters),
    )


def _where_condition(parameters: Parameters, layer: Layer, now: datetime) -> Condition | None:
    return parse_where(parameters.text("where") or "", layer.fields, now)


def _time_bounds(parameters: Parameters) -> tuple[datetime | None, datetime | None]:
    """Read ``time``: a moment, or a first and a last one of which either may be ``null``."""
    text = parameters.text("time")
    if text is None:
        return None, None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 2:  # noqa: PLR2004 - from and to
        raise GeoServicesError("expected milliseconds since 1970, or two of them", parameter="time")
    moments: list[datetime | None] = []
    for part in parts:
        try:
            moments.append(None if part.lower() in ("null", "") else moment_of_ms(int(part)))
        except ValueError:
            raise GeoServicesError(
                "expected milliseconds since 1970, or two of them", parameter="time"
            ) from None
    return moments[0], moments[-1]


def _object_ids(parameters: Parameters) -> tuple[int, ...] | None:
    text = parameters.text("objectIds")
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > _MOST_IDS:
        raise GeoServicesError(f"more than {_MOST_IDS:,} ids", parameter="objectIds")
    if not all(part.isascii() and part.isdecimal() and len(part) < 12 for part in parts):  # noqa: PLR2004 - 31 bits
        raise GeoServicesError("expected whole numbers with commas between them", parameter="objectIds")
    return tuple(map(int, parts))


def _search(parameters: Parameters, layer: Layer) -> Search | None:
    geometry = parameters.text("geometry")
    if geometry is None or layer.is_table:
        return None
    system = parse_reference(parameters.text("inSR"), "inSR")
    search = parse_search(geometry, parameters.text("geometryType"), system, parameters.text("spatialRel"))
    return with_distance(search, parameters.text("distance"), parameters.text("units"))


def _names(parameters: Parameters, layer: Layer) -> tuple[str, ...]:
    """The fields to answer with: all where nothing is said."""
    text = parameters.text("outFields")
    if text is None:
        return (OBJECT_ID,) if parameters.is_given("outFields") else tuple(layer.fields)
    if "*" in [part.strip() for part in text.split(",")]:
        return tuple(layer.fields)
    return tuple(dict.fromkeys(_listed_fields(text, layer.fields, "outFields")))


def _listed_fields(text: str, fields: Fields, parameter: str) -> list[str]:
    by_lower_name = {name.lower(): name for name in fields}
    parts = [part.strip().strip('"') for part in text.split(",")]
    if len(parts) > _MOST_FIELDS:
        raise GeoServicesError(f"more than {_MOST_FIELDS} fields", parameter=parameter)
    for part in parts:
        if part.lower() not in by_lower_name:
            at = text.find(part) + 1
            raise GeoServicesError(f"no field {part[:40]!r}", parameter=parameter, position=at)
    return [by_lower_name[part.lower()] for part in parts]


def _slice(parameters: Parameters, fields: Fields) -> Slice:
    factor = parameters.whole("maxRecordCountFactor", minimum=1, maximum=MOST_FACTOR) or 1
    limit = MOST_RECORDS * factor
    requested = parameters.whole("resultRecordCount", minimum=1, maximum=2**31 - 1) or limit
    result_type = parameters.text("resultType") or "none"
    if result_type not in ("none", "standard", "tile"):
        raise GeoServicesError("expected none, standard or tile", parameter="resultType")
    offset = parameters.whole("resultOffset", minimum=0, maximum=_MOST_OFFSET) or 0
    return Slice(order=_order(parameters, fields), offset=offset, limit=min(requested, limit))


def _order(parameters: Parameters, fields: Fields) -> tuple[Order, ...]:
    text = parameters.text("orderByFields")
    if text is None:
        return ()
    order, at = [], 1
    for part in text.split(","):
        match = _ORDER.fullmatch(part)
        name = None if match is None else match[1]
        by_lower_name = {field_name.lower(): field_name for field_name in fields}
        if match is None or name is None or name.lower() not in by_lower_name:
            raise GeoServicesError("expected a field, ASC or DESC", parameter="orderByFields", position=at)
        order.append(Order(by_lower_name[name.lower()], descending=(match[3] or "").lower() == "desc"))
        at += len(part) + 1
    if len(order) > _MOST_FIGURES:
        raise GeoServicesError("too many fields", parameter="orderByFields")
    return tuple(order)


def _grouping(parameters: Parameters, layer: Layer, now: datetime) -> tuple[Grouping | None, Fields]:
    """The statistics that are asked for, or distinct values, with the fields of the answer."""
    is_distinct = parameters.flag("returnDistinctValues")
    document = parameters.json("outStatistics")
    if document is None and not is_distinct:
        parameters.refuse("groupByFieldsForStatistics")
        parameters.refuse("having")
        return None, {}
    if layer.sort != "incidents":
        raise GeoServicesError("this layer has no statistics", parameter="outStatistics")
    if document is None:
        by = tuple(name for name in _names(parameters, layer) if name != OBJECT_ID)
        shown = {name: layer.fields[name] for name in by}
        return Grouping(by=by, figures=()), shown
    figures = _figures(document, layer.fields)
    group = parameters.text("groupByFieldsForStatistics")
    by = (
        ()
        if group is None
        else tuple(dict.fromkeys(_listed_fields(group, layer.fields, "groupByFieldsForStatistics")))
    )
    shown = {name: layer.fields[name] for name in by} | {
        figure.name: _field_of(figure, layer.fields) for figure in figures
    }
    having = parse_where(
        parameters.text("having") or "", _having_fields(figures, shown), now, parameter="having"
    )
    return Grouping(by=by, figures=tuple(figures), having=having), shown


def _having_fields(figures: Sequence[Statistic], shown: Fields) -> Fields:
    """What ``having`` may name: what is shown, and a figure also as the function that it is."""
    functions = {f"{figure.kind}({figure.field})": shown[figure.name] for figure in figures}
    return {**functions, **shown}


def _figures(document: object, fields: Fields) -> list[Statistic]:
    if not isinstance(document, list) or not 1 <= len(document) <= _MOST_FIGURES:
        raise GeoServicesError(
            f"expected a list of 1 to {_MOST_FIGURES} statistics", parameter="outStatistics"
        )
    figures = [_figure(statistic, fields) for statistic in document]
    names = [figure.name.lower() for figure in figures]
    if len(set(names)) < len(names):
        raise GeoServicesError("two statistics of one name", parameter="outStatistics")
    return figures


def _figure(document: object, fields: Fields) -> Statistic:
    if not isinstance(document, dict):
        raise GeoServicesError("expected objects", parameter="outStatistics")
    kind = str(document.get("statisticType", "")).lower()
    if kind not in get_args(StatisticKind):
        expected = ", ".join(get_args(StatisticKind))
        raise GeoServicesError(f"statisticType: expected one of {expected}", parameter="outStatistics")
    statistic = cast("StatisticKind", kind)
    (field,) = _listed_fields(
        str(document.get("onStatisticField", "")).split(",")[0], fields, "outStatistics"
    )
    is_number = fields[field].type is FieldType.WHOLE
    if statistic in NUMERIC and not is_number:
        raise GeoServicesError(f"{kind} needs a field of numbers, not {field}", parameter="outStatistics")
    # Optional in the specification: the server then makes up a name.
    name = str(document.get("outStatisticFieldName") or f"{kind}_{field}")
    if not _NAME.fullmatch(name):
        raise GeoServicesError(
            "outStatisticFieldName: letters, digits and underscores", parameter="outStatistics"
        )
    return Statistic(statistic, field, name)


def _field_of(figure: Statistic, fields: Fields) -> Field:
    """The field under which a figure is answered, sorted and filtered."""
    if figure.kind in ("min", "max"):
        source = fields[figure.field or OBJECT_ID]
        return Field(figure.name, source.type, source.meaning)
    return Field(figure.name, FieldType.WHOLE, f"{figure.kind} of {figure.field}")
