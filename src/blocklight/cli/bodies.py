"""Reads what a command is pointed at, a file or an address, and never more of it than is allowed."""

from collections.abc import Mapping
from pathlib import Path

import httpx

from blocklight.errors import BlocklightError, SourceUnavailable

_TIMEOUT_S = 20.0
_REDIRECTS = 3


def read(file: Path, most: int) -> bytes:
    """Return a file's bytes; raises ``BlocklightError`` for none, or for more than *most* of them."""
    if not file.exists():
        raise BlocklightError(f"{file}: no such file")
    if not file.is_file():
        raise BlocklightError(f"{file}: not a file")
    if file.stat().st_size > most:
        raise BlocklightError(f"{file}: larger than {most:,} bytes")
    return file.read_bytes()


def download(url: str, most: int, *, instead: str, params: Mapping[str, str] | None = None) -> bytes:
    """Return what an address answers; *instead* names the option that does without it.

    Raises ``SourceUnavailable`` where there is no good answer of at most *most* bytes.
    """
    body = bytearray()
    try:
        with (
            httpx.Client(
                timeout=_TIMEOUT_S,
                follow_redirects=True,
                max_redirects=_REDIRECTS,
                headers={"user-agent": "blocklight"},
            ) as client,
            client.stream("GET", httpx.URL(url).copy_merge_params(params or {})) as response,
        ):
            if not response.is_success:
                raise SourceUnavailable(f"{url}: HTTP {response.status_code}; try {instead}")
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > most:
                    raise SourceUnavailable(f"{url}: larger than {most:,} bytes; try {instead}")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise SourceUnavailable(f"{url}: not an address; one begins with https://") from None
    except httpx.HTTPError as error:
        raise SourceUnavailable(f"{url}: {type(error).__name__}; try {instead}") from None
    return bytes(body)
