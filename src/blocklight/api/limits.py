"""How much of the server one address may take, and all of them together; every refusal is counted."""

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

REFUSALS = (
    *("connections_total", "connections_address", "live_total", "live_address", "requests_address"),
    *("work_address", "work_total", "large_headers", "slow_headers", "slow_body", "malformed", "pipelined"),
)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Addresses; the oldest are forgotten first, so that no scan of address space fills the memory.
_REMEMBERED = 20_000
# Bits of the IPv6 network that a provider gives to one home (RIPE-690); some give a few more.
_HOUSEHOLD = 56

# No chain of real proxies is as long; a header may hold thousands of made-up hops.
_LONGEST_FORWARDED = 20

# What is forwarded becomes a key in memory: an address with its scope is shorter, all else is made up.
_LONGEST_ADDRESS = 64
# The last places of all are for addresses that hold fewer than these.
_FEW = 4

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("::1"))


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; 0 is no limit. *each* is for an address, an IPv6 network of 56 bits being one."""

    connections: int = 0
    connections_each: int = 0
    live: int = 0
    live_each: int = 0
    requests_each: float = 0
    """Requests a second; ``_BURST_S`` seconds' worth may come at once, as from a school at the bell."""
    work_each: float = 0
    """Seconds of building answers, each second; ``_BURST_S`` seconds' worth may come at once."""
    trusted: tuple[Network, ...] = LOOPBACK
    """Proxies whose ``X-Forwarded-For`` is believed, and whose connections are of many readers."""


# A page loads in one burst, and a school behind one address opens it at the same moment.
_BURST_S = 50.0

_REFUSALS_EACH = 0.4


@lru_cache(4096)
def address_key(host: str) -> str:
    """What is counted as one address: an IPv4 address, or an IPv6 network of 56 bits."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:_LONGEST_ADDRESS]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _HOUSEHOLD), strict=False))
    return str(address)


@lru_cache(4096)
def is_trusted(host: str, trusted: tuple[Network, ...]) -> bool:
    """Whether *host* is a proxy that is named as one."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in trusted)


def client_address(peer: str, forwarded: str, trusted: tuple[Network, ...]) -> str:
    """Who asks: the peer, or the nearest address that trusted proxies did not write of each other.

    *forwarded* is ``X-Forwarded-For``, which anybody can send: only what a trusted proxy added is believed.
    """
    if not forwarded or not is_trusted(peer, trusted):
        return peer
    nearest = peer
    for hop in reversed(forwarded.split(",")[-_LONGEST_FORWARDED:]):
        nearest = _without_port(hop.strip())[:_LONGEST_ADDRESS]
        if not is_trusted(nearest, trusted):
            break
    return nearest


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


class Allowance:
    """A bucket for each address that fills at a rate; the addresses that were quiet longest are forgotten."""

    def __init__(
        self, rate: float, burst_s: float = _BURST_S, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._most = rate * burst_s
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, amount: float, *, at_least: float = 0.0) -> float:
        """Take *amount* if *at_least* as much is left; return 0, or after how many seconds to come again."""
        if not self._rate:
            return 0.0
        now = self._clock()
        remaining, at = self._left.pop(address, (self._most, now))
        remaining = min(self._most, remaining + (now - at) * self._rate)
        allowed = remaining >= max(amount, at_least)
        self._left[address] = (remaining - amount if allowed else remaining), now
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if allowed else max(1.0, (max(amount, at_least) - remaining) / self._rate)

    def spend(self, address: str, amount: float) -> None:
        """Take *amount* that was used, also where it makes a debt."""
        if self._rate and address in self._left:
            remaining, at = self._left[address]
            self._left[address] = max(remaining - amount, -self._most), at


@dataclass(slots=True)
class Places:
    """How many hold a place each, bounded in all and for an address; frees itself of who holds none."""

    most: int
    most_each: int
    reserved: int = 0
    """How many of all are kept for addresses that hold few."""
    held: Counter[str] = field(default_factory=Counter)
    total: int = 0

    def take(self, address: str, *, most_each: int | None = None) -> str | None:
        """Give a place; return ``None``, or of what there are too many: ``total`` or ``address``."""
        each = self.most_each if most_each is None else most_each
        if each and self.held[address] >= each:
            return "address"
        reserve = self.reserved if self.held[address] >= _FEW else 0
        if self.most and self.total >= self.most - reserve:
            return "total"
        self.held[address] += 1
        self.total += 1
        return None

    def leave(self, address: str) -> None:
        """Give a place back."""
        self.total -= 1
        self.held[address] -= 1
        if not self.held[address]:
            del self.held[address]


class Admission:
    """The limits of one process, with who holds how much of them now and what was refused since the start."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Connections since the start, those included that were refused.
        self.opened = 0
        self.refused: Counter[str] = Counter(dict.fromkeys(REFUSALS, 0))
        # Pushes with a right key, by source, key and limit.
        self.refused_pushes: Counter[tuple[str, str, str]] = Counter()
        self.requests = Allowance(limits.requests_each)
        self.work = Allowance(limits.work_each)
        # Refusals of an address that are answered at once.
        self.refusals = Allowance(_REFUSALS_EACH if limits.requests_each or limits.work_each else 0.0)
        self.live = Places(limits.live, limits.live_each, limits.live // 8)
        self.connections = Places(limits.connections, limits.connections_each)

    def connect(self, peer: str) -> str | None:
        """Give a connection a place; return why not. A proxy may have all but a reserve for others."""
        self.opened += 1
        each = None
        if is_trusted(peer, self.limits.trusted):
            each = self.limits.connections - self.limits.connections // 8
        reason = self.connections.take(address_key(peer), most_each=each)
        if reason is not None:
            self.refused[f"connections_{reason}"] += 1
        return reason

    def disconnect(self, peer: str) -> None:
        """Give a connection's place back."""
        self.connections.leave(address_key(peer))
