"""A layer of an ArcGIS Feature Service over given rows, with the query operation of its REST reference."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from blocklight.intake.connectors.recording import replay_lines
from loopback.server import Reply, Request
from loopback.table import BadClauseError, Table

_NO_EVENT: Callable[[int], None] = lambda _number: None  # noqa: E731 - a default that does nothing


def _error(code: int, message: str) -> Reply:
    return Reply.json({"error": {"code": code, "message": message, "details": []}})


@dataclass
class Layer:
    """*before_query* is called with the number of the query that is about to be answered."""

    table: Table
    object_id: str | None = "OBJECTID"
    dates: frozenset[str] = frozenset()
    max_record_count: int = 1000
    supports_pagination: bool = True
    tells_limit: bool = True
    time_zone: str | None = None
    point: tuple[str, str] | None = None
    before_query: Callable[[int], None] = _NO_EVENT
    queries: int = field(default=0, init=False)

    def __call__(self, request: Request) -> Reply:
        if not request.path.endswith("/query"):
            return Reply.json(self._description())
        self.queries += 1
        self.before_query(self.queries)
        try:
            return self._query(request.params)
        except BadClauseError:
            return _error(400, "Failed to execute query.")

    def _description(self) -> dict[str, Any]:
        return {
            "currentVersion": 10.91,
            "name": "Active incidents",
            "type": "Feature Layer",
            "maxRecordCount": self.max_record_count,
            **({"objectIdField": self.object_id} if self.object_id else {}),
            "advancedQueryCapabilities": {"supportsPagination": self.supports_pagination},
            **({"dateFieldsTimeReference": {"timeZone": self.time_zone}} if self.time_zone else {}),
            "fields": self._fields(self.table.columns),
        }

    def _fields(self, columns: Iterable[str]) -> list[dict[str, str]]:
        return [
            {"name": c, "alias": c, "type": self._type(c)} for c in columns if c not in (self.point or ())
        ]

    def _type(self, column: str) -> str:
        if column == self.object_id:
            return "esriFieldTypeOID"
        return "esriFieldTypeDate" if column in self.dates else "esriFieldTypeString"

    def _query(self, params: Mapping[str, str]) -> Reply:
        if "where" not in params and "objectIds" not in params:
            return _error(400, "'where' or 'objectIds' must be specified")
        if not self.supports_pagination and params.keys() & {"resultOffset", "resultRecordCount"}:
            return _error(400, "Pagination is not supported.")
        clauses = [params["where"]] if "where" in params else []
        if "objectIds" in params:
            clauses.append(f"{self.object_id} in ({params['objectIds']})")
        where = " and ".join(f"({clause})" for clause in clauses)
        if params.get("returnIdsOnly") == "true":
            ids = [row[self.object_id or ""] for row in self.table.select(where)]
            return Reply.json({"objectIdFieldName": self.object_id, "objectIds": ids or None})
        wanted = params.get("outFields", "*")
        columns = self.table.columns if wanted == "*" else tuple(wanted.split(","))
        if not set(columns) <= set(self.table.columns) - set(self.point or ()):
            return _error(400, "'outFields' parameter is invalid")
        asked = int(params.get("resultRecordCount", self.max_record_count))
        limit = min(asked, self.max_record_count)
        offset = int(params.get("resultOffset", 0))
        rows = self.table.select(where, params.get("orderByFields", ""), limit + 1, offset)
        more = len(rows) > limit
        geometry = params.get("returnGeometry") != "false" and self.point is not None
        return Reply.json(
            {
                **({"objectIdFieldName": self.object_id} if self.object_id else {}),
                "fields": self._fields(columns),
                "spatialReference": {"wkid": int(params.get("outSR", 2278)), "latestWkid": 4326},
                "features": [self._feature(row, columns, geometry=geometry) for row in rows[:limit]],
                **({"exceededTransferLimit": True} if more and self.tells_limit else {}),
            }
        )

    def _feature(self, row: Mapping[str, Any], columns: Iterable[str], *, geometry: bool) -> dict[str, Any]:
        attributes = {column: row[column] for column in columns}
        if not geometry or self.point is None:
            return {"attributes": attributes}
        return {"attributes": attributes, "geometry": {"x": row[self.point[0]], "y": row[self.point[1]]}}


class RecordedLayer:
    """Answers every query with the recorded body whose turn it is; ``turn()`` brings the next one on."""

    def __init__(self, recording: Path) -> None:
        self._lines = replay_lines(recording)
        self.body = b""

    def turn(self) -> bool:
        """Bring on the next body; false when there is none."""
        line = next(self._lines, None)
        if line is not None:
            self.body = line[1]
        return line is not None

    def __call__(self, request: Request) -> Reply:
        del request
        return Reply(200, (self.body,), {"content-type": "application/json"})


def turning(layer: RecordedLayer) -> Callable[[Request], Reply]:
    """Bring on the next body with every request, and stay at the last one."""

    def answer(request: Request) -> Reply:
        layer.turn()
        return layer(request)

    return answer


def error_body(code: int) -> Reply:
    """Answer with an error inside HTTP 200, as ArcGIS does."""
    return Reply(200, (orjson.dumps({"error": {"code": code, "message": "no", "details": []}}),))
