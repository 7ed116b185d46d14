"""One city opened on this machine: its file, store, areas, rules, keys and feeds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from blocklight import net
from blocklight.app.id_keys import belong_together
from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.app.service import act_as_owner
from blocklight.config.city import City, SourceSpec
from blocklight.config.settings import Settings
from blocklight.geo.areas import Areas
from blocklight.intake.claims import Claims
from blocklight.intake.companions import Companions
from blocklight.intake.connectors import connector
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.keys import load_id_key
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed
from blocklight.store import Store

_DEMO_DOMAIN = ".demo.invalid"

Clock = Callable[[], datetime]


def fast_clock(speed: float, start: datetime) -> Clock:
    """A clock that shows *start* now and runs *speed* times as fast as the wall's."""
    started_at = wall_clock()
    return lambda: start + (wall_clock() - started_at) * speed


# How long working out an answer appears to take. On an idle machine that is a thousand new withheld rows.
SETTLES_S = 0.5


@dataclass(frozen=True)
class CityRuntime:
    """One city opened on this machine."""

    city: City
    store: Store
    areas: Areas
    rules: Rules
    settings: Settings
    folder: Path
    geocoder: Geocoder | None = None
    keys: bytes = field(default=b"", repr=False)

    def feeds(
        self, client: net.AsyncClient, now: Clock, clock_rate: float = 1, *, settles_s: float = 0.0
    ) -> list[Feed]:
        """A feed for each source of the city; while the public looks on, answers settle for *settles_s*."""
        claims = Claims() if len(self.city.sources) > 1 else None
        companions = Companions.of(self.city)
        return [
            Feed(
                source,
                self.city,
                connector(source, client=client, secret=self.settings.secret_of(source), now=now, keeps=True),
                self.rules,
                clock_rate=clock_rate,
                geocoder=self.geocoder,
                claims=claims,
                companions=companions,
                settles_s=settles_s,
            )
            for source in self.city.sources
        ]


def open_city(options: Options, *, reading: bool = True) -> CityRuntime:
    """Open the store, the id key and the rules of a city; raises ``BlocklightError``.

    With *reading*, what its sources need besides: street lines, where the city file names them, and the very
    key that the database was filled with.
    """
    settings = Settings()
    city = configured_city(options)
    folder = options.data or settings.data / city.city.id
    act_as_owner(folder, settings.data)
    folder.mkdir(parents=True, exist_ok=True)
    secret = settings.id_key.get_secret_value() if settings.id_key else None
    areas = Areas(city)
    keys = load_id_key(folder, secret)
    rules = Rules.of(city, keys, areas)
    geocoder = Geocoder.of(city) if reading else None
    store = open_store(options, city, settings)
    if reading or any(source.connector == "push" for source in city.sources):
        belong_together(store, keys, wall_clock())
    return CityRuntime(city, store, areas, rules, settings, folder, geocoder, keys)


def http_client(city: City, now: Clock, seed: int = 7) -> net.AsyncClient:
    """The client for a city's sources; those of the demo are answered inside this process."""
    simulated = sorted(host for host in net.hosts_of(city) if host.endswith(_DEMO_DOMAIN))
    mounts = {f"all://{host}": _dispatch_centre(now, seed) for host in simulated}
    return net.client(net.outbound(net.hosts_of(city)), mounts=mounts)


def transport_to(source: SourceSpec, now: Clock) -> net.AsyncTransport:
    """The way to one source: the network, or the demo's dispatch centre."""
    host = net.host_of(source.url)
    return _dispatch_centre(now) if host.endswith(_DEMO_DOMAIN) else net.outbound({host})


def _dispatch_centre(now: Clock, seed: int = 7) -> net.AsyncTransport:
    from blocklight.demo.feeds import dispatch_centre  # noqa: PLC0415 - only the demo simulates

    return net.in_process(dispatch_centre(seed=seed, now=now))
