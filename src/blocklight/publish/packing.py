"""Packs the live stream with gzip so that one packed frame serves every client.

A gzip stream (RFC 1952) is a header and blocks of DEFLATE (RFC 1951). A frame that is packed for itself and
ended by a full flush refers to nothing before it and ends at a whole byte: the same bytes continue any
client's stream, whatever it was sent before. What differs from client to client, such as a replay, goes
into blocks that are not compressed and cost no time.
"""

import zlib
from collections.abc import Iterable

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# zlib's own default: a frame is packed once for all, but by the thread that sends.
_LEVEL = 6

# The longest block without compression that deflate knows (RFC 1951, 3.2.4).
_MOST_STORED = 65_535


def accepts_gzip(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request's ``Accept-Encoding`` names gzip and does not refuse it (RFC 9110, 12.5.3)."""
    accepted = b",".join(value for name, value in headers if name == b"accept-encoding").lower()
    for offer in accepted.split(b","):
        coding, _, weight = offer.replace(b" ", b"").partition(b";q=")
        if coding == b"gzip":
            return not weight or bool(weight.strip(b"0."))
    return False


def packed(frame: bytes) -> bytes:
    """Compress a frame for everybody."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(frame) + packer.flush(zlib.Z_FULL_FLUSH)


def stored(text: bytes) -> bytes:
    """Put a text into the stream as it is: blocks of at most 65,535 bytes with their lengths before them."""
    pieces = (text[begin : begin + _MOST_STORED] for begin in range(0, len(text), _MOST_STORED))
    return b"".join(
        b"\x00" + len(piece).to_bytes(2, "little") + (len(piece) ^ _MOST_STORED).to_bytes(2, "little") + piece
        for piece in pieces
    )
