"""Everything a stranger can do to a served city, at once and at random; bounded in number and time.

    python abuse_mix.py PORT SECONDS KEY [AUTHORITY]

KEY is a push key that the strangers have got hold of; AUTHORITY is the file of the authority whose
certificate a proxy shows, where there is one. Prints one line of JSON at the end: how often each abuse was
tried. Each abuse comes from a few addresses of its own, so that limits of one do not hide another.
"""

import asyncio
import contextlib
import json
import random
import resource
import ssl
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
# Connections of one flood: more than the 2,000 that one address may hold.
_FLOOD = 2_300

counts: Counter[str] = Counter()
# A place in the change log, learnt from the stream: `seq` and `epoch`.
position_seen: dict[str, str] = {}

chance = random.Random(7)  # noqa: S311 - makes load, guards nothing


@dataclass(frozen=True)
class Target:
    """The city that is abused, until when, and with which stolen key."""

    port: int
    until: float
    key: str
    tls: ssl.SSLContext | None

    async def open(self, address: str) -> Streams:
        """Connect from *address*."""
        host = {"ssl": self.tls, "server_hostname": "map.example.gov"} if self.tls else {}
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0), **host)  # type: ignore[arg-type]  # of two types


def _get(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: map.example.gov", *lines, "", "")).encode()


def _push(key: str, length: int) -> bytes:
    return _get(
        "/api/v1/push/cad", f"Authorization: Bearer {key}", f"Content-Length: {length}", method="POST"
    )


LIVE = _get("/api/v1/live")


async def _all(streams: Streams, wait_s: float = 10) -> None:
    """Read what comes until the server closes, for at most *wait_s*."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            while await streams[0].read(65_536):
                pass


async def _slowly(streams: Streams, more: bytes) -> None:
    """Send *more* each second until the server has had enough."""
    reader, writer = streams
    while not reader.at_eof() and not writer.is_closing():
        writer.write(more)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(4096), 1)


async def pipelining(_: Target, streams: Streams) -> None:
    """Ask for more behind a live stream, and leave."""
    follow_up = chance.choice([LIVE, _get("/"), _get("/api/v1/window") * 20])
    streams[1].write(LIVE + follow_up)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(streams[0].read(65_536), chance.uniform(0, 1))


async def bodies_without_end(target: Target, streams: Streams) -> None:
    """Send a push, a byte a second."""
    streams[1].write(_push(target.key, 1_000_000))
    await _slowly(streams, b" ")


async def slow_headers(_: Target, streams: Streams) -> None:
    """Send a request, a header a second."""
    streams[1].write(b"GET / HTTP/1.1\r\nHost: map.example.gov\r\n")
    await _slowly(streams, b"X-a: b\r\n")


async def huge_headers(_: Target, streams: Streams) -> None:
    """Send headers beyond every limit."""
    many = [f"X{number}: a" for number in range(50_000)]
    streams[1].write(_get("/", *chance.choice([many, ["X: " + "a" * 900_000]])))
    await _all(streams)


async def bad_http(_: Target, streams: Streams) -> None:
    """Send what is no request, or one that two servers would read differently."""
    bad = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"\x00" * 1_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )
    streams[1].write(chance.choice(bad))
    await _all(streams, 3)


async def _ask_on(streams: Streams, make: Callable[[], str]) -> None:
    """Ask twenty times over one connection, as fast as answers come."""
    reader, writer = streams
    for _ in range(20):
        writer.write(_get(make(), "Accept-Encoding: gzip"))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        counts["mistaken"] += head.split()[1] in (b"400", b"404")
        lower = head.lower()
        length = lower.partition(b"content-length:")[2].split(b"\r\n")[0]
        if b"connection: close" in lower or not length:
            return
        await asyncio.wait_for(reader.readexactly(int(length)), 60)


async def window_storm(_: Target, streams: Streams) -> None:
    """Ask for windows of every length."""
    await _ask_on(streams, lambda: f"/api/v1/window?hours={chance.randint(1, 720)}")


def _of_a_span(path: str) -> str:
    """*path* with a moment of its own in its place: nothing can be kept for it."""
    start = datetime.now(UTC) - timedelta(minutes=chance.randint(1_000, 40_000))
    return path.format(day=f"{start:%Y-%m-%d}", minute=f"{start:%Y-%m-%dT%H:%M}:00Z")


async def long_pages(_: Target, streams: Streams) -> None:
    """Ask for the longest pages and for what must be worked out."""
    paths = (
        "/api/v1/incidents?limit=1000&since={minute}",
        "/list?since={minute}",
        "/api/v1/ledger?from={day}",
        "/data",
    )
    await _ask_on(streams, lambda: _of_a_span(chance.choice(paths)))


async def pages_of_the_past(_: Target, streams: Streams) -> None:
    """Ask for counts and pages of a whole city's past, each time of another span."""
    paths = (
        "/area?until={minute}",
        "/response-times?since={minute}",
        "/api/v1/city/series?period=day&since={minute}",
        "/api/v1/stats?by=hour&by=category&since={minute}",
        "/api/v1/incidents.geojson?since={minute}",
    )
    await _ask_on(streams, lambda: _of_a_span(chance.choice(paths)))


async def maps_of_others(_: Target, streams: Streams) -> None:
    """Ask for features and tiles as GIS clients do, with filters that nothing can be kept for."""
    features = "/arcgis/rest/services/campaign/FeatureServer/0/query?f=json&outFields=*&where="
    paths = (
        features + "objectid%20%3E%20{}",
        features + "category%20LIKE%20%27%25{}%25%27&returnCountOnly=true",
        "/ogc/collections/incidents/items?limit=10000&f=json&filter=category%20%3C%3E%20%27{}%27",
        "/ogc/collections/incidents/items?f=html&offset={}",
        "/ogc/collections/incidents/tiles/WebMercatorQuad/10/{}/240",
    )
    await _ask_on(streams, lambda: chance.choice(paths).format(chance.randint(1, 700)))


async def odd_requests(_: Target, streams: Streams) -> None:
    """Ask for what is not there, with methods and parameters that nobody uses."""
    path = chance.choice(
        ["/nothing", "/api/v1/incidents?limit=x", "/%00", "/api/v1/incidents/../../etc/passwd"]
    )
    streams[1].write(_get(path, "Connection: close", method=chance.choice(["GET", "PUT", "TRACE", "HEAD"])))
    await _all(streams, 5)


async def reconnecting(_: Target, streams: Streams) -> None:
    """Open the live stream, and leave at once."""
    streams[1].write(LIVE)
    await asyncio.wait_for(streams[0].read(65_536), 5)


async def _learn_position(streams: Streams) -> None:
    """Read where the change log is."""
    reader, writer = streams
    writer.write(LIVE)
    async with asyncio.timeout(20):
        position = b""
        while not position:
            text = await reader.readuntil(b"\n\n")
            position = text.partition(b"\nid: ")[2].partition(b"\n")[0].strip()
    seq, _, epoch = position.decode().partition("-")
    position_seen.update(seq=seq, epoch=epoch)


async def replay_storm(_: Target, streams: Streams) -> None:
    """Ask for the same changes from every position."""
    if not position_seen:
        await _learn_position(streams)
        return
    back = chance.choice([100, 200, 10**6])
    begin = max(1, int(position_seen["seq"]) - back)
    streams[1].write(_get(f"/api/v1/live?last_event_id={begin}-{position_seen['epoch']}"))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(streams[0].read(1_000_000), 2)


async def bad_pushes(target: Target, streams: Streams) -> None:
    """Push junk with a wrong key, and with the right one."""
    key = chance.choice([target.key, "wrong", target.key[:-1]])
    nested = b"[" * 100_000
    wrong = json.dumps([{"number": "X", "state": "no such state", "received": "never"}] * 500).encode()
    body = chance.choice([b"{", b'"x"', nested, wrong, b"\xff" * 10_000])
    streams[1].write(_push(key, len(body)) + body)
    await _all(streams, 5)


async def never_reading(_: Target, streams: Streams) -> None:
    """Ask for a lot and read nothing of it."""
    streams[1].transport.pause_reading()  # type: ignore[attr-defined]  # uvloop's transports have it
    streams[1].write(chance.choice([LIVE, _get("/api/v1/window?hours=720", "Connection: close")]))
    await asyncio.sleep(chance.uniform(20, 60))


async def flood(target: Target, _: Streams) -> None:
    """Open more live streams from one address than it may have."""
    opened = []

    async def one() -> None:
        with contextlib.suppress(OSError, TimeoutError):
            streams = await asyncio.wait_for(target.open("127.7.0.1"), 20)
            opened.append(streams[1])
            streams[1].write(LIVE)

    for _begin in range(0, _FLOOD, 100):
        await asyncio.gather(*(one() for _ in range(100)))
    await asyncio.sleep(10)
    for writer in opened:
        writer.transport.abort()
    await asyncio.sleep(40)


Abuse = Callable[[Target, Streams], Awaitable[None]]
# How many do it at a time, and the longest pause between two tries.
MIX: dict[Abuse, tuple[int, float]] = {
    pipelining: (4, 0.2),
    bodies_without_end: (4, 0.2),
    slow_headers: (30, 0.2),
    huge_headers: (2, 0.5),
    bad_http: (3, 0.1),
    window_storm: (30, 0.05),
    long_pages: (30, 0.05),
    pages_of_the_past: (15, 0.05),
    maps_of_others: (15, 0.05),
    odd_requests: (3, 0.1),
    reconnecting: (6, 0.1),
    replay_storm: (6, 0.1),
    bad_pushes: (3, 0.2),
    never_reading: (40, 0.5),
    flood: (1, 0.5),
}


async def keep_at(abuse: Abuse, target: Target, address: str, pause_s: float) -> None:
    """Try one abuse until the time is over."""
    while time.monotonic() < target.until:
        with contextlib.suppress(
            OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            streams = await asyncio.wait_for(target.open(address), 20)
            counts[abuse.__name__] += 1
            try:
                await abuse(target, streams)
            finally:
                streams[1].transport.abort()
        await asyncio.sleep(chance.uniform(0.2, 1) * pause_s)


async def main(port: int, seconds: float, key: str, authority: str | None) -> None:
    """Abuse the city in every way, and report."""
    tls = ssl.create_default_context(cafile=authority) if authority else None
    target = Target(port, time.monotonic() + seconds, key, tls)
    async with asyncio.timeout(seconds + 5):
        tasks = [
            asyncio.create_task(keep_at(abuse, target, f"127.6.{kind}.{number % 5 + 1}", pause_s))
            for kind, (abuse, (workers, pause_s)) in enumerate(MIX.items())
            for number in range(workers)
        ]
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
    print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    trusted = sys.argv[4] if len(sys.argv) > 4 else None
    if trusted and not Path(trusted).is_file():
        sys.exit(f"{trusted}: no such file")
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], trusted))
