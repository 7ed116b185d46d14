"""A receiver of webhooks on loopback, which keeps what it is sent and answers as a test says."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Posted:
    """One request: its headers by their names in small letters, and its body."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> Event:
        event: Event = json.loads(self.body)
        return event


@dataclass
class Receiver:
    """What runs: *status* is the answer to each request."""

    url: str
    posted: list[Posted] = field(default_factory=list)
    status: Callable[[Posted], int] = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def events(self) -> list[Event]:
        with self.lock:
            return [posted.event for posted in self.posted]

    def kinds(self) -> list[tuple[str, str]]:
        """The last word of each event's type, and the id of its incident."""
        return [(event["type"].rpartition(".")[2], event["subject"]) for event in self.events]

    def held(self) -> dict[str, Event]:
        """What a receiver that does as it is told has in the end."""
        incidents: dict[str, Event] = {}
        for event in self.events:
            if event["type"].endswith(".removed"):
                incidents.pop(event["subject"], None)
            else:
                incidents[event["subject"]] = event["data"]
        return incidents


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a sender that was killed while it sent."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if len(body) < int(self.headers["content-length"]):
                return  # the sender was killed on the way
            posted = Posted({name.lower(): text for name, text in self.headers.items()}, body)
            with receiver.lock:
                receiver.posted.append(posted)
            self.send_response(receiver.status(posted))
            for name, text in receiver.headers.items():
                self.send_header(name, text)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
