"""Burglaries come in clusters: after one, the homes around it are at risk for two weeks.

A cluster process (Neyman and Scott): first burglaries are independent, each draws a few others near it
with an exponential delay. What happens in an hour depends only on the seed and the 14 days before it.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from blocklight.simulate.call_kinds import BURGLARIES_PER_DAY, WEEKDAYS, hour_weights
from blocklight.simulate.places import Spot, chooser, neighbor

_REACH_HOURS = 14 * 24
_MEAN_DELAY_S = 3.2 * 86_400
_FOLLOWED = (0.3, 0.12, 0.05)
"""Chance that a first burglary draws at least one, two, three others."""
_ZONE = ZoneInfo("America/Los_Angeles")
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Burglary:
    """One burglary call: epoch seconds, its place, and whether it draws the near ones (*first*)."""

    at: int
    spot: Spot
    in_progress: bool
    first: bool


class Repeats:
    """The burglaries of one seed, by hour."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._firsts: dict[int, list[Burglary]] = {}
        self._later: dict[int, list[Burglary]] = {}

    def in_hour(self, index: int) -> list[Burglary]:
        """Return the burglaries of one UTC hour, oldest first."""
        for past in range(index - _REACH_HOURS, index + 1):
            if past not in self._firsts:
                self._make(past)
        found = [*self._firsts[index], *self._later.get(index, ())]
        return sorted(found, key=lambda burglary: (burglary.at, burglary.spot.x, burglary.spot.y))

    def forget_before(self, index: int) -> None:
        """Free the memory of hours whose burglaries draw no more."""
        for past in [past for past in self._firsts if past < index - 2 * _REACH_HOURS]:
            del self._firsts[past]
            self._later.pop(past, None)

    def _make(self, index: int) -> None:
        rng = random.Random(f"burglaries {self._seed} {index}")  # noqa: S311 - a simulation, not a secret
        local = datetime.fromtimestamp(index * _HOUR, UTC).astimezone(_ZONE)
        rate = BURGLARIES_PER_DAY * hour_weights("morning")[local.hour] * WEEKDAYS["morning"][local.weekday()]
        firsts = self._firsts[index] = []
        for second in range(2):
            if rng.random() < rate / 2:
                at = index * _HOUR + second * 1800 + rng.randrange(1800)
                first = Burglary(at, chooser("homes")(rng), rng.random() < 0.2, first=True)  # noqa: PLR2004 - a share
                firsts.append(first)
                self._draw_others(rng, first)

    def _draw_others(self, rng: random.Random, first: Burglary) -> None:
        luck = rng.random()
        for chance in _FOLLOWED:
            if luck < chance:
                at = first.at + _HOUR + round(rng.expovariate(1 / _MEAN_DELAY_S))
                spot = neighbor(first.spot, rng)
                if at // _HOUR <= first.at // _HOUR + _REACH_HOURS:
                    later = Burglary(at, spot, rng.random() < 0.2, first=False)  # noqa: PLR2004 - a share
                    self._later.setdefault(at // _HOUR, []).append(later)
