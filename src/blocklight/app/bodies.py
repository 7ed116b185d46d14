"""Reads what a command is pointed at, a file or an address, and never more of it than is allowed."""

from collections.abc import Mapping
from pathlib import Path

from blocklight import net
from blocklight.errors import BlocklightError, SourceChanged, SourceUnavailable, UsageError

_TIMEOUT_S = 20.0
# To https, to a host's real name, to the file: more lead to a page to log in.
_REDIRECTS = 3

_METHOD_NOT_ALLOWED = 405


class NotByGet(SourceUnavailable):
    """The address answers, but not to a GET."""


class StreamOfEvents(SourceUnavailable):
    """The address sends server-sent events, and does not end."""


def read(file: Path, max_bytes: int) -> bytes:
    """A file's bytes; raises ``BlocklightError`` for none, or for more than *max_bytes* of them."""
    if not file.exists():
        raise BlocklightError(f"{file}: no such file")
    if not file.is_file():
        raise BlocklightError(f"{file}: not a file")
    if file.stat().st_size > max_bytes:
        raise BlocklightError(f"{file}: larger than {max_bytes:,} bytes")
    return file.read_bytes()


def download(
    url: str,
    max_bytes: int,
    *,
    instead: str,
    typed: str | None = None,
    params: Mapping[str, str] | None = None,
    method: str = "GET",
) -> bytes:
    """What an address answers; *instead* names the option that does without it.

    It may lead into a private network only where the address that a person *typed*, by default *url*, does.
    Raises ``UsageError`` for what is no address, ``SourceError`` where there is no good answer of at most
    *max_bytes* bytes, ``NotByGet`` where another *method* may have one, ``StreamOfEvents`` for an answer that
    does not end.
    """
    if not net.is_web_address(url):
        raise UsageError("URL", f"expected an address that begins with https://, not {url!r}")
    body = bytearray()
    named = {net.host_of(typed or url)}
    try:
        with (
            net.sync_client(named, redirects=_REDIRECTS, timeout_s=_TIMEOUT_S) as client,
            client.stream(method, net.with_params(url, params or {})) as response,
        ):
            if response.status_code == _METHOD_NOT_ALLOWED and method == "GET":
                raise NotByGet(f"{url}: HTTP {response.status_code}; try {instead}")
            if not response.is_success:
                raise SourceUnavailable(f"{url}: HTTP {response.status_code}; try {instead}")
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                raise StreamOfEvents(f"{url}: a stream of events; try {instead}")
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    raise SourceUnavailable(f"{url}: larger than {max_bytes:,} bytes; try {instead}")
    except net.HTTPError as error:
        raise SourceUnavailable(f"{url}: {net.describe(error)}; try {instead}") from None
    except SourceChanged as error:
        raise SourceChanged(f"{url}: {error.explained}; try {instead}") from None
    return bytes(body)
