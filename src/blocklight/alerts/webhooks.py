"""The webhooks of one city, with their filters and secrets, in a file that only its owner reads."""

import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from blocklight import net
from blocklight.alerts.signing import new_secret
from blocklight.errors import BlocklightError, StoreError

# So long after a rotation messages are signed with the old secret as well.
BOTH_SIGN_FOR = timedelta(hours=24)

_MOST = 50
_LONGEST_URL = 2_000


class Secret(msgspec.Struct, frozen=True):
    """A key that signs, until a time if another has taken its place."""

    key: str
    until: datetime | None = None


class Webhook(msgspec.Struct, frozen=True):
    """One receiver: *filter* is a query string of `/api/v1/incidents`, empty for everything."""

    id: str
    url: str
    filter: str
    secrets: tuple[Secret, ...]
    created_at: datetime
    allow_private: bool = False

    @property
    def host(self) -> str:
        """The host of the receiver; paths of webhooks often hold a password."""
        return net.host_of(self.url)

    def keys(self, at: datetime) -> list[str]:
        """The secrets that sign at a time, the newest first."""
        return [secret.key for secret in self.secrets if secret.until is None or at < secret.until]


class Webhooks:
    """The webhooks of one city; read again whenever the file was written, also by another process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "webhooks.json"
        self._read_at: tuple[int, int] | None = None
        self._webhooks: list[Webhook] = []

    def all(self) -> list[Webhook]:
        """Every webhook, oldest first; raises ``StoreError`` when the file cannot be read."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._read_at, self._webhooks = None, []
            return []
        if self._read_at != (status.st_mtime_ns, status.st_ino):
            try:
                self._webhooks = msgspec.json.decode(self._path.read_bytes(), type=list[Webhook])
            except (OSError, msgspec.DecodeError):
                raise StoreError(f"{self._path}: not a list of webhooks") from None
            self._read_at = (status.st_mtime_ns, status.st_ino)
        return list(self._webhooks)

    def add(self, url: str, query: str, at: datetime, *, allow_private: bool = False) -> Webhook:
        """Add a receiver with a new secret; raises ``BlocklightError`` for an address that is none."""
        _check_address(url, allow_private=allow_private)
        webhooks = self.all()
        if len(webhooks) >= _MOST:
            raise BlocklightError(f"there are {_MOST} webhooks already, the most that a city has")
        webhook = Webhook(secrets.token_hex(4), url, query, (Secret(new_secret()),), at, allow_private)
        self._write([*webhooks, webhook])
        return webhook

    def remove(self, id_: str) -> Webhook:
        """Remove a receiver; raises ``BlocklightError`` where there is none."""
        return self._changed(id_, lambda _: None)

    def rotate(self, id_: str, at: datetime) -> Webhook:
        """Give a receiver a new secret; for a day messages are signed with the one before as well."""

        def rotated(webhook: Webhook) -> Webhook:
            newest = Secret(webhook.secrets[0].key, at + BOTH_SIGN_FOR)
            return msgspec.structs.replace(webhook, secrets=(Secret(new_secret()), newest))

        self._changed(id_, rotated)
        return self.one(id_)

    def one(self, id_: str) -> Webhook:
        """The webhook of an id; raises ``BlocklightError`` where there is none."""
        for webhook in self.all():
            if webhook.id == id_:
                return webhook
        raise BlocklightError(f"{id_}: no such webhook; `blocklight webhook list` shows those that there are")

    def _changed(self, id_: str, change: Callable[[Webhook], Webhook | None]) -> Webhook:
        """Put what *change* makes of a webhook in its place, and return the one before."""
        before = self.one(id_)
        changed = [change(webhook) if webhook.id == id_ else webhook for webhook in self.all()]
        self._write([webhook for webhook in changed if webhook is not None])
        return before

    def _write(self, webhooks: list[Webhook]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(webhooks))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _check_address(url: str, *, allow_private: bool) -> None:
    if len(url) > _LONGEST_URL or not net.is_web_address(url):
        raise BlocklightError("the receiver's address: not a URL (expected https://…)")
    if not allow_private and not url.casefold().startswith("https:"):
        raise BlocklightError(
            "the receiver's address: expected https://…; plain HTTP in your own network needs --allow-private"
        )
    parts = urlsplit(url)
    if parts.username is not None or parts.fragment:
        raise BlocklightError("the receiver's address: no user, password or fragment in it")
