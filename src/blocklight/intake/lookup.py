"""Decides before anything is looked up whether the place of an incident may be, and by whom.

A lookup at an outside service shows that there is a call at an address, and takes a turn that others wait
for. So what is withheld is looked up nowhere, and what may be withheld for its place on the city's own street
lines alone.
"""

from blocklight.intake.record import Incident, Lookup
from blocklight.intake.redact import Rules, judge
from blocklight.model import Reason


def lookup_of(incident: Incident, rules: Rules) -> Lookup:
    """Return where the place of an incident without coordinates may be looked up."""
    meaning, rule = judge(incident, rules)
    if isinstance(meaning.category, Reason):
        return Lookup.NOWHERE
    category = meaning.category
    by_place = [one for one in rules.policy.rules if one.area and category in (one.category or (category,))]
    withheld = {one.action == "withhold" for one in (rule, *by_place)}
    if withheld == {True}:
        return Lookup.NOWHERE
    return Lookup.AT_HOME if True in withheld else Lookup.ANYWHERE
