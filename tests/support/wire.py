"""Reads the protocol buffers wire format without a schema, to check what we write by other code than ours."""

import struct
from collections.abc import Iterator

Field = tuple[int, int | float | bytes]


def fields(message: bytes) -> Iterator[Field]:
    """Yield the number and the value of each field of a message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
            case 1:
                yield key >> 3, struct.unpack_from("<d", message, at)[0]
                at += 8
            case 2:
                size, at = _varint(message, at)
                yield key >> 3, message[at : at + size]
                at += size
            case other:
                raise AssertionError(other)


def inner(message: bytes, *path: int) -> bytes:
    """Return the message at the end of a path of field numbers."""
    for number in path:
        message = next(
            value for field, value in fields(message) if field == number and isinstance(value, bytes)
        )
    return message


def every(message: bytes, number: int) -> list[bytes]:
    """Return all messages or texts of a repeated field."""
    return [value for field, value in fields(message) if field == number and isinstance(value, bytes)]


def packed(message: bytes) -> list[int]:
    """Return a packed list of whole numbers."""
    numbers, at = [], 0
    while at < len(message):
        number, at = _varint(message, at)
        numbers.append(number)
    return numbers


def signed(number: int) -> int:
    """Return a number that was written zigzag."""
    return (number >> 1) ^ -(number & 1)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
