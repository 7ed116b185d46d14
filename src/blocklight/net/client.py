"""Clients for somebody else's servers: through the environment's proxy, never to a private host."""

import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore2
import httpx2

from blocklight.net.backend import AsyncPinnedBackend, PinnedBackend, not_allowed
from blocklight.net.certificates import trusted
from blocklight.net.failures import ProxyUnreachable
from blocklight.net.hosts import HostGuard
from blocklight.net.proxies import proxy_for

AsyncClient = httpx2.AsyncClient
AsyncTransport = httpx2.AsyncBaseTransport
SyncClient = httpx2.Client

_HEADERS = {"user-agent": "blocklight"}
_CONNECTIONS = 20
# Servers close idle connections after some seconds, and a request on a closed one fails.
_KEPT_S = 5.0


def client(transport: AsyncTransport, *, mounts: Mapping[str, AsyncTransport] | None = None) -> AsyncClient:
    """A client over *transport*, and for some hosts over *mounts* (httpx2's patterns)."""
    return AsyncClient(
        transport=transport,
        mounts=dict(mounts or {}),
        headers=_HEADERS,
        follow_redirects=False,
        trust_env=False,  # proxies and authorities are this package's own matter
    )


def outbound(named_hosts: Iterable[str]) -> AsyncTransport:
    """The way to public hosts, and to *named_hosts* wherever they are."""
    return _AsyncOutbound(HostGuard(named_hosts))


def in_process(app: Any) -> httpx2.AsyncBaseTransport:  # noqa: ANN401 - ASGI
    """A transport to an ASGI application inside this process."""
    return httpx2.ASGITransport(app)


def sync_client(named_hosts: Iterable[str], *, redirects: int = 0, timeout_s: float = 20.0) -> SyncClient:
    """A client for threads and commands; it follows that many *redirects*, each checked."""
    return SyncClient(
        transport=_Outbound(HostGuard(named_hosts)),
        headers=_HEADERS,
        timeout=timeout_s,
        follow_redirects=redirects > 0,
        max_redirects=redirects,
        trust_env=False,  # proxies and authorities are this package's own matter
    )


def with_params(url: str, params: Mapping[str, str]) -> str:
    """*url* with further *params* in its query."""
    return str(httpx2.URL(url).copy_merge_params(dict(params)))


class _AsyncOutbound(httpx2.AsyncBaseTransport):
    """Chooses for each request between a direct connection and the environment's proxy."""

    def __init__(self, guard: HostGuard) -> None:
        self._guard = guard
        self._direct = _AsyncDirect(guard)
        self._proxied: dict[str, httpx2.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send *request*; raises ``SourceChanged`` for a host that is not allowed."""
        proxy = _checked_proxy(request, self._guard)
        if proxy is None:
            return await self._direct.handle_async_request(request)
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx2.AsyncHTTPTransport(verify=trusted(), proxy=_proxy(proxy))
        try:
            return await self._proxied[proxy].handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            _blame_proxy(error)
            raise

    async def aclose(self) -> None:
        """Close every connection."""
        await self._direct.aclose()
        for transport in self._proxied.values():
            await transport.aclose()


class _Outbound(httpx2.BaseTransport):
    """``_AsyncOutbound`` for threads."""

    def __init__(self, guard: HostGuard) -> None:
        self._guard = guard
        self._direct = _Direct(guard)
        self._proxied: dict[str, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send *request*; raises ``SourceChanged`` for a host that is not allowed."""
        proxy = _checked_proxy(request, self._guard)
        if proxy is None:
            return self._direct.handle_request(request)
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx2.HTTPTransport(verify=trusted(), proxy=_proxy(proxy))
        try:
            return self._proxied[proxy].handle_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            _blame_proxy(error)
            raise

    def close(self) -> None:
        """Close every connection."""
        self._direct.close()
        for transport in self._proxied.values():
            transport.close()


class _AsyncDirect(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a pool whose connections are checked; its own constructor takes no back-end."""

    def __init__(self, guard: HostGuard) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEPT_S,
            retries=1,
            network_backend=AsyncPinnedBackend(guard),
        )


class _Direct(httpx2.HTTPTransport):
    """``_AsyncDirect`` for threads."""

    def __init__(self, guard: HostGuard) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trusted(),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEPT_S,
            retries=1,
            network_backend=PinnedBackend(guard),
        )


def _checked_proxy(request: httpx2.Request, guard: HostGuard) -> str | None:
    """The proxy for *request*; behind one, names are all that we can check, and literals."""
    url = request.url
    host = url.raw_host.decode("ascii")
    proxy = proxy_for(url.scheme, host, url.port)
    if proxy is not None and not guard.may_name(host):
        raise not_allowed()
    return proxy


def _proxy(url: str) -> httpx2.Proxy:
    return httpx2.Proxy(url, ssl_context=trusted() if url.startswith("https:") else None)


def _blame_proxy(error: httpx2.TransportError) -> None:
    """Raise ``ProxyUnreachable`` where the connection to the proxy itself failed, and not TLS behind it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return
        cause = cause.__cause__ or cause.__context__
    raise ProxyUnreachable("the proxy cannot be reached") from error
