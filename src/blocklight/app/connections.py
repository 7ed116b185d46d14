"""Bounds what one connection may take of the server, and refuses what is not one plain request at a time."""

import asyncio
import re
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from blocklight.api.limits import Admission, Limits

# Of a request's line and headers together; a browser sends a few thousand.
MOST_BYTES = 64 * 1024
# Header fields of one request; a browser behind two proxies sends about thirty.
MOST_FIELDS = 128
# Requests that may wait on one connection for the answers to those before them.
MOST_WAITING = 16
# From the first byte of a request, or the connection, to the end of the headers.
LONGEST_S = 20.0
# From the end of the headers to the end of the body, however much is sent meanwhile.
BODY_S = 35.0

_LINGER_S = 2.0
_AGAIN_S = 10
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%\-]*(:\d{0,5})?|\[[0-9A-Fa-f:.]+\](:\d{0,5})?")
_NO_MORE = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_COUNTED = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "large_headers",
}
_WAITING_FOR_BODY, _WAITING_FOR_HEADERS = "body", "headers"


def bounded_protocol(admission: Admission | None = None) -> Any:  # noqa: ANN401 - what uvicorn makes protocols with
    """How uvicorn makes a connection's protocol, within the limits of *admission*."""
    return partial(BoundedProtocol, admission=admission or Admission(Limits()))


class _Refused(Exception):
    """Ends the parsing of a request; the parser hides it, so the protocol keeps the status."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's, which would wait for ever for headers and bodies and keep as many as are sent.

    One request is answered at a time. What follows an answer that ends the connection, such as a live stream,
    is not read (RFC 9112, 9.6), and nothing is ever written into the middle of an answer.
    """

    _late: asyncio.TimerHandle | None = None
    _late_for = ""
    _in_head = False
    _in_body = False
    _began_in_this_data = False
    _deaf = False
    _status = HTTPStatus.BAD_REQUEST
    _taken = 0
    _fields = 0
    _running: RequestResponseCycle | None = None
    _has_place = False
    _is_pipelined = False

    def __init__(self, *args: Any, admission: Admission, **settings: Any) -> None:  # noqa: ANN401 - of uvicorn
        super().__init__(*args, **settings)
        self._admission = admission

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin to wait for the first request, where there is a place for this connection."""
        super().connection_made(transport)
        reason = self._admission.connect(self._peer)
        self._has_place = reason is None
        if reason is None:
            self._wait_for(_WAITING_FOR_HEADERS, LONGEST_S)
            return
        self._deaf = True
        status = STATUS_LINE[429 if reason == "address" else 503]
        transport.write(status + b"retry-after: %d\r\n" % _AGAIN_S + _NO_MORE)
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End every answer that is under way: uvicorn would end the newest only."""
        self._stop_waiting()
        if self._has_place:
            self._admission.disconnect(self._peer)
        for cycle in (self._running, *(cycle for cycle, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        if self.pipeline:
            self._note_pipelined()
        self.pipeline.clear()
        super().connection_lost(exc)
        for cycle in (self._running, self.cycle):
            self._let_go(cycle)
        self._running = self.cycle = self.parser = None  # type: ignore[assignment]  # no more data comes

    def _let_go(self, cycle: RequestResponseCycle | None) -> None:
        """Undo what refers to each other: collecting such garbage holds up all readers at once."""
        if cycle is not None:  # its application may still be at work
            cycle.on_response = _ignore
            cycle.transport = self.transport

    def data_received(self, data: bytes) -> None:
        """Read on, unless what is being answered is the last request of this connection."""
        if self._is_over():
            return
        if self._ends_after_this_answer():
            self._note_pipelined()
            return
        self._began_in_this_data = False
        super().data_received(data)
        if self._is_over():
            return
        if self._in_head and not self._began_in_this_data:
            self._take(len(data))
            if self._taken > MOST_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._in_body and self._late is None:
            self._wait_for(_WAITING_FOR_BODY, BODY_S)
        elif self._late is None and not self._in_body and not self._is_answering():
            self._wait_for(_WAITING_FOR_HEADERS, LONGEST_S)  # it sends something that begins no request

    def on_message_begin(self) -> None:
        """Begin to wait for the headers of a further request."""
        super().on_message_begin()
        self._in_head = self._began_in_this_data = True
        self._taken = self._fields = 0
        if self._late is None:
            self._wait_for(_WAITING_FOR_HEADERS, LONGEST_S)

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._take(len(url))
        self._end_when_too_large()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field."""
        self._take(len(name) + len(value) + 4)
        self._fields += 1
        self._end_when_too_large()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer the request, if it is one that every server in between reads alike."""
        self._stop_waiting()
        self._in_head, self._in_body = False, True
        if not _is_plain(self.headers, self.parser.get_http_version()) or len(self.pipeline) >= MOST_WAITING:
            raise _Refused
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait no more: what takes long from here is the answer."""
        self._in_body = False
        if self._late_for == _WAITING_FOR_BODY:
            self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request, but not through a body that nobody wanted."""
        answered = self._running
        super().on_response_complete()
        self._let_go(answered)
        if self._in_body and not self._is_answering() and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._linger()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words for it
        """Refuse what cannot be parsed, or what was refused while it was."""
        self._refuse(self._status)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - ASGI
        self._running = cycle
        cycle.transport = _UntilRead(self, cycle)  # type: ignore[assignment]  # of a transport it uses three methods
        super()._start_asgi_task(cycle, app)

    def is_sent_body(self, cycle: RequestResponseCycle) -> bool:
        """Whether the body of this request is still being sent."""
        return self._in_body and cycle is self.cycle

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    def _is_over(self) -> bool:
        return self._deaf or self.transport.is_closing()

    def _is_answering(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _ends_after_this_answer(self) -> bool:
        running = self._running
        return (
            running is not None
            and running.response_started
            and not running.response_complete
            and not running.keep_alive
            and not self._in_body
        )

    def _note_pipelined(self) -> None:
        """Count a connection with requests that are never answered, once."""
        self._admission.refused["pipelined"] += not self._is_pipelined
        self._is_pipelined = True

    def _take(self, count: int) -> None:
        self._taken += count

    def _end_when_too_large(self) -> None:
        if self._taken > MOST_BYTES or self._fields > MOST_FIELDS:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _Refused

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with *status* and close; where answers are still to come, close after them, silently."""
        self._deaf = True
        self._stop_waiting()
        self._admission.refused[_COUNTED[status]] += 1
        if self._is_answering() and self._running is not None:
            last = self.pipeline[0][0] if self.pipeline else self._running
            last.keep_alive = False
            return
        self.transport.write(STATUS_LINE[status] + _NO_MORE)
        self._linger()

    def _linger(self) -> None:
        """Close in a moment: to close at once would drop the answer, with what is on its way to us (9.6)."""
        self._deaf = True
        self.transport.write_eof()
        self._wait_for("", _LINGER_S)

    def _wait_for(self, awaited: str, longest_s: float) -> None:
        self._stop_waiting()
        self._late_for = awaited
        self._late = asyncio.get_running_loop().call_later(longest_s, self._too_late)

    def _too_late(self) -> None:
        self._late = None
        if self._late_for:
            self._admission.refused[f"slow_{self._late_for}"] += 1
        cycle = self.cycle
        if self._late_for == _WAITING_FOR_BODY and cycle is self._running and not cycle.response_started:
            cycle.disconnected = True  # whoever reads the body is told that nobody sends it
            cycle.message_event.set()
            self.transport.write(STATUS_LINE[408] + _NO_MORE)
        self.transport.close()

    def _stop_waiting(self) -> None:
        self._late_for = ""
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _ignore() -> None:
    """Stand in for what is of no interest after a connection is lost."""


class _UntilRead:
    """The transport of one response. uvicorn closes it at the end of the response.

    If the request body is still being sent then, closing would reset the connection, and the client would
    lose the response: ``on_response_complete`` lingers instead.
    """

    def __init__(self, protocol: BoundedProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    def write(self, data: bytes) -> None:
        """Send."""
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        """Close after what was written, unless the request body is still being sent."""
        if not (self._cycle.response_complete and self._protocol.is_sent_body(self._cycle)):
            self._protocol.transport.close()


def _is_plain(headers: list[tuple[bytes, bytes]], version: str) -> bool:
    """Whether a request has one host (RFC 9112, 3.2) and one length that all read alike (6.3)."""
    hosts = [value for name, value in headers if name == b"host"]
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    lengths = sum(name == b"content-length" for name, _ in headers)
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        return False
    if codings and (codings != [b"chunked"] or lengths or version == "1.0"):
        return False
    return all(_HOST.fullmatch(host) for host in hosts)
