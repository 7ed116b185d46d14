"""Decides what a source type means: a category that may be shown, or the reason why it may not.

A pattern proposes and never publishes. A type is published when an exact line of the city file names it, or
when each of its words is known to be harmless (`call_type_words`); any other waits for a person.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from blocklight.config.call_type_words import Reading, lexicon, words
from blocklight.config.city import CallTypes, default_call_types
from blocklight.config.matching import Matcher, matcher
from blocklight.config.policy import MEDICAL, Allow
from blocklight.config.table import comparable_words
from blocklight.model.vocabulary import Category, Reason, Subcategory

_REMEMBERED = 10_000
# Groups that even an `allow` publishes only once the call is closed.
HELD_UNTIL_CLOSED = frozenset({"tactical_officer_safety"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a source type means: its category, or the reason why it may not be shown, and *why* that is so.

    *groups* are the sensitive groups it belongs to, *allowed* those that the city has loosened for it.
    *medical* is the word that binds it to medical. *proposal* is what patterns would call a type that waits
    for a person. *subcategory* is what the exact line of the city names within the category.
    """

    category: Category | Reason
    why: str
    groups: tuple[str, ...] = ()
    allowed: tuple[Allow, ...] = ()
    medical: str | None = None
    proposal: Category | None = None
    subcategory: Subcategory | None = None

    @property
    def is_call_type(self) -> bool:
        """Whether some word or pattern knows it, so that it most likely is a call type."""
        return self.category is not Reason.UNMAPPED or self.proposal is not None

    @property
    def held_until_closed(self) -> bool:
        """Whether it is published at the earliest when the call is closed, whatever a rule says."""
        return bool(self.allowed) and any(allow.group in HELD_UNTIL_CLOSED for allow in self.allowed)

    def where_none_is_closed(self) -> "Meaning":
        """Its meaning at a source that never says that a call is closed: its hold would never end."""
        if not self.held_until_closed or isinstance(self.category, Reason):
            return self
        explanation = f"{self.why}; allowed once it is closed, which this source never says"
        return replace(self, category=Reason.SENSITIVE, why=explanation)

    def with_further(self, further: "Meaning") -> "Meaning":
        """What it means to be of another type too: whatever is strictest of both, in any order.

        Sensitive before unmapped, unmapped before medical, medical before anything else that may be shown. A
        subcategory is only what both name.
        """
        reasons = [meaning for meaning in (self, further) if isinstance(meaning.category, Reason)]
        if reasons:
            sensitive = [meaning for meaning in reasons if meaning.category is Reason.SENSITIVE]
            return (sensitive or reasons)[0]
        medical = further if further.category is Category.MEDICAL else self
        subcategory = medical.subcategory if self.subcategory is further.subcategory else None
        allowed = tuple(dict.fromkeys((*self.allowed, *further.allowed)))
        return replace(medical, allowed=allowed, subcategory=subcategory)


class CallMeanings:
    """The agency's words made into categories: sensitive first, then medical, exact names, harmless words."""

    def __init__(self, of_city: CallTypes, allow: tuple[Allow, ...]) -> None:
        shipped = default_call_types()
        self.exact = {comparable_words(text): category for text, category in of_city.exact.items()}
        self.subcategories = {comparable_words(text): finer for text, finer in of_city.subcategories.items()}
        self._own_patterns = _compiled(of_city)
        self._shipped_patterns = _compiled(shipped)
        self.sensitive = [
            (matcher(rule.match), rule.group) for rule in (*of_city.sensitive, *shipped.sensitive)
        ]
        self._allow = allow
        self._known: dict[str, Meaning] = {}

    def of(self, source_type: str) -> Meaning:
        """What a source type means."""
        meaning = self._known.get(source_type)
        if meaning is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            meaning = self._known[source_type] = self._decide(comparable_words(source_type))
        return meaning

    def _decide(self, text: str) -> Meaning:
        reading = lexicon().read(text)
        groups = self._groups(text, reading)
        lines = {group: self._loosened(group, text) for group in groups}
        names = tuple(sorted(groups))
        shut = [group for group in names if lines[group] is None]
        if shut:
            return Meaning(Reason.SENSITIVE, f"{shut[0]}: {groups[shut[0]]}", names)
        allowed = tuple(line for group in names if (line := lines[group]) is not None)
        medical = self._loosened(MEDICAL, text) if reading.medical is not None else None
        if medical is not None:
            allowed = (*allowed, medical)
        bound = None if medical is not None else reading.medical
        meaning = self._category(text, reading, bound)
        if names or reading.medical is not None:
            # The city allowed its category; a finer word for it nobody has looked at.
            meaning = replace(meaning, subcategory=None)
        return replace(meaning, groups=names, allowed=allowed, medical=bound)

    def _category(self, text: str, reading: Reading, medical: str | None) -> Meaning:
        """What a type that is not sensitive means; *medical* is the word that binds it to medical."""
        signed = self.exact.get(text)
        if signed is not None:
            if medical is None or signed is Category.MEDICAL:
                return Meaning(signed, "its exact line", subcategory=self.subcategories.get(text))
            explanation = (
                f"the medical word {medical}; {signed} as its exact line says needs [[policy.allow]]"
            )
            return Meaning(Category.MEDICAL, explanation)
        category = _first_match(self._own_patterns, text)
        if reading.category is not None:
            if reading.medical is not None:
                return Meaning(Category.MEDICAL, f"the medical word {reading.medical}")
            return Meaning(category or reading.category, f"the harmless words {reading.head}")
        explanation = f"not known to be harmless: {' '.join(reading.unknown) or 'a type without words'}"
        proposal = (
            Category.MEDICAL
            if medical is not None
            else category or _first_match(self._shipped_patterns, text)
        )
        return Meaning(Reason.UNMAPPED, explanation, proposal=proposal)

    def _groups(self, text: str, reading: Reading) -> Mapping[str, str]:
        """The sensitive groups of a type, each with the words that make it so."""
        groups = dict(reading.groups)
        # An accent written apart from its letter would end a word in the middle.
        whole = unicodedata.normalize("NFC", text)
        plain = "".join(
            sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)
        )
        for form in dict.fromkeys((whole, plain, " ".join(words(text)))):
            for pattern, group in self.sensitive:
                if group not in groups and (hit := pattern.search(form)) is not None:
                    groups[group] = hit.group().strip() or form
        return groups

    def _loosened(self, group: str, text: str) -> Allow | None:
        return next((line for line in self._allow if line.group == group and line.covers(text)), None)


_Patterns = list[tuple[Matcher, Category]]


def _compiled(types: CallTypes) -> _Patterns:
    return [(matcher(rule.match), rule.category) for rule in types.patterns]


def _first_match(patterns: _Patterns, text: str) -> Category | None:
    return next((category for pattern, category in patterns if pattern.search(text)), None)
