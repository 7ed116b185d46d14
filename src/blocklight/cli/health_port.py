"""What a process that only fetches says of itself, to this machine alone."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from blocklight.cli.fetching import Intake
from blocklight.store import Store

_LONGEST_S = 5.0
_MOST_BYTES = 4_096


class HealthPort:
    """Answers ``/healthz``, ``/readyz`` (503 while another process fetches) and ``/metrics``."""

    def __init__(self, intake: Intake, store: Store, now: Callable[[], datetime]) -> None:
        self._intake = intake
        self._store = store
        self._now = now

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
            pass  # whoever it was is gone, or does not speak HTTP
        finally:
            writer.close()

    async def _page(self, path: list[bytes]) -> tuple[bytes, bytes]:
        match path:
            case [b"/healthz"]:
                return b"200 OK", b"ok"
            case [b"/readyz"]:
                fetching = self._intake.fetching
                return (b"200 OK", b"fetching") if fetching else (b"503 Service Unavailable", b"waiting")
            case [b"/metrics"]:
                return b"200 OK", await asyncio.to_thread(self._metrics)
            case _:
                return b"404 Not Found", b"not found"

    def _metrics(self) -> bytes:
        registry = CollectorRegistry()
        Gauge("blocklight_intake_fetching", "1 while this process fetches", registry=registry).set(
            self._intake.fetching
        )
        age = Gauge(
            "blocklight_intake_source_age_seconds", "since the last good fetch", ["source"], registry=registry
        )
        failures = Gauge(
            "blocklight_intake_source_failures", "failed fetches in a row", ["source"], registry=registry
        )
        for health in self._store.sources():
            failures.labels(health.source).set(health.failures)
            if health.last_success_at is not None:
                age.labels(health.source).set((self._now() - health.last_success_at).total_seconds())
        return generate_latest(registry)
