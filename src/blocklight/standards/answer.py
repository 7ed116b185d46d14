"""An answer before it is sent: whoever serves it adds encodings, tags and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes that anybody may have, their type, and how long others may keep them."""

    body: bytes
    media_type: str
    cache_control: str
    headers: Mapping[str, str] = field(default_factory=dict)
