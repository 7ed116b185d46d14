"""Live clients on real sockets, and a live endpoint on a real server for them."""

import json
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from living_city import PATIENCE_S, Served, a_put, an_incident, served, until

from blocklight.model.changes import Change
from blocklight.publish.live import Live

PULSE = {"open": 3}
EPOCH = "3f9a1c20"


@dataclass
class Event:
    """One event as a browser would hand it over, with when it arrived."""

    name: str
    id: str | None
    data: Any
    at: float

    @property
    def seq(self) -> int | None:
        """The seq in the id, whose other part is the epoch of the log."""
        return None if self.id is None else int(self.id.partition("-")[0])


class Listener:
    """One live client on a socket of its own."""

    def __init__(
        self, port: int, target: str = "/", headers: str = "", *, receive_buffer: int | None = None
    ) -> None:
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode("latin-1"))
        self._file = self._socket.makefile("rb")
        self.events: list[Event] = []
        self.comments = 0
        self.head = b""
        self._unpacking = zlib.decompressobj(wbits=31)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the chunks of the response; ends with the response."""
        while not self.head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            assert line, "the connection closed before an answer"
            self.head += line
        is_packed = b"content-encoding: gzip" in self.head
        while size := int(self._file.readline() or b"0", 16):
            chunk = self._file.read(size + 2)[:-2]
            yield self._unpacking.decompress(chunk) if is_packed else chunk

    def read(self, *, until_seen: str | None = None, events: int | None = None) -> list[Event]:
        """Read events until one is called *until_seen*, or *events* of them came, or the response ends."""
        found: list[Event] = []
        for chunk in self.chunks():
            fresh = list(self._parse(chunk))
            found += fresh
            self.events += fresh
            if until_seen in {event.name for event in fresh} or (events is not None and len(found) >= events):
                break
        return found

    def _parse(self, chunk: bytes) -> Iterator[Event]:
        assert chunk.endswith(b"\n\n"), "a frame ends in the middle of an event"
        for block in chunk.decode().split("\n\n"):
            lines = block.splitlines()
            self.comments += sum(line.startswith(":") for line in lines)
            fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
            if "event" in fields:
                data = json.loads(fields["data"])
                yield Event(fields["event"], fields.get("id"), data, time.monotonic())


class Broadcast:
    """A live endpoint on a real server, and the seq of the last change that was published."""

    def __init__(self, live: Live, server: Served) -> None:
        self.live = live
        self.server = server
        self.port = server.port
        self.seq = 0

    def publish(self, *changes: Change) -> None:
        self.seq = changes[-1].seq
        self.server.call(self.live.publish, list(changes))

    def put(self, *numbers: int, **fields: Any) -> list[Change]:  # noqa: ANN401 - any field
        """Publish these incidents, each with a seq of its own."""
        changes = [a_put(self.seq + n, an_incident(i, **fields)) for n, i in enumerate(numbers, 1)]
        self.publish(*changes)
        return changes

    def listener(self, after: int | None = None, **settings: Any) -> Listener:  # noqa: ANN401 - see Listener
        """Connect a client, and return once it is one of those that are sent to."""
        before = self.live.clients
        listener = Listener(
            self.port, "/" if after is None else f"/?last_event_id={after}-{EPOCH}", **settings
        )
        until(lambda: self.live.clients > before)
        return listener


@contextmanager
def broadcasting(**settings: Any) -> Iterator[Broadcast]:  # noqa: ANN401 - of Live
    live = Live(pulse=lambda: PULSE, **settings)
    live.replay.begin(0, EPOCH)
    with served(live, beside=live.run, lifespan="off") as server:
        yield Broadcast(live, server)
        server.run(live.close())
