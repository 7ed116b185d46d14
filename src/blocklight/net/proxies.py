"""Which proxy the environment names for a host: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."""

from ipaddress import ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from blocklight.errors import BlocklightError
from blocklight.net.hosts import literal


def proxy_for(scheme: str, host: str, port: int | None) -> str | None:
    """The proxy's address for a request, ``None`` where it goes straight.

    ``NO_PROXY`` lists hosts, domains, addresses and networks (``10.0.0.0/8``); ``*`` is all. Raises
    ``BlocklightError`` for a proxy that we cannot speak to.
    """
    proxies = getproxies_environment()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or _is_exempt(host, port, proxies.get("no", "")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:  # without its text, which may hold a password
        raise BlocklightError(f"{scheme.upper()}_PROXY: expected http://host:port or https://host:port")
    return proxy


def _is_exempt(host: str, port: int | None, exempt: str) -> bool:
    host = host.strip("[]").casefold()
    return any(_matches(entry.strip().casefold(), host, port) for entry in exempt.split(","))


def _matches(entry: str, host: str, port: int | None) -> bool:
    """Whether one entry of NO_PROXY covers a host, as curl and Python's own library read it."""
    if entry in ("", "*"):
        return entry == "*"
    address = literal(host)
    if address is not None:
        try:
            return address in ip_network(entry, strict=False)
        except ValueError:
            pass
    name, _, its_port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if its_port and its_port != str(port):
        return False
    name = name.removeprefix("*").lstrip(".")
    return host == name or host.endswith(f".{name}")
