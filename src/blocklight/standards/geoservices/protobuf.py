"""Writes the protocol buffers wire format: varints, lengths and doubles (protobuf.dev, "Encoding")."""

import struct
from collections.abc import Iterable

_VARINT, _DOUBLE, _BYTES = 0, 1, 2
_SEVEN_BITS = 0x7F
_64_BITS = (1 << 64) - 1


def varint(number: int) -> bytes:
    """A whole number, seven bits to a byte; a negative one as its 64 bits."""
    number &= _64_BITS
    if number <= _SEVEN_BITS:
        return bytes((number,))
    parts = bytearray()
    while number > _SEVEN_BITS:
        parts.append(number & _SEVEN_BITS | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def zigzag(number: int) -> int:
    """A signed number so that small ones stay short, whatever their sign."""
    return (number << 1) ^ (number >> 63)


def _key(field: int, wire: int) -> bytes:
    return varint(field << 3 | wire)


def number_field(field: int, number: int) -> bytes:
    """A field with a whole number, an enumeration's member or a truth value."""
    return _key(field, _VARINT) + varint(number)


def double_field(field: int, number: float) -> bytes:
    """A field with a double."""
    return _key(field, _DOUBLE) + struct.pack("<d", number)


def bytes_field(field: int, value: bytes) -> bytes:
    """A field with bytes: a text, a packed list or a message."""
    return _key(field, _BYTES) + varint(len(value)) + value


def text_field(field: int, text: str) -> bytes:
    """A field with a text."""
    return bytes_field(field, text.encode())


def packed_field(field: int, numbers: Iterable[int]) -> bytes:
    """A field with a packed list of whole numbers."""
    return bytes_field(field, b"".join(map(varint, numbers)))
