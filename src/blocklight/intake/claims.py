"""Knows which sources report the same incidents, and whose record is shown."""

from enum import Enum

from blocklight.config.city import City, SourceSpec
from blocklight.model.outcomes import Outcome
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Kind

_REMEMBERED = 200_000


class Standing(Enum):
    """How a source stands to another that tells of the same incidents."""

    WINS = "its record replaces the other's"
    YIELDS = "the other's record stays"
    ADDS = "it adds to the other's record"
    IS_ADDED_TO = "the other adds to its record"


class Claims:
    """Which source of a city told of which key first, over all of its sources; kept in memory."""

    def __init__(self) -> None:
        self._first: dict[tuple[Kind, str], str] = {}

    def told_twice(self, source: SourceSpec, key: str) -> bool:
        """Note that *source* tells of *key*; return whether another one did before it."""
        if len(self._first) >= _REMEMBERED:
            self._first.clear()
        return self._first.setdefault((source.kind, key), source.same_as or source.id) not in (
            source.id,
            source.same_as,
        )


def moved(before: Outcome, now: Outcome) -> bool:
    """Whether a published incident has another place than at the fetch before."""
    return (
        isinstance(before, PublicIncident) and isinstance(now, PublicIncident) and before.place != now.place
    )


def standing(source: SourceSpec, city: City) -> Standing | None:
    """How a source stands to others that tell of the same incidents, ``None`` where there are none."""
    if source.same_as is not None:
        return {"other": Standing.YIELDS, "this": Standing.WINS, "join": Standing.ADDS}[source.both]
    stances = {candidate.both for candidate in city.sources if candidate.same_as == source.id}
    if not stances:
        return None
    if "join" in stances:
        return Standing.IS_ADDED_TO
    return Standing.YIELDS if "this" in stances else Standing.WINS
