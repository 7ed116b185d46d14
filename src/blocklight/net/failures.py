"""Why a request failed, in words for the person who runs the city; never an address or a payload."""

import errno
import re
import socket
import ssl
from collections.abc import Iterator, Mapping

import httpx2

# Any failure of a request, on its way or in its answer; ``describe`` says which.
HTTPError = httpx2.HTTPError

_HOSTNAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_ADDRESS_MISMATCH = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL})

# The first kind that fits counts: the narrower ones come first.
_OF_THE_SYSTEM: Mapping[type[BaseException], str] = {
    ssl.SSLError: "TLS handshake failed",
    socket.gaierror: "unknown host",
    ConnectionRefusedError: "connection refused",
    ConnectionResetError: "connection reset",
    BrokenPipeError: "connection reset",
}
_OF_HTTP: Mapping[type[BaseException], str] = {
    httpx2.ConnectTimeout: "connecting timed out",
    httpx2.TimeoutException: "timed out",
    TimeoutError: "timed out",
    httpx2.ConnectError: "no connection",
    httpx2.RemoteProtocolError: "not an HTTP answer, or one that was cut off",
    httpx2.NetworkError: "connection broken",
    httpx2.DecodingError: "compressed content is damaged",
    httpx2.UnsupportedProtocol: "not an address of http or https",
    httpx2.TooManyRedirects: "redirected too often",
}


class ProxyUnreachable(httpx2.ProxyError):
    """The proxy of the environment could not be connected to; the cause says why."""


def describe(error: BaseException) -> str:
    """Tell an unknown host, a refused connection, TLS, a certificate and a proxy apart."""
    if isinstance(error, ProxyUnreachable):
        return f"proxy: {describe(error.__cause__ or OSError())}"
    if isinstance(error, httpx2.ProxyError):
        # The reason phrase is the far side's own text; the status is enough.
        status = re.match(r"\d{3}\b", str(error))
        return f"proxy: HTTP {status[0]}" if status else "proxy: refused"
    for cause in _causes(error):
        if words := _system_words(cause):
            return words
    return _first_kind(error, _OF_HTTP) or type(error).__name__


def _system_words(cause: BaseException) -> str:
    """What the operating system or TLS says, empty for an error of another kind."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {_certificate_fault(cause)}"
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
        return "name service does not answer"
    if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
        return "no route to the host"
    return _first_kind(cause, _OF_THE_SYSTEM)


def _certificate_fault(error: ssl.SSLCertVerificationError) -> str:
    # OpenSSL's words for these two quote the host; its other texts are fixed.
    if error.verify_code in (_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH):
        return "issued for another host"
    return error.verify_message or "not valid"


def _first_kind(error: BaseException, kinds: Mapping[type[BaseException], str]) -> str:
    return next((words for kind, words in kinds.items() if isinstance(error, kind)), "")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from; libraries wrap the socket's own error several times."""
    while error is not None:
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _causes(part)
        yield error
        error = error.__cause__ or error.__context__
