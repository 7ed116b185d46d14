"""Makes, revokes and compares the keys with which sources push records to us; only their hashes are kept."""

import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from blocklight.errors import StoreError

_PREFIX = "blk"
_NOBODY = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


class PushKey(msgspec.Struct, frozen=True):
    """One key: its id is public, its hash is that of 256 random bits, which no guessing undoes."""

    id: str
    source: str
    hash: str
    created_at: datetime


class PushKeys:
    """The keys of one city, in a file of its data folder that only its owner can read.

    Read again whenever it was written, so that a running server knows a new or revoked key at once.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "push-keys.json"
        self._seen: tuple[int, int] | None = None
        self._keys: list[PushKey] = []

    def create(self, source: str) -> tuple[str, str]:
        """Make a key for *source*; return its id, and the key itself, which is told only once."""
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = f"{_PREFIX}_{key_id}_{secret}"
        self._write([*self.all(), PushKey(key_id, source, _hash(key), datetime.now(UTC))])
        return key_id, key

    def revoke(self, key_id: str) -> bool:
        """Forget a key; return whether there was one."""
        keys = self.all()
        remaining = [key for key in keys if key.id != key_id]
        if len(remaining) == len(keys):
            return False
        self._write(remaining)
        return True

    def all(self) -> list[PushKey]:
        """The keys; raises ``StoreError`` when their file cannot be read."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, []
            return []
        if self._seen != (status.st_mtime_ns, status.st_ino):
            try:
                self._keys = msgspec.json.decode(self._path.read_bytes(), type=list[PushKey])
            except (OSError, msgspec.DecodeError):
                raise StoreError(f"{self._path}: not a list of keys") from None
            self._seen = (status.st_mtime_ns, status.st_ino)
        return self._keys

    def admitted(self, source: str, key: str) -> str | None:
        """Name the id of *key* if it opens *source*; every hash is compared, whole, if only with nobody's."""
        digest = _hash(key)
        of_source = [(entry.hash, entry.id) for entry in self.all() if entry.source == source]
        matches = [(hmac.compare_digest(digest, hash_), id_) for hash_, id_ in of_source or [(_NOBODY, "")]]
        is_equal, key_id = max(matches)
        return key_id if is_equal else None

    def _write(self, keys: list[PushKey]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(keys))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
