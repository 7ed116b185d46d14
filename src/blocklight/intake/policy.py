"""Decides by a city's policy which rule an incident meets; makes no public record."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from blocklight.areas import Areas
from blocklight.city import City
from blocklight.errors import CityFileError
from blocklight.intake.record import Incident
from blocklight.model import Category
from blocklight.policy import Rule
from blocklight.table import folded

_REMEMBERED = 10_000


_Key = tuple[object, ...]
_DAY_MIN = 1440
_Candidate = tuple[Rule, int, int, frozenset[str] | None]
"""A rule that only place and time still decide about: the minute of the day from which it applies, how many
minutes long, and the areas it asks for."""


@dataclass(frozen=True)
class Decider:
    """A city's rules in order, asked for the first that an incident meets."""

    rules: tuple[Rule, ...]
    zone: ZoneInfo
    areas: Areas
    _candidates: dict[_Key, tuple[_Candidate, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, city: City, areas: Areas) -> "Decider":
        """Make a city's rules ready; raises ``CityFileError`` for an area that does not exist."""
        known = {f"{kind}:{area.id}" for kind, members in areas.by_kind.items() for area in members}
        for rule in city.policy.rules:
            for area in rule.area:
                if area not in known:
                    raise CityFileError(city.city.id, f"policy.rules.{rule.name}.area", f"no area {area!r}")
        return cls(city.policy.rules, city.city.zone, areas)

    def rule(self, incident: Incident, category: Category, source_type: str | None = None) -> Rule | None:
        """Return the first rule that *incident* meets, ``None`` when it meets none.

        *source_type* stands in for its own where further rows of it call it differently.
        """
        if not self.rules:
            return None
        said = source_type or incident.source_type
        key = (
            incident.kind, incident.source, incident.agency, category, said, incident.priority,
            incident.status, incident.origin,
        )  # fmt: skip
        candidates = self._candidates.get(key)
        if candidates is None:
            if len(self._candidates) >= _REMEMBERED:
                self._candidates.clear()
            candidates = self._candidates[key] = tuple(self._meeting(incident, category, folded(said)))
        return self._first_here_and_then(candidates, incident) if candidates else None

    def _meeting(self, incident: Incident, category: Category, text: str) -> list[_Candidate]:
        """Return the rules that are met but for place and time, up to the first that asks for neither."""
        found: list[_Candidate] = []
        for rule in self.rules:
            if _meets(rule, incident, category, text):
                start, end = rule.minutes or (0, 0)
                found.append(
                    (rule, start, (end - start) % _DAY_MIN or _DAY_MIN, frozenset(rule.area) or None)
                )
                if not rule.area and rule.minutes is None:
                    break
        return found

    def _first_here_and_then(self, candidates: tuple[_Candidate, ...], incident: Incident) -> Rule | None:
        """Return the first of *candidates* whose time and place are those of *incident*."""
        minute: int | None = None
        here: frozenset[str] | None = None
        for rule, start, length, areas in candidates:
            if length < _DAY_MIN:
                minute = self._minute(incident.received_at) if minute is None else minute
                if (minute - start) % _DAY_MIN >= length:
                    continue
            if areas is None:
                return rule
            here = self._here(incident) if here is None else here
            if not here.isdisjoint(areas):
                return rule
        return None

    def _here(self, incident: Incident) -> frozenset[str]:
        """Return the areas that hold the exact place, as ``KIND:ID``."""
        if incident.lon is None or incident.lat is None:
            return frozenset()
        held = self.areas.holding(incident.lon, incident.lat)
        return frozenset(f"{kind}:{area}" for kind, area in held.items())

    def _minute(self, at: datetime) -> int:
        local = at.astimezone(self.zone)
        return local.hour * 60 + local.minute


def _meets(rule: Rule, incident: Incident, category: Category, text: str) -> bool:
    return (
        (rule.kind is None or rule.kind is incident.kind)
        and (not rule.source or incident.source in rule.source)
        and (not rule.agency or incident.agency in rule.agency)
        and (not rule.category or category in rule.category)
        and (not rule.priority or incident.priority in rule.priority)
        and (rule.status is None or rule.status is incident.status)
        and (rule.origin is None or rule.origin is incident.origin)
        and rule.says(text)
    )
