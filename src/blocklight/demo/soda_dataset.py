"""Answers as a Socrata dataset does, with the 311 desk's table.

The protocol: https://dev.socrata.com/docs/queries/ ($select, $where, $order, $limit, $offset).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blocklight.demo.arcgis_layer import BadQuestion, Condition, conditions
from blocklight.demo.dispatch import ZONE
from blocklight.demo.request_desk import LONGEST_LIFE_HOURS, RequestDesk, SimulatedRequest

_DAY = 86_400
_DEFAULT_ROWS, _MOST_ROWS = 1000, 50_000

Getter = Callable[[SimulatedRequest, int], Any]


def zulu(at: int) -> str:
    """Write a system time: UTC with a Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def floating(at: int) -> str:
    """Write a floating timestamp: the city's wall clock, with no zone said."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S.000")


def _request_status(request: SimulatedRequest, now: int) -> str:
    if request.closed_at <= now:
        return "Closed"
    return "In review" if request.reviewed_at <= now else "Open"


_COLUMNS: dict[str, Getter] = {
    ":id": lambda request, _: f"row-{request.number:x}",
    ":created_at": lambda request, _: zulu(request.received_at),
    ":updated_at": lambda request, now: zulu(request.edited_at(now)),
    "request_id": lambda request, _: f"R{request.number}",
    "opened": lambda request, _: floating(request.received_at),
    "closed": lambda request, now: floating(request.closed_at) if request.closed_at <= now else None,
    "updated": lambda request, now: floating(request.edited_at(now)),
    "service": lambda request, _: request.kind.text,
    "agency": lambda request, _: request.kind.agency,
    "status": _request_status,
    "outcome": lambda request, now: request.ending if request.closed_at <= now else None,
    "channel": lambda request, _: request.channel,
    "address": lambda request, _: request.address,
    "neighborhood": lambda request, _: request.spot.neighborhood or None,
    "location": lambda request, _: {"type": "Point", "coordinates": [request.lon, request.lat]},
    "description": lambda request, _: (
        f"Reported by {request.channel.lower()}, caller 555-01{request.number % 100:02d}"
    ),
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """The table of one 311 desk, holding the requests of the last *history_days*."""

    desk: RequestDesk
    history_days: int

    def query(self, params: Mapping[str, str], now: int) -> list[dict[str, object]]:
        """Answer a SODA 2.1 query as the table stands at *now*; empty columns are left out, as there."""
        tests = [_typed_test(test) for test in conditions(params.get("$where", "1=1"))]
        rows = [
            request
            for request in self.desk.requests_between(self._from(tests, now), now + 1)
            if all(test.holds(_COLUMNS[test.column](request, now)) for test in tests)
        ]
        rows = _requests_in_order(rows, params.get("$order", ":id"), now)
        offset, limit = (
            _soda_int(params, "$offset", 0),
            min(_soda_int(params, "$limit", _DEFAULT_ROWS), _MOST_ROWS),
        )
        columns = _selected(params.get("$select", "*"))
        return [_row_of_request(request, columns, now) for request in rows[offset : offset + limit]]

    def _from(self, tests: list[Condition], now: int) -> int:
        """The first moment whose requests the question can mean."""
        start = (now // _DAY - self.history_days) * _DAY
        for test in tests:
            if test.column == ":updated_at" and test.operator in {">", ">="}:
                since = datetime.fromisoformat(str(test.value)).replace(tzinfo=UTC)
                start = max(start, int(since.timestamp()) - LONGEST_LIFE_HOURS * 3600)
        return start


def _typed_test(test: Condition) -> Condition:
    if test.column not in _COLUMNS:
        raise BadQuestion(test.column)
    if test.column in {":updated_at", ":created_at"} and isinstance(test.value, str):
        try:
            moment = datetime.fromisoformat(test.value).replace(tzinfo=UTC)
        except ValueError:
            raise BadQuestion(test.column) from None
        return Condition(
            test.column, test.operator, moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment:%f}"[:3] + "Z"
        )
    return test


def _requests_in_order(rows: list[SimulatedRequest], order: str, now: int) -> list[SimulatedRequest]:
    for part in reversed([part.split() for part in order.split(",") if part.strip()]):
        if part[0] not in _COLUMNS:
            raise BadQuestion(part[0])
        get, down = _COLUMNS[part[0]], len(part) > 1 and part[1].upper() == "DESC"
        rows = sorted(rows, key=lambda row: str(get(row, now) or ""), reverse=down)
    return rows


def _selected(names_text: str) -> list[str]:
    columns: list[str] = []
    for name in (part.strip() for part in names_text.split(",")):
        if name == "*":
            columns += [column for column in _COLUMNS if not column.startswith(":")]
        elif name == ":*":
            columns += [column for column in _COLUMNS if column.startswith(":")]
        elif name in _COLUMNS:
            columns.append(name)
        else:
            raise BadQuestion(name)
    return columns


def _row_of_request(request: SimulatedRequest, columns: list[str], now: int) -> dict[str, object]:
    row = {column: _COLUMNS[column](request, now) for column in columns}
    return {column: value for column, value in row.items() if value is not None}


def _soda_int(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if text and not text.isdecimal():
        raise BadQuestion(name)
    return int(text) if text else default
