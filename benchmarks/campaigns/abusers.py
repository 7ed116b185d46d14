"""Clients that mean harm, bounded in number and time, against a server on loopback.

    python abusers.py PORT hammer|loris|flood CLIENTS SECONDS

Prints one line of JSON at the end.
"""

import asyncio
import contextlib
import itertools
import json
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import uvloop

_PATHS = (
    "/api/v1/window?hours={n}",
    "/api/v1/incidents?limit=1000&hours={n}",
    "/list?hours={n}",
    "/api/v1/ledger?days={n}",
    "/data",
)

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)

counts: Counter[str] = Counter()
_numbers = itertools.count(1)


class Hammer(asyncio.Protocol):
    """Asks for what is dear, one request after the other, at as little cost of its own as possible."""

    def __init__(self, again: Callable[[], None]) -> None:
        self._again = again
        # Bytes of the answer's body that are to come; -1 while its head is.
        self._left = -1
        self._head = b""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's
        """Begin."""
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count the answer, and ask for more as soon as it ends."""
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            counts[self._head[9:12].decode()] += 1
            length = _LENGTH.search(self._head, 0, end)
            self._left = int(length[1]) if length else 0
            data, self._head = self._head[end + 4 :], b""
        self._left -= len(data)
        if self._left <= 0:
            self._left = -1
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        """Come back in a moment."""
        asyncio.get_running_loop().call_later(0.05, self._again)

    def _ask(self) -> None:
        number = next(_numbers)
        path = _PATHS[number % len(_PATHS)].format(n=number % 719 + 1)
        self._transport.write(
            f"GET {path} HTTP/1.1\r\nHost: campaign\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )


async def hammer(port: int, address: str, until: float) -> None:
    """Hammer over one connection at a time, opened again whenever it was closed."""
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    while time.monotonic() < until:
        closed.clear()
        try:
            await loop.create_connection(
                lambda: Hammer(closed.set), "127.0.0.1", port, local_addr=(address, 0)
            )
        except OSError:
            await asyncio.sleep(0.05)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.1, until - time.monotonic())):
                await closed.wait()


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
