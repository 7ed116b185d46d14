"""Says where a point lies from the centre of the city, as ``web/src/present/near.ts`` does."""

import math

from blocklight.config.city import Bounds

# Nearer than this to the centre there is no direction that helps.
CENTRE_M = 300

_COMPASS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_METRES_PER_DEGREE = 111_195
# The farther away or the coarser a place, the coarser its distance: finer digits would be those of the
# mask.
_FAR_M, _KILOMETRE_M, _COARSE_M = 10_000, 1_000, 300

# Longitude and latitude in WGS 84 degrees.
Point = tuple[float, float]


def centre_of(bounds: Bounds) -> Point:
    """The middle of a city's box."""
    return (bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2


def seen_from(start: Point, point: Point) -> tuple[float, str]:
    """How many metres away *point* lies, and in which of eight directions."""
    east = (point[0] - start[0]) * math.cos(math.radians(start[1])) * _METRES_PER_DEGREE
    north = (point[1] - start[1]) * _METRES_PER_DEGREE
    # To the nearest eighth of a turn, halves up as JavaScript rounds.
    turn = math.floor(math.atan2(east, north) / math.tau * len(_COMPASS) + 0.5)
    return math.hypot(east, north), _COMPASS[turn % len(_COMPASS)]


def roughly(metres: float, radius_m: int) -> int:
    """A distance as people say it: no finer than a public place is true."""
    step = (
        1000 if metres >= _FAR_M else 500 if radius_m > _COARSE_M else 100 if metres >= _KILOMETRE_M else 50
    )
    return max(step, math.floor(metres / step + 0.5) * step)
