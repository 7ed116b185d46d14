"""A small invented city, its incidents, and a real server on loopback for tests of the public side."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvicorn
import uvloop
from hypothesis import strategies as st

from blocklight.app.connections import bounded_protocol
from blocklight.config.city import City, parse_city
from blocklight.model.changes import Change
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Disposition, Kind, Origin, PlaceKind, Status, Subcategory

T = TypeVar("T")

START = datetime(2026, 1, 31, 8, tzinfo=UTC)
# After which something hangs: on a machine at load 20 what takes seconds takes a minute.
PATIENCE_S = 120.0

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_BEATS = {"01X": (-122.3, 37.7), "02Y": (-122.2, 37.7)}


def incident_id(number: int) -> str:
    """Return a public id that tells tests which incident it is."""
    text = ""
    for _ in range(16):
        number, digit = divmod(number, 32)
        text = _DIGITS[digit] + text
    return text


def an_incident(number: int, **changes: Any) -> PublicIncident:  # noqa: ANN401 - any field
    """Return incident *number*, open and received *number* minutes after ``START``, with *changes*."""
    plain = PublicIncident(
        id=incident_id(number),
        source="dispatch",
        kind=Kind.CALL,
        agency="police",
        category=Category.NOISE,
        status=Status.OPEN,
        received_at=START + timedelta(minutes=number),
        place=Place(-122.25, 37.75, PlaceKind.GRID, 201, "1400 block of Main St"),
        areas={"beat": "01X"},
    )
    return msgspec.structs.replace(plain, **changes)


def a_put(seq: int, incident: PublicIncident, first_seq: int | None = None) -> Change:
    """Return the change that publishes *incident*."""
    return Change(seq, incident.id, first_seq or seq, START, incident, START)


def a_retraction(seq: int, id_: str) -> Change:
    """Return the change that takes an incident back."""
    return Change(seq, id_, seq, START, None)


_LONS = st.sampled_from([-122.29, -122.25, -122.21, -122.15])
_LATS = st.sampled_from([37.71, 37.75, 37.78])
_LABELS = st.sampled_from([None, "1400 block of Main St", "ÉTÉ & 5th", "100% Main_St"])
_MOMENTS = st.integers(0, 100_000).map(lambda s: START + timedelta(seconds=s))
_BEAT = st.sampled_from([{}, {"beat": "01X"}, {"beat": "02Y", "district": "1"}])
_PLACES = st.builds(Place, _LONS, _LATS, st.sampled_from(PlaceKind), st.sampled_from([0, 201, 530]), _LABELS)


@st.composite
def incidents(draw: st.DrawFn, numbers: st.SearchStrategy[int]) -> PublicIncident:
    """Draw any incident that intake could publish."""
    received_at = draw(_MOMENTS)
    status = draw(st.sampled_from(Status))
    place = draw(st.none() | _PLACES)

    def later() -> datetime | None:
        after_s = draw(st.none() | st.integers(0, 200_000))
        return None if after_s is None else received_at + timedelta(seconds=after_s)

    return PublicIncident(
        id=incident_id(draw(numbers)),
        source=draw(st.sampled_from(["dispatch", "requests"])),
        kind=draw(st.sampled_from(Kind)),
        agency=draw(st.sampled_from(["police", "fire", "ems"])),
        category=draw(st.sampled_from(Category)),
        status=status,
        received_at=received_at,
        place=place,
        areas={} if place is None else draw(_BEAT),
        subcategory=draw(st.sampled_from([None, Subcategory.LOUD_MUSIC, Subcategory.SMOKE_ALARM])),
        source_type=draw(st.sampled_from([None, "NOISE – LOUD", "PARTY"])),
        priority=draw(st.none() | st.integers(0, 9)),
        origin=draw(st.none() | st.sampled_from(Origin)),
        units=draw(st.none() | st.integers(0, 12)),
        disposition=draw(st.none() | st.sampled_from(Disposition)) if status is Status.CLOSED else None,
        dispatched_at=later(),
        en_route_at=later(),
        on_scene_at=later(),
        closed_at=later() if status is Status.CLOSED else None,
    )


def _source(source_id: str, kind: str, reports: Sequence[str] = ()) -> dict[str, Any]:
    converts = {"units": "int"}
    return {
        "id": source_id,
        "label": f"The {source_id}",
        "connector": "socrata",
        "url": f"http://127.0.0.1:9/{source_id}.json",
        "kind": kind,
        "key": ["id"],
        "closes": "status",
        "poll_s": 5,
        "fields": {
            "received_at": {"from": "received", "convert": "iso"},
            "source_type": "type",
            "agency": {"default": "police"},
            "status": {"from": "status", "map": {"open": "open", "closed": "closed"}},
            "lon": {"from": "lon", "convert": "float"},
            "lat": {"from": "lat", "convert": "float"},
            **{name: {"from": name, "convert": converts.get(name, "iso")} for name in reports},
        },
    }


def a_city(folder: Path, reports: Sequence[str] = ()) -> City:
    """Return a city of two sources and two beats, whose files lie in *folder*.

    Its calls report the fields of *reports* beside those that every feed has.
    """
    squares = [
        {
            "type": "Feature",
            "properties": {"id": beat, "name": f"Beat {beat}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [west, south],
                        [west + 0.1, south],
                        [west + 0.1, south + 0.1],
                        [west, south + 0.1],
                        [west, south],
                    ]
                ],
            },
        }
        for beat, (west, south) in _BEATS.items()
    ]
    text = json.dumps({"type": "FeatureCollection", "features": squares})
    (folder / "beats.geojson").write_text(text)
    table = {
        "city": {
            "id": "smallville",
            "name": "Smallville",
            "time_zone": "America/Los_Angeles",
            "bounds": {"west": -122.4, "south": 37.6, "east": -122.0, "north": 37.9},
        },
        "sources": [_source("dispatch", "call", reports), _source("requests", "request")],
        "areas": [{"kind": "beat", "label": "Police beats", "file": "beats.geojson"}],
        "map": {"layers": [{"kind": "water", "file": "beats.geojson"}]},
    }
    return parse_city(table, file="smallville.toml", folder=folder)


def until(what: Callable[[], T], within_s: float = PATIENCE_S) -> T:
    """Return *what* as soon as it is true; fails when it is not in time."""
    deadline = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
    return found


class Served:
    """An ASGI application that answers on a port of its own."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket) -> None:
        self._server = server
        self.listener = listener
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.loop: asyncio.AbstractEventLoop | None = None

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Run a function in the server's event loop, soon."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(function, *args)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's event loop and return what it returns."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    async def _serve(self, beside: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        self.loop = asyncio.get_running_loop()
        task = None if beside is None else asyncio.create_task(beside())
        await self._server.serve(sockets=[self.listener])
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


@contextmanager
def served(
    app: Any,  # noqa: ANN401 - an ASGI application
    *,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
    lifespan: str = "on",
) -> Iterator[Served]:
    """Serve *app* from a thread as the command line does, with *beside* running in the same loop."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        http=bounded_protocol(),
        proxy_headers=False,
        lifespan=lifespan,  # type: ignore[arg-type]  # "on" or "off"
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    one = Served(server, listener)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(one._serve(beside))  # noqa: SLF001 - two halves of one thing

    thread = threading.Thread(target=run, name="served")
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        yield one
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
    assert not thread.is_alive()
