"""Opens the sockets on which a process answers."""

import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError

# Then the kernel gives up a connection whose far side takes nothing, as that of a phone without a network.
_UNREAD_MS = 60_000

_log = logging.getLogger(__name__)


@contextmanager
def operator_listener(port: int | None, *, option: str = "--operator-port") -> Iterator[socket.socket]:
    """Listen on *port*, which *option* set, or else on the port of the settings.

    Raises ``BlocklightError`` if a port that somebody chose is taken: whoever reads the figures there would
    read those of another process. The default one gives way to a free port.
    """
    settings = Settings()
    host = settings.operator_host
    if port is not None:
        listener = listen(host, port, option=option)
    elif "operator_port" in settings.model_fields_set:
        listener = listen(host, settings.operator_port, option=f"BLOCKLIGHT_OPERATOR_PORT or {option}")
    else:
        try:
            listener = listen(host, settings.operator_port)
        except BlocklightError:
            listener = listen(host, 0, option="BLOCKLIGHT_OPERATOR_HOST")
    with listener:
        yield listener


def warn_if_moved(listener: socket.socket, port: int | None, *, option: str = "--operator-port") -> None:
    """Log where the operator's port is, if nobody chose one and the default one is taken."""
    settings = Settings()
    is_default = port is None and "operator_port" not in settings.model_fields_set
    if is_default and listener.getsockname()[1] != settings.operator_port:
        _log.warning(
            "port %d is taken; health and metrics for the operator are at %s (choose a port with %s)",
            settings.operator_port,
            listening_url(listener),
            option,
        )


def listening_url(listener: socket.socket) -> str:
    """The URL at which a listener answers."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """Bind early, so that a taken port is one clear line; *option* is what sets the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = (error.strerror or "cannot listen").lower()
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            # No other port would do.
            advice = f"{host}: {reason}: not an address of this machine; try 127.0.0.1, or 0.0.0.0 for all"
            raise BlocklightError(advice) from error
        raise BlocklightError(f"{host}:{port}: {reason}; choose another with {option}") from error
    # The kernel drops peers that stopped reading or are gone (RFC 5482). Without this it would wait for as
    # long as the other side says that its buffer is full.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    listener.listen(4096)
    return listener
