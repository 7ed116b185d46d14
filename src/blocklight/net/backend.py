"""Opens connections: resolves a name once, checks each address, and connects to a checked one."""

import asyncio
import socket
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore2

from blocklight.errors import SourceChanged
from blocklight.net.hosts import HostGuard

# How long the first of several addresses is tried, as where IPv6 is configured and leads nowhere.
_FIRST_TRY_S = 3.0
# Names are looked up in threads of their own: a name service that hangs must not hold up the database's.
_LOOKUPS = ThreadPoolExecutor(4, thread_name_prefix="dns")


def not_allowed() -> SourceChanged:
    """The error for a host that must not be asked."""
    return SourceChanged(
        "leads to an address that is not allowed",
        detail="a private, loopback or link-local address that the city file does not name",
    )


class AsyncPinnedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to the very address that was checked, so that a second look-up cannot give another."""

    def __init__(self, guard: HostGuard) -> None:
        self._guard = guard
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect; raises ``SourceChanged`` for an address that is not allowed."""
        deadline = _Deadline(timeout)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                resolved = await loop.run_in_executor(_LOOKUPS, _resolve, host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        addresses = _allowed_addresses(self._guard, host, resolved)
        for position, address in enumerate(addresses, 1):
            try:
                return await self._inner.connect_tcp(
                    address,
                    port,
                    timeout=deadline.share(last=position == len(addresses)),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if position == len(addresses):
                    raise
        raise httpcore2.ConnectError("no address")  # a resolver never answers with none

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        await self._inner.sleep(seconds)


class PinnedBackend(httpcore2.NetworkBackend):
    """``AsyncPinnedBackend`` for threads."""

    def __init__(self, guard: HostGuard) -> None:
        self._guard = guard
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect; raises ``SourceChanged`` for an address that is not allowed."""
        deadline = _Deadline(timeout)
        addresses = _allowed_addresses(self._guard, host, _resolve(host, port))
        for position, address in enumerate(addresses, 1):
            try:
                return self._inner.connect_tcp(
                    address,
                    port,
                    timeout=deadline.share(last=position == len(addresses)),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if position == len(addresses):
                    raise
        raise httpcore2.ConnectError("no address")  # a resolver never answers with none

    def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        self._inner.sleep(seconds)


class _Deadline:
    """What is left of a time-out that several attempts share."""

    def __init__(self, timeout: float | None) -> None:
        self._end = None if timeout is None else time.monotonic() + timeout

    def share(self, *, last: bool) -> float | None:
        """The seconds for one attempt; the *last* may use all that is left."""
        remaining_s = None if self._end is None else max(0.001, self._end - time.monotonic())
        if last:
            return remaining_s
        return _FIRST_TRY_S if remaining_s is None else min(_FIRST_TRY_S, remaining_s)


def _resolve(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _allowed_addresses(guard: HostGuard, host: str, addresses: Sequence[str]) -> list[str]:
    allowed = [address for address in addresses if guard.may_connect(host, address)]
    if not allowed:
        raise not_allowed()
    return allowed
