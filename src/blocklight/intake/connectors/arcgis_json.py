"""The shapes of what an ArcGIS server says: layers, errors and features, read leniently and without I/O."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blocklight.intake.record import RawRecord

_NUMBER = (int, float)  # made once: this is asked twice of every row


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer says about itself; each member has a meaning for a far side that says nothing.

    *page* is how many rows to ask for at once, *limit* how many the layer gives at most.
    """

    object_id: str | None
    page: int
    limit: int | None
    pages: bool
    utc: bool
    columns: frozenset[str]

    @classmethod
    def of(cls, told: Mapping[str, Any], wanted: int) -> "Layer":
        """Read a layer's description; *wanted* rows are asked for at once where it allows."""
        limit = told.get("maxRecordCount")
        limit = limit if isinstance(limit, int) and limit > 0 else None
        skills = told.get("advancedQueryCapabilities")
        skills = skills if isinstance(skills, dict) else {}
        times = told.get("dateFieldsTimeReference")
        zone = times.get("timeZone") if isinstance(times, dict) else None
        return cls(
            object_id=_object_id(told),
            page=max(2, min(wanted, limit or wanted)),
            limit=limit,
            pages=bool(skills.get("supportsPagination", told.get("supportsPagination", False))),
            utc=zone in (None, "", "UTC") and not told.get("datesInUnknownTimezone"),
            columns=frozenset(column_names(told)),
        )


def error_code(error: Any) -> int:  # noqa: ANN401 - a far side may answer with any JSON value
    """Return the code of an error document, 0 where it has none."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 0


def column_names(told: Mapping[str, Any]) -> set[str]:
    """Return the columns that a layer or an answer declares."""
    fields = told.get("fields")
    fields = fields if isinstance(fields, list) else []
    return {str(field["name"]) for field in fields if isinstance(field, dict) and "name" in field}


def _object_id(told: Mapping[str, Any]) -> str | None:
    for name in ("objectIdField", "objectIdFieldName"):
        if isinstance(told.get(name), str) and told[name]:
            return str(told[name])
    fields = told.get("fields")
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, dict) and field.get("type") == "esriFieldTypeOID" and "name" in field:
            return str(field["name"])
    return None


def to_row(feature: Any) -> RawRecord:  # noqa: ANN401 - a far side may answer with any JSON value
    """Return a feature's columns and its point as ``__lon``, ``__lat``, its lines or rings as ``__shape``.

    What is no feature becomes a row without columns, so that it is rejected alone.
    """
    attributes = feature.get("attributes") if isinstance(feature, dict) else None
    if not isinstance(attributes, dict):
        return {}
    geometry = feature.get("geometry")
    if isinstance(geometry, dict):
        x, y = geometry.get("x"), geometry.get("y")
        if _is_number(x) and _is_number(y):
            return {**attributes, "__lon": x, "__lat": y}
        if geometry.keys() & {"paths", "rings"}:
            return {**attributes, "__shape": geometry}
    return attributes


def _is_number(value: object) -> bool:
    return isinstance(value, _NUMBER) and math.isfinite(value)
