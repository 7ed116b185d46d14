"""Loads the city's key for public ids, or makes one that only its owner can read."""

import contextlib
import os
import secrets
from pathlib import Path

from blocklight.errors import StoreError

_BYTES = 32


def load_id_key(folder: Path, given: str | None = None) -> bytes:
    """Return the key from its hex form, or from ``id.key`` in the data folder.

    The file is made at first use, with mode 0600. Raises ``StoreError`` when it is not 32 bytes of hex:
    a changed key would give every incident a new id.
    """
    if given is not None:
        return _parsed(given, "BLOCKLIGHT_ID_KEY")
    path = folder / "id.key"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return _parsed(path.read_text("ascii", errors="replace"), str(path))


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two processes that do so at once, the first wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parsed(text: str, origin: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise StoreError(f"{origin}: not a key: expected {_BYTES} bytes in hex")
    return key
