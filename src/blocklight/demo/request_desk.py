"""The demo city's 311 desk as a function of (seed, time), hour by hour like its dispatch centre."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from blocklight.demo.call_kinds import WEEKDAYS, hour_weights
from blocklight.demo.dispatch import HOUR, ZONE, pick, poisson
from blocklight.demo.places import Spot, chooser

# No request is edited later than this after it was received: by then a crew has it or it is done.
LONGEST_LIFE_HOURS = 72


@dataclass(frozen=True, slots=True)
class RequestKind:
    """One 311 service: how many a day, when, where, and the median hours until it leaves the desk."""

    text: str
    agency: str
    daily: float
    hours: str
    place: str
    desk_h: float


_PW, _SAN, _DOT, _PARKS = "Public Works", "Sanitation", "Transportation", "Parks"

# The last one is mapped by no rule of the city file, on purpose.
REQUEST_KINDS: tuple[RequestKind, ...] = (
    RequestKind("Illegal dumping", _SAN, 27, "morning", "quays", 1.1),
    RequestKind("Graffiti removal", _PW, 15, "morning", "shops", 1.4),
    RequestKind("Pothole", _DOT, 14, "commute", "streets", 1.8),
    RequestKind("Streetlight out", _DOT, 13, "evening", "homes", 1.6),
    RequestKind("Abandoned vehicle", _DOT, 13, "day", "homes", 2.4),
    RequestKind("Missed collection", _SAN, 12, "morning", "homes", 0.7),
    RequestKind("Overflowing litter bin", _SAN, 8, "day", "night", 0.6),
    RequestKind("Tree or branch down", _PARKS, 7, "morning", "homes", 0.9),
    RequestKind("Sidewalk damage", _PW, 6, "day", "homes", 2.6),
    RequestKind("Blocked storm drain", _PW, 5, "morning", "streets", 0.8),
    RequestKind("Traffic signal fault", _DOT, 4.5, "commute", "crossing", 0.4),
    RequestKind("Parking meter broken", _DOT, 4, "office", "shops", 0.9),
    RequestKind("Blocked bicycle lane", _DOT, 5, "commute", "streets", 0.4),
    RequestKind("Road sign missing", _DOT, 3, "day", "crossing", 1.5),
    RequestKind("Noise from a business", _PW, 4, "night", "night", 1.9),
    RequestKind("Park maintenance", _PARKS, 4, "day", "school", 1.7),
    RequestKind("Dead animal", _SAN, 3, "morning", "streets", 0.6),
    RequestKind("Water leak", _PW, 3.4, "morning", "homes", 0.5),
    RequestKind("Desk transfer 4B", _PW, 1.2, "office", "everywhere", 1.0),
)

UNMAPPED_REQUEST = "Desk transfer 4B"
_ENDS = (
    (58, "Crew assigned"), (21, "Completed"), (7, "Referred"), (6, "Duplicate"), (5, "Not found"),
    (3, "Advised"),
)  # fmt: skip
_CHANNELS = ("App", "App", "App", "Web", "Web", "Phone")


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    """One row of the 311 table with its whole life; `*_at` are epoch seconds."""

    number: int
    kind: RequestKind
    channel: str
    spot: Spot
    address: str
    lon: float
    lat: float
    received_at: int
    reviewed_at: int
    closed_at: int
    ending: str

    def edited_at(self, now: int) -> int:
        """When the row last changed, as seen at *now*."""
        return max(at for at in (self.received_at, self.reviewed_at, self.closed_at) if at <= now)


class RequestDesk:
    """The requests of one seed, made hour by hour when first asked for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._hours: dict[int, tuple[SimulatedRequest, ...]] = {}

    def hour(self, index: int) -> tuple[SimulatedRequest, ...]:
        """The requests received in one UTC hour, oldest first."""
        requests = self._hours.get(index)
        if requests is None:
            requests = self._hours[index] = tuple(_requests_of_hour(self._seed, index))
        return requests

    def forget_before(self, at: int) -> None:
        """Free the memory of hours long past; they can be made again."""
        for index in tuple(self._hours):  # a copy in one step: another thread may make an hour meanwhile
            if index < at // HOUR:
                self._hours.pop(index, None)

    def requests_between(self, t0: int, t1: int) -> Iterator[SimulatedRequest]:
        """Yield the requests received from *t0* on and before *t1*, oldest first."""
        for index in range(t0 // HOUR, -(-t1 // HOUR)):
            for request in self.hour(index):
                if t0 <= request.received_at < t1:
                    yield request


def _requests_of_hour(seed: int, index: int) -> Iterator[SimulatedRequest]:
    rng = random.Random(f"requests {seed} {index}")  # noqa: S311 - a simulation, not a secret
    local = datetime.fromtimestamp(index * HOUR, UTC).astimezone(ZONE)
    for place, (at, kind) in enumerate(_arrivals(rng, index, local)):
        yield _request_life(rng, at, kind, local, index * 1000 + place)


def _arrivals(rng: random.Random, index: int, local: datetime) -> list[tuple[int, RequestKind]]:
    arrivals = [
        (index * HOUR + rng.randrange(HOUR), kind)
        for kind in REQUEST_KINDS
        for _ in range(_requests_in_hour(rng, kind, local))
    ]
    return sorted(arrivals, key=lambda arrival: arrival[0])


def _requests_in_hour(rng: random.Random, kind: RequestKind, local: datetime) -> int:
    return poisson(
        rng, kind.daily * hour_weights(kind.hours)[local.hour] * WEEKDAYS[kind.hours][local.weekday()]
    )


def _request_life(
    rng: random.Random, at: int, kind: RequestKind, local: datetime, number: int
) -> SimulatedRequest:
    spot = chooser(kind.place)(rng)
    lon, lat = spot.degrees()
    desk_s = rng.lognormvariate(math.log(kind.desk_h * HOUR), 0.8)
    # Nobody is at the desk at night: what comes in then waits for the morning.
    wait_s = (7 - local.hour) * HOUR if local.hour < 6 and rng.random() < 0.35 else 0  # noqa: PLR2004 - opening hours
    closed = at + min(round(300 + wait_s + desk_s), LONGEST_LIFE_HOURS * HOUR - 1)
    return SimulatedRequest(
        number=number,
        kind=kind,
        channel=rng.choice(_CHANNELS),
        spot=spot,
        address=f"{spot.hundred + rng.randrange(1, 99)} {spot.street}",
        lon=round(lon + rng.uniform(-2.2e-4, 2.2e-4), 6),
        lat=round(lat + rng.uniform(-1.7e-4, 1.7e-4), 6),
        received_at=at,
        reviewed_at=at + round((closed - at) * rng.uniform(0.1, 0.5)),
        closed_at=closed,
        ending=pick(rng, _ENDS),
    )
