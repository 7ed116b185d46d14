"""Secrets and signatures of webhooks, as the Standard Webhooks specification 1.0 has them."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

_PREFIX = "whsec_"
# Of the 24 to 64 that the specification allows; as long as the digest that it keys.
_SECRET_BYTES = 32


def new_secret() -> str:
    """A random secret: ``whsec_`` and 256 bits in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(keys: Iterable[str], message_id: str, sent_at: int, body: bytes) -> dict[str, str]:
    """The headers that prove a message to be ours: one signature for each of the secrets *keys*.

    *sent_at* is in seconds since 1970; a receiver refuses a message that is minutes older.
    """
    content = f"{message_id}.{sent_at}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(f"v1,{_signature(key, content)}" for key in keys),
    }


def _signature(key: str, content: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
