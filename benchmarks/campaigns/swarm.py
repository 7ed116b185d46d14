"""Live readers in a process of their own: each checks that it sees every change once, and when.

    python swarm.py PORT READERS SECONDS KIND

KIND is `honest`, `slow` (reads 2 kB a second) or `never` (reads nothing). Prints one line of JSON at the end.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
import uvloop

_ID = re.compile(rb"^id: (?:[\w-]*[.:])?(\d+)$", re.MULTILINE)
_UPDATED = re.compile(rb'"updated_at":"([^"]+)"')
_REQUEST = b"GET /api/v1/live HTTP/1.1\r\nHost: campaign\r\nAccept: text/event-stream\r\n\r\n"
_A_SECOND = 400
"""How many readers connect in a second: a crowd, not an attack on the listening socket."""

counts: Counter[str] = Counter()
delays: list[float] = []


class Reader(asyncio.Protocol):
    """An honest reader of the live stream."""

    def __init__(self) -> None:
        self.buffer = b""
        self.last: int | None = None
        self.answered = False
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's
        """Ask for the stream."""
        self.transport = transport
        transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self.buffer += data
        if not self.answered:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.answered = True
            counts["connected" if head.startswith(b"HTTP/1.1 200") else "refused"] += 1
            self.buffer = rest
        whole, end, self.buffer = self.buffer.rpartition(b"\n\n")
        if end:
            self.frame(whole + b"\n")

    def frame(self, text: bytes) -> None:
        """Check the numbers of one frame and take its delay."""
        counts["resets"] += text.count(b"event: reset")
        numbers = [int(number) for number in _ID.findall(text)]
        if not numbers:
            return
        counts["events"] += len(numbers)
        expected = numbers[0] if self.last is None else self.last + 1
        for number in numbers:
            counts["doubled"] += number < expected
            counts["lost"] += max(0, number - expected)
            expected = max(expected, number + 1)
        self.last = expected - 1
        if oldest := _UPDATED.search(text):
            stored = datetime.fromisoformat(oldest[1].decode()).timestamp()
            delays.append(time.time() - stored)

    def connection_lost(self, _: Exception | None) -> None:
        """Count it."""
        counts["closed"] += 1


class Unhurried(asyncio.Protocol):
    """A reader that takes 2 kB a second, or nothing at all."""

    def __init__(self, *, reads: bool) -> None:
        self.reads = reads

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's
        """Ask for the stream."""
        self.transport = transport
        transport.write(_REQUEST)
        transport.pause_reading()
        counts["connected"] += 1
        if self.reads:
            asyncio.get_running_loop().call_later(1, self.sip)

    def sip(self) -> None:
        """Read on."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self.transport.pause_reading()
        asyncio.get_running_loop().call_later(max(0.1, len(data) / 2_000), self.sip)

    def connection_lost(self, _: Exception | None) -> None:
        """Count it."""
        counts["closed"] += 1


async def main(port: int, readers: int, seconds: float, kind: str) -> None:
    """Connect, read for a while, and report."""
    loop = asyncio.get_running_loop()
    begun = time.monotonic()
    clients = []
    for number in range(readers):
        # As many source addresses as a city has homes: limits for an address are another campaign's question.
        address = f"127.{1 if kind == 'honest' else 2}.{number // 200}.{number % 200 + 1}"
        try:
            _, client = await loop.create_connection(
                lambda: Reader() if kind == "honest" else Unhurried(reads=kind == "slow"),
                "127.0.0.1", port, local_addr=(address, 0),
            )  # fmt: skip
            clients.append(client)
        except OSError:
            counts["failed"] += 1
        await asyncio.sleep(max(0.0, begun + number / _A_SECOND - time.monotonic()))
    print("connected", flush=True)
    delays.clear()  # those of the rush are another question
    await asyncio.sleep(seconds)
    heads = [client.last for client in clients if isinstance(client, Reader) and client.last is not None]
    times = np.array(delays or [0.0])
    print(
        json.dumps(
            {
                **{name: counts[name] for name in ("connected", "refused", "failed", "closed")},
                **{name: counts[name] for name in ("events", "lost", "doubled", "resets")},
                "last_least": min(heads, default=0),
                "last_most": max(heads, default=0),
                "p50": float(np.percentile(times, 50)),
                "p99": float(np.percentile(times, 99)),
                "longest": float(times.max()),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
