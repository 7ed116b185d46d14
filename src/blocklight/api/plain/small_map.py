"""The small map above the list: the city's ground, and a mark where each open incident is listed."""

from collections.abc import Iterable
from dataclasses import dataclass

from blocklight.api.plain.words import Catalogue
from blocklight.geo.sketch import Sketch
from blocklight.model.record import PublicIncident


@dataclass(frozen=True, slots=True)
class SmallMark:
    """One place with open incidents: where it is drawn, the group of its newest, and how many there are."""

    x: int
    y: int
    group: str
    count: int


def small_marks(sketch: Sketch, incidents: Iterable[PublicIncident], catalogue: Catalogue) -> list[SmallMark]:
    """A mark for each place of *incidents*, the newest of which come first and are drawn last."""
    marks: dict[tuple[int, int], SmallMark] = {}
    for incident in incidents:
        place = incident.place
        spot = None if place is None else sketch.at(place.lon, place.lat)
        if spot is None:
            continue
        mark = marks.get(spot)
        group = catalogue.group(incident.category) if mark is None else mark.group
        marks[spot] = SmallMark(*spot, group, 1 if mark is None else mark.count + 1)
    return list(reversed(marks.values()))
