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
import zlib
from array import array
from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import uvloop

_ID = re.compile(rb"^id: (\d+)", re.MULTILINE)
_EVENT = b"\nid: "
_UPDATED = re.compile(rb'"updated_at":"([^"]+)"')
_REQUEST = (
    b"GET /api/v1/live HTTP/1.1\r\nHost: campaign\r\nAccept: text/event-stream\r\n"
    b"Accept-Encoding: gzip\r\n\r\n"
)
# How many readers connect in a second: a crowd, not an attack on the listening socket.
_A_SECOND = 400

counts: Counter[str] = Counter()
delays = array("d")
# When the change of a number was stored, as seconds since 1970: read once for all readers.
stored: dict[int, float] = {}


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
        if self.buffer:
            data = self.buffer + data
        if not self.answered:
            head, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                self.buffer = data
                return
            self.answered = True
            counts["connected" if head.startswith(b"HTTP/1.1 200") else "refused"] += 1
            data = rest
        begin = 0
        while (line := data.find(b"\r\n", begin)) >= 0:  # chunks (RFC 9112, 7.1): their length, then they
            after = line + 2 + int(data[begin:line], 16)
            if len(data) < after + 2:
                break
            self.frame(unpacked(data[line + 2 : after]))
            begin = after + 2
        self.buffer = data[begin:]

    def frame(self, text: bytes) -> None:
        """Check the numbers of the events in *text*, and take their delay.

        Ten thousand readers share a core here: whole frames are looked through by the interpreter's own
        searches, and event by event only where their first number, last number and count do not agree.
        """
        begin = text.find(_EVENT)
        if begin < 0:
            counts["resets"] += text.count(b"event: reset")
            return
        first, newest = _number(text, begin), _number(text, text.rfind(_EVENT))
        count = text.count(_EVENT)
        counts["events"] += count
        if self.last not in {None, first - 1} or newest - first + 1 != count:
            self.look_closely(text)
        self.last = newest if self.last is None else max(newest, self.last)
        if first not in stored:
            oldest = _UPDATED.search(text, begin)
            stored[first] = datetime.fromisoformat(oldest[1].decode()).timestamp() if oldest else time.time()
        delays.append(time.time() - stored[first])

    def look_closely(self, text: bytes) -> None:
        """Count what was lost, what came twice, and the resets."""
        counts["resets"] += text.count(b"event: reset")
        numbers = [int(number) for number in _ID.findall(text)]
        expected = numbers[0] if self.last is None else self.last + 1
        for number in numbers:
            counts["doubled"] += number < expected
            counts["lost"] += max(0, number - expected)
            expected = max(expected, number + 1)

    def connection_lost(self, _: Exception | None) -> None:
        """Count it."""
        counts["closed"] += 1


@lru_cache(maxsize=64)
def unpacked(chunk: bytes) -> bytes:
    """Unpack a chunk of the stream, once for all readers: frames refer to nothing before them."""
    body = chunk.removeprefix(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
    return b"\n" + zlib.decompressobj(-zlib.MAX_WBITS).decompress(body)


def _number(text: bytes, begin: int) -> int:
    """Read the number of the event whose line begins at *begin*."""
    begin += len(_EVENT)
    return int(text[begin : text.index(b"-", begin)])


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
    del delays[:]  # those of the rush are another question
    await asyncio.sleep(seconds)
    heads = [client.last for client in clients if isinstance(client, Reader) and client.last is not None]
    times = np.array(delays if len(delays) else [0.0])
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
