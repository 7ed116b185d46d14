"""Plays what the product is proud of, soon after the demo is opened: a change of type, and a call taken back.

A scene takes two minutes and is a function of seed and time, like every other call. For twenty minutes after
the demo was opened one follows the other; later one is played every twenty minutes, so that a demo that
runs for days is not made of scenes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from blocklight.demo.call_kinds import by_text
from blocklight.demo.dispatch import HOUR, ZONE, SimulatedCall, written_address
from blocklight.demo.places import chooser

SCENE_S = 120
_AFTER_OPENING_S = 20 * 60
_EVERY_S = 20 * 60
_FIRST_NUMBER = 900
"""The centre numbers the calls of an hour from 0, and has fewer."""

_CHANGES = (
    ("TRAFFIC HAZARD", "COLLISION NON INJURY"),
    ("SMOKE INVESTIGATION", "GAS LEAK"),
    ("ALARM BURGLARY", "BURGLARY REPORT"),
    ("LOST PROPERTY", "THEFT REPORT"),
)
"""What a call is first, and what it turns out to be: both are published."""
_TAKEN_BACK = (
    ("FOUND PROPERTY", "DECEASED PERSON"),
    ("SUSPICIOUS VEHICLE", "STALKING"),
    ("BLOCKED DRIVEWAY", "RESTRAINING ORDER VIOLATION"),
)
"""What a call is first, and what it turns out to be: that is never published."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One call of a scene: when it comes, and seconds after that its stages, its change and its end."""

    comes: int
    dispatched: int
    on_scene: int
    changes: int
    closed: int


_SHOWN = _Part(comes=0, dispatched=8, on_scene=55, changes=35, closed=95)
_GONE = _Part(comes=12, dispatched=10, on_scene=40, changes=50, closed=104)


class Showcase:
    """The scenes of one seed for a demo that was opened at a time, and was last seen running at another.

    The scene in which it was interrupted is played to its end, so that its calls are closed.
    """

    def __init__(self, seed: int, opened_at: int, last_seen_at: int | None = None) -> None:
        self._seed, self._opened_at, self._last_seen_at = seed, opened_at, last_seen_at

    def hour(self, index: int) -> Iterator[SimulatedCall]:
        """Yield the calls of the scenes that begin in one UTC hour (hours since 1970), oldest first."""
        for start in range(index * HOUR, (index + 1) * HOUR, SCENE_S):
            if self.plays(start):
                yield from self._scene(start)

    def plays(self, start: int) -> bool:
        """Whether a scene begins at *start*."""
        seen = self._last_seen_at
        if seen is not None and seen - SCENE_S < start <= seen:
            return True
        since = start - self._opened_at
        return since > -SCENE_S and (since <= _AFTER_OPENING_S or start % _EVERY_S == 0)

    def _scene(self, start: int) -> Iterator[SimulatedCall]:
        rng = random.Random(f"scene {self._seed} {start}")  # noqa: S311 - a simulation, not a secret
        number = _FIRST_NUMBER + start % HOUR // SCENE_S * 2
        for offset, (part, choice) in enumerate(((_SHOWN, _CHANGES), (_GONE, _TAKEN_BACK))):
            types = choice[start // SCENE_S % len(choice)]
            yield _call(rng, start // HOUR * 1000 + number + offset, start + part.comes, part, types)


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
