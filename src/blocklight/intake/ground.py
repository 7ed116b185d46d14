"""Says which areas the ground touches that a public place stands for; knows no exact place."""

import math
from functools import lru_cache

import shapely

from blocklight.geo.approved_places import METRES_A_DEGREE
from blocklight.geo.areas import Areas, Touched
from blocklight.geo.hexagons import mask_point, outline
from blocklight.model.record import Place

_REMEMBERED = 100_000
# A tenth of a metre: the sides of a cell are no straight lines in degrees.
_SLACK_DEGREES = 1e-6
# How much one cell of a city may reach farther than another of the same resolution, and more than that.
_SLACK = 1.02

NOWHERE = Touched(frozenset(), frozenset())


class Ground:
    """The ground of one city's public places; what it remembers of them it knows by their ids."""

    def __init__(self, areas: Areas, within: tuple[str, ...] = ()) -> None:
        self._areas = areas
        self._within = within
        self.everywhere = Touched(areas.names(), frozenset())
        self.of_cell = lru_cache(maxsize=_REMEMBERED)(self._of_cell)
        self.of_area = lru_cache(maxsize=_REMEMBERED)(self._of_area)
        self.of_approved = lru_cache(maxsize=_REMEMBERED)(self._of_approved)

    def of_point(self, lon: float, lat: float) -> Touched:
        """The areas of a point that is public itself, in degrees."""
        return self._areas.touching(shapely.Point(lon, lat))

    def area_reach_m(self, border_m: int, lon: float, lat: float, resolution: int) -> int:
        """How far the cells of an area lie from its centre at most, given how far its border does.

        An area stands for the cells whose centres it holds, so it reaches one cell farther than its border.
        """
        return border_m + math.ceil(mask_point(lon, lat, resolution).radius_m * _SLACK)

    def _of_cell(self, cell: str, beyond_m: int = 0) -> Touched:
        ring = outline(cell)
        beyond = _degrees_for(beyond_m * _SLACK, ring[0][1])
        return self._areas.touching(shapely.Polygon(ring).buffer(_SLACK_DEGREES + beyond))

    def _of_area(self, kind: str, area_id: str, resolution: int, beyond_m: int = 0) -> Touched:
        """What the cells of a resolution touch of which the centres lie in an area."""
        lon, lat, _ = self._areas.centre(kind, area_id) or (0.0, 0.0, 0)
        around_m = (mask_point(lon, lat, resolution).radius_m + beyond_m) * _SLACK
        shape = self._areas.polygon(kind, area_id)
        return self._areas.touching(shape.buffer(_degrees_for(around_m, lat)))

    def _of_approved(self, place: Place) -> Touched:
        """What the ground of an approved place touches, which never crosses some kinds of border."""
        disc = shapely.Point(place.lon, place.lat).buffer(_degrees_for(place.radius_m * _SLACK, place.lat))
        around = self._areas.touching(disc)
        named = {f"{kind}:{area}" for kind, area in self._areas.areas_of_public(place).items()}
        named = {name for name in named if _kind_of_area(name) in self._within}
        beyond = {name for name in around.touched if _kind_of_area(name) not in self._within}
        return Touched(frozenset(named | beyond), frozenset(named | (around.throughout & beyond)))


def _degrees_for(metres: float, lat: float) -> float:
    """At least as many degrees as a distance has in any direction."""
    return metres / METRES_A_DEGREE / max(0.1, math.cos(math.radians(lat)))


def _kind_of_area(name: str) -> str:
    return name.partition(":")[0]
