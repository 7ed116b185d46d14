"""A dataset of a Socrata portal over given rows, as SODA 2.1 describes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from loopback.server import Reply, Request
from loopback.table import BadClauseError, Row, Table

_NO_EVENT: Callable[[int], None] = lambda _number: None  # noqa: E731 - a default that does nothing


def soda_rows(rows: Sequence[Mapping[str, Any]], updated_at: str = "2024-01-01T00:00:00.000Z") -> list[Row]:
    """Return rows with the system columns that Socrata gives to each."""
    return [
        {":id": f"row-{number:06d}", ":updated_at": updated_at, **row} for number, row in enumerate(rows, 1)
    ]


@dataclass
class Dataset:
    """*nested* names columns that hold JSON. *before_query* is called with the number of the coming query."""

    table: Table
    token: str | None = None
    nested: frozenset[str] = frozenset()
    before_query: Callable[[int], None] = _NO_EVENT
    queries: int = field(default=0, init=False)

    def __call__(self, request: Request) -> Reply:
        if self.token is not None and request.headers.get("x-app-token") != self.token:
            refusal = {"code": "permission_denied", "error": True, "message": "Invalid app_token specified"}
            return Reply.json(refusal, 403)
        if not request.path.endswith(".json"):
            return Reply.json({"code": "not_found", "error": True, "message": "Not found"}, 404)
        self.queries += 1
        self.before_query(self.queries)
        try:
            return self._query(request.params)
        except BadClauseError as error:
            return self._no_such_column(error.column)

    def _query(self, params: Mapping[str, str]) -> Reply:
        public = tuple(column for column in self.table.columns if not column.startswith(":"))
        columns = tuple(params["$select"].split(",")) if "$select" in params else public
        if columns == (":*", "*"):
            columns = tuple(self.table.columns)
        for column in columns:
            if column not in self.table.columns:
                return self._no_such_column(column)
        rows = self.table.select(
            params.get("$where", ""),
            params.get("$order", ""),
            min(int(params.get("$limit", 1000)), 50_000),
            int(params.get("$offset", 0)),
        )
        body = [{c: self._value(c, row[c]) for c in columns if row[c] is not None} for row in rows]
        return Reply.json(body, x_soda2_fields=orjson.dumps(columns).decode())

    def _value(self, column: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        return orjson.loads(value) if column in self.nested else value

    def _no_such_column(self, column: str | None) -> Reply:
        message = (
            f"Query coordinator error: query.soql.no-such-column; No such column: {column}; position: Map()"
        )
        body = {
            "message": message,
            "errorCode": "query.soql.no-such-column",
            "data": {"data": {"column": column}, "column": column, "dataset": "alpha.42"},
        }
        return Reply.json(body, 400)
