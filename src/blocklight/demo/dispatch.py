"""A dispatch centre as a function of (seed, time): every hour's calls come from their own random numbers.

Nothing is remembered: what the centre knows at a moment can be worked out again from the seed alone, after
any restart and in any order. All times are whole seconds since 1970, UTC.
"""

import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from blocklight.demo import near_repeats
from blocklight.demo.call_kinds import ENDS, KINDS, WEEKDAYS, CallKind, by_text, hour_weights, load
from blocklight.demo.places import Spot, chooser

ZONE = ZoneInfo("America/Los_Angeles")
HOUR = 3600
# No call is edited later than this after it was received.
LONGEST_LIFE_HOURS = 12

_SCALE = 0.83
_QUEUE_S = {1: 60, 2: 160, 3: 620, 4: 2000, 5: 3600}
_TRAVEL_S = {1: 260, 2: 320, 3: 430, 4: 540, 5: 600}
# Stays are longer than the table says: reports are written on scene.
_STAY = 1.85

_DUPLICATED, _CANCELLED, _FAULTY = 0.034, 0.065, 0.008
_FAULTS = ("zero", "zero", "zero", "swapped", "swapped", "absurd_year", "no_time")
_REMARKS = (
    "RP {name} 555-01{n:02d} WILL MEET AT DOOR",
    "ANON RP, NO CALLBACK",
    "RP {name} 555-01{n:02d} SEES FROM WINDOW",
    "GATE CODE {n:04d}, SEE {name}",
    "2ND CALLER {name} 555-01{n:02d} SAME",
    "{name} AT APT {n} WAITING OUTSIDE",
    "",
)
_NAMES = "ADA BRUNO CLEO DARIO ELSA FINN GRETA HUGO INES JUNO KAI LOTTE MILO".split()


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """One row of the centre's table with its whole life, past and future; `*_at` are epoch seconds.

    *then* are later types with the time of each reclassification. *units* are unit names with the
    time each was assigned. *fault* says how the row is broken, if it is.
    """

    object_id: int
    number: str
    agency: str
    text: str
    priority: int
    channel: str
    spot: Spot
    address: str
    lon: float
    lat: float
    received_at: int
    dispatched_at: int | None
    en_route_at: int | None
    on_scene_at: int | None
    closed_at: int
    units: tuple[tuple[int, str], ...]
    disposition: str
    then: tuple[tuple[int, str], ...] = ()
    duplicate_of: str | None = None
    fault: str | None = None
    remark: str = ""

    @property
    def edits(self) -> tuple[int, ...]:
        """Every moment at which the row changes, in order."""
        stages = (self.received_at, self.dispatched_at, self.en_route_at, self.on_scene_at, self.closed_at)
        changes = (*(at for at, _ in self.then), *(at for at, _ in self.units))
        return tuple(sorted({at for at in (*stages, *changes) if at is not None}))

    def edited_at(self, now: int) -> int:
        """When the row last changed, as seen at *now*."""
        return max(at for at in self.edits if at <= now)

    def type_at(self, now: int) -> str:
        """The type that the row shows at *now*."""
        return next((text for at, text in reversed(self.then) if at <= now), self.text)

    def open_at(self, now: int) -> bool:
        """Whether the call is received and not closed at *now*."""
        return self.received_at <= now < self.closed_at


class Dispatch:
    """The calls of one seed, made hour by hour when first asked for; *more* adds to those of an hour."""

    def __init__(self, seed: int, further: Callable[[int], Iterable[SimulatedCall]] | None = None) -> None:
        self._seed = seed
        self._more = further
        self._hours: dict[int, tuple[SimulatedCall, ...]] = {}
        self._repeats = near_repeats.Repeats(seed)

    def hour(self, index: int) -> tuple[SimulatedCall, ...]:
        """The calls received in one UTC hour (hours since 1970), oldest first."""
        calls = self._hours.get(index)
        if calls is None:
            calls_made = _calls_of_hour(self._seed, index, self._repeats)
            if self._more is not None:
                calls_made = sorted([*calls_made, *self._more(index)], key=_time_and_number)
            calls = self._hours[index] = tuple(calls_made)
        return calls

    def forget_before(self, at: int) -> None:
        """Free the memory of hours long past; they can be made again."""
        for index in tuple(self._hours):  # a copy in one step: another thread may make an hour meanwhile
            if index < at // HOUR:
                self._hours.pop(index, None)
        self._repeats.forget_before(at // HOUR)

    def calls_between(self, t0: int, t1: int) -> Iterator[SimulatedCall]:
        """Yield the calls received from *t0* on and before *t1*, oldest first, with their full lives."""
        for index in range(t0 // HOUR, -(-t1 // HOUR)):
            for call in self.hour(index):
                if t0 <= call.received_at < t1:
                    yield call

    def edited_between(self, t0: int, t1: int) -> Iterator[SimulatedCall]:
        """Yield the calls whose row changes from *t0* on and before *t1*, by when they were received.

        Looks no further back than the longest life of a call.
        """
        for call in self.calls_between(t0 - LONGEST_LIFE_HOURS * HOUR, t1):
            if call.closed_at >= t0 and any(t0 <= at < t1 for at in call.edits):
                yield call

    def open_at(self, now: int) -> Iterator[SimulatedCall]:
        """Yield the calls that are open at *now*."""
        for call in self.calls_between(now - LONGEST_LIFE_HOURS * HOUR, now + 1):
            if call.open_at(now):
                yield call


@dataclass(frozen=True, slots=True)
class _Opening:
    """A call at the moment that it comes in."""

    at: int
    kind: CallKind
    spot: Spot


def _calls_of_hour(seed: int, index: int, repeats: near_repeats.Repeats) -> list[SimulatedCall]:
    rng = random.Random(f"calls {seed} {index}")  # noqa: S311 - a simulation, not a secret
    local = datetime.fromtimestamp(index * HOUR, UTC).astimezone(ZONE)
    busy = load(local.weekday(), local.hour) * rng.lognormvariate(0, 0.12)
    openings = sorted(
        [*_openings(rng, index, local), *_burglaries(repeats, index)], key=lambda opening: opening.at
    )
    rows: list[SimulatedCall] = []
    for opening in openings:
        call = _call_life(rng, opening, busy, local, index * 1000 + len(rows))
        rows.append(call)
        if not opening.kind.officer and rng.random() < _DUPLICATED:
            rows += _duplicates(rng, call, (index + 1) * HOUR, index * 1000 + len(rows))
    return sorted(rows, key=_time_and_number)


def _time_and_number(row: SimulatedCall) -> tuple[int, int]:
    return row.received_at, row.object_id


def _openings(rng: random.Random, index: int, local: datetime) -> Iterator[_Opening]:
    for kind, rate in _rates(local.weekday(), local.hour):
        for _ in range(poisson(rng, rate)):
            yield _Opening(index * HOUR + rng.randrange(HOUR), kind, chooser(kind.place)(rng))


@cache
def _rates(weekday: int, hour: int) -> tuple[tuple[CallKind, float], ...]:
    """The calls of each kind to expect in one local hour."""
    return tuple(
        (kind, kind.daily * _SCALE * hour_weights(kind.hours)[hour] * WEEKDAYS[kind.hours][weekday])
        for kind in KINDS
        if kind.daily
    )


def _burglaries(repeats: near_repeats.Repeats, index: int) -> Iterator[_Opening]:
    for burglary in repeats.in_hour(index):
        text = "BURGLARY IN PROGRESS" if burglary.in_progress else "BURGLARY REPORT"
        yield _Opening(burglary.at, by_text()[text], burglary.spot)


def _call_life(
    rng: random.Random, opening: _Opening, busy: float, local: datetime, object_id: int
) -> SimulatedCall:
    """Give a call its whole life."""
    kind, at = opening.kind, opening.at
    priority = int(rng.choice(kind.priorities))
    times = _stages(rng, kind, opening, priority, busy)
    dispatched, en_route, on_scene, closed = times
    then = _reclassified(rng, kind, dispatched, on_scene, closed)
    last = by_text()[then[-1][1]] if then else kind
    disposition = pick(rng, ENDS[last.ends]) if on_scene is not None else "CANCELLED"
    address, lon, lat = written_address(rng, opening.spot, kind)
    return SimulatedCall(
        object_id=object_id,
        number=f"{kind.agency[0]}{local:%y%m%d}-{object_id % 1_000_000:06d}",
        agency=kind.agency,
        text=kind.text,
        priority=priority,
        channel="OFFICER" if kind.officer else rng.choice(_channels(kind, priority)),
        spot=opening.spot,
        address=address,
        lon=lon,
        lat=lat,
        received_at=at,
        dispatched_at=dispatched,
        en_route_at=en_route,
        on_scene_at=on_scene,
        closed_at=closed,
        units=_unit_turns(rng, kind, opening.spot, dispatched, closed),
        disposition=disposition,
        then=then,
        fault=rng.choice(_FAULTS) if rng.random() < _FAULTY else None,
        remark=rng.choice(_REMARKS).format(name=rng.choice(_NAMES), n=rng.randrange(100)),
    )


def _stages(
    rng: random.Random, kind: CallKind, opening: _Opening, priority: int, busy: float
) -> tuple[int | None, int | None, int | None, int]:
    """Draw dispatched, en route, on scene and closed; a call that is cancelled misses the later ones."""
    at = opening.at
    scene_s = max(90, rng.lognormvariate(math.log(kind.scene_min * 60 * _STAY), 0.62))
    if kind.officer:
        arrived = at + rng.randrange(4)
        return arrived, arrived, arrived, _before_the_end(at, arrived + scene_s)
    of_police = kind.agency != "PD"
    queue_s = rng.lognormvariate(
        math.log(40 + 15 * priority if of_police else _QUEUE_S[priority]), 0.65 if of_police else 0.8
    )
    queue_s *= 1 if of_police else busy**1.6
    travel_s = rng.lognormvariate(math.log(_TRAVEL_S[1 if of_police else priority]), 0.42)
    travel_s *= (1.35 if opening.spot.road == "lane" else 1.0) * busy**0.3
    dispatched = at + max(8, round(queue_s))
    en_route = dispatched + rng.randrange(15, 100)
    on_scene = en_route + max(40, round(travel_s))
    if rng.random() < _CANCELLED * (1.4 if priority > 2 else 0.6):  # noqa: PLR2004 - the urgent ones wait less
        closed = rng.randrange(at + 20, on_scene)
        return (
            dispatched if dispatched < closed else None,
            en_route if en_route < closed else None,
            None,
            closed,
        )
    if on_scene > at + (LONGEST_LIFE_HOURS - 2) * HOUR:
        return None, None, None, at + 3 * HOUR
    return dispatched, en_route, on_scene, _before_the_end(at, on_scene + scene_s)


def _before_the_end(at: int, closed: float) -> int:
    return min(round(closed), at + LONGEST_LIFE_HOURS * HOUR - 1)


def _reclassified(
    rng: random.Random, kind: CallKind, dispatched: int | None, on_scene: int | None, closed: int
) -> tuple[tuple[int, str], ...]:
    """Draw whether the call turns out to be something else, mostly once somebody is there."""
    luck = rng.random()
    for share, text in kind.becomes:
        luck -= share
        if luck < 0 and dispatched is not None:
            start = on_scene if on_scene is not None and rng.random() < 0.7 else dispatched  # noqa: PLR2004 - a share
            return (
                ((rng.randrange(start + 5, max(start + 30, min(closed, start + 1500))), text),)
                if (start + 30 < closed)
                else ()
            )
    return ()


def _unit_turns(
    rng: random.Random, kind: CallKind, spot: Spot, dispatched: int | None, closed: int
) -> tuple[tuple[int, str], ...]:
    if dispatched is None:
        return ()
    count = max(1, round(rng.gauss(kind.units, 0.6)))
    names: list[tuple[int, str]] = []
    at = dispatched
    for _ in range(count):
        if at >= closed:
            break
        prefix = {"PD": f"{spot.beat}", "FD": rng.choice("ETQ"), "EMS": "M"}[kind.agency]
        names.append((at, f"{prefix}{rng.randrange(1, 30)}"))
        at += 0 if rng.random() < 0.5 else rng.randrange(60, 420)  # noqa: PLR2004 - half of them go together
    return tuple(names)


def _duplicates(rng: random.Random, call: SimulatedCall, end: int, object_id: int) -> Iterator[SimulatedCall]:
    """Yield the second row of a call that somebody else rang up too: marked and closed within minutes."""
    at = call.received_at + rng.randrange(20, 360)
    if at >= min(end, call.closed_at):
        return
    yield SimulatedCall(
        object_id=object_id, number=f"{call.number[:8]}{object_id % 1_000_000:06d}", agency=call.agency,
        text=call.text, priority=call.priority, channel="PHONE", spot=call.spot, address=call.address,
        lon=call.lon, lat=call.lat, received_at=at, dispatched_at=None, en_route_at=None, on_scene_at=None,
        closed_at=at + rng.randrange(40, 600), units=(),
        disposition="DUPLICATE CALL", duplicate_of=call.number,
    )  # fmt: skip


def _channels(kind: CallKind, priority: int) -> tuple[str, ...]:
    if kind.text.startswith(("ALARM", "FIRE ALARM")):
        return ("ALARM COMPANY",)
    return ("911", "911", "PHONE") if priority <= 2 else ("PHONE", "PHONE", "911", "ONLINE")  # noqa: PLR2004 - urgent


def written_address(rng: random.Random, spot: Spot, kind: CallKind) -> tuple[str, float, float]:
    """Draw how a place is written, and a point near it: lon, lat in WGS 84 degrees."""
    lon, lat = spot.degrees()
    lon, lat = lon + rng.uniform(-2.2e-4, 2.2e-4), lat + rng.uniform(-1.7e-4, 1.7e-4)
    if spot.cross and (spot.road == "freeway" or rng.random() < (0.75 if kind.place == "crossing" else 0.14)):
        return f"{spot.street} / {spot.cross}", round(lon, 6), round(lat, 6)
    return f"{spot.hundred + rng.randrange(1, 99)} {spot.street}", round(lon, 6), round(lat, 6)


def poisson(rng: random.Random, mean: float) -> int:
    """Draw a Poisson number (Knuth's method, for small means)."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def pick(rng: random.Random, weighted: tuple[tuple[int, str], ...]) -> str:
    """Draw one of the weighted words."""
    rest = rng.random() * sum(weight for weight, _ in weighted)
    for weight, word in weighted:
        rest -= weight
        if rest < 0:
            return word
    return weighted[-1][1]
