"""Keeps the city's keys for public ids, in a file that only its owner can read, and makes ids with them.

A city has one key, and one more for each time it was changed. An id is a keyed hash of what the source calls
the incident, hashed once more with each later key: so every stored id can be brought to the next key without
knowing what it was made from, and the newest key alone says which new id an old one became.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from blocklight.errors import StoreError

_BYTES = 32
# 80 bits: of ten million incidents no two get the same id by chance, and links stay short.
_ID_BYTES = 10

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_TEN_BITS = tuple(digit + next_digit for digit in _DIGITS for next_digit in _DIGITS)
_HMAC_BLOCK, _INNER_PAD, _OUTER_PAD = 64, 0x36, 0x5C
_FILE, _NEXT = "id.key", "id.key.next"


def load_id_key(folder: Path, secret: str | None = None) -> bytes:
    """The keys, the oldest first, from their hex form or from ``id.key`` in the data folder.

    The file is made at first use, with mode 0600. Raises ``StoreError`` when it does not hold 32 bytes of hex
    a line: a changed key would give every incident a new id.
    """
    if secret is not None:
        return _parsed_keys(secret, "BLOCKLIGHT_ID_KEY")
    path = folder / _FILE
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key_file(path, secrets.token_bytes(_BYTES))
    with contextlib.suppress(OSError):  # copied back from somewhere, it may have become anybody's to read
        path.chmod(0o600)
    return _parsed_keys(path.read_text("ascii", errors="replace"), str(path))


class PublicIds:
    """Makes the public ids of what sources call their incidents: 80 bits in base32."""

    def __init__(self, keys: bytes) -> None:
        self._hashes = [_begun(key) for key in _each(keys)]

    def of(self, identity: str) -> str:
        """The id of an incident: hashed with the first key, and then with each later one."""
        id_ = identity
        for inner_begun, outer_begun in self._hashes:
            inner, outer = inner_begun.copy(), outer_begun.copy()
            inner.update(id_.encode())
            outer.update(inner.digest())
            id_ = _as_base32(outer.digest())
        return id_


def renewed_id(id_: str, keys: bytes) -> str:
    """What an id made with all *keys* but the last becomes with that."""
    return _hashed(id_, _each(keys)[-1])


def place_key(folder: Path, secret: str | None = None) -> bytes | None:
    """The key for digests of public places, ``None`` if this machine does not have the city's keys.

    It is derived from the oldest key, so it stays the same when keys change.
    """
    if secret is None and not (folder / _FILE).is_file():
        return None
    return hmac.digest(_each(load_id_key(folder, secret))[0], b"where incidents were shown", "sha256")


def check_of(keys: bytes) -> str:
    """What tells these keys from others and nothing else about them."""
    return _hashed("which keys these are", b"".join(_each(keys)))


def next_keys(folder: Path, keys: bytes) -> bytes:
    """*keys* with a new one behind them, kept beside the key file until ``adopt``.

    What an interrupted change left there is taken up again.
    """
    path = folder / _NEXT
    if not path.exists():
        _make_key_file(path, keys + secrets.token_bytes(_BYTES))
    return _parsed_keys(path.read_text("ascii", errors="replace"), str(path))


def interrupted(folder: Path) -> bytes | None:
    """The next keys that an interrupted change left, if it did."""
    return next_keys(folder, b"") if (folder / _NEXT).exists() else None


def adopt(folder: Path) -> None:
    """Put the next keys in the place of the present ones."""
    (folder / _NEXT).replace(folder / _FILE)
    _sync(folder)


def _begun(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """The inner and the outer hash of HMAC-SHA-256 (RFC 2104), both begun with *key*.

    Copies of them cost a third of what `hmac` takes for each id, which wraps every step.
    """
    block = key.ljust(_HMAC_BLOCK, b"\0")
    return (
        hashlib.sha256(bytes(byte ^ _INNER_PAD for byte in block)),
        hashlib.sha256(bytes(byte ^ _OUTER_PAD for byte in block)),
    )


def _hashed(text: str, key: bytes) -> str:
    return _as_base32(hmac.digest(key, text.encode(), "sha256"))


def _as_base32(digest: bytes) -> str:
    """The first 80 bits of a digest in the lower case of base32 (RFC 4648), ten bits at a time."""
    of, bits = _TEN_BITS, int.from_bytes(digest[:_ID_BYTES], "big")  # written out: every new record has an id
    high = of[bits >> 70] + of[bits >> 60 & 1023] + of[bits >> 50 & 1023] + of[bits >> 40 & 1023]
    return high + of[bits >> 30 & 1023] + of[bits >> 20 & 1023] + of[bits >> 10 & 1023] + of[bits & 1023]


def _each(keys: bytes) -> list[bytes]:
    return [keys[start : start + _BYTES] for start in range(0, len(keys), _BYTES)]


def _make_key_file(path: Path, keys: bytes) -> None:
    """Write new keys whole or not at all; of two processes that do so at once, the first wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{key.hex()}\n" for key in _each(keys))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed_keys(text: str, origin: str) -> bytes:
    try:
        keys = [bytes.fromhex(part) for part in text.replace(",", " ").split()]
    except ValueError:
        keys = []
    if not keys or any(len(key) != _BYTES for key in keys):
        raise StoreError(f"{origin}: not a key: expected {_BYTES} bytes in hex")
    return b"".join(keys)
