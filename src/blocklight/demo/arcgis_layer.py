"""Answers as an ArcGIS feature layer does: its description, and queries over the dispatch centre's table.

The protocol: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blocklight.demo.dispatch import Dispatch, SimulatedCall

# An object of an answer.
Json = dict[str, Any]

MAX_RECORDS = 2000
_DAY = 86_400
_WGS84, _WEB_MERCATOR = 4326, {3857, 102100}

Value = int | float | str | None
Getter = Callable[[SimulatedCall, int], Value]


def _reached(call_at: Callable[[SimulatedCall], int | None]) -> Getter:
    """Make the getter of a stage's column: epoch ms once it is reached."""

    def get(call: SimulatedCall, now: int) -> Value:
        at = call_at(call)
        return at * 1000 if at is not None and at <= now else None

    return get


def _received_value(call: SimulatedCall, _now: int) -> Value:
    if call.fault == "no_time":
        return None
    # A clerk's slip of the finger: 2914 for 2014, as real tables have it.
    return call.received_at * 1000 + (889 * 365 * _DAY * 1000 if call.fault == "absurd_year" else 0)


def _call_status(call: SimulatedCall, now: int) -> Value:
    if call.closed_at <= now:
        return "CLOSED"
    steps = ((call.on_scene_at, "ONSCENE"), (call.en_route_at, "ENROUTE"), (call.dispatched_at, "DISPATCHED"))
    return next((word for at, word in steps if at is not None and at <= now), "PENDING")


_COLUMNS: dict[str, tuple[str, Getter]] = {
    "OBJECTID": ("OID", lambda call, _: call.object_id),
    "CALL_NUMBER": ("String", lambda call, _: call.number),
    "AGENCY": ("String", lambda call, _: call.agency),
    "CALL_TYPE": ("String", lambda call, now: call.type_at(now)),
    "PRIORITY": ("Integer", lambda call, _: call.priority),
    "CALL_SOURCE": ("String", lambda call, _: call.channel),
    "STATUS": ("String", _call_status),
    "ADDRESS": ("String", lambda call, _: call.address),
    "CROSS_STREET": ("String", lambda call, _: call.spot.cross),
    "BEAT": ("String", lambda call, _: call.spot.beat),
    "RECEIVED": ("Date", _received_value),
    "DISPATCHED": ("Date", _reached(lambda call: call.dispatched_at)),
    "ENROUTE": ("Date", _reached(lambda call: call.en_route_at)),
    "ONSCENE": ("Date", _reached(lambda call: call.on_scene_at)),
    "CLOSED": ("Date", _reached(lambda call: call.closed_at)),
    "UNITS": ("String", lambda call, now: ",".join(unit for at, unit in call.units if at <= now) or None),
    "DISPOSITION": ("String", lambda call, now: call.disposition if call.closed_at <= now else None),
    "DUPLICATE_OF": ("String", lambda call, now: call.duplicate_of if call.closed_at <= now else None),
    "REMARKS": ("String", lambda call, _: call.remark or None),
    "LASTEDIT": ("Date", lambda call, now: call.edited_at(now) * 1000),
}


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "<>": operator.ne,
}


class BadQuestion(ValueError):
    """The question is not one that the layer understands."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a column with a literal."""

    column: str
    operator: str
    value: Any

    def holds(self, value: Value) -> bool:
        """Whether a row's value passes; a missing value passes only ``IS NULL``."""
        if self.operator == "IS NULL":
            return value is None
        if self.operator == "IS NOT NULL":
            return value is not None
        if value is None:
            return False
        if self.operator == "IN":
            return bool(value in self.value)
        return bool(_COMPARE[self.operator](value, self.value))


_LITERAL = r"(?:timestamp|date)?\s*'(?:[^']|'')*'|-?\d+(?:\.\d+)?"
_CLAUSE = re.compile(
    rf"(?P<column>[:\w]+)\s*(?:(?P<null>is\s+(?:not\s+)?null)|in\s*\((?P<list>[^()]*)\)"
    rf"|(?P<operator>>=|<=|<>|!=|=|>|<)\s*(?P<value>{_LITERAL}))",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[\s(]*")
_CLOSING = re.compile(r"([\s)]*)(and\b)?", re.IGNORECASE)


def conditions(clause_text: str) -> list[Condition]:
    """Parse comparisons joined by AND, in any brackets; anything else is a ``BadQuestion``."""
    tests: list[Condition] = []
    at, depth = 0, 0
    while True:
        opened = _OPENING.match(clause_text, at)
        clause = _CLAUSE.match(clause_text, opened.end() if opened else at)
        closed = _CLOSING.match(clause_text, clause.end()) if clause else None
        if opened is None or clause is None or closed is None:
            raise BadQuestion("'where' clause is invalid")
        depth += opened[0].count("(") - closed[1].count(")")
        if depth < 0:
            break
        if clause["column"] != "1" or clause["value"] != "1":
            tests.append(_condition(clause))
        at = closed.end()
        if not closed[2]:
            break
    if depth or at != len(clause_text):
        raise BadQuestion("'where' clause is invalid")
    return tests


def _condition(match: re.Match[str]) -> Condition:
    column = match["column"]
    if match["null"]:
        return Condition(column, " ".join(match["null"].upper().split()), None)
    if match["list"] is not None:
        return Condition(
            column, "IN", {_literal(text) for text in re.findall(_LITERAL, match["list"], re.IGNORECASE)}
        )
    return Condition(
        column, "<>" if match["operator"] == "!=" else match["operator"], _literal(match["value"])
    )


def _literal(text: str) -> int | float | str:
    text = text.strip()
    if "'" not in text:
        return float(text) if "." in text else int(text)
    inner = text[text.index("'") + 1 : -1].replace("''", "'")
    if text.startswith("'"):
        return inner
    try:
        return round(datetime.fromisoformat(inner).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise BadQuestion("'where' clause has a date that is none") from None


@dataclass(frozen=True, slots=True)
class Layer:
    """The table of one dispatch centre, holding the calls of the last *history_days*."""

    dispatch: Dispatch
    history_days: int

    def describe(self) -> Json:
        """The layer's own description."""
        return {
            "currentVersion": 11.2, "id": 0, "name": "Calls for Service", "type": "Feature Layer",
            "geometryType": "esriGeometryPoint", "objectIdField": "OBJECTID", "displayField": "CALL_TYPE",
            "maxRecordCount": MAX_RECORDS, "supportsAdvancedQueries": True, "capabilities": "Query",
            "supportedQueryFormats": "JSON", "fields": _layer_fields(_COLUMNS),
            "extent": {"spatialReference": {"wkid": _WGS84}}, "dateFieldsTimeReference": {"timeZone": "UTC"},
            "editFieldsInfo": {"editDateField": "LASTEDIT"},
            "advancedQueryCapabilities": {"supportsPagination": True, "supportsOrderBy": True,
                                          "supportsStatistics": False, "supportsDistinct": False},
        }  # fmt: skip

    def query(self, params: Mapping[str, str], now: int) -> Json:
        """Answer the query operation as the table stands at *now*."""
        calls = self._matching(params, now)
        if _true(params.get("returnCountOnly")):
            return {"count": len(calls)}
        if _true(params.get("returnIdsOnly")):
            return {"objectIdFieldName": "OBJECTID", "objectIds": [call.object_id for call in calls]}
        calls = _calls_in_order(calls, params.get("orderByFields", ""), now)
        offset = _int_parameter(params, "resultOffset", 0)
        size = min(_int_parameter(params, "resultRecordCount", MAX_RECORDS), MAX_RECORDS)
        page, columns = calls[offset : offset + size], _out_fields(params.get("outFields", "OBJECTID"))
        projected = _int_parameter(params, "outSR", _WGS84)
        if projected not in {_WGS84, *_WEB_MERCATOR}:
            raise BadQuestion("'outSR' is not one that this demo can project to")
        geometry = params.get("returnGeometry", "true").lower() != "false"
        return {
            "objectIdFieldName": "OBJECTID",
            "geometryType": "esriGeometryPoint",
            "spatialReference": {"wkid": projected},
            "fields": _layer_fields(columns),
            "exceededTransferLimit": offset + size < len(calls),
            "features": [
                _feature_of_call(call, columns, now, projected if geometry else None) for call in page
            ],
        }

    def _matching(self, query: Mapping[str, str], now: int) -> list[SimulatedCall]:
        tests = [_typed_condition(condition) for condition in conditions(query.get("where", "1=1"))]
        if query.get("objectIds"):
            tests.append(Condition("OBJECTID", "IN", {int(text) for text in query["objectIds"].split(",")}))
        elif "where" not in query:
            raise BadQuestion("'where' parameter is required")
        return [
            call
            for call in self._held(tests, now)
            if all(test.holds(_COLUMNS[test.column][1](call, now)) for test in tests)
        ]

    def _held(self, tests: list[Condition], now: int) -> Iterable[SimulatedCall]:
        """The calls to look at: only the hours that the question can mean."""
        start = (now // _DAY - self.history_days) * _DAY
        edited = [
            test.value for test in tests if test.column == "LASTEDIT" and test.operator in {">", ">=", "="}
        ]
        since = max((int(value) // 1000 for value in edited if isinstance(value, int)), default=0)
        if since > start:
            return (
                call for call in self.dispatch.edited_between(since, now + 1) if call.received_at >= start
            )
        return self.dispatch.calls_between(start, now + 1)


def _typed_condition(condition: Condition) -> Condition:
    column = condition.column.upper()
    if column not in _COLUMNS:
        raise BadQuestion("'where' clause names a column that the layer does not have")
    literal = condition.value
    if _COLUMNS[column][0] == "Date" and isinstance(literal, str):
        literal = _literal(f"timestamp '{literal}'")
    if (
        literal is not None
        and condition.operator != "IN"
        and isinstance(literal, str) != (_COLUMNS[column][0] == "String")
    ):
        raise BadQuestion("'where' clause compares unlike things")
    return Condition(column, condition.operator, literal)


def _calls_in_order(calls: list[SimulatedCall], order: str, now: int) -> list[SimulatedCall]:
    for part in reversed([part.split() for part in order.split(",") if part.strip()]):
        column = part[0].upper()
        if column not in _COLUMNS:
            raise BadQuestion("'orderByFields' names a column that the layer does not have")
        get = _COLUMNS[column][1]
        down = len(part) > 1 and part[1].upper() == "DESC"
        calls = sorted(calls, key=lambda call: _sort_key(get(call, now)), reverse=down)
    return calls


def _sort_key(value: Value) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0


def _out_fields(names_text: str) -> list[str]:
    if names_text.strip() == "*":
        return list(_COLUMNS)
    names = [name.strip().upper() for name in names_text.split(",") if name.strip()]
    if any(name not in _COLUMNS for name in names):
        raise BadQuestion("'outFields' parameter is invalid")
    return names


def _layer_fields(names: Iterable[str]) -> list[Json]:
    return [{"name": name, "type": f"esriFieldType{_COLUMNS[name][0]}", "alias": name} for name in names]


def _feature_of_call(call: SimulatedCall, columns: list[str], now: int, projected: int | None) -> Json:
    feature: Json = {"attributes": {name: _COLUMNS[name][1](call, now) for name in columns}}
    if projected is not None:
        x, y = {"zero": (0.0, 0.0), "swapped": (call.lat, call.lon)}.get(
            call.fault or "", (call.lon, call.lat)
        )
        feature["geometry"] = {"x": x, "y": y} if projected == _WGS84 else _mercator_point(x, y)
    return feature


def _mercator_point(lon: float, lat: float) -> dict[str, float]:
    """Project to Web Mercator metres (EPSG:3857)."""
    radius = 6_378_137.0
    return {
        "x": math.radians(lon) * radius,
        "y": math.log(math.tan(math.pi / 4 + math.radians(max(-89.0, min(89.0, lat))) / 2)) * radius,
    }


def _int_parameter(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise BadQuestion(f"'{name}' parameter is invalid")
    return int(text)


def _true(text: str | None) -> bool:
    return (text or "").lower() == "true"
