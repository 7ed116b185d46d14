"""The same calls served by one feed of each platform and shape, so that one test speaks to all of them."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from blocklight.config.city import SourceSpec
from loopback.arcgis import Layer
from loopback.documents import Document, Portal, as_atom, as_csv, as_json, as_page
from loopback.server import App, Loopback, Reply, Request, serving
from loopback.soda import Dataset
from loopback.table import Row, Table

MONDAY = datetime(2024, 3, 4, 6, 0, tzinfo=UTC)
DOCUMENTS = {"json": as_json, "feed": as_atom, "html": as_page, "files": as_csv}
BY_HTTP = ("arcgis in ranges", "arcgis in lists", "arcgis by offset", "socrata", "ckan", *DOCUMENTS)
SHAPES = (*BY_HTTP, "sql")
ONE_QUESTION = tuple(DOCUMENTS)
_ADDRESSES = {"arcgis": "FeatureServer/0", "socrata": "resource/abcd-1234.json", "ckan": "dataset/calls"}
_COLUMNS = ("number", "received", "type", "lon", "lat", "edited")


@dataclass
class Requests:
    """An Open311 server: the requests of a span of time, the newest first, page by page."""

    table: Table
    before_query: Callable[[int], None] | None = None

    def __call__(self, request: Request) -> Reply:
        since, until = (request.params[name].removesuffix("Z") for name in ("start_date", "end_date"))
        size, page = (
            int(request.params.get(name, usual)) for name, usual in (("page_size", 50), ("page", 1))
        )
        rows = self.table.select(f"received >= '{since}' and received < '{until}'", "received desc")
        found = [
            {**row, "service_request_id": row["number"], "requested_datetime": f"{row['received']}Z"}
            for row in rows
        ]
        return Reply.json(found[(page - 1) * size : page * size])


@dataclass
class Database:
    """A file of SQLite that is read by a query, in one question: there are no pages to disturb."""

    file: str
    before_query: Callable[[int], None] | None = None

    def __call__(self, _: Request) -> Reply:
        raise AssertionError("a database is not asked over HTTP")


@dataclass
class Feed:
    """A running feed; call *n* was received and last edited *n* minutes after ``MONDAY``."""

    shape: str
    table: Table
    app: "Layer | Dataset | Portal | Document | Requests | Database"
    server: Loopback

    @property
    def platform(self) -> str:
        return self.shape.split(" ", maxsplit=1)[0]

    def source(self, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
        """Return how a city file would describe this feed."""
        convert = "epoch_ms" if self.is_arcgis else "local"
        plain: dict[str, Any] = {
            "id": "calls",
            "label": "Calls",
            "connector": self.platform,
            "url": f"{self.server.url}/{_ADDRESSES.get(self.platform, 'calls')}",
            "key": ["number"],
            "closes": "never",
            "page_size": 10,
            "timeout_s": 30,
            "fields": {
                "received_at": {"from": "received", "convert": convert},
                "source_type": "type",
                "agency": {"default": "fire"},
                "lon": {"from": "lon", "convert": "float"},
                "lat": {"from": "lat", "convert": "float"},
            },
        }
        if self.platform == "json":
            plain["records"] = "result.calls"
        if isinstance(self.app, Database):
            plain |= {"url": f"sqlite:///{self.app.file}", "query": "SELECT * FROM t"}
        return SourceSpec.model_validate(plain | changes)

    @property
    def is_arcgis(self) -> bool:
        return self.shape.startswith("arcgis")

    def on_query(self, event: Callable[[int], None]) -> None:
        """Call *event* with the number of each coming query."""
        self.app.before_query = event

    def add(self, *numbers: int, edited: int | None = None) -> None:
        self.table.insert(row_of(self.shape, number, edited) for number in numbers)

    def edit(self, number: int, minute: int, **changes: object) -> None:
        """Change a call, *minute* minutes after ``MONDAY``."""
        self.table.update(f"number = '{number}'", edited=at(self.shape, minute), **changes)

    def remove(self, number: int) -> None:
        self.table.delete(f"number = '{number}'")


def at(shape: str, minute: float) -> int | str:
    """Return a minute after ``MONDAY`` in a platform's notation."""
    when = MONDAY + timedelta(minutes=minute)
    if shape.startswith("arcgis"):
        return round(when.timestamp() * 1000)
    return when.replace(tzinfo=None).isoformat(timespec="milliseconds")


def row_of(shape: str, number: int, edited: int | None = None) -> Row:
    """Return call *number* as a row."""
    row: Row = {
        "number": str(number),
        "received": at(shape, number),
        "type": "CAR FIRE",
        "lon": -95.3,
        "lat": 29.7,
        "edited": at(shape, number if edited is None else edited),
    }
    return {**_system(shape, number), **row}


def _system(shape: str, number: int) -> Row:
    if shape.startswith("arcgis"):
        return {"OBJECTID": number}
    if shape == "ckan":
        return {"_id": number}
    return {":id": f"row-{number:06d}"} if shape == "socrata" else {}


@contextmanager
def feed(shape: str, count: int, *, wrap: Callable[[App], App] = lambda app: app) -> Iterator[Feed]:
    """Serve calls 1 to *count*; *wrap* may put something between the feed and the wire."""
    if shape == "sql":
        with _database() as running:
            running.add(*range(1, count + 1))
            yield running
        return
    table, app = _served(shape)
    with serving(wrap(app)) as server:
        running = Feed(shape, table, app, server)
        running.add(*range(1, count + 1))
        yield running
    table.close()


@contextmanager
def _database() -> Iterator[Feed]:
    with tempfile.TemporaryDirectory(prefix="blocklight-calls-") as folder:
        file = f"{folder}/calls.sqlite3"
        table = Table(_COLUMNS, (), file=file)
        yield Feed("sql", table, Database(file), Loopback("", [], threading.Event()))
        table.close()


def _served(shape: str) -> "tuple[Table, Layer | Dataset | Portal | Document | Requests]":
    if shape in DOCUMENTS:
        table = Table(_COLUMNS, ())
        return table, Document(table, DOCUMENTS[shape])
    if shape == "open311":
        table = Table(_COLUMNS, ())
        return table, Requests(table)
    if shape == "ckan":
        table = Table(("_id", *_COLUMNS), ())
        return table, Portal(table)
    if shape == "socrata":
        table = Table((":id", ":updated_at", *_COLUMNS), ())
        return table, Dataset(table)
    table = Table(("OBJECTID", *_COLUMNS), ())
    return table, Layer(
        table,
        object_id=None if shape == "arcgis by offset" else "OBJECTID",
        supports_pagination=shape != "arcgis in lists",
        max_record_count=10,
        dates=frozenset({"received", "edited"}),
    )


def numbers(rows: list[Mapping[str, Any]]) -> list[int]:
    """Return the numbers of calls in rows."""
    return [int(row["number"]) for row in rows]
