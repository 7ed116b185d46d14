"""A forward proxy on loopback, as a city's network has one: it resolves names itself, and can inspect TLS."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """A running proxy: where it is, the first line and the headers of each request that came through it."""

    url: str
    lines: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def proxying(names: Mapping[str, int], *, refuse: int = 0) -> Iterator[Proxy]:
    """Pass requests for *names* on to a port of this machine; with *refuse*, answer that status instead."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Handler, bind_and_activate=True) as server:
        server.daemon_threads = True
        proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        server.proxy, server.names, server.refuse = proxy, names, refuse  # type: ignore[attr-defined]  # for handlers
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline().decode("latin-1").strip()
        if not line:
            return
        headers: dict[str, str] = {}
        while name := self.rfile.readline().decode("latin-1").strip():
            key, _, value = name.partition(":")
            headers[key.lower()] = value.strip()
        server = self.server
        server.proxy.lines.append(line)  # type: ignore[attr-defined]  # set by `proxying`
        server.proxy.headers.append(headers)  # type: ignore[attr-defined]  # set by `proxying`
        if server.refuse:  # type: ignore[attr-defined]  # set by `proxying`
            self.wfile.write(b"HTTP/1.1 %d No entry here\r\ncontent-length: 0\r\n\r\n" % server.refuse)  # type: ignore[attr-defined]  # set by `proxying`
            return
        method, target, _ = line.split(" ")
        host = target.partition(":")[0] if method == "CONNECT" else urlsplit(target).hostname or ""
        with socket.create_connection(("127.0.0.1", server.names[host])) as onward:  # type: ignore[attr-defined]  # set by `proxying`
            if method == "CONNECT":
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = urlsplit(target)._replace(scheme="", netloc="").geturl()
                onward.sendall(
                    f"{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
                )
            _pump_both_ways(self.connection, onward)


def _pump_both_ways(near: socket.socket, far: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(far, near), daemon=True)
    back.start()
    _pump(near, far)
    back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
