"""Plays what the product is proud of, soon after the demo is opened: a change of type, and a call taken back.

A scene takes two minutes of the viewer's time, however fast the city's clock runs, and is a function of seed
and time, like every other call. For twenty minutes after the demo was opened one begins every half minute, so
that something happens every few seconds at any hour of the city's day; later one is played every twenty
minutes, so that a demo that runs for days is not made of scenes.
"""

import random
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from blocklight.demo.call_kinds import by_text
from blocklight.demo.dispatch import HOUR, ZONE, SimulatedCall, written_address
from blocklight.demo.places import chooser

SCENE_S = 120
_BEGINS_EVERY_S = 30
_AFTER_OPENING_S = 20 * 60
_LATER_EVERY_S = 20 * 60
# At a faster clock a scene is shorter for the viewer: its calls must end before the centre forgets them.
_MOST_SPEED = 60
# The centre numbers the calls of an hour from 0, and has fewer; at most 120 scenes begin in one.
_FIRST_NUMBER = 700

# What a call is first, and what it turns out to be: both are published.
_CHANGES = (
    ("TRAFFIC HAZARD", "COLLISION NON INJURY"),
    ("SMOKE INVESTIGATION", "GAS LEAK"),
    ("ALARM BURGLARY", "BURGLARY REPORT"),
    ("LOST PROPERTY", "THEFT REPORT"),
)
# What a call is first, and what it turns out to be: that is never published.
_TAKEN_BACK = (
    ("FOUND PROPERTY", "DECEASED PERSON"),
    ("SUSPICIOUS VEHICLE", "STALKING"),
    ("BLOCKED DRIVEWAY", "RESTRAINING ORDER VIOLATION"),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One call of a scene: when it comes, and seconds after that its stages, its change and its end.

    With a scene every half minute no more than five seconds are without one of these.
    """

    comes: int
    dispatched: int
    on_scene: int
    changes: int
    closed: int

    def at_speed(self, scale: float) -> "_Part":
        """The same part for a viewer whose second is *scale* of the city's."""
        return _Part(*(round(seconds * scale) for seconds in astuple(self)))


_SHOWN = _Part(comes=0, dispatched=8, on_scene=55, changes=35, closed=107)
_GONE = _Part(comes=12, dispatched=10, on_scene=38, changes=50, closed=104)


class Showcase:
    """The scenes of one seed for a demo that was opened at a time, and was last seen running at another.

    *speed* is how many seconds of the city pass in one of the viewer's. Scenes in which the demo was
    interrupted are played to their end, so that their calls are closed.
    """

    def __init__(
        self, seed: int, opened_at: int, last_seen_at: int | None = None, *, speed: float = 1.0
    ) -> None:
        self._seed, self._opened_at, self._last_seen_at = seed, opened_at, last_seen_at
        self._scale = min(max(speed, 1.0), _MOST_SPEED)
        self.scene_s = round(SCENE_S * self._scale)
        self._step = round(_BEGINS_EVERY_S * self._scale)

    def hour(self, index: int) -> Iterator[SimulatedCall]:
        """Yield the calls of scenes that are received in one UTC hour (hours since 1970), oldest first."""
        begin, end = index * HOUR, (index + 1) * HOUR
        first = -(-(begin - self.scene_s) // self._step) * self._step
        scenes = (start for start in range(first, end, self._step) if self.plays(start))
        calls = (call for start in scenes for call in self._scene(start))
        yield from sorted(
            (call for call in calls if begin <= call.received_at < end), key=lambda call: call.received_at
        )

    def plays(self, start: int) -> bool:
        """Whether a scene begins at *start*, seconds since 1970."""
        if start % self._step:
            return False
        seen = self._last_seen_at
        if seen is not None and seen - self.scene_s < start <= seen:
            return True
        since = start - self._opened_at
        later_s = round(_LATER_EVERY_S / _BEGINS_EVERY_S) * self._step
        return since > -self.scene_s and (since <= _AFTER_OPENING_S * self._scale or start % later_s == 0)

    def _scene(self, start: int) -> Iterator[SimulatedCall]:
        rng = random.Random(f"scene {self._seed} {start}")  # noqa: S311 - a simulation, not a secret
        for offset, (part, choice) in enumerate(((_SHOWN, _CHANGES), (_GONE, _TAKEN_BACK))):
            types = choice[start // self._step % len(choice)]
            scaled = part.at_speed(self._scale)
            at = start + scaled.comes
            number = _FIRST_NUMBER + at % HOUR // self._step * 2 + offset
            yield _call(rng, at // HOUR * 1000 + number, at, scaled, types)


def _call(rng: random.Random, object_id: int, at: int, part: _Part, types: tuple[str, str]) -> SimulatedCall:
    first, then = types
    kind = by_text()[first]
    spot = chooser(kind.place)(rng)
    address, lon, lat = written_address(rng, spot, kind)
    local = datetime.fromtimestamp(at, UTC).astimezone(ZONE)
    return SimulatedCall(
        object_id=object_id,
        number=f"{kind.agency[0]}{local:%y%m%d}-{object_id % 1_000_000:06d}",
        agency=kind.agency,
        text=first,
        priority=int(kind.priorities[0]),
        channel="PHONE",
        spot=spot,
        address=address,
        lon=lon,
        lat=lat,
        received_at=at,
        dispatched_at=at + part.dispatched,
        en_route_at=at + part.dispatched + 5,
        on_scene_at=at + part.on_scene,
        closed_at=at + part.closed,
        units=((at + part.dispatched, f"{spot.beat}{rng.randrange(1, 30)}"),),
        disposition="HANDLED BY CREW" if kind.agency == "FD" else "HANDLED BY OFFICER",
        then=((at + part.changes, then),),
    )
