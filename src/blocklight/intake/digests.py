"""Recognises rows, addresses and places again without keeping them: by keyed digests.

What is exact lives between two functions and nowhere else. The keys are made anew in each process and never
leave it, so a digest says nothing to anybody who does not have both the process and the row.
"""

import secrets
import struct
from hashlib import blake2b

import orjson

from blocklight.geo.exact import Exact, ExactPoint, degrees

# 128 bits: among a billion digests no two are the same by chance.
_BYTES = 16

_BEGUN = blake2b(key=secrets.token_bytes(32), digest_size=_BYTES)
# A pad has a key of its own: nothing about it may follow from the digest that its value is found by.
_PAD_BEGUN = blake2b(key=secrets.token_bytes(32), digest_size=_BYTES)
_POINT = struct.Struct("<dd")


def digest_of(value: object) -> bytes:
    """16 bytes by which a row or a text is recognised in this process."""
    digest = _BEGUN.copy()  # to copy a hash that has begun is faster than to begin with the key each time
    digest.update(_encoded_value(value))
    return digest.digest()


def sealed(point: ExactPoint, value: object) -> bytes:
    """A point so that it can only be read by whoever has the value, an address, that it belongs to."""
    return _padded(_POINT.pack(*degrees(point)), value)


def unsealed(seal: bytes, value: object) -> ExactPoint:
    """The point that was ``sealed`` with the same value."""
    lon, lat = _POINT.unpack(_padded(seal, value))
    return ExactPoint(lon, lat)


def _padded(plain: bytes, value: object) -> bytes:
    pad = _PAD_BEGUN.copy()
    pad.update(_encoded_value(value))
    return bytes(byte ^ pad_byte for byte, pad_byte in zip(plain, pad.digest(), strict=True))


def _value_text(value: object) -> str:
    if isinstance(value, Exact):  # all of them are written alike, so they would have one digest
        raise ValueError("open what is exact before its digest is made")
    return repr(value)


def _encoded_value(value: object) -> bytes:
    try:
        return orjson.dumps(value, default=_value_text)
    except TypeError as error:  # half of a surrogate pair, a number of more than 64 bits, or too deep
        if isinstance(error.__cause__, ValueError):
            raise error.__cause__ from None
    try:
        return repr(value).encode(errors="surrogatepass")
    except RecursionError:
        return secrets.token_bytes(_BYTES)  # nested too deep to be compared: such a row is always a new one
