"""Compares two versions of an incident: which fields of the earlier one the later one takes back."""

from blocklight.model.record import COARSER, TIMES, Detail, PublicIncident

# What a medical incident publishes coarser than any other, or not at all.
_MEDICAL = frozenset(
    {"category", "place", "areas", "subcategory", "source_type", "priority", "units", "disposition"}
)

_ALWAYS = ("source_type", "priority", "origin")
# What is named otherwise is of another category, and its subcategory with it.
_WHILE_OF_ONE_CATEGORY = ("subcategory",)
# Units are free once a call closes and a reopened one has no disposition: that takes nothing back.
_WHILE_OPEN_OR_CLOSED = ("units", "disposition")


def taken_back(earlier: PublicIncident, later: PublicIncident) -> frozenset[str]:
    """The fields whose earlier values may not be public any more once *later* is.

    A value that only changes, such as a place that was corrected, is history and stays. One that becomes
    coarser, or is missing, was withdrawn by the policy or by its source.
    """
    was, now = earlier.detail, later.detail
    fields: set[str] = set()
    if now.medical and not was.medical:
        fields |= _MEDICAL
    if _place_is_coarser(earlier, was, later, now):
        fields |= {"place", "areas"}
    if now.step_min > was.step_min:
        fields.update(TIMES)
    names = list(_ALWAYS)
    if earlier.category is later.category:
        names.extend(_WHILE_OF_ONE_CATEGORY)
    if earlier.status is later.status:
        names.extend(_WHILE_OPEN_OR_CLOSED)
    for name in names:
        if getattr(earlier, name) is not None and getattr(later, name) is None:
            fields.add(name)
    return frozenset(fields)


def _place_is_coarser(earlier: PublicIncident, was: Detail, later: PublicIncident, now: Detail) -> bool:
    place, new = earlier.place, later.place
    if place is None:
        return False
    # Cells of one resolution differ in size; another mask that reaches farther is coarser, however little.
    factor = COARSER if new is None or new.kind is place.kind else 1
    fewer_areas = new == place and not earlier.areas.keys() <= later.areas.keys()
    unlabelled = was.labelled and not now.labelled
    return now.radius_m > was.radius_m * factor or unlabelled or fewer_areas or now.masks(was)
