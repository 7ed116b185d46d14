"""Which hosts may be reached: public ones, and those that a city file or a person names."""

import socket
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from blocklight.config.city import City

Address = IPv4Address | IPv6Address

# Names of a house's own network. Where a proxy resolves names, they are all that can be judged.
_PRIVATE_NAMES = frozenset(
    {"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp"}
)
_PRIVATE_SUFFIXES = (".home.arpa",)
_NAT64 = ip_network("64:ff9b::/96")
# All that IANA has given out of IPv6 for the internet; old and new forms of local addresses lie outside.
_UNICAST = ip_network("2000::/3")
# Of RFC 6890 and later, what this Python does not know yet.
_SPECIAL = tuple(map(ip_network, ("3fff::/20", "192.0.0.0/24", "192.88.99.0/24")))
# Where clouds keep a machine's credentials, besides the link-local addresses.
_CREDENTIALS = tuple(map(ip_address, ("fd00:ec2::254", "192.0.0.192", "100.100.100.200")))


class HostGuard:
    """Refuses hosts inside a private network, except those in *named*.

    A feed, a portal or a geocoder can answer with a redirect or a link: followed blindly, it would make us
    ask the machine itself, the city's network or a cloud's metadata service.
    """

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._named = frozenset(map(_plain_host, named))

    def may_name(self, host: str) -> bool:
        """Whether a request to *host* may leave, as far as its name says: a private literal may not."""
        host = _plain_host(host)
        if host in self._named:
            return True
        address = literal(host)
        if address is not None:
            return _is_public(address)
        return (
            host.rpartition(".")[2] not in _PRIVATE_NAMES
            and "." in host
            and not (host.endswith(_PRIVATE_SUFFIXES))
        )

    def may_connect(self, host: str, address: str) -> bool:
        """Whether *address*, to which *host* was resolved, may be connected to.

        A named host may lie in a private network, as a city's own GIS does. Link-local addresses, where cloud
        machines keep their credentials, have to be named themselves.
        """
        resolved = ip_address(address.partition("%")[0])
        if _is_public(resolved):
            return True
        if _plain_host(host) not in self._named:
            return False
        return literal(_plain_host(host)) is not None or not _is_never_meant(resolved)


def literal(host: str) -> Address | None:
    """The address that *host* spells out, also in the short forms that resolvers take (``127.1``)."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def hosts_of(city: City) -> frozenset[str]:
    """Every host that a city file names as a place to fetch something from."""
    return frozenset(filter(None, map(host_of, _place_urls(city))))


def _place_urls(city: City) -> Iterator[str]:
    for source in city.sources:
        yield source.url
        yield source.token_url or ""
    if city.geocoder is not None:
        yield city.geocoder.url or ""
    if city.places is not None:
        yield from filter(None, (city.places.streets, city.places.addresses, city.places.blocks))


def host_of(url: str) -> str:
    """The host of a web address, empty where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def is_web_address(text: str) -> bool:
    """Whether *text* is a complete address of HTTP or HTTPS."""
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return bool(host_of(text))


def _plain_host(host: str) -> str:
    return host.casefold().strip("[]").rstrip(".")


def _is_public(address: Address) -> bool:
    address = _embedded(address)
    is_given_out = isinstance(address, IPv4Address) or address in _UNICAST
    is_special = address.is_multicast or any(address in network for network in _SPECIAL)
    return address.is_global and is_given_out and not is_special


def _is_never_meant(address: Address) -> bool:
    address = _embedded(address)
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in _CREDENTIALS


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, where packets would end up."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or address
