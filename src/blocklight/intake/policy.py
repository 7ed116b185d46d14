"""Decides by a city's rules what is done with an incident; of its place it knows the areas it touches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, reduce
from zoneinfo import ZoneInfo

from blocklight.config.city import City, Policy
from blocklight.config.policy import Mask, Rule
from blocklight.config.table import comparable_words
from blocklight.errors import CityFileError
from blocklight.geo.areas import Areas, Touched
from blocklight.intake.record import Incident
from blocklight.model.vocabulary import Category, Reason

_REMEMBERED = 10_000
_DAY_MIN = 1440
_ACTIONS = ("publish", "hold", "withhold")
# From what tells most to what tells nothing.
_MASKS: tuple[Mask, ...] = ("nearest", "cell", "area", "none")


@dataclass(frozen=True, slots=True, eq=False)  # by identity: a rule's own conditions take long to compare
class Decision:
    """What is done with an incident: by one rule, or by several as the strictest of them in each respect.

    *rules* are those that it follows from, none where only the policy's own settings count. *masked* says
    that a rule asks for a mask, *plain* that it asks for a resolution: no label stands beside that.
    """

    rules: tuple[Rule, ...]
    action: str
    reason: Reason
    place: Mask
    resolution: int
    area_kind: str | None = None
    masked: bool = False
    plain: bool = False
    for_min: int = 0
    until_closed: bool = False
    time_step_min: int | None = None

    @classmethod
    def of(cls, rule: Rule | None, policy: Policy, *, medical: bool = False) -> "Decision":
        """What a rule asks for under a policy, ``None`` standing for none that is met."""
        if rule is None:
            decision = cls((), "publish", Reason.POLICY, policy.place, policy.resolution)
        else:
            decision = cls(
                (rule,),
                rule.action,
                Reason(rule.reason),
                policy.mask(rule),
                rule.resolution or policy.resolution,
                rule.area_kind,
                masked=rule.place is not None or rule.resolution is not None,
                plain=rule.resolution is not None,
                for_min=rule.for_min or 0,
                until_closed=rule.until_closed,
                time_step_min=rule.time_step_min,
            )
        return decision.of_a_patient(policy) if medical else decision

    def of_a_patient(self, policy: Policy) -> "Decision":
        """The decision for a medical call: never the nearest place, a coarser cell and coarser times.

        Who saw an ambulance leave at that minute would otherwise know which call it went to.
        """
        place: Mask = "cell" if self.place == "nearest" else self.place
        return replace(
            self,
            place=place,
            resolution=min(self.resolution, policy.medical_resolution),
            time_step_min=max(self.time_step_min or 0, policy.medical_step or 0) or None,
        )

    def until_it_is_closed(self) -> "Decision":
        """The decision for what is held until it is closed, whatever the rules say."""
        action = "hold" if self.action == "publish" else self.action
        return replace(self, action=action, until_closed=True)


# A decision, and the areas in which alone it is taken; ``None`` for everywhere.
Choice = tuple[Decision, frozenset[str] | None]
# The decisions of which the first counts whose areas hold a place; the last is taken everywhere.
Choices = tuple[Choice, ...]
# One choice, its areas, the minute of the day from which it applies, and for how many minutes.
_Candidate = tuple[Choices, frozenset[str] | None, int, int]

_Key = tuple[object, ...]


def strictest(decisions: Iterable[Decision]) -> Decision:
    """A decision that is as strict as each of *decisions*, at least one."""
    return reduce(_strictest_of_two, decisions)


@lru_cache(maxsize=_REMEMBERED)
def _strictest_of_two(first: Decision, second: Decision) -> Decision:
    if first is second:
        return first
    place = max(first.place, second.place, key=_MASKS.index)
    kinds = {first.area_kind, second.area_kind} - {None}
    if len(kinds) > 1:  # the areas of two kinds overlap: one in each would tell where
        place, kinds = "none", set()
    withheld = [decision.reason for decision in (first, second) if decision.action == "withhold"]
    return Decision(
        tuple({rule.name: rule for rule in (*first.rules, *second.rules)}.values()),
        max(first.action, second.action, key=_ACTIONS.index),
        Reason.SENSITIVE if Reason.SENSITIVE in withheld else Reason.POLICY,
        place,
        min(first.resolution, second.resolution),
        next(iter(kinds), None),
        masked=first.masked or second.masked,
        plain=first.plain or second.plain,
        for_min=max(first.for_min, second.for_min),
        until_closed=first.until_closed or second.until_closed,
        time_step_min=max(first.time_step_min or 0, second.time_step_min or 0) or None,
    )


def decided(several: Sequence[Choices], ground: Touched) -> Decision:
    """The strictest of what is decided anywhere on a piece of ground, by each of *several* choices.

    Nobody who sees that ground learns more of a place on it from what was done there.
    """
    decisions: list[Decision] = []
    for choices in several:
        for decision, areas in choices:
            if areas is None or not areas.isdisjoint(ground.throughout):
                decisions.append(decision)
                break
            if not areas.isdisjoint(ground.touched):
                decisions.append(decision)
    return strictest(decisions)


@dataclass(frozen=True)
class Decider:
    """A city's rules in order, asked for those that an incident may meet."""

    policy: Policy
    zone: ZoneInfo
    _candidates: dict[_Key, tuple[_Candidate, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, city: City, areas: Areas) -> "Decider":
        """Make a city's rules ready; raises ``CityFileError`` for an area that does not exist."""
        names = areas.names()
        for rule in city.policy.rules:
            for area in rule.area:
                if area not in names:
                    raise CityFileError(city.city.id, f"policy.rules.{rule.name}.area", f"no area {area!r}")
        return cls(city.policy, city.city.zone)

    def choices(self, incident: Incident, category: Category, source_type: str, *, medical: bool) -> Choices:
        """What may be decided of *incident* by what it is called and when it was, wherever it is.

        *source_type* is its own, or one that a further row calls it; *medical* says that any of them is.
        """
        combined: Choices = ()
        minute = -1
        for choice, areas, start, length in self._possible(incident, category, source_type, medical=medical):
            if length < _DAY_MIN:
                minute = self.minute(incident.received_at) if minute < 0 else minute
                if (minute - start) % _DAY_MIN >= length:
                    continue
            combined = (*combined, *choice) if combined else choice
            if areas is None:
                break
        return combined

    def edges(
        self, incident: Incident, category: Category, source_type: str, *, medical: bool
    ) -> Iterable[int]:
        """Yield the minutes of the day at which ``choices`` may change."""
        for _, _, start, length in self._possible(incident, category, source_type, medical=medical):
            if length < _DAY_MIN:
                yield start
                yield (start + length) % _DAY_MIN

    def _possible(
        self, incident: Incident, category: Category, source_type: str, *, medical: bool
    ) -> tuple[_Candidate, ...]:
        """What is decided but for place and time."""
        key = (
            incident.kind, incident.source, incident.agency, category, source_type, incident.priority,
            incident.status, incident.origin, medical,
        )  # fmt: skip
        candidates = self._candidates.get(key)
        if candidates is None:
            if len(self._candidates) >= _REMEMBERED:
                self._candidates.clear()
            text = comparable_words(source_type)
            candidates = self._candidates[key] = tuple(
                self._meeting(incident, category, text, medical=medical)
            )
        return candidates

    def _meeting(
        self, incident: Incident, category: Category, text: str, *, medical: bool
    ) -> Iterable[_Candidate]:
        """Yield what is decided but for place and time, up to the first that depends on neither."""
        for rule in (*self.policy.rules, None):
            if rule is not None and not _meets(rule, incident, category, text):
                continue
            start, end = (rule and rule.minutes) or (0, 0)
            areas = frozenset(rule.area) or None if rule else None
            decision = Decision.of(rule, self.policy, medical=medical)
            yield ((decision, areas),), areas, start, (end - start) % _DAY_MIN or _DAY_MIN
            if rule is not None and areas is None and rule.minutes is None:
                return

    def minute(self, at: datetime) -> int:
        """The minute of the day on the city's clock."""
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
