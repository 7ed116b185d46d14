"""Runs a plain function as a real HTTP server in a thread."""

import gzip
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import orjson


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What goes over the wire: *pause_s* is waited before each of the *chunks*."""

    status: int = 200
    chunks: tuple[bytes, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0

    @classmethod
    def json(cls, value: object, status: int = 200, **headers: str) -> "Reply":
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, (orjson.dumps(value),), {"content-type": "application/json", **named})


App = Callable[[Request], Reply]


@dataclass
class Loopback:
    """A running server: where it is and what it was asked."""

    url: str
    asked: list[Request]
    closing: threading.Event

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def serving(app: App, *, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Serve *app* on a free port until the block ends, over TLS if a context is given."""
    asked: list[Request] = []
    closing = threading.Event()

    class Handler(_Handler):
        apps = (_recorded(app, asked),)
        stopped = closing

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield Loopback(f"{scheme}://127.0.0.1:{server.server_port}", asked, closing)
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _recorded(app: App, asked: list[Request]) -> App:
    def answer(request: Request) -> Reply:
        asked.append(request)
        return app(request)

    return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client hangs up, which is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    apps: ClassVar[tuple[App, ...]]
    stopped: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["content-length"])))

    def _answer(self, form: bytes) -> None:
        address = urlsplit(self.path)
        pairs = [*parse_qsl(address.query), *parse_qsl(form.decode())]
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.apps[0](Request(self.command, address.path, dict(pairs), headers))
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name in reply.headers}:
            self.send_header("content-length", str(sum(map(len, reply.chunks))))
        self.end_headers()
        for chunk in reply.chunks:
            if reply.pause_s and self.stopped.wait(reply.pause_s):
                self.close_connection = True
                return
            self.wfile.write(chunk)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's signature
        """Say nothing."""


def with_etag(app: App) -> App:
    """Answer 304 where the client already has the very same bytes."""

    def answer(request: Request) -> Reply:
        reply = app(request)
        etag = f'"{hashlib.sha256(b"".join(reply.chunks)).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(304, headers={"etag": etag, "content-length": "0"})
        return Reply(reply.status, reply.chunks, {**reply.headers, "etag": etag})

    return answer


def with_faults(app: App, faults: Iterable[Reply | None]) -> App:
    """Answer the first requests with *faults* (``None`` lets one through), and the rest well."""
    left = iter(list(faults))

    def answer(request: Request) -> Reply:
        return next(left, None) or app(request)

    return answer


HTML = Reply(200, (b"<!doctype html><title>Maintenance</title>",), {"content-type": "text/html"})
BROKEN_JSON = Reply(200, (b'{"features": [{"attributes": {"A',), {"content-type": "application/json"})
EMPTY = Reply(200, (), {"content-type": "application/json"})
SERVER_ERROR = Reply(500, (b"java.lang.NullPointerException",), {"content-type": "text/plain"})
BAD_GATEWAY = Reply(502)
CUT_OFF = Reply(200, (b'{"features": [',), {"connection": "close", "content-length": "1000"})
STALL = Reply(200, (b"{}",), pause_s=30)
DRIP = Reply(200, (b" ",) * 300, pause_s=0.1)
WRONG_TYPE = Reply.json("all is well")
NUMBER = Reply.json(42)


def too_many_requests(retry_after: str) -> Reply:
    """Answer as a server that wants a pause."""
    return Reply(429, (b"{}",), {"retry-after": retry_after})


def redirect(location: str, status: int = 302) -> Reply:
    """Answer that it lies elsewhere."""
    return Reply(status, headers={"location": location})


def oversized(size: int) -> Reply:
    """Answer with valid JSON of more than *size* bytes."""
    return Reply(200, (b'{"features": [', b'"x",' * (size // 4 + 1), b'"x"]}'))


def bomb(size: int) -> Reply:
    """Answer with *size* bytes that travel as a thousandth of that."""
    return Reply(200, (gzip.compress(b" " * size),), {"content-encoding": "gzip"})
