"""Opens the sockets on which a process answers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from blocklight.errors import BlocklightError
from blocklight.settings import Settings

_UNREAD_MS = 60_000


@contextmanager
def operator_listener(port: int | None) -> Iterator[socket.socket]:
    """Listen where the settings say, on *port* if it is named; theirs, if taken, gives way to a free one."""
    settings = Settings()
    try:
        listener = listen(settings.operator_host, settings.operator_port if port is None else port)
    except BlocklightError:
        if port is not None:
            raise
        listener = listen(settings.operator_host, 0)
    with listener:
        yield listener


def address_of(listener: socket.socket) -> str:
    """Return the address that a listener answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Bind early, so that a taken port is one clear line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or "cannot listen"
        raise BlocklightError(f"{host}:{port}: {reason.lower()}; choose another with --port") from error
    # Who has stopped reading, or is gone without a word, is given up by the kernel (RFC 5482), which would
    # wait for as long as the other side says that it has no room.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    listener.listen(4096)
    return listener
