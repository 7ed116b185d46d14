"""Measure the public window: its size for 200,000 real calls, and requests a second against a static file."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import uvloop
from live import uvicorn_server
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route
from table import Table

from blocklight.api.state import Public
from blocklight.app.public_interface import create_public_app
from blocklight.config.city import City, load_city
from blocklight.geo.areas import Areas
from blocklight.geo.exact import SourceKey
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Kind, Status
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

ROWS = 200_000
_CLIENTS = 8
_SECONDS = 4.0
_GOAL_BYTES = 900_000
_GOAL_SHARE = 0.5


def calls(shared: Path, count: int, city: City, *, end: datetime) -> Iterator[PublicIncident]:
    """Yield the newest *count* of the recorded Houston calls as published, moved in time to end at *end*."""
    table = pq.read_table(shared / "cad" / "houston" / "houston_calls_2020_2023.parquet").sort_by("call_min")
    table = table.slice(max(0, table.num_rows - count))
    rules = Rules.of(city, bytes(32))
    last = table["call_min"][-1].as_py()
    for number, row in enumerate(table.to_pylist()):
        category = rules.category(row["incident_type"])
        if not isinstance(category, Category) or not row["lon_e5"]:
            category = Category.MEDICAL
        received_at = end - timedelta(minutes=last - row["call_min"])
        resolution = 8 if category is Category.MEDICAL else 9
        place = mask_point(
            (row["lon_e5"] or -9_536_000) / 1e5, (row["lat_e5"] or 2_976_000) / 1e5, resolution
        )
        yield PublicIncident(
            id=rules.public_id("active", SourceKey(str(number))),
            source="active",
            kind=Kind.CALL,
            agency="fire" if row["agency"] == "F" else "police",
            category=category,
            status=Status.CLOSED,
            received_at=received_at,
            place=place,
            units=row["n_units_max"],
            closed_at=received_at + timedelta(minutes=max(1, row["visible_min"] + 15)),
        )


@contextmanager
def published(shared: Path, count: int) -> Iterator[Any]:
    """Give the application of a city whose window holds *count* calls."""
    city = load_city("houston")
    city = city.model_copy(update={"publish": city.publish.model_copy(update={"window_hours": 24 * 366})})
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/window.sqlite3", city.city.id)
        publisher = Publisher(city, store, now=lambda: now)
        for number, incident in enumerate(calls(shared, count, city, end=now), 1):
            publisher.columns.put_row(incident, number)
        publisher.window.advance(count, retracted=False)
        yield create_public_app(Public(city, store, publisher, Areas(city)))
        store.close()


async def rate(port: int, path: str, size: int) -> float:
    """Return requests a second that a few keep-alive clients get, each reading whole answers."""
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: zstd\r\n\r\n".encode()
    done = 0
    end = time.monotonic() + _SECONDS

    async def client() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        while time.monotonic() < end:
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(size)
            done += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return done / _SECONDS


async def _both(app: Any, path: str, size: int, file: Path) -> tuple[float, float]:  # noqa: ANN401 - ASGI
    task, port = await uvicorn_server(app)
    static = Starlette(
        routes=[Route("/file", lambda _: FileResponse(file, media_type="application/octet-stream"))]
    )
    static_task, static_port = await uvicorn_server(static)
    ours, floor = [], []
    for _ in range(3):
        ours.append(await rate(port, path, size))
        floor.append(await rate(static_port, "/file", size))
    for running in (task, static_task):
        running.cancel()
    return sorted(ours)[1], sorted(floor)[1]


def measure(table: Table, shared: Path) -> None:
    """Add the window rows."""
    hours = 24 * 366
    with published(shared, ROWS) as app:
        publisher = app.api.state.public.publisher
        begun = time.perf_counter()
        snapshot = publisher.window.get(hours, "zstd")
        built = time.perf_counter() - begun
        sizes = {name: len(publisher.window.get(hours, name).body) for name in ("zstd", "br", "gzip")}
        table.add(
            f"Window of {ROWS:,} Houston calls",
            ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in sizes.items())
            + f", built in {built:.2f} s",
            f"{len(publisher.window.get(hours, 'identity').body) / 1e6:.1f} MB uncompressed",
            "",
            "at most 0.9 MB",
            met=sizes["zstd"] <= _GOAL_BYTES and sizes["br"] <= _GOAL_BYTES,
        )
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            file.write(snapshot.body)
            file.flush()
            path = f"/api/v1/window?hours={hours}"
            ours, floor = uvloop.run(_both(app, path, len(snapshot.body), Path(file.name)))
    table.add(
        "The same, served from memory",
        f"{ours:,.0f} requests/s",
        f"{floor:,.0f}/s for a static file of that size on the same server",
        f"{ours / floor:.2f} times",
        f"at least {_GOAL_SHARE:g} times",
        met=ours >= _GOAL_SHARE * floor,
    )
