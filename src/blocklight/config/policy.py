"""What a city file may say about privacy: rules, what may be loosened, and which of it is refused."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from blocklight.config.call_type_words import lexicon
from blocklight.config.matching import Matcher, matcher
from blocklight.config.table import NarrowPattern, Pattern, PublicReason, Table, comparable_words
from blocklight.model.vocabulary import Category, Kind, Origin, Status

_NAME = r"^[a-z][a-z0-9_-]{0,62}$"
_AREA = re.compile(r"[a-z][a-z0-9_-]{0,62}:.{1,80}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY_MIN = 1440
# What is held for longer is better withheld.
_YEAR_MIN = 366 * _DAY_MIN
# The group of an `allow` that lets a type with a medical word be shown as its exact line says.
MEDICAL = "medical"


def _as_list(value: object) -> object:
    """Take one value for a list of one."""
    return (value,) if isinstance(value, str | int) else value


def _checked_areas(areas: tuple[str, ...]) -> tuple[str, ...]:
    for area in areas:
        if not _AREA.fullmatch(area):
            raise ValueError(f"{area!r}: expected KIND:ID, for example beat:04X")
    return areas


def _hours(text: str) -> str:
    if not _HOURS.fullmatch(text) or text[:5] == text[6:]:
        raise ValueError("expected HH:MM-HH:MM, for example 22:00-06:00")
    return text


# What stands for the place of an incident.
Mask = Literal["cell", "nearest", "area", "none"]

Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Categories = Annotated[tuple[Category, ...], BeforeValidator(_as_list)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_as_list)]
AreaIds = Annotated[tuple[str, ...], BeforeValidator(_as_list), AfterValidator(_checked_areas)]
Hours = Annotated[str, AfterValidator(_hours)]


class Rule(Table):
    """What is done with incidents that meet every condition given; the first rule that is met counts.

    Conditions that are left out are met by all; of *types* and *match*, either one is enough.
    """

    name: str = Field(pattern=_NAME)
    action: Literal["publish", "withhold", "hold"]
    kind: Kind | None = None
    source: Words = ()
    agency: Words = ()
    category: Categories = ()
    types: Words = ()
    match: Pattern | None = None
    priority: Numbers = ()
    status: Status | None = None
    origin: Origin | None = None
    area: AreaIds = ()
    time_of_day: Hours | None = None
    reason: Literal["policy", "sensitive"] = "policy"
    for_min: int | None = Field(default=None, gt=0, le=_YEAR_MIN)
    until_closed: bool = False
    place: Mask | None = None
    resolution: int | None = Field(default=None, ge=5, le=9)
    area_kind: str | None = None
    time_step_min: Literal[5, 10, 15, 20, 30, 60] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        shows = self.place is not None or self.resolution is not None or self.time_step_min is not None
        if self.action == "withhold" and shows:
            raise ValueError("a rule that withholds cannot set a place or a time")
        if self.action != "withhold" and self.reason != "policy":
            raise ValueError('`reason` belongs to action = "withhold"')
        if (self.action == "hold") != (self.for_min is not None or self.until_closed):
            raise ValueError('action = "hold" needs `for_min` or `until_closed`, and only it')
        if (self.place == "area") != (self.area_kind is not None):
            raise ValueError('place = "area" needs `area_kind`, and only it')
        if self.place not in (None, "cell") and self.resolution is not None:
            raise ValueError('`resolution` belongs to place = "cell"')
        return self

    @cached_property
    def exact(self) -> frozenset[str]:
        """The exact types as they are compared."""
        return frozenset(map(comparable_words, self.types))

    @cached_property
    def pattern(self) -> Matcher | None:
        """The compiled pattern."""
        return None if self.match is None else matcher(self.match)

    @cached_property
    def minutes(self) -> tuple[int, int] | None:
        """When it applies, in minutes after midnight; from a later to an earlier one spans midnight."""
        hit = None if self.time_of_day is None else _HOURS.fullmatch(self.time_of_day)
        if hit is None:
            return None
        from_h, from_m, to_h, to_m = (int(part) for part in hit.groups())
        return from_h * 60 + from_m, to_h * 60 + to_m

    @cached_property
    def day(self) -> int:
        """The minutes of the day at which it applies, a bit each."""
        return sum(1 << minute for minute in range(_DAY_MIN) if self.at(minute))

    @property
    def names_types(self) -> bool:
        """Whether it looks at the agency's own words."""
        return bool(self.types) or self.match is not None

    def says(self, source_type: str) -> bool:
        """Whether a folded source type meets its conditions on types."""
        if not self.names_types:
            return True
        return source_type in self.exact or (
            self.pattern is not None and bool(self.pattern.search(source_type))
        )

    def at(self, minute: int) -> bool:
        """Whether a minute of the local day meets its time of day."""
        return self.minutes is None or within(self.minutes, minute)


def within(span: tuple[int, int], minute: int) -> bool:
    """Whether a minute of the day lies in a span of them; from a later to an earlier one spans midnight."""
    start, end = span
    return start <= minute < end if start < end else minute >= start or minute < end


class Allow(Table):
    """A line that loosens a sensitive group, for some types or all of it; *reason* is public.

    With *group* = ``medical`` it lets the types that it names be finer than medical.
    """

    group: str
    types: Words = ()
    match: NarrowPattern | None = None
    reason: PublicReason

    @model_validator(mode="after")
    def _names_medical_types(self) -> Self:
        if self.group == MEDICAL and (not self.types or self.match is not None):
            raise ValueError("medical types are allowed one by one: list each in `types`")
        return self

    def covers(self, source_type: str) -> bool:
        """Whether it lets a folded source type of its group pass."""
        if not self.types and self.match is None:
            return True
        return source_type in set(map(comparable_words, self.types)) or (
            self.match is not None and matcher(self.match).search(source_type) is not None
        )


class MedicalDetail(Table):
    """A line that loosens what is left out of medical calls; *reason* is public."""

    show: tuple[Literal["priority", "units", "times"], ...] = Field(min_length=1)
    reason: PublicReason


class CompanionsShown(Table):
    """Publishes companions of sensitive calls like any other call; *reason* is public."""

    show: Literal[True]
    reason: PublicReason


class Policy(Table):
    """What is done to a record before the public sees it.

    *place* is what stands for a place where no rule says otherwise. *resolution* and *medical_resolution*
    are H3 resolutions; a rule may change them, for medical calls only to coarser ones. The times of medical
    calls are cut to steps of at least *medical_time_step_min* minutes. *labels* = ``hundred_block`` shows
    "1400 block of Main St" beside a cell, never for medical calls. *medical* says what else is published of
    those, *companions* that calls beside sensitive ones are not withheld.
    """

    place: Literal["cell", "nearest"] = "cell"
    resolution: int = Field(default=9, ge=5, le=9)
    medical_resolution: int = Field(default=8, ge=5, le=8)
    medical_time_step_min: Literal[5, 10, 15, 20, 30, 60] = 5
    labels: Literal["none", "hundred_block"] = "none"
    source_types: bool = False
    rules: tuple[Rule, ...] = ()
    allow: tuple[Allow, ...] = ()
    medical: MedicalDetail | None = None
    companions: CompanionsShown | None = None

    def shows(self, name: Literal["priority", "units"], category: Category) -> bool:
        """Whether a field of incidents of a category is published: how ill somebody is shows in both."""
        return category is not Category.MEDICAL or (self.medical is not None and name in self.medical.show)

    @property
    def medical_step(self) -> int | None:
        """Minutes to which the times of medical calls are cut at least, ``None`` if the city shows them."""
        shown = self.medical is not None and "times" in self.medical.show
        return None if shown else self.medical_time_step_min

    @property
    def nearest(self) -> str | None:
        """The first key that asks for the nearest approved place, ``None`` where none does."""
        if self.place == "nearest":
            return "policy.place"
        named = (rule.name for rule in self.rules if rule.place == "nearest")
        return next((f"policy.rules.{name}.place" for name in named), None)

    def mask(self, rule: Rule) -> Mask:
        """What stands for the place of an incident that *rule* decides."""
        return rule.place or ("cell" if rule.resolution is not None else self.place)


# Patterns over source types, each with its group.
Sensitive = Sequence[tuple[str, str]]


def groups_of(source_type: str, sensitive: Sensitive) -> frozenset[str]:
    """The sensitive groups that a folded source type belongs to, by patterns or by its words."""
    by_pattern = (g for pattern, g in sensitive if matcher(pattern).search(source_type))
    return frozenset(by_pattern).union(lexicon().read(source_type).groups)
