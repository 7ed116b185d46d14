"""A request over HTTP/2 whose body has no length: what a client of HTTP/1.1 cannot send (RFC 9113, 8.1.1)."""

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Iterable

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_FRAME = 16_384
# Statuses that HPACK has in its table (RFC 7541, appendix A).
_INDEXED = {0x88: 200, 0x8C: 400, 0x8D: 404}


class Post:
    """One POST over a connection of its own: *status* once it is answered, *sent* bytes of its body."""

    def __init__(self, secure: ssl.SSLSocket, path: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        self.status: int | None = None
        self.sent = 0
        self._secure = secure
        self._window = {0: 65_535, 1: 65_535}
        self._ended = False
        fields = [
            (":method", "POST"),
            (":scheme", "https"),
            (":path", path),
            (":authority", "map.example.gov"),
        ]
        block = b"".join(_literal(name) + _literal(value, first=b"") for name, value in (*fields, *headers))
        secure.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(_SETTINGS, 0, 0, b""))
        secure.sendall(_frame(_HEADERS, _END_HEADERS, 1, block))

    def send(self, body: bytes) -> None:
        """Send *body* in pieces, and no more of it once there is an answer; then wait for that."""
        with contextlib.suppress(OSError):
            for begin in range(0, len(body), _FRAME):
                piece = body[begin : begin + _FRAME]
                while not self._ended and (min(self._window.values()) < len(piece) or self._has_more()):
                    self._read()
                if self._ended:
                    break
                last = begin + _FRAME >= len(body)
                self._secure.sendall(_frame(_DATA, _END_STREAM if last else 0, 1, piece))
                self.sent += len(piece)
                for stream in self._window:
                    self._window[stream] -= len(piece)
            while not self._ended:
                self._read()

    def _has_more(self) -> bool:
        return self._secure.pending() > 0 or bool(select.select([self._secure], [], [], 0)[0])

    def _read(self) -> None:
        """Take one frame of the server's."""
        head = self._exactly(9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:9], "big")
        payload = self._exactly(length)
        if kind == _WINDOW_UPDATE and stream in self._window:
            self._window[stream] += int.from_bytes(payload, "big")
        elif kind == _SETTINGS and not flags & _ACK:
            for name, size in struct.iter_unpack(">HI", payload):
                if name == 4:  # the window that a stream begins with
                    self._window[1] += size - 65_535
            self._secure.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _HEADERS and self.status is None:
            self.status = _status(payload)
            self._ended = True
        elif kind in (_RST_STREAM, _GOAWAY):
            self._ended = True

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            more = self._secure.recv(count - len(got))
            if not more:
                self._ended = True
                raise ConnectionError
            got += more
        return got


def connect(port: int, trusting: ssl.SSLContext, address: str = "127.0.0.1") -> ssl.SSLSocket:
    """Connect from *address* and agree on HTTP/2."""
    trusting.set_alpn_protocols(["h2"])
    plain = socket.create_connection(("127.0.0.1", port), 30, source_address=(address, 0))
    return trusting.wrap_socket(plain, server_hostname="map.example.gov")


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _literal(text: str, *, first: bytes = b"\x00") -> bytes:
    """Write a name, after the mark that it is not in the table, or a value (RFC 7541, 6.2.2)."""
    raw = text.encode()
    if len(raw) < 127:
        return first + bytes((len(raw),)) + raw
    raise ValueError("longer than this client can write")


def _status(block: bytes) -> int:
    """Read the status, which comes first (RFC 7541, 6.1 and 6.2)."""
    while block and 0x20 <= block[0] < 0x40:  # a change of the size of the table
        block = block[1:]
    if block[0] in _INDEXED:
        return _INDEXED[block[0]]
    length = block[1] & 0x7F
    value = block[2 : 2 + length]
    return int(_digits(value) if block[1] & 0x80 else value)


def _digits(packed: bytes) -> str:
    """Unpack digits by the code of HPACK: five bits for 0 to 2, six for the others (RFC 7541, appendix B)."""
    bits = "".join(f"{byte:08b}" for byte in packed)
    digits = ""
    while len(digits) < 3:  # a status; what follows is padding
        is_short = int(bits[:5], 2) <= 2
        digits += str(int(bits[:5], 2) if is_short else int(bits[:6], 2) - 22)
        bits = bits[5 if is_short else 6 :]
    return digits
