"""What a city file may say about privacy: rules, what may be loosened, and which of it is refused."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from blocklight.config.call_type_words import lexicon
from blocklight.config.matching import Matcher, matcher
from blocklight.config.patterns import examples
from blocklight.config.table import NarrowPattern, Pattern, PublicReason, Table, folded
from blocklight.model.vocabulary import Category, Kind, Origin, Status

_NAME = r"^[a-z][a-z0-9_-]{0,62}$"
_AREA = re.compile(r"[a-z][a-z0-9_-]{0,62}:.{1,80}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_PLAIN = re.compile(r"[A-Za-z0-9 |]+")
_DAY_MIN = 1440
_YEAR_MIN = 366 * _DAY_MIN
MEDICAL = "medical"
"""The group of an `allow` that lets a type with a medical word be shown as its exact line says."""


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


Mask = Literal["cell", "nearest", "area", "none"]
"""What stands for the place of an incident."""
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
            raise ValueError("a rule that withholds shows no place and no time")
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
        return frozenset(map(folded, self.types))

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
            raise ValueError("medical types are loosened one by one: name each in `types`")
        return self

    def covers(self, source_type: str) -> bool:
        """Whether it lets a folded source type of its group pass."""
        if not self.types and self.match is None:
            return True
        return source_type in set(map(folded, self.types)) or (
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


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a policy: *key* says where in the city file."""

    key: str
    reason: str


Sensitive = Sequence[tuple[str, str]]
"""Patterns over source types, each with its group."""


def groups_of(source_type: str, sensitive: Sensitive) -> frozenset[str]:
    """The sensitive groups that a folded source type belongs to, by patterns or by its words."""
    by_pattern = (g for pattern, g in sensitive if matcher(pattern).search(source_type))
    return frozenset(by_pattern).union(lexicon().read(source_type).groups)


@dataclass(frozen=True, slots=True)
class Known:
    """What a city has that a rule may name: its sources, agencies and area kinds, and approved places."""

    sources: frozenset[str]
    agencies: frozenset[str]
    kinds: frozenset[str]
    places: bool = False


def mistakes(policy: Policy, *, shipped: Sensitive, of_city: Sensitive, existing: Known) -> Iterator[Mistake]:
    """Yield what is wrong with a policy as a whole: its rules beside each other and beside sensitive types.

    *shipped* and *of_city* are the sensitive patterns of Blocklight and of the city.
    """
    if policy.nearest is not None and not existing.places:
        yield Mistake(policy.nearest, "this city has no [places] to choose the nearest of")
    if policy.medical_step is None and "medical_time_step_min" in policy.model_fields_set:
        yield Mistake("policy.medical_time_step_min", "policy.medical.show says that times are not cut")
    names = [rule.name for rule in policy.rules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Mistake(f"policy.rules.{name}", "a rule of this name is there already")
    for rule in policy.rules:
        yield from _unknown(rule, existing)
        yield from _says_nothing(f"policy.rules.{rule.name}", rule)
    for number, allow in enumerate(policy.allow):
        yield from _says_nothing(f"policy.allow.{number}", allow)
    yield from _allowance_mistakes(policy, shipped, of_city)
    yield from _unreachable(policy, (*shipped, *of_city))


def _unknown(rule: Rule, names: Known) -> Iterator[Mistake]:
    """Yield what a rule names that the city does not have: misspelt, it would never be met."""
    key = f"policy.rules.{rule.name}"
    used = {area.partition(":")[0] for area in rule.area} | ({rule.area_kind} - {None})
    for kind in sorted(used - names.kinds, key=str):
        yield Mistake(key, f"this city has no areas of kind {kind!r}")
    for name, used_words, existing in (
        ("source", rule.source, names.sources),
        ("agency", rule.agency, names.agencies),
    ):
        for word in sorted(set(used_words) - existing):
            yield Mistake(f"{key}.{name}", f"no {name} {word!r}; there are: {', '.join(sorted(existing))}")


def _says_nothing(key: str, table: Rule | Allow) -> Iterator[Mistake]:
    """Yield lists that are empty or hold an empty word: all or nothing meets them, which nobody means."""
    for name in sorted(table.model_fields_set):
        value = getattr(table, name)
        if value == ():
            yield Mistake(f"{key}.{name}", "an empty list; leave the key out, or name what is meant")
        elif isinstance(value, tuple) and any(isinstance(text, str) and not text.strip() for text in value):
            yield Mistake(f"{key}.{name}", "an empty word")


def _allowance_mistakes(policy: Policy, shipped: Sensitive, of_city: Sensitive) -> Iterator[Mistake]:
    """Yield what is wrong with the lines that loosen."""
    groups = {group for _, group in shipped} | {MEDICAL}
    for number, allow in enumerate(policy.allow):
        key = f"policy.allow.{number}"
        if allow.group not in groups:
            yield Mistake(f"{key}.group", f"not a sensitive group; there are: {', '.join(sorted(groups))}")
        for rule in policy.rules:
            if rule.action == "withhold" and _overlap(allow, rule, (*shipped, *of_city)):
                yield Mistake(key, f"allows what the rule {rule.name!r} withholds")
        for pattern, group in of_city:
            types = map(folded, allow.types)
            if group == allow.group or any(matcher(pattern).search(text) for text in types):
                yield Mistake(key, "allows what call_types.sensitive of this city withholds")
        if not allow.types and allow.match is None:
            yield Mistake(
                key, "names neither `types` nor `match`: no whole group is allowed, only types by name"
            )


def _overlap(allow: Allow, rule: Rule, sensitive: Sensitive) -> bool:
    """Whether a type that either of them names, or an example of its pattern, is allowed and withheld."""
    if not rule.names_types:
        return False
    named = {*rule.types, *allow.types}
    for match in (rule.match, allow.match):
        named.update(examples(match, re.IGNORECASE) if match else ())
    whole = not allow.types and allow.match is None
    return any(
        rule.says(text) and (allow.group in groups_of(text, sensitive) if whole else allow.covers(text))
        for text in map(folded, named)
    )


def _unreachable(policy: Policy, sensitive: Sensitive) -> Iterator[Mistake]:
    """Yield rules that no incident comes to, and types that are published although they are sensitive."""
    for number, rule in enumerate(policy.rules):
        key = f"policy.rules.{rule.name}"
        if takers := _takers(rule, policy.rules[:number]):
            yield Mistake(key, f"never reached: {', '.join(sorted(takers))} comes first")
        if rule.action == "withhold":
            continue
        for text in sorted(rule.exact):
            shut = sorted(
                group
                for group in groups_of(text, sensitive)
                if not any(allow.group == group and allow.covers(text) for allow in policy.allow)
            )
            if shut:
                needs = "publishing it takes [[policy.allow]] with a reason"
                yield Mistake(key, f"{text!r} is sensitive ({shut[0]}): {needs}")


def _takers(rule: Rule, before: Sequence[Rule]) -> set[str]:
    """The names of the rules *before* that leave nothing to a rule; none if they leave something."""
    names: set[str] = set()
    for part in _rule_parts(rule, before):
        uncovered = rule.day
        for earlier in before:
            if uncovered & earlier.day and _covers(earlier, part):
                uncovered &= ~earlier.day
                names.add(earlier.name)
        if uncovered:
            return set()
    return names


def _rule_parts(rule: Rule, before: Sequence[Rule]) -> Iterator[Rule]:
    """Yield a rule as several that together are met by the same; each may be taken by another rule.

    Those of categories that no rule *before* names come first: most likely one of them is left.
    """
    named = {category for word in before for category in word.category}
    choices: dict[str, list[object]] = {
        "kind": [rule.kind] if rule.kind else list(Kind),
        "status": [rule.status] if rule.status else list(Status),
        "category": [(word,) for word in sorted(rule.category or Category, key=named.__contains__)],
    }
    for name in ("source", "agency", "priority", "area"):
        choices[name] = [(word,) for word in getattr(rule, name)] or [()]
    if rule.types and rule.match is None:
        choices["types"] = [(text,) for text in rule.types]
    fixed = {name: getattr(rule, name) for name in Rule.model_fields}
    for values in product(*choices.values()):
        yield Rule.model_construct(None, **fixed | dict(zip(choices, values, strict=True)))


def _covers(general: Rule, special: Rule) -> bool:
    """Whether every incident that meets *special* meets *general* at the time of day of *general*."""
    singles = (
        (general.kind, special.kind), (general.status, special.status), (general.origin, special.origin),
    )  # fmt: skip
    lists: tuple[tuple[Iterable[object], Iterable[object]], ...] = (
        (general.source, special.source), (general.agency, special.agency),
        (general.category, special.category), (general.priority, special.priority),
        (general.area, special.area),
    )  # fmt: skip
    return (
        all(wide is None or wide == narrow for wide, narrow in singles)
        and all(not wide or (bool(narrow) and set(narrow) <= set(wide)) for wide, narrow in lists)
        and _covers_types(general, special)
    )


def _covers_types(general: Rule, special: Rule) -> bool:
    if not general.names_types:
        return True
    types = set(map(folded, special.types))  # of a copy with other types, so not its remembered ones
    same = (
        special.match is None or special.match == general.match or _within_words(special.match, general.match)
    )
    return special.names_types and same and all(general.says(text) for text in types)


def _within_words(narrow: str, wide: str | None) -> bool:
    """Whether what finds one of the plain words of *narrow* finds one of *wide* too."""
    if wide is None or not _PLAIN.fullmatch(f"{narrow}|{wide}"):
        return False
    words = [word.upper() for word in wide.split("|")]
    return all(any(word in text for word in words) for text in narrow.upper().split("|"))
