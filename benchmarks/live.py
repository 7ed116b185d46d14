"""Measure the live feed against a bare asyncio + uvloop broadcaster: delay, loss, saturation and memory.

A server (ours or the bare one) and a swarm of clients, each a process, all on loopback. Both servers send the
same bytes; delay is from the moment a change was stored (its ``updated_at``) to its arrival, for the oldest
change of each frame.
"""

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from blocklight.model.changes import Change
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, PlaceKind, Status
from blocklight.publish.live import Live, pause_after
from blocklight.publish.replay import encode_change

_UPDATED = re.compile(rb'"updated_at":"([^"]+)"')
_EVENT = b"event: incident\n"
# Tasks that run until the process ends; the loop itself would forget them.
kept: list[asyncio.Task[None]] = []

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def more_files() -> None:
    """Allow this process as many sockets as the machine does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def resident_kb(process: int | str = "self") -> int:
    """Return a process's resident memory in kB, by default this one's."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1])  # type: ignore[index]


def incident(number: int, at: datetime) -> PublicIncident:
    """Return a plausible incident; *number* makes its id."""
    return PublicIncident(
        id=f"{number:016d}".translate(str.maketrans("0189", "abcd")),
        source="bench",
        kind=Kind.CALL,
        agency="police",
        category=Category.DISTURBANCE,
        status=Status.OPEN,
        received_at=at - timedelta(minutes=number % 9),
        place=Place(-122.27, 37.8, PlaceKind.GRID, 201, "1400 block of Broadway"),
        areas={"beat": "04X"},
        priority=3,
        units=2,
    )


def change(seq: int) -> Change:
    """Return a change made now."""
    now = datetime.now(UTC)
    return Change(seq, f"{seq}", seq, now, incident(seq, now), now)


# Servers. Each prints its port, then a line of JSON with its memory when told "memory" on standard input.


class Bare:
    """The floor: a frame is written to every client's uvloop transport, and nothing else is done."""

    def __init__(self) -> None:
        self.transports: set[Any] = set()
        self.pending: list[bytes] = []

    def protocol(self) -> asyncio.Protocol:
        """Return the protocol of one client."""
        bare = self

        class Client(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's
                self.transport = transport

            def data_received(self, _: bytes) -> None:
                self.transport.write(_HEAD)
                bare.transports.add(self.transport)

            def connection_lost(self, _: Exception | None) -> None:
                bare.transports.discard(self.transport)

        return Client()

    def send(self, frame: bytes) -> None:
        """Write one frame to every client."""
        chunk = b"%x\r\n%b\r\n" % (len(frame), frame)
        for transport in self.transports:
            transport.write(chunk)

    async def framed(self) -> None:
        """Send what is pending as often as the live endpoint does, by the same rule."""
        loop = asyncio.get_running_loop()
        while True:
            if self.pending:
                frame, self.pending = b"".join(self.pending), []
                began = loop.time()
                self.send(frame)
                await asyncio.sleep(pause_after(loop.time() - began))
            else:
                await asyncio.sleep(0.002)


async def serve_bare(rate: float, *, framed: bool) -> None:
    """Broadcast *rate* changes a second, or unframed one frame for each."""
    bare = Bare()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(bare.protocol, "127.0.0.1", 0, backlog=8192)
    announce(server.sockets[0].getsockname()[1])
    started = asyncio.Event()
    watch_orders(loop, started)
    if framed:
        kept.append(loop.create_task(bare.framed()))
    await started.wait()
    seq = 0
    async for _ in ticks(rate):
        seq += 1
        text = encode_change(change(seq), "")
        if framed:
            bare.pending.append(text)
        else:
            bare.send(text)


async def serve_live(rate: float) -> None:
    """Our live endpoint on uvicorn without its frame interval, a frame for each change: for saturation."""
    live = Live(pulse=dict, interval_s=0)
    server, port = await uvicorn_server(live)
    loop = asyncio.get_running_loop()
    started = asyncio.Event()
    watch_orders(loop, started)
    announce(port)
    kept.append(loop.create_task(live.run()))
    await started.wait()
    seq = 0
    async for _ in ticks(rate):
        seq += 1
        live.publish([change(seq)])
    await server


async def serve_city(rate: float) -> None:
    """Serve the whole path: a writer commits to SQLite, the publisher follows, uvicorn sends."""
    from blocklight.api.state import Public  # noqa: PLC0415 - the bare server must not pay for it
    from blocklight.app.public_interface import create_public_app  # noqa: PLC0415 - the same
    from blocklight.config.city import load_city  # noqa: PLC0415 - the same
    from blocklight.geo.areas import Areas  # noqa: PLC0415 - the same
    from blocklight.publish.publisher import Publisher  # noqa: PLC0415 - the same
    from blocklight.store import Store  # noqa: PLC0415 - the same

    city = load_city("houston")
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/bench.sqlite3", city.city.id)
        publisher = Publisher(city, store, now=lambda: datetime.now(UTC))
        publisher.load()
        server, port = await uvicorn_server(create_public_app(Public(city, store, publisher, Areas(city))))
        loop = asyncio.get_running_loop()
        started = asyncio.Event()
        watch_orders(loop, started)
        announce(port)
        kept.append(loop.create_task(publisher.run()))
        await started.wait()
        threading.Thread(target=write_changes, args=(store, publisher.wake, rate), daemon=True).start()
        await server


def write_changes(store: Any, wake: Callable[[], None], rate: float) -> None:  # noqa: ANN401 - a Store
    """Commit *rate* changes a second, each in a transaction of its own."""
    begun = time.monotonic()
    number = 0
    while True:
        number += 1
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        now = datetime.now(UTC)
        store.apply("bench", [incident(number, now)], at=now)
        wake()


async def uvicorn_server(app: Any) -> tuple[Any, int]:  # noqa: ANN401 - ASGI
    """Start uvicorn as ``serve`` does; return its task and port."""
    import socket  # noqa: PLC0415 - see serve_city

    import uvicorn  # noqa: PLC0415 - see serve_city

    from blocklight.app.connections import bounded_protocol  # noqa: PLC0415 - see serve_city

    listener = socket.create_server(("127.0.0.1", 0), backlog=8192)
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", http=bounded_protocol(), lifespan="off", backlog=8192
    )
    server = uvicorn.Server(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
        await asyncio.sleep(0.01)
    return task, listener.getsockname()[1]


def announce(port: int) -> None:
    """Tell the parent where this server listens and how large it is."""
    print(json.dumps({"port": port, "kb": resident_kb()}), flush=True)


def watch_orders(loop: asyncio.AbstractEventLoop, started: asyncio.Event) -> None:
    """Obey the parent: ``go`` starts the changes, ``memory`` answers with the resident size, an end ends."""

    def read() -> None:
        for line in sys.stdin:
            if line.strip() == "go":
                loop.call_soon_threadsafe(started.set)
            elif line.strip() == "memory":
                print(json.dumps({"kb": resident_kb()}), flush=True)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()


async def ticks(rate: float) -> Any:  # noqa: ANN401 - an async generator
    """Yield *rate* times a second, catching up when late."""
    begun = time.monotonic()
    number = 0
    while True:
        number += 1
        await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
        yield number


# Clients


class Swarm:
    """Many connections in one process that note when each frame's oldest change arrives."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.events: list[int] = []
        self.measuring = False
        self._times: dict[bytes, float] = {}

    def protocol(self, number: int) -> asyncio.Protocol:
        """Return the protocol of one connection."""
        swarm = self

        class Client(asyncio.Protocol):
            tail = b""

            def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's
                transport.write(b"GET /api/v1/live HTTP/1.1\r\nHost: bench\r\n\r\n")

            def data_received(self, data: bytes) -> None:
                swarm.take(number, self.tail, data)
                self.tail = data[-len(_EVENT) + 1 :]

        return Client()

    def take(self, number: int, tail: bytes, data: bytes) -> None:
        """Count a piece of one connection's stream."""
        if not self.measuring:
            return
        found = (tail + data).count(_EVENT) if tail else data.count(_EVENT)
        if found:
            self.events[number] += found
            match = _UPDATED.search(data)
            if match:
                self.delays.append(time.time() - self._epoch(match[1]))

    def _epoch(self, text: bytes) -> float:
        known = self._times.get(text)
        if known is None:
            known = self._times[text] = datetime.fromisoformat(text.decode()).timestamp()
        return known


async def swarm(port: int, clients: int, seconds: float, order: Callable[[str], None]) -> dict[str, float]:
    """Connect, let the server begin, and measure for *seconds*."""
    crowd = Swarm()
    crowd.events = [0] * clients
    loop = asyncio.get_running_loop()
    for first in range(0, clients, 250):
        numbers = range(first, min(first + 250, clients))
        opened = (loop.create_connection(partial(crowd.protocol, n), "127.0.0.1", port) for n in numbers)
        await asyncio.gather(*opened)
    await asyncio.sleep(1.5)
    crowd.measuring = True
    order("go")
    await asyncio.sleep(seconds)
    crowd.measuring = False
    delays = np.array(crowd.delays or [np.inf])
    counts = np.array(crowd.events)
    return {
        "p50": float(np.percentile(delays, 50)),
        "p99": float(np.percentile(delays, 99)),
        "messages_per_s": float(counts.sum() / seconds),
        "least": int(counts.min()),
        "most": int(counts.max()),
    }


def run(role: str, rate: float, clients: int, seconds: float) -> dict[str, float]:
    """Start a server of *role*, connect the clients from this process, measure and stop."""
    more_files()
    command = [sys.executable, __file__, role, str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin  # noqa: S101 - asked for above
        assert server.stdout  # noqa: S101 - asked for above
        first = json.loads(server.stdout.readline())

        def order(word: str) -> None:
            server.stdin.write(word + "\n")  # type: ignore[union-attr]  # asked for above
            server.stdin.flush()  # type: ignore[union-attr]  # the same

        result = uvloop.run(swarm(first["port"], clients, seconds, order))
        order("memory")
        result["kb_per_client"] = (json.loads(server.stdout.readline())["kb"] - first["kb"]) / clients
        server.kill()
    return result


def saturation(role: str, clients: int, rates: tuple[int, ...], seconds: float = 4.0) -> float:
    """Return the most messages a second that *role* delivers before delay's p99 passes half a second."""
    best = 0.0
    for rate in rates:
        result = run(role, rate, clients, seconds)
        if result["p99"] > 0.5 or result["least"] < 0.9 * rate * seconds - rate:
            break
        best = max(best, result["messages_per_s"])
    return best


def main() -> None:
    """Serve in one role, told by the command line."""
    more_files()
    role, rate = sys.argv[1], float(sys.argv[2])
    servers: dict[str, Callable[[], Any]] = {
        "bare": lambda: serve_bare(rate, framed=True),
        "bare-unframed": lambda: serve_bare(rate, framed=False),
        "live": lambda: serve_live(rate),
        "city": lambda: serve_city(rate),
    }
    uvloop.run(servers[role]())


if __name__ == "__main__":
    main()
