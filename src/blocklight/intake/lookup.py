"""Decides before anything is looked up whether the place of an incident may be, and by whom.

A lookup at an outside service shows that there is a call at an address, and takes a turn that others wait
for. So what is withheld is looked up nowhere, and what may be withheld for its place on the city's own street
lines alone.
"""

from blocklight.intake.record import Incident, Lookup
from blocklight.intake.redact import Rules, choices_of


def lookup_of(incident: Incident, rules: Rules) -> Lookup:
    """Where the place of an incident without coordinates may be looked up."""
    _, several = choices_of(incident, rules)
    if not several:
        return Lookup.NOWHERE
    withheld = [[decision.action == "withhold" for decision, _ in choices] for choices in several]
    if any(all(everywhere) for everywhere in withheld):
        return Lookup.NOWHERE
    return Lookup.AT_HOME if any(any(somewhere) for somewhere in withheld) else Lookup.ANYWHERE
