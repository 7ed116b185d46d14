"""Looks addresses up as intake does, for commands that explain what becomes of records."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.lookup import lookup_of
from blocklight.intake.readable import address_text
from blocklight.intake.record import Incident, Lookup, Placed
from blocklight.intake.redact import Rules

_WORD = re.compile(r"[A-Z][A-Z.'-]*")
_MOST_WORDS = 12
# A word of one address alone may be the name of a house: it is not listed.
_FEWEST = 2


def placing(rules: Rules, geocoder: Geocoder | None) -> Callable[[Incident], Incident]:
    """Give what places incidents that may be looked up; together they wait as long as one fetch may."""
    if geocoder is None:
        return lambda incident: incident
    place = geocoder.placing()

    def with_place(incident: Incident) -> Incident:
        if incident.point is not None:
            return incident
        lookup = lookup_of(incident, rules)
        return incident if lookup is Lookup.NOWHERE else place(incident, lookup)

    return with_place


def words_of_missed(incidents: Sequence[Incident], rules: Rules, geocoder: Geocoder | None) -> str:
    """List the words that several addresses have in common which were not found, the most frequent first.

    A sentence to print after others, empty where there are none. No whole address is ever in it.
    """
    missed: Counter[str] = Counter()
    for incident in map(placing(rules, geocoder), incidents):
        if incident.placed is Placed.MISSED:
            missed.update(set(_WORD.findall(address_text(incident).upper())))
    common = [f"{word} {count}" for word, count in missed.most_common(_MOST_WORDS) if count >= _FEWEST]
    return f" Words of those that were not: {', '.join(common)}." if common else ""
