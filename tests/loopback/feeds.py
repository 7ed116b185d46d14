"""The same calls served by one feed of each platform and shape, so that one test speaks to all of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from blocklight.city import SourceSpec
from loopback.arcgis import Layer
from loopback.server import App, Loopback, serving
from loopback.soda import Dataset
from loopback.table import Row, Table

MONDAY = datetime(2024, 3, 4, 6, 0, tzinfo=UTC)
SHAPES = ("arcgis in ranges", "arcgis in lists", "arcgis by offset", "socrata")
_COLUMNS = ("number", "received", "type", "lon", "lat", "edited")


@dataclass
class Feed:
    """A running feed; call *n* was received and last edited *n* minutes after ``MONDAY``."""

    shape: str
    table: Table
    app: App
    server: Loopback

    def source(self, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
        """Return how a city file would describe this feed."""
        convert = "epoch_ms" if self.is_arcgis else "local"
        plain: dict[str, Any] = {
            "id": "calls",
            "label": "Calls",
            "connector": "arcgis" if self.is_arcgis else "socrata",
            "url": f"{self.server.url}/{'FeatureServer/0' if self.is_arcgis else 'resource/abcd-1234.json'}",
            "key": ["number"],
            "closes": "never",
            "page_size": 10,
            "timeout_s": 5,
            "fields": {
                "received_at": {"from": "received", "convert": convert},
                "source_type": "type",
                "agency": {"default": "fire"},
                "lon": {"from": "lon", "convert": "float"},
                "lat": {"from": "lat", "convert": "float"},
            },
        }
        return SourceSpec.model_validate(plain | changes)

    @property
    def is_arcgis(self) -> bool:
        return self.shape.startswith("arcgis")

    def on_query(self, event: Callable[[int], None]) -> None:
        """Call *event* with the number of each coming query."""
        assert isinstance(self.app, Layer | Dataset)
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
    system = {"OBJECTID": number} if shape.startswith("arcgis") else {":id": f"row-{number:06d}"}
    return {**system, **row}


@contextmanager
def feed(shape: str, count: int, *, wrap: Callable[[App], App] = lambda app: app) -> Iterator[Feed]:
    """Serve calls 1 to *count*; *wrap* may put something between the feed and the wire."""
    if shape.startswith("arcgis"):
        table = Table(("OBJECTID", *_COLUMNS), ())
        app: Layer | Dataset = Layer(
            table,
            object_id=None if shape == "arcgis by offset" else "OBJECTID",
            supports_pagination=shape != "arcgis in lists",
            max_record_count=10,
            dates=frozenset({"received", "edited"}),
        )
    else:
        table = Table((":id", ":updated_at", *_COLUMNS), ())
        app = Dataset(table)
    with serving(wrap(app)) as server:
        running = Feed(shape, table, app, server)
        running.add(*range(1, count + 1))
        yield running
    table.close()


def numbers(rows: list[Mapping[str, Any]]) -> list[int]:
    """Return the numbers of calls in rows."""
    return [int(row["number"]) for row in rows]
