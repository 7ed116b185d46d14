"""Answers with bytes that are compressed once, with the encoding the client likes and a strong ETag."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import brotli
from starlette.requests import Request
from starlette.responses import Response

# Bytes below which compressing saves nothing: the headers are as long.
_SMALL = 600

_PREFERENCE = ("zstd", "br", "gzip")


def preferred_encoding(accept: str | None, available: tuple[str, ...] = _PREFERENCE) -> str:
    """What of *available* ``Accept-Encoding`` allows (RFC 9110 12.5.3), or ``identity``."""
    weights: dict[str, float] = {}
    for part in (accept or "").lower().split(","):
        name, _, parameter = part.strip().partition(";")
        try:
            weights[name.strip()] = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    for name in available:
        if weights.get(name, weights.get("*", 0.0)) > 0:
            return name
    return "identity"


@dataclass
class PublicFile:
    """Bytes that anybody may have, with their compressed forms made when first asked for."""

    body: bytes
    media_type: str
    cache_control: str = "public, max-age=60"
    quality: int = 9
    etag: str = field(init=False)
    _encoded: dict[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.etag = hashlib.blake2b(self.body, digest_size=9).hexdigest()

    def respond(self, request: Request, headers: Mapping[str, str] = {}) -> Response:
        """Answer a GET or HEAD request, with 304 where the client has it already."""
        encoding = "identity"
        if len(self.body) > _SMALL:
            encoding = preferred_encoding(request.headers.get("accept-encoding"), ("br", "gzip"))
        etag = f'"{self.etag}-{encoding}"'
        common = {
            "etag": etag,
            "cache-control": self.cache_control,
            "vary": "accept-encoding",
            **headers,
        }
        if matches(request.headers.get("if-none-match"), etag):
            return Response(status_code=304, headers=common)
        if encoding != "identity":
            common["content-encoding"] = encoding
        return Response(self._in(encoding), headers=common, media_type=self.media_type)

    def _in(self, encoding: str) -> bytes:
        if encoding == "identity":
            return self.body
        if encoding not in self._encoded:
            self._encoded[encoding] = (
                brotli.compress(self.body, quality=self.quality)
                if encoding == "br"
                else gzip.compress(self.body, compresslevel=6, mtime=0)
            )
        return self._encoded[encoding]


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` header names *etag* (weak comparison, RFC 9110 13.1.2)."""
    if not if_none_match:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
