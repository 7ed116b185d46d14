"""Counts per 1,000 residents, where the city file says how many people live in the place that was counted."""

from collections.abc import Sequence

from blocklight.config.city import City
from blocklight.store import IncidentQuery

_THOUSAND = 1000
_AREA_GROUP = "area:"
GroupValue = str | int | None


def residents(city: City, area: tuple[str, str] | None) -> int | None:
    """How many people live in an area, or in the city for ``None``; ``None`` where nobody says."""
    return None if city.population is None else city.population.of(area)


def per_1000(n: float, people: int | None) -> float | None:
    """A count per 1,000 residents; ``None`` where their number is not known."""
    return None if people is None else n / people * _THOUSAND


def residents_of_group(
    city: City, query: IncidentQuery, by: Sequence[str], key: Sequence[GroupValue]
) -> int | None:
    """How many people live where the incidents of one group of a count were.

    That is the one area that groups or filter name, else the city. ``None`` where two areas are named, whose
    common part has a number of residents that nobody knows, likewise for a box, and for places in no area.
    """
    groups = [(name.removeprefix(_AREA_GROUP), value) for name, value in zip(by, key, strict=True)
              if name.startswith(_AREA_GROUP)]  # fmt: skip
    if query.bbox is not None or len(groups) + (query.area is not None) > 1:
        return None
    if not groups:
        return residents(city, query.area)
    kind, area_id = groups[0]
    return None if area_id is None else residents(city, (kind, str(area_id)))
