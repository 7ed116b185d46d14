"""Bounds what a connection may take of the server before it has asked for anything: bytes and time."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 1024
"""Of a request's line and headers together; a browser sends a few thousand."""
LONGEST_S = 20.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's, which would wait for ever for headers and keep as many as are sent."""

    _late: asyncio.TimerHandle | None = None
    _taken = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and refuse headers that do not end; what follows them in *data* counts only until then."""
        super().data_received(data)
        self._taken += len(data)
        if self._late is not None and self._taken > MOST_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to wait for the headers of a further request."""
        super().on_message_begin()
        if self._late is None:
            self._await_headers()

    def on_headers_complete(self) -> None:
        """Wait no more: what takes long from here is the answer."""
        self._stop_waiting()
        super().on_headers_complete()

    def _await_headers(self) -> None:
        self._taken = 0
        self._late = asyncio.get_running_loop().call_later(LONGEST_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
