"""What the address of a source may be, and the query that it is read with, by its connector."""

import re
from urllib.parse import parse_qsl, urlsplit

# Connectors that listen.
SENDING = frozenset({"mqtt", "nats", "websocket", "events"})
# Connectors that put no question over HTTP.
NOT_BY_HTTP = SENDING | {"push", "sql"}
_WITHOUT_ADDRESS = frozenset({"push"})
_WEB_OR_FILE = re.compile(r"(?:https?|file)://.")
_DATABASE = re.compile(r"(?:postgresql|mssql|sqlite)(?:\+[a-z0-9_]+)?://.")
_STREAMS = {
    "mqtt": re.compile(r"mqtts?://[^/?#]+/?$"),
    "nats": re.compile(r"(?:nats|tls)://[^/?#]+/?$"),
    "websocket": re.compile(r"wss?://[^/?#]"),
}
_SCHEMES = {
    "mqtt": "mqtt://host or mqtts://host",
    "nats": "nats://host or tls://host",
    "websocket": "wss://host/path or ws://host/path",
}
_PASSWORDS = frozenset({"password", "passwd", "pwd", "token"})
_SELECT = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


def checked_url(url: str) -> str:
    """An address in one of the forms that some connector reads."""
    known = (_WEB_OR_FILE, _DATABASE, *_STREAMS.values())
    if url and not any(pattern.match(url) for pattern in known):
        raise ValueError(
            "an address begins with https://, a file or a folder of this machine with file:///, a database "
            "with postgresql://, mssql+pyodbc:// or sqlite:///, a broker with mqtt://, mqtts://, nats:// or "
            "tls://, a WebSocket with wss://"
        )
    return url


def check_address(connector: str, url: str) -> None:
    """Raise ``ValueError`` for an address that a connector cannot read from."""
    if connector in _WITHOUT_ADDRESS:
        if url:
            raise ValueError(f'connector = "{connector}" has no url: records are pushed to Blocklight')
        return
    if not url:
        raise ValueError("needs `url`")
    if connector == "sql":
        _check_database(url)
        return
    if connector in _STREAMS:
        if not _STREAMS[connector].match(url):
            expected = _SCHEMES[connector]
            raise ValueError(f'not an address for connector = "{connector}": {expected}')
        check_no_password(url)
        return
    if not _WEB_OR_FILE.match(url):
        raise ValueError(f'an address of this kind does not belong to connector = "{connector}"')
    if url.startswith("file:") and connector != "files":
        raise ValueError('a file: address belongs to connector = "files"')


def _check_database(url: str) -> None:
    if not _DATABASE.match(url):
        raise ValueError(
            "a database begins with postgresql://, mssql+pyodbc:// or sqlite:///; of no other kind is it "
            "known how to read it without a lock"
        )
    check_no_password(url)


def is_database(url: str) -> bool:
    """Whether an address is that of a database that can be read."""
    return _DATABASE.match(url) is not None


def sending_connector(url: str) -> str | None:
    """The connector that listens at an address, where its scheme says so; events are read over HTTP."""
    return next((name for name, pattern in _STREAMS.items() if pattern.match(url)), None)


def check_no_password(url: str) -> None:
    """Raise ``ValueError`` for an address with a password: a city file is no place for one."""
    try:
        parts = urlsplit(url)
        named = {name.casefold() for name, _ in parse_qsl(parts.query)}
    except ValueError:
        raise ValueError("not an address") from None
    if parts.password is not None or named & _PASSWORDS:
        raise ValueError("no password in the address: it belongs into BLOCKLIGHT_SOURCE_PASSWORDS")


def checked_query(query: str) -> str:
    """A query that reads; what keeps it from writing is the database, which is told so."""
    text = query.strip()
    if text and not _SELECT.match(text):
        raise ValueError("expected one SELECT statement")
    if ";" in text:
        raise ValueError("one statement without a semicolon")
    return text
