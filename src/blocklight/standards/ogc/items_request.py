"""Reads a request for items as one typed value, or says what is wrong with it and where."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from blocklight.query.conditions import AllOf, Comparison, Condition, Constant, FieldRef
from blocklight.query.fields import Field, FieldType
from blocklight.query.region import Region, within_box
from blocklight.standards.cql2.conditions import CQL2_LITERALS, ConditionBuilder
from blocklight.standards.cql2.parsing import parse_cql2_text
from blocklight.standards.cql2.reading_json import parse_cql2_json
from blocklight.standards.ogc.collections import Collection
from blocklight.standards.ogc.errors import OgcError
from blocklight.standards.ogc.systems import ReferenceSystem, system_of
from blocklight.standards.operands import LiteralValue, Mistake, NamedField, moment_of_text, number_of_text

# Items of one page; a greater ``limit`` means this.
MOST_ITEMS = 10_000

USUAL_ITEMS = 1_000
_MOST_OFFSET = 2**31
_LONGEST = 200_000
_DAY = len("2026-01-31")
_BOX_SIDES = (4, 6)
_BBOX, _DATETIME = "bbox", "datetime"
_GENERAL = (
    "f", "limit", "offset", "after", _BBOX, "bbox-crs", "crs", "filter", "filter-lang", "filter-crs",
)  # fmt: skip
_LANGUAGES: Mapping[str, Callable[[str, ConditionBuilder], Condition]] = {
    "cql2-text": parse_cql2_text,
    "cql2-json": parse_cql2_json,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsRequest:
    """Which items are asked for; *after* is where the last page ended in the change log."""

    where: Condition | None
    region: Region | None
    since: datetime | None
    until: datetime | None
    limit: int
    offset: int
    after: int | None
    system: ReferenceSystem


def read_items_request(query_params: Mapping[str, str], collection: Collection) -> ItemsRequest:
    """Read the parameters of a request; raises ``OgcError``, also for one that is not known."""
    times = (_DATETIME,) if collection.has_times else ()
    allowed = {*_GENERAL, *times, *collection.fields}
    for name, text in query_params.items():
        if name not in allowed:
            raise OgcError("no such parameter, and no property of this name", parameter=name[:40])
        if len(text) > _LONGEST:
            raise OgcError(f"longer than {_LONGEST:,} letters", parameter=name)
    since, until = _datetime_bounds(query_params.get(_DATETIME))
    return ItemsRequest(
        where=_request_condition(query_params, collection),
        region=_bbox_region(query_params),
        since=since,
        until=until,
        limit=min(_whole_number(query_params, "limit", 1) or USUAL_ITEMS, MOST_ITEMS),
        offset=_whole_number(query_params, "offset", 0) or 0,
        after=_whole_number(query_params, "after", 0),
        system=system_of(query_params.get("crs"), "crs"),
    )


def _whole_number(query_params: Mapping[str, str], name: str, minimum: int) -> int | None:
    text = query_params.get(name)
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < _DAY * 2 else -1
    if number < minimum:
        raise OgcError(f"expected a whole number of at least {minimum}", parameter=name)
    return min(number, _MOST_OFFSET if name == "offset" else 2**62)


def _request_condition(query_params: Mapping[str, str], collection: Collection) -> Condition | None:
    parts = [
        _equal(collection.fields[name], text)
        for name, text in query_params.items()
        if name in collection.fields
    ]
    if (text := query_params.get("filter")) is not None:
        parts.append(_filter_condition(text, query_params, collection))
    selecting = [part for part in parts if part != Constant(value=True)]
    if not selecting:
        return None
    return selecting[0] if len(selecting) == 1 else AllOf(tuple(selecting))


def _equal(field: Field, text: str) -> Condition:
    """Choose by a property's value, as a query parameter of its name asks."""
    try:
        value = number_of_text(text) if field.type is FieldType.WHOLE else text
        return Comparison(
            FieldRef(field.name), "=", CQL2_LITERALS.typed(LiteralValue(value), NamedField(field))
        )
    except (Mistake, ValueError) as mistake:
        raise OgcError(_reason(mistake, "expected a number"), parameter=field.name) from None


def _reason(error: Exception, otherwise: str) -> str:
    return str(error) if isinstance(error, Mistake) else otherwise


def _filter_condition(text: str, query_params: Mapping[str, str], collection: Collection) -> Condition:
    language = query_params.get("filter-lang", "cql2-text")
    parse = _LANGUAGES.get(language)
    if parse is None:
        raise OgcError(f"expected one of {', '.join(_LANGUAGES)}", parameter="filter-lang")
    system = system_of(query_params.get("filter-crs"), "filter-crs")
    try:
        return parse(text, ConditionBuilder(collection.fields, system.to_degrees))
    except Mistake as mistake:
        position = None if mistake.at is None else mistake.at + 1
        raise OgcError(str(mistake), parameter="filter", position=position) from None


def _bbox_region(query_params: Mapping[str, str]) -> Region | None:
    text = query_params.get(_BBOX)
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    # Of six numbers the third and the last are heights, which no feature has.
    if len(numbers) not in _BOX_SIDES or not all(map(math.isfinite, numbers)):
        raise OgcError("expected west,south,east,north", parameter=_BBOX)
    half = len(numbers) // 2
    system = system_of(query_params.get("bbox-crs"), "bbox-crs")
    corners = system.to_degrees(np.array([numbers[:2], numbers[half : half + 2]]))
    (west, south), (east, north) = corners.tolist()
    if south > north:
        raise OgcError("its south lies north of its north", parameter=_BBOX)
    return within_box(west, south, east, north)


def _datetime_bounds(text: str | None) -> tuple[datetime | None, datetime | None]:
    """Read a time, or two with a slash between them of which ``..`` or nothing leaves one open."""
    if not text:
        return None, None
    parts = text.split("/")
    try:
        if len(parts) == 1:
            return _first_moment(text), _last_moment(text)
        start, end = parts
        since = None if start in ("", "..") else _first_moment(start)
        until = None if end in ("", "..") else _last_moment(end)
    except (Mistake, ValueError):
        raise OgcError(
            "expected a time such as 2026-01-31T08:00:00Z, or two with a slash between them, of which "
            "one may be ..",
            parameter=_DATETIME,
        ) from None
    if since is not None and until is not None and since > until:
        raise OgcError("it ends before it begins", parameter=_DATETIME)
    return since, until


def _first_moment(text: str) -> datetime:
    return moment_of_text(text)


def _last_moment(text: str) -> datetime:
    """The moment itself, or the end of a day that is written without a time."""
    moment = moment_of_text(text)
    return moment + timedelta(days=1, milliseconds=-1) if len(text) <= _DAY else moment
