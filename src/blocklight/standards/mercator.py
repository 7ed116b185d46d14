"""Spherical Mercator (EPSG 3857), in which web maps are drawn: metres on a ball of the earth's equator."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
# The semi-major axis of WGS 84, which EPSG 3857 takes as the radius of a ball.
_RADIUS_M = 6_378_137.0
# At the pole itself a northing is infinite.
_HIGHEST_LAT = 89.999999
# Beyond this a northing is the pole.
_HIGHEST_M = 1e8


def mercator_of_degrees(points: Points) -> Points:
    """Longitude and latitude in rows as eastings and northings in metres."""
    lats = np.clip(points[:, 1], -_HIGHEST_LAT, _HIGHEST_LAT)
    norths = np.log(np.tan(np.pi / 4 + np.radians(lats) / 2)) * _RADIUS_M
    return np.column_stack((np.radians(points[:, 0]) * _RADIUS_M, norths))


def degrees_of_mercator(points: Points) -> Points:
    """Eastings and northings in metres as longitude and latitude in rows."""
    norths = np.clip(points[:, 1], -_HIGHEST_M, _HIGHEST_M) / _RADIUS_M
    lats = np.degrees(2 * np.arctan(np.exp(norths)) - np.pi / 2)
    return np.column_stack((np.degrees(points[:, 0] / _RADIUS_M), lats))
