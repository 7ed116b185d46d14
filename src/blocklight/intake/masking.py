"""Chooses the public place of an incident and what is decided there: both follow from that place alone.

From the coarsest place that any rule may ask for to the finest, the first is taken that is coarse enough for
all of the ground it stands for. A coarser place is passed over for the whole of its ground or not at all, so
that a finer one is shown tells no more than the finer one does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from blocklight.config.city import Bounds
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas, Touched
from blocklight.geo.exact import ExactPoint, degrees
from blocklight.geo.hexagons import BLOCK_BEYOND_M, FINEST, around_blocks, cell_at, mask_point, place_of
from blocklight.intake.ground import NOWHERE, Ground
from blocklight.intake.policy import Choices, Decision, decided, strictest
from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind, Reason

# Farther from the bounds than this, no cell reaches into them; what is no place on earth is farther.
_FAR_DEGREES = 1.0
# Decimals of a point that is shown as its publisher put it: a metre.
_DIGITS = 5

Point = tuple[float, float]


class Placing(NamedTuple):
    """The decision about an incident and its public place: ``None`` where a rule shows none, or why not."""

    decision: Decision
    place: Place | Reason | None


@dataclass(frozen=True)
class Masks:
    """What may stand for a place in one city."""

    bounds: Bounds
    areas: Areas
    ground: Ground
    approved: ApprovedPlaces | None = None
    _limits: tuple[float, float, float, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bounds = self.bounds
        south_west, north_east = (bounds.west, bounds.south), (bounds.east, bounds.north)
        limits = (
            *(edge - _FAR_DEGREES for edge in south_west),
            *(edge + _FAR_DEGREES for edge in north_east),
        )
        object.__setattr__(self, "_limits", limits)

    def choose(
        self,
        point: ExactPoint | None,
        several: Sequence[Choices],
        passed_m: int | None = None,
        *,
        finest: int = FINEST,
        is_patient: bool = False,
        is_block: bool = False,
    ) -> Placing:
        """The place and the decision for an exact point, or for a public one in its stead.

        *several* are the choices of each of an incident's types. *passed_m* says that the point was masked by
        its publisher, within so many metres, and may be shown where no rule asks for a mask. *finest* is the
        finest resolution that is known of the point. *is_block* says that the point is the middle of a block:
        the ground of each place then reaches beyond it as far as a block may.
        """
        beyond_m = BLOCK_BEYOND_M if is_block else 0
        if point is None:
            return _Choosing(self, several, finest).unplaced()
        if not self.is_near(point):
            return Placing(_Choosing(self, several, finest).decided(lambda: NOWHERE), Reason.OUTSIDE_CITY)
        if passed_m is None and len(several) == 1 and len(several[0]) == 1:
            ((decision, _),) = several[0]  # what the rest would come to, at a fraction of the cost
            placing = None if is_block else self._by_one(decision, point, finest)
            if placing is not None:
                return placing
        choosing = _Choosing(self, several, finest, beyond_m)
        if passed_m is not None and not is_patient and not any(choice.masked for choice in choosing.spread):
            return choosing.as_published(point, passed_m)
        if self.approved is not None and all(choice.place == "nearest" for choice in choosing.spread):
            return choosing.nearest(point, self.approved)
        return choosing.cell_or_area(degrees(point))

    def _by_one(self, decision: Decision, point: ExactPoint, finest: int) -> Placing | None:
        """What the one possible decision shows of a point; ``None`` where more has to be looked at."""
        if decision.place == "nearest" and self.approved is not None:
            place = self.approved.nearest(point)
            return None if place is None else Placing(decision, place)
        if decision.place != "cell":
            return None
        return self.inside(decision, mask_point(*degrees(point), min(decision.resolution, finest)))

    def inside(self, decision: Decision, place: Place, *, shown: bool = True) -> Placing:
        """A place that lies in the city. By its own point: the exact one may be beyond the border."""
        if not self.bounds.contains(place.lon, place.lat):
            return Placing(decision, Reason.OUTSIDE_CITY)
        return Placing(decision, place if shown else None)

    def is_near(self, point: ExactPoint) -> bool:
        """Whether a point is near enough for the grid: what is not, is no place of this city in any cell."""
        west, south, east, north = self._limits
        lon, lat = degrees(point)
        return west <= lon <= east and south <= lat <= north


class _Choosing:
    """One look for a place; used once."""

    def __init__(self, masks: Masks, several: Sequence[Choices], finest: int, beyond_m: int = 0) -> None:
        self._masks = masks
        self._beyond_m = beyond_m
        self._several = several
        self._finest = finest
        self.spread = [decision for choices in several for decision, _ in choices]
        # Where no rule looks at a place, what is decided is known without looking for the areas of any.
        places_count = len(self.spread) > len(several)
        self._anywhere = None if places_count else strictest(self.spread)

    def decided(self, ground: Callable[[], Touched]) -> Decision:
        """What is decided on a piece of ground, which is looked for only if that counts."""
        return self._anywhere or decided(self._several, ground())

    def unplaced(self) -> Placing:
        """What is done without a place to look at: it may be any."""
        nowhere = all(decision.place == "none" for decision in self.spread)
        decision = self.decided(lambda: self._masks.ground.everywhere)
        return Placing(decision, None if nowhere else Reason.NO_PLACE)

    def as_published(self, point: ExactPoint, radius_m: int) -> Placing:
        """The publisher's own point."""
        lon, lat = (round(number, _DIGITS) for number in degrees(point))
        decision = self.decided(lambda: self._masks.ground.of_point(lon, lat))
        return self._masks.inside(decision, Place(lon, lat, PlaceKind.PUBLISHER, radius_m))

    def nearest(self, point: ExactPoint, approved: ApprovedPlaces) -> Placing:
        """The nearest approved place."""
        place = approved.nearest(point)
        if place is not None:
            return Placing(self.decided(lambda: self._masks.ground.of_approved(place)), place)
        cell = cell_at(*degrees(point), self._finest)
        return self._no_place(self._on_cell(cell), place_of(cell))

    def cell_or_area(self, at: Point) -> Placing:
        """A cell, or what is coarser."""
        resolutions = sorted({min(decision.resolution, self._finest) for decision in self.spread})
        cell = cell_at(*at, resolutions[0])
        if any(decision.place in ("area", "none") for decision in self.spread):
            placing = self._coarser_than_cells(at, cell, resolutions[0])
            if placing is not None:
                return placing
        decision = self._on_cell(cell)
        for resolution in resolutions[1:]:
            if min(decision.resolution, self._finest) < resolution:
                break
            cell = cell_at(*at, resolution)
            decision = self._on_cell(cell)
        return self._masks.inside(decision, self._shown(place_of(cell)))

    def _coarser_than_cells(self, at: Point, cell: str, resolution: int) -> Placing | None:
        """An area or no place where rules ask for it around the coarsest cell, ``None`` elsewhere."""
        masks, centre = self._masks, place_of(cell)
        kinds = {decision.area_kind for decision in self.spread if decision.area_kind is not None}
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        area = masks.areas.areas_of_public(centre).get(kind) if kind is not None else None
        if kind is not None and area is not None:
            decision = self.decided(lambda: masks.ground.of_area(kind, area, resolution, self._beyond_m))
        else:
            decision = self._on_cell(cell)
        if decision.place == "none" or (decision.place == "area" and kind is None):
            return self._masks.inside(self._wherever_none_is_shown(decision), centre, shown=False)
        if decision.place != "area":
            return None
        if kind is None or area is None:
            return self._no_place(decision, centre)
        return self._masks.inside(decision, self._area_or_cell(at, kind, area, resolution, decision))

    def _area_or_cell(self, at: Point, kind: str, area: str, resolution: int, decision: Decision) -> Place:
        """The middle of an area, or a cell where the area does not reach farther than one."""
        ground, own_resolution = self._masks.ground, min(decision.resolution, self._finest)
        lon, lat, border_m = self._masks.areas.centre(kind, area) or (*at, 0)
        if border_m < mask_point(lon, lat, own_resolution).radius_m:
            return self._shown(mask_point(*at, own_resolution))
        reach_m = ground.area_reach_m(border_m, lon, lat, resolution)
        return self._shown(Place(lon, lat, PlaceKind.AREA, reach_m))

    def _shown(self, place: Place) -> Place:
        return around_blocks(place) if self._beyond_m else place

    def _wherever_none_is_shown(self, decision: Decision) -> Decision:
        """A decision that is the same for all that are shown without a place, wherever they are."""
        if self._anywhere is not None or decision.action == "withhold":
            return decision
        return strictest([decision, *(choice for choice in self.spread if choice.action != "withhold")])

    def _on_cell(self, cell: str) -> Decision:
        return self.decided(lambda: self._masks.ground.of_cell(cell, self._beyond_m))

    def _no_place(self, decision: Decision, cell: Place) -> Placing:
        inside = self._masks.bounds.contains(cell.lon, cell.lat)
        return Placing(decision, Reason.NO_PLACE if inside else Reason.OUTSIDE_CITY)
