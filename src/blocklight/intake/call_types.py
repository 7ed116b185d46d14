"""Decides what a source type means: a category that may be shown, or the reason why it may not."""

from dataclasses import dataclass, replace

from blocklight.city import CallTypes, default_call_types
from blocklight.matching import Matcher, matcher
from blocklight.model import Category, Reason
from blocklight.policy import Allow
from blocklight.table import folded

_REMEMBERED = 10_000
_HOLD_FLOOR = frozenset({"tactical_officer_safety"})
"""Groups that even an `allow` publishes only once the call is closed."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a source type means: its category, or the reason why it may not be shown, and how that was found.

    *groups* are the sensitive groups it belongs to, *allowed* those that the city has loosened for it.
    """

    category: Category | Reason
    found: str
    groups: tuple[str, ...] = ()
    allowed: tuple[Allow, ...] = ()

    @property
    def held_until_closed(self) -> bool:
        """Whether it is published at the earliest when the call is closed, whatever a rule says."""
        return any(allow.group in _HOLD_FLOOR for allow in self.allowed)

    def with_further(self, other: "Meaning") -> "Meaning":
        """Return what it means to be of another type too: medical or tactical, as soon as one of them is."""
        medical = other.category is Category.MEDICAL and not isinstance(self.category, Reason)
        if not medical and not other.held_until_closed:
            return self
        category = other.category if medical else self.category
        return replace(self, category=category, allowed=(*self.allowed, *other.allowed))


class CallMeanings:
    """The agency's words made into categories: sensitive patterns first, then exact names, then patterns."""

    def __init__(self, own: CallTypes, allow: tuple[Allow, ...]) -> None:
        shipped = default_call_types()
        self.exact = {
            folded(text): category for text, category in (*shipped.exact.items(), *own.exact.items())
        }
        self._patterns = _compiled(own) + _compiled(shipped)
        self.sensitive = [(matcher(rule.match), rule.group) for rule in (*own.sensitive, *shipped.sensitive)]
        self._allow = allow
        self._known: dict[str, Meaning] = {}

    def of(self, source_type: str) -> Meaning:
        """Return what a source type means."""
        known = self._known.get(source_type)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[source_type] = self._decide(folded(source_type))
        return known

    def _decide(self, text: str) -> Meaning:
        groups = tuple(sorted({group for pattern, group in self.sensitive if pattern.search(text)}))
        allowed = tuple(
            next(
                (allow for allow in self._allow if allow.group == group and allow.covers(text)),
                None,
            )
            for group in groups
        )
        if None in allowed:
            return Meaning(Reason.SENSITIVE, "a sensitive pattern", groups)
        lines = tuple(allow for allow in allowed if allow is not None)
        if text in self.exact:
            return Meaning(self.exact[text], "its exact name", groups, lines)
        for pattern, category in self._patterns:
            if pattern.search(text):
                return Meaning(category, f"the pattern {pattern.pattern[:60]}", groups, lines)
        return Meaning(Reason.UNMAPPED, "nothing that matches", groups, lines)


def _compiled(types: CallTypes) -> list[tuple[Matcher, Category]]:
    return [(matcher(rule.match), rule.category) for rule in types.patterns]
