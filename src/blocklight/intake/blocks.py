"""Finds the block or crossing that a label names, from street lines and never from a call."""

import math

from blocklight.config.city import City
from blocklight.geo.exact import ExactPoint, degrees
from blocklight.geo.hexagons import BLOCK_BEYOND_M, distance_m
from blocklight.intake.geocode.addresses import read_address
from blocklight.intake.geocode.streets import Streets, Stretch
from blocklight.model.record import Place

# From the middle of a street to the far end of the lots along it: feeds may put their points there.
_LOT_M = 60.0

# Distances are of a block and a cell, so finer ones would promise what they do not know.
_STEP_M = 25

_REMEMBERED = 100_000


class Blocks:
    """The blocks and crossings of one city by their labels.

    What is published about a block found here follows from its label alone.
    """

    def __init__(self, streets: Streets) -> None:
        self._streets = streets
        self._stretches: dict[str, Stretch | None] = {}

    @classmethod
    def of(cls, city: City) -> "Blocks | None":
        """Load a city's street lines, ``None`` if it has none.

        Raises ``CityFileError`` if they cannot be read.
        """
        lines = city.geocoder and city.geocoder.streets
        return cls(Streets.of(lines, city)) if lines else None

    def around(self, label: str, point: ExactPoint) -> Stretch | None:
        """The block that a label names, for a call at a point.

        ``None`` if the street lines contain no such block or several, if it is too long to be shown at its
        middle, or if the call is too far away to be there: then either its address or its point is wrong.
        """
        stretch = self._of(label)
        if stretch is None:
            return None
        away_m = distance_m(*degrees(point), stretch.lon, stretch.lat)
        return stretch if away_m <= stretch.reach_m + _LOT_M else None

    def _of(self, label: str) -> Stretch | None:
        if label not in self._stretches:
            if len(self._stretches) >= _REMEMBERED:
                self._stretches.clear()
            reading = read_address(label.replace(" near ", " & "))
            stretch = None if reading is None else self._streets.stretch(reading)
            if stretch is not None and stretch.reach_m + _LOT_M > BLOCK_BEYOND_M:
                stretch = None
            self._stretches[label] = stretch
        return self._stretches[label]


def labelled(cell: Place, label: str, stretch: Stretch) -> Place:
    """The cell of a block's middle with the block's label, and a radius that covers the block."""
    away_m = distance_m(cell.lon, cell.lat, stretch.lon, stretch.lat) + stretch.reach_m + _LOT_M
    steps = math.ceil(away_m / _STEP_M) * _STEP_M
    return Place(
        cell.lon, cell.lat, cell.kind, max(cell.radius_m, min(steps, cell.radius_m + BLOCK_BEYOND_M)), label
    )
