"""The shapes of what an ArcGIS server says: layers, errors and features, read leniently and without I/O."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blocklight.errors import SourceChanged
from blocklight.intake.record import Coded, RawRecord
from blocklight.intake.values.shapes import middle_of

_NUMBER = (int, float)  # made once: this is asked twice of every row
_SHAPES = frozenset({"paths", "rings", "points", "curvePaths", "curveRings"})
# A service may have hundreds of layers, and a person reads the message.
_MOST_TOLD = 20

_TOKEN_REQUIRED, _TOKEN_INVALID = 499, 498
# What each code of a column stands for: codes are texts or numbers.
WordOfCode = dict[Any, str]
# What ArcGIS means by its codes, those of which a person can do something about.
_ERRORS = {
    _TOKEN_REQUIRED: "token required",
    _TOKEN_INVALID: "invalid token",
    401: "login required",
    403: "access refused",
    404: "no such layer",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer says about itself; each member has a meaning for a far side that says nothing.

    *page* is how many rows to ask for at once, *limit* how many the layer gives at most, *words* what the
    codes of a column stand for.
    """

    object_id: str | None
    page: int
    limit: int | None
    pages: bool
    utc: bool
    columns: frozenset[str]
    words: Mapping[str, WordOfCode]

    @classmethod
    def of(cls, description: Mapping[str, object], page_size: int) -> "Layer":
        """Read a layer's description; *page_size* rows are asked for at once where it allows.

        Raises ``SourceChanged`` for what has no rows of its own: a service, or a layer of other layers.
        """
        _expect_rows(description)
        limit = description.get("maxRecordCount")
        limit = limit if isinstance(limit, int) and limit > 0 else None
        skills = description.get("advancedQueryCapabilities")
        skills = skills if isinstance(skills, dict) else {}
        times = description.get("dateFieldsTimeReference")
        zone = times.get("timeZone") if isinstance(times, dict) else None
        return cls(
            object_id=_object_id(description),
            page=max(2, min(page_size, limit or page_size)),
            limit=limit,
            pages=bool(skills.get("supportsPagination", description.get("supportsPagination", False))),
            utc=zone in (None, "", "UTC") and not description.get("datesInUnknownTimezone"),
            columns=frozenset(column_names(description)),
            words=coded_words(description),
        )


def _expect_rows(description: Mapping[str, object]) -> None:
    kind = description.get("type")
    is_group = kind == "Group Layer" or (bool(description.get("subLayers")) and not description.get("fields"))
    is_service = kind is None and "fields" not in description and isinstance(description.get("layers"), list)
    if is_group or is_service:
        found_kind = "a group layer" if is_group else "a service of several layers"
        layers = description.get("subLayers") if is_group else description["layers"]
        raise SourceChanged(
            f"{found_kind}, which has no rows of its own: name one of its layers", detail=named_layers(layers)
        )
    if kind == "Raster Layer":
        raise SourceChanged("a raster layer, which has no rows")


def named_layers(layers: Any) -> str:  # noqa: ANN401 - a far side may answer with any JSON value
    """The numbers of layers with their names, for a person to choose from."""
    tables = [layer for layer in layers or () if isinstance(layer, Mapping)]
    return "; ".join(f"{layer.get('id')} is {layer.get('name')}" for layer in tables[:_MOST_TOLD])


def coded_words(description: Mapping[str, object]) -> dict[str, WordOfCode]:
    """For each column with a domain of coded values what its codes stand for.

    A layer's subtypes give the words of the column that tells them apart, and may give other domains to the
    rows of one subtype: where those contradict each other, the code is left as it is.
    """
    words: dict[str, WordOfCode] = {}
    fields = description.get("fields")
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and "name" in field:
            _add_words(words, str(field["name"]), field.get("domain"))
    for kinds, column in (("types", "typeIdField"), ("subtypes", "subtypeField")):
        subtypes, name = description.get(kinds), description.get(column)
        for subtype in subtypes if isinstance(subtypes, list) else ():
            if not isinstance(subtype, dict):
                continue
            code = subtype.get("id", subtype.get("code"))
            if isinstance(name, str) and name and isinstance(subtype.get("name"), str):
                words.setdefault(name, {})[code] = subtype["name"]
            domains = subtype.get("domains")
            for inner, domain in domains.items() if isinstance(domains, dict) else ():
                _add_words(words, str(inner), domain)
    return words


def _add_words(words: dict[str, WordOfCode], column: str, domain: object) -> None:
    values = domain.get("codedValues") if isinstance(domain, dict) else None
    for value in values if isinstance(values, list) else ():
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            continue
        code, name = value.get("code"), value["name"]
        if not isinstance(code, str | int | float):
            continue
        of_column = words.setdefault(column, {})
        if of_column.setdefault(code, name) != name:  # another subtype calls it otherwise
            of_column[code] = str(code)


def with_coded_words(row: RawRecord, words: Mapping[str, Mapping[object, str]]) -> RawRecord:
    """A row with the words of its codes; a code without one stays as it is."""
    coded = {
        column: Coded(name, row[column])
        for column, names in words.items()
        if isinstance(row.get(column), str | int | float) and (name := names.get(row[column])) is not None
    }
    return {**row, **coded} if coded else row


def named_error(code: int) -> str:
    """The text of an error with its code, and with its cause where a person can do something."""
    return f"ArcGIS error {code}" + (f": {_ERRORS[code]}" if code in _ERRORS else "")


def error_code(error: object) -> int:
    """The code of an error document, 0 where it has none."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 0


def column_names(description: Mapping[str, object]) -> set[str]:
    """The columns that a layer or an answer declares."""
    fields = description.get("fields")
    fields = fields if isinstance(fields, list) else []
    return {str(field["name"]) for field in fields if isinstance(field, dict) and "name" in field}


def _object_id(description: Mapping[str, object]) -> str | None:
    for name in ("objectIdField", "objectIdFieldName"):
        if isinstance(description.get(name), str) and description[name]:
            return str(description[name])
    fields = description.get("fields")
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, dict) and field.get("type") == "esriFieldTypeOID" and "name" in field:
            return str(field["name"])
    return None


def to_row(feature: Any) -> RawRecord:  # noqa: ANN401 - a far side may answer with any JSON value
    """A feature's columns and its point as ``__lon``, ``__lat``, its lines or rings as ``__shape``.

    Of those, and of several points, the point is the middle of what they span.

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
        if geometry.keys() & _SHAPES:
            return {**attributes, **_middle_columns(geometry), "__shape": geometry}
    return attributes


def _middle_columns(geometry: Mapping[str, object]) -> RawRecord:
    try:
        point = middle_of(geometry)
    except ValueError:
        return {}
    return {} if point is None else {"__lon": point[0], "__lat": point[1]}


def _is_number(value: object) -> bool:
    return isinstance(value, _NUMBER) and math.isfinite(value)
