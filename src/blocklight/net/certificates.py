"""Which certificate authorities are trusted: one context for all clients, as loading it is slow."""

import os
import ssl
from functools import lru_cache
from pathlib import Path

import certifi

from blocklight.errors import BlocklightError


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """The TLS context of every outbound connection.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` win, as in OpenSSL. Then comes the machine's own store, to which a
    city adds the authority that inspects its traffic, then Mozilla's list. Raises ``BlocklightError``, as
    OpenSSL would silently trust nobody when the file is missing.
    """
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if name := os.environ.get(variable):
            return _of_environment(variable, name)
    if _machine_has_a_store():
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=certifi.where())


def _of_environment(variable: str, name: str) -> ssl.SSLContext:
    is_file = variable == "SSL_CERT_FILE"
    if not (Path(name).is_file() if is_file else Path(name).is_dir()):
        raise BlocklightError(f"{variable}={name}: no such {'file' if is_file else 'folder'}")
    try:
        # Where both are set, the folder adds to the file.
        return ssl.create_default_context(
            cafile=name if is_file else None, capath=os.environ.get("SSL_CERT_DIR") or None
        )
    except OSError:  # ssl.SSLError is one
        raise BlocklightError(f"{variable}={name}: not a file of certificates in PEM form") from None


def _machine_has_a_store() -> bool:
    paths = ssl.get_default_verify_paths()  # names only what exists
    if paths.cafile is not None:
        return True
    return paths.capath is not None and any(Path(paths.capath).iterdir())
