"""Answers the operator's health checks and metrics, on a port that is not public."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

_LONGEST_S = 5.0
_MOST_BYTES = 4_096


class OperatorPort:
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``, with figures that the public may not see.

    *alive* returns whether the process works; *ready* whether it does its job, with a word for its state.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        *,
        alive: Callable[[], bool],
        ready: Callable[[], tuple[bool, str]],
    ) -> None:
        self._collectors = collectors
        self._alive = alive
        self._ready = ready

    async def serve(self, listener: socket.socket) -> None:
        """Answer until cancelled."""
        server = await asyncio.start_server(self._answer, sock=listener, limit=_MOST_BYTES)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LONGEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                status, body = await self._page(head.split(b" ", 2)[1:2])
                kind = b"text/plain; version=0.0.4; charset=utf-8"
                writer.write(
                    b"HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
                    % (status, kind, len(body), body)
                )
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client is gone, or does not speak HTTP
        finally:
            writer.close()

    async def _page(self, path: list[bytes]) -> tuple[bytes, bytes]:
        match path:
            case [b"/healthz"]:
                return (b"200 OK", b"ok") if self._alive() else (b"503 Service Unavailable", b"stuck")
            case [b"/readyz"]:
                is_ready, word = self._ready()
                return b"200 OK" if is_ready else b"503 Service Unavailable", word.encode()
            case [b"/metrics"]:
                return b"200 OK", await asyncio.to_thread(self.metrics)
            case _:
                return b"404 Not Found", b"not found"

    def metrics(self) -> bytes:
        """Return all figures of this moment in the Prometheus exposition format."""
        registry = CollectorRegistry()
        for collector in self._collectors:
            registry.register(collector)
        return generate_latest(registry)
