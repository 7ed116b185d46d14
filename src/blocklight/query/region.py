"""A part of the ground that incidents are looked for in, by their public points alone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

# West, south, east, north in WGS 84 degrees, west no greater than east.
Box = tuple[float, float, float, float]

Degrees = NDArray[np.float64]

# The mean radius of the earth as the IUGG has it.
_EARTH_RADIUS_M = 6_371_008.8

_WHOLE_TURN = 360.0


@dataclass(frozen=True, slots=True)
class Region:
    """Boxes around it, and what decides which points in them it holds; without that, all of them."""

    boxes: tuple[Box, ...]
    holds: Callable[[Degrees, Degrees], NDArray[np.bool_]] | None = None


NOWHERE = Region(())


def points_within(region: Region, points: Degrees) -> NDArray[np.bool_]:
    """Which points (longitude and latitude in rows) lie in a region; those that are no numbers do not."""
    lons, lats = points[:, 0], points[:, 1]
    inside = np.zeros(len(lons), dtype=np.bool_)
    for west, south, east, north in region.boxes:
        inside |= (lons >= west) & (lons <= east) & (lats >= south) & (lats <= north)
    if region.holds is not None and inside.any():
        at = np.flatnonzero(inside)
        inside[at] = region.holds(lons[at], lats[at])
    return inside


def within_box(west: float, south: float, east: float, north: float) -> Region:
    """A box; one whose west is greater than its east goes over the antimeridian."""
    if south > north:
        return NOWHERE
    if east - west >= _WHOLE_TURN:
        west, east = -180.0, 180.0
    if west <= east:
        return Region(tuple(_turned((west, south, east, north))))
    return Region(((west, south, 180.0, north), (-180.0, south, east, north)))


def _turned(box: Box) -> list[Box]:
    """The parts of a box within ±180 degrees: clients draw the world more than once."""
    west, south, east, north = box
    parts = [(west + turn, south, east + turn, north) for turn in (-_WHOLE_TURN, 0.0, _WHOLE_TURN)]
    return [
        (max(part[0], -180.0), south, min(part[2], 180.0), north)
        for part in parts
        if part[2] >= -180 and part[0] <= 180  # noqa: PLR2004 - degrees
    ]


def near_point(lon: float, lat: float, metres: float) -> Region:
    """All ground within a distance over the earth, taken as a ball."""
    reach = float(np.degrees(min(metres / _EARTH_RADIUS_M, np.pi)))
    south, north = lat - reach, lat + reach
    narrowest = min(np.cos(np.radians(max(abs(south), abs(north)))), 1.0)
    across = reach / narrowest if narrowest > reach / 90 else 180.0

    def holds(lons: Degrees, lats: Degrees) -> NDArray[np.bool_]:
        half_up, half_across = np.radians(lats - lat) / 2, np.radians(lons - lon) / 2
        haversine = np.sin(half_up) ** 2
        haversine += np.cos(np.radians(lat)) * np.cos(np.radians(lats)) * np.sin(half_across) ** 2
        near: NDArray[np.bool_] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(haversine, 1))) <= metres
        return near

    box = within_box(lon - across, max(south, -90.0), lon + across, min(north, 90.0))
    return Region(box.boxes, holds)


def within_shape(shape: object, *, border: bool | None = None) -> Region:
    """The ground of a shapely geometry; *border*: only it, never it, or (``None``) it as well."""
    if shapely.is_empty(shape):
        return NOWHERE
    shapely.prepare(shape)
    west, south, east, north = shapely.bounds(shape).tolist()
    turns = [0.0, *([_WHOLE_TURN] if east > 180 else ()), *([-_WHOLE_TURN] if west < -180 else ())]  # noqa: PLR2004 - degrees

    def holds(lons: Degrees, lats: Degrees) -> NDArray[np.bool_]:
        parts = [_in_shape(shape, lons + turn, lats, border) for turn in turns]
        held: NDArray[np.bool_] = np.logical_or.reduce(parts)
        return held

    return Region(within_box(west, south, east, north).boxes, holds)


def _in_shape(shape: object, lons: Degrees, lats: Degrees, border: bool | None) -> NDArray[np.bool_]:  # noqa: FBT001 - see within_shape
    met: NDArray[np.bool_] = shapely.intersects_xy(shape, lons, lats)
    if border is None:
        return met
    inside: NDArray[np.bool_] = shapely.contains_xy(shape, lons, lats)
    return met & ~inside if border else inside
