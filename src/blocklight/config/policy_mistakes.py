"""What is wrong with a policy as a whole: rules that are never met, or that publish what is sensitive."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from blocklight.config.matching import matcher
from blocklight.config.patterns import examples
from blocklight.config.policy import MEDICAL, Allow, Policy, Rule, Sensitive, groups_of
from blocklight.config.table import comparable_words
from blocklight.model.vocabulary import Category, Kind, Status

_PLAIN = re.compile(r"[A-Za-z0-9 |]+")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a policy: *key* says where in the city file."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Nameable:
    """What a city has that a rule may name: its sources, agencies and area kinds, and approved places."""

    sources: frozenset[str]
    agencies: frozenset[str]
    kinds: frozenset[str]
    places: bool = False


def mistakes(
    policy: Policy, *, shipped: Sensitive, of_city: Sensitive, existing: Nameable
) -> Iterator[Mistake]:
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


def _unknown(rule: Rule, names: Nameable) -> Iterator[Mistake]:
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
            types = map(comparable_words, allow.types)
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
        for text in map(comparable_words, named)
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
            if uncovered & earlier.day and _covers_rule(earlier, part):
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


def _covers_rule(general: Rule, special: Rule) -> bool:
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
    types = set(
        map(comparable_words, special.types)
    )  # of a copy with other types, so not its remembered ones
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
