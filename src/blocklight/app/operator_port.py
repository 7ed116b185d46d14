"""Answers the operator's health checks and metrics, on a port that is not public."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

# Who asks is a probe in the same network: it is quick, or broken.
_LONGEST_S = 5.0

_MOST_BYTES = 4_096
_NO_HOST = b"400 Bad Request", b"a request needs one Host header\n"
_WRONG_HOST = (
    b"421 Misdirected Request",
    b"use the address of this port in the URL, localhost, or what BLOCKLIGHT_OPERATOR_HOST says\n",
)


class OperatorPort:
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``, with figures that the public may not see.

    Every figure carries the label *city*: one Prometheus may watch over the processes of several cities.
    *host* is the address or name that the port was opened on. *alive* returns whether the process works;
    *ready* whether it does its job, with a word for its state.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        *,
        city: str,
        host: str,
        alive: Callable[[], bool],
        ready: Callable[[], tuple[bool, str]],
    ) -> None:
        self._collectors = [_WithCity(collector, city) for collector in collectors]
        self._host = host
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
                local_address = str(writer.get_extra_info("sockname")[0])
                status, body = self.refusal(head, local_address) or await self._page(head.split(b" ", 2)[1:2])
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

    def refusal(self, head: bytes, local_address: str) -> tuple[bytes, bytes] | None:
        """Refuse a request that names another host: a browser sends one for a page that a stranger wrote.

        A stranger's name can be made to resolve to this address (DNS rebinding). To the browser the answer
        then belongs to the stranger's page, which may read it.
        """
        hosts = [
            value.strip()
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
            if name.strip().lower() == b"host"
        ]
        if len(hosts) != 1:
            return _NO_HOST
        name = _host_name(hosts[0].decode("latin-1"))
        if name and name in ("localhost", self._host.casefold()):
            return None
        address = _literal_address(name)
        is_own = address is not None and (address.is_loopback or address == _literal_address(local_address))
        return None if is_own else _WRONG_HOST

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
        """All figures of this moment in the Prometheus exposition format."""
        registry = CollectorRegistry()
        for collector in self._collectors:
            registry.register(collector)
        return generate_latest(registry)


class _WithCity(Collector):
    """The metrics of another collector, each sample labelled with the city."""

    def __init__(self, collector: Collector, city: str) -> None:
        self._collector = collector
        self._city = city

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with the label added."""
        for metric in self._collector.collect():
            metric.samples = [
                sample._replace(labels={"city": self._city, **sample.labels}) for sample in metric.samples
            ]
            yield metric


def _host_name(header: str) -> str:
    """The host of a ``Host`` header without its port, empty for one that is malformed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _literal_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that *text* spells out; one of IPv4 also where a socket of IPv6 reports it."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
