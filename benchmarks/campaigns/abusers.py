"""Clients that mean harm, bounded in number and time, against a server on loopback.

    python abusers.py PORT hammer|loris|flood CLIENTS SECONDS

Prints one line of JSON at the end.
"""

import asyncio
import contextlib
import itertools
import json
import resource
import sys
import time
from collections import Counter

import uvloop

_PATHS = (
    "/api/v1/window?hours={n}",
    "/api/v1/incidents?limit=1000&hours={n}",
    "/list?hours={n}",
    "/api/v1/ledger?days={n}",
    "/data",
)

counts: Counter[str] = Counter()
_numbers = itertools.count(1)


async def hammer(port: int, address: str, until: float) -> None:
    """Ask for what is dear, one request after the other."""
    while time.monotonic() < until:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            try:
                while time.monotonic() < until:
                    number = next(_numbers)
                    path = _PATHS[number % len(_PATHS)].format(n=number % 719 + 1)
                    writer.write(
                        f"GET {path} HTTP/1.1\r\nHost: campaign\r\nAccept-Encoding: gzip\r\n\r\n".encode()
                    )
                    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
                    counts[head[9:12].decode()] += 1
                    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
                    await asyncio.wait_for(reader.readexactly(int(length)), 60)
            finally:
                writer.close()
        await asyncio.sleep(0.05)


async def loris(port: int, address: str, until: float) -> None:
    """Send a request that never ends, a few bytes a second; start anew when the server has had enough."""
    bodies = (
        (b"GET / HTTP/1.1\r\nHost: campaign\r\n", b"X-a: b\r\n"),
        (b"POST /api/v1/push/cad HTTP/1.1\r\nHost: campaign\r\nContent-Length: 1000000\r\n\r\n", b"a"),
    )
    while time.monotonic() < until:
        first, more = bodies[next(_numbers) % 2]
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            counts["opened"] += 1
            writer.write(first)
            while time.monotonic() < until and not reader.at_eof() and not writer.is_closing():
                writer.write(more)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(4096), 1)
            counts["closed by the server"] += reader.at_eof()
            writer.close()
        await asyncio.sleep(0.2)


async def flood(port: int, clients: int, until: float) -> None:
    """Open live streams from one address, as many as one can, and open again what was closed."""
    open_ = 0

    async def hold() -> None:
        nonlocal open_
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.3.0.1", 0))
                open_ += 1
                writer.write(b"GET /api/v1/live HTTP/1.1\r\nHost: campaign\r\n\r\n")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.1, until - time.monotonic())):
                        while await reader.read(65_536):
                            counts["reads"] += 1
                if time.monotonic() < until:
                    open_ -= 1
                writer.close()
            await asyncio.sleep(1)

    await asyncio.gather(*(hold() for _ in range(clients)))
    counts["open"] = open_


async def main(port: int, kind: str, clients: int, seconds: float) -> None:
    """Run one kind of abuse and report."""
    until = time.monotonic() + seconds
    if kind == "flood":
        await flood(port, clients, until)
    else:
        attack = {"hammer": hammer, "loris": loris}[kind]
        # From a few addresses each, as from a few homes.
        await asyncio.gather(*(attack(port, f"127.4.0.{n % 20 + 1}", until) for n in range(clients)))
    print(json.dumps({"open": 0, **counts}), flush=True)


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
