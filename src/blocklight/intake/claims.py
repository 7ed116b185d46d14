"""Settles what two sources, or two fetches of one, say differently of one incident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from msgspec.structs import replace

from blocklight.city import City, SourceSpec
from blocklight.model import COARSER, Held, Kind, Outcome, PublicIncident, Rejected, Withheld

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
    """Return how a source stands to others that tell of the same incidents, ``None`` where there are none."""
    if source.same_as is not None:
        return {"other": Standing.YIELDS, "this": Standing.WINS, "join": Standing.ADDS}[source.both]
    others = {other.both for other in city.sources if other.same_as == source.id}
    if not others:
        return None
    if "join" in others:
        return Standing.IS_ADDED_TO
    return Standing.YIELDS if "this" in others else Standing.WINS


@dataclass(frozen=True, slots=True)
class Settling:
    """What one source's outcomes are measured against."""

    source: str
    standing: Standing | None
    freeze_place: bool

    @classmethod
    def of(cls, source: SourceSpec, city: City) -> "Settling | None":
        """Return what has to be settled of a source, ``None`` for most."""
        found = standing(source, city)
        return cls(source.id, found, source.freeze_place) if found or source.freeze_place else None

    def __call__(self, outcomes: Sequence[Outcome], stored: Mapping[str, PublicIncident]) -> list[Outcome]:
        """Return what is to be stored of *outcomes*, given what is *stored* of their incidents.

        What is sensitive is never left out, whoever says so.
        """
        kept: list[Outcome] = []
        for outcome in outcomes:
            known = None if isinstance(outcome, Rejected) else stored.get(outcome.id)
            if known is None or (isinstance(outcome, Withheld) and outcome.sensitive):
                kept.append(outcome)
            elif (settled := self._beside(outcome, known)) is not None:
                kept.append(settled)
        return kept

    def _beside(self, outcome: Outcome, known: PublicIncident) -> Outcome | None:
        """Return an outcome as it stands beside what is known, ``None`` where that is to stay as it is."""
        theirs = known.source != self.source
        if theirs and self.standing is Standing.YIELDS:
            return None
        if isinstance(outcome, Withheld | Rejected):
            return None if theirs and self.standing is Standing.ADDS else outcome
        new = outcome.incident if isinstance(outcome, Held) else outcome
        if self.standing is Standing.ADDS and theirs:
            new = new.joined_with(known)  # their record, with what only we know
        elif self.standing in (Standing.ADDS, Standing.IS_ADDED_TO):
            new = known.joined_with(new)
        if self.freeze_place:
            new = _frozen(new, known)
        return replace(outcome, incident=new) if isinstance(outcome, Held) else new


def _frozen(new: PublicIncident, known: PublicIncident) -> PublicIncident:
    """Return *new* at the place where it was first; one that is coarser now is shown so."""
    if new.place is None or known.place is None or new.place.radius_m > COARSER * known.place.radius_m:
        return new
    return replace(new, place=known.place, areas=known.areas)
