"""Reads the parameters of a question for service requests; anything that is not known is a mistake."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from blocklight.model.vocabulary import Kind, Status
from blocklight.query.conditions import AllOf, Comparison, Condition, FieldRef, OneOf, Operator
from blocklight.query.selection import Order, Selection, Slice
from blocklight.standards.open311.errors import Open311Error
from blocklight.standards.open311.services import has_service

MOST_REQUESTS = 1_000
_MOST_PAGES = 100_000
_MOST_VALUES = 200
_LONGEST = 4_000
_KNOWN = {
    *("jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status"),
    *("updated_after", "updated_before", "page", "page_size"),
    *("api_key", "extensions"),  # which clients send everywhere; neither changes an answer
}
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:?\d{2})")
_UPDATES: tuple[tuple[str, Operator], ...] = (("updated_after", ">="), ("updated_before", "<="))


@dataclass(frozen=True, slots=True)
class RequestsQuestion:
    """Which requests, and which page of them: newest first."""

    selection: Selection
    part: Slice


def read_question(pairs: Iterable[tuple[str, str]], city: str) -> RequestsQuestion:
    """What *pairs* of a query string ask of a city; raises ``Open311Error``."""
    parameters = _parameters(pairs)
    if parameters.get("jurisdiction_id", city) != city:
        raise Open311Error("jurisdiction_id was not found", status=404)
    conditions = [is_request(), *_conditions(parameters)]
    size = _number(parameters, "page_size", MOST_REQUESTS, MOST_REQUESTS)
    page = _number(parameters, "page", 1, _MOST_PAGES)
    selection = Selection(
        where=AllOf(tuple(conditions)),
        since=_moment(parameters, "start_date"),
        until=_moment(parameters, "end_date"),
    )
    order = (Order("received_at", descending=True), Order("first_seq", descending=True))
    return RequestsQuestion(selection, Slice(order=order, offset=(page - 1) * size, limit=size))


def one_request(id_: str) -> RequestsQuestion:
    """The question for a request by its public id."""
    where = AllOf((is_request(), Comparison(FieldRef("id"), "=", id_[:_LONGEST])))
    return RequestsQuestion(Selection(where=where), Slice(limit=1))


def is_request() -> Condition:
    """What tells requests from calls, which have no place in a 311 interface."""
    return Comparison(FieldRef("kind"), "=", str(Kind.REQUEST))


def _parameters(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    parameters: dict[str, str] = {}
    for name, text in pairs:
        if name not in _KNOWN:
            raise Open311Error("an unknown parameter; see /openapi.json")
        if name in parameters or len(text) > _LONGEST or "\x00" in text:
            raise Open311Error(f"{name}: given twice, or too long")
        parameters[name] = text
    return parameters


def _conditions(parameters: Mapping[str, str]) -> Iterable[Condition]:
    if "service_request_id" in parameters:
        yield OneOf(FieldRef("id"), _values(parameters, "service_request_id"))
    if "service_code" in parameters:
        yield has_service(_values(parameters, "service_code"))
    if "status" in parameters:
        statuses = _values(parameters, "status")
        if not set(statuses) <= set(map(str, Status)):
            raise Open311Error("status: expected open, closed or both with a comma between them")
        yield OneOf(FieldRef("status"), statuses)
    for name, operator in _UPDATES:
        moment = _moment(parameters, name)
        if moment is not None:
            yield Comparison(FieldRef("updated_at"), operator, moment)


def _values(parameters: Mapping[str, str], name: str) -> tuple[str, ...]:
    values = tuple(part.strip() for part in parameters[name].split(",") if part.strip())
    if not 1 <= len(values) <= _MOST_VALUES:
        raise Open311Error(f"{name}: expected 1 to {_MOST_VALUES} values with commas between them")
    return values


def _moment(parameters: Mapping[str, str], name: str) -> datetime | None:
    text = parameters.get(name)
    if text is None:
        return None
    mistake = Open311Error(f"{name}: expected a time like 2026-01-31T08:00:00Z")
    if not _TIME.fullmatch(text):
        raise mistake
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise mistake from None


def _number(parameters: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise Open311Error(f"{name}: expected a number from 1 to {most:,}")
    return int(text)
