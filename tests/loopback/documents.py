"""Rows of a table as one document: a JSON list, an Atom feed, a web page, or a CSV file."""

import csv
import html
import io
from collections.abc import Callable
from dataclasses import dataclass, field

from loopback.server import Reply, Request
from loopback.table import BadClauseError, Row, Table

_NO_EVENT: Callable[[int], None] = lambda _number: None  # noqa: E731 - a default that does nothing
_ATOM = "http://www.w3.org/2005/Atom"
_OURS = "http://example.org/calls"


@dataclass
class Document:
    """*write* makes the document. *before_query* is called with the number of the coming query."""

    table: Table
    write: Callable[[tuple[str, ...], list[Row]], Reply]
    before_query: Callable[[int], None] = _NO_EVENT
    queries: int = field(default=0, init=False)

    def __call__(self, request: Request) -> Reply:  # noqa: ARG002 - the same whatever is asked
        self.queries += 1
        self.before_query(self.queries)
        rows = sorted(self.table.select(""), key=lambda row: int(row["number"]))
        return self.write(self.table.columns, rows)


def as_json(_: tuple[str, ...], rows: list[Row]) -> Reply:
    return Reply.json({"result": {"calls": rows}})


def as_atom(_: tuple[str, ...], rows: list[Row]) -> Reply:
    entries = "".join(
        "<entry>"
        + "".join(f"<c:{name}>{html.escape(str(value))}</c:{name}>" for name, value in row.items())
        + "</entry>"
        for row in rows
    )
    body = (
        f'<?xml version="1.0"?><feed xmlns="{_ATOM}" xmlns:c="{_OURS}"><title>Calls</title>{entries}</feed>'
    )
    return Reply(200, (body.encode(),), {"content-type": "application/atom+xml"})


def as_page(columns: tuple[str, ...], rows: list[Row]) -> Reply:
    def line(cells: list[str], tag: str) -> str:
        return "<TR>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</TR>"

    lines = [line(list(columns), "TH"), *(line([str(row[c]) for c in columns], "TD") for row in rows)]
    body = "<html><h1>Calls &amp; more</h1><table>" + "\n".join(lines) + "</table></html>"
    return Reply(200, (body.encode(),), {"content-type": "text/html"})


def as_csv(columns: tuple[str, ...], rows: list[Row]) -> Reply:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return Reply(200, (text.getvalue().encode(),), {"content-type": "text/csv"})


@dataclass
class Portal:
    """A CKAN portal with one package, whose newest table holds the rows."""

    table: Table
    before_query: Callable[[int], None] = _NO_EVENT
    queries: int = field(default=0, init=False)
    current: str = "today"

    def __call__(self, request: Request) -> Reply:
        if request.path.endswith("/package_show"):
            resources = [
                {"id": "old", "datastore_active": True, "created": "2020-01-01T00:00:00"},
                {"id": self.current, "datastore_active": True, "created": "2024-01-01T00:00:00"},
                {"id": "manual", "datastore_active": False, "created": "2025-01-01T00:00:00"},
            ]
            return _result({"resources": resources})
        if request.params.get("resource_id") != self.current:
            return _error("Not Found Error", 404)
        self.queries += 1
        self.before_query(self.queries)
        offset, limit = int(request.params.get("offset", 0)), int(request.params.get("limit", 100))
        try:
            rows = self.table.select("", request.params.get("sort", ""), limit, offset)
        except BadClauseError:
            return _error("Validation Error", 409)
        return _result({"fields": [{"id": name} for name in self.table.columns], "records": rows})


def _result(value: object) -> Reply:
    return Reply.json({"success": True, "result": value})


def _error(kind: str, status: int) -> Reply:
    return Reply.json(
        {"success": False, "error": {"__type": kind, "message": "select * from secrets"}}, status
    )
