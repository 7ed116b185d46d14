"""Burglaries come in clusters: after one, the homes around it are at risk for two weeks.

A cluster process (Neyman and Scott): first burglaries are independent, each draws a few others near it
with an exponential delay. What happens in an hour depends only on the seed and the 14 days before it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from blocklight.demo.call_kinds import BURGLARIES_PER_DAY, WEEKDAYS, hour_weights
from blocklight.demo.places import Spot, chooser, neighbor

_REACH_HOURS = 14 * 24
_MEAN_DELAY_S = 3.2 * 86_400
# Chance that a first burglary draws at least one, two, three others.
_FOLLOWED = (0.4, 0.18, 0.08)

_IN_PROGRESS = 0.2
_ZONE = ZoneInfo("America/Los_Angeles")
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Burglary:
    """One burglary call: epoch seconds, its place, and whether it is still going on."""

    at: int
    spot: Spot
    in_progress: bool


class Repeats:
    """The burglaries of one seed, by hour."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made: dict[int, tuple[Burglary, ...]] = {}

    def in_hour(self, index: int) -> list[Burglary]:
        """The burglaries of one UTC hour, oldest first."""
        start, end = index * _HOUR, (index + 1) * _HOUR
        burglaries = [
            burglary
            for past in range(index - _REACH_HOURS, index + 1)
            for burglary in self._from(past)
            if start <= burglary.at < end
        ]
        return sorted(burglaries, key=lambda burglary: (burglary.at, burglary.spot.x, burglary.spot.y))

    def forget_before(self, index: int) -> None:
        """Free the memory of hours whose burglaries draw no more; they can be made again."""
        for past in tuple(self._made):  # a copy in one step: another thread may make an hour meanwhile
            if past < index - _REACH_HOURS:
                self._made.pop(past, None)

    def _from(self, index: int) -> tuple[Burglary, ...]:
        """The first burglaries of one hour and all that they draw later."""
        repeats = self._made.get(index)
        if repeats is None:
            repeats = self._made[index] = tuple(_burglaries_of_hour(self._seed, index))
        return repeats


def _burglaries_of_hour(seed: int, index: int) -> Iterator[Burglary]:
    rng = random.Random(f"burglaries {seed} {index}")  # noqa: S311 - a simulation, not a secret
    local = datetime.fromtimestamp(index * _HOUR, UTC).astimezone(_ZONE)
    rate = BURGLARIES_PER_DAY * hour_weights("morning")[local.hour] * WEEKDAYS["morning"][local.weekday()]
    for half in range(2):
        if rng.random() < rate / 2:
            at = index * _HOUR + half * 1800 + rng.randrange(1800)
            first = Burglary(at, chooser("homes")(rng), rng.random() < _IN_PROGRESS)
            yield first
            yield from _drawn_by(first, rng)


def _drawn_by(first: Burglary, rng: random.Random) -> Iterator[Burglary]:
    luck = rng.random()
    for chance in _FOLLOWED:
        if luck < chance:
            at = first.at + _HOUR + round(rng.expovariate(1 / _MEAN_DELAY_S))
            later = Burglary(at, neighbor(first.spot, rng), rng.random() < _IN_PROGRESS)
            if at // _HOUR <= first.at // _HOUR + _REACH_HOURS:
                yield later
