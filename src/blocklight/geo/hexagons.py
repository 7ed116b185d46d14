"""The grid of H3 cells that stands for places: every cell is made of whole cells of the finest resolution."""

import math
from functools import lru_cache

import h3
from h3.api import basic_int as grid

from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind

# The resolution that all others are derived from, and the finest that is ever shown.
FINEST = 9

# Cells of about 250 km²: a coarser one holds whole cities and says nothing.
COARSEST = 5
# How far a block may reach beyond the cell of its middle, in metres.
BLOCK_BEYOND_M = 200
# The mean radius R1 of the IUGG.
_EARTH_RADIUS_M = 6_371_008.8
# About a decimetre, far below the size of the finest cell.
_DIGITS = 6

# Corners as lon, lat in degrees of WGS 84.
Ring = list[tuple[float, float]]


def cell_at(lon: float, lat: float, resolution: int) -> str:
    """The id of the cell that a WGS 84 point belongs to.

    A coarser cell is the parent of the point's finest one. H3's own cells of two resolutions overlap in part,
    and an incident that is shown in two of them would be known to lie where they overlap.
    """
    finest: str = h3.latlng_to_cell(lat, lon, FINEST)
    return finest if resolution == FINEST else parent(finest, resolution)


def parent(cell: str, resolution: int) -> str:
    """The cell of a resolution that a cell belongs to."""
    ancestor: str = h3.cell_to_parent(cell, resolution)
    return ancestor


def resolution_of(cell: str) -> int:
    """The H3 resolution of a cell."""
    resolution: int = h3.get_resolution(cell)
    return resolution


def mask_point(lon: float, lat: float, resolution: int) -> Place:
    """The centre of the cell that a WGS 84 point belongs to, with how far the cell reaches."""
    finest = grid.latlng_to_cell(lat, lon, FINEST)  # as ``cell_at``, without a text for each step
    return _place_of_number(finest if resolution == FINEST else grid.cell_to_parent(finest, resolution))


@lru_cache(maxsize=200_000)
def _place_of_number(cell: int) -> Place:
    return place_of(h3.int_to_str(cell))


@lru_cache(maxsize=200_000)
def place_of(cell: str) -> Place:
    """The public place that a cell is."""
    lat, lon = (round(degrees, _DIGITS) for degrees in h3.cell_to_latlng(cell))
    return Place(
        lon=lon,
        lat=lat,
        kind=PlaceKind.GRID,
        radius_m=math.ceil(_longest_distance_m(lon, lat, outline(cell))),
    )


def outline(cell: str) -> Ring:
    """The border of a cell: of all the finest cells that belong to it."""
    if resolution_of(cell) == FINEST:
        corners = h3.cell_to_boundary(cell)
    else:
        corners = h3.cells_to_h3shape(h3.cell_to_children(cell, FINEST)).outer
    return [(lon, lat) for lat, lon in corners]


@lru_cache(maxsize=200_000)
def cell_of(place: Place) -> str | None:
    """The cell that a public place is, ``None`` for one that is no cell or reaches far beyond it.

    The cell of a block's middle is one, though the block may reach beyond it (see ``stands_for_blocks``).
    """
    if place.kind is not PlaceKind.GRID:
        return None
    for resolution in range(COARSEST, FINEST + 1):
        cell = cell_at(place.lon, place.lat, resolution)
        centre = place_of(cell)
        beyond_m = place.radius_m - centre.radius_m
        is_whole = beyond_m in (0, BLOCK_BEYOND_M) or (
            place.label is not None and 0 < beyond_m < BLOCK_BEYOND_M
        )
        if is_whole and (centre.lon, centre.lat) == (place.lon, place.lat):
            return cell
    return None


def stands_for_blocks(place: Place) -> bool:
    """Whether a place is the cell of a block's middle; the block may reach beyond it."""
    cell = cell_of(place)
    return cell is not None and (place.label is not None or place.radius_m > place_of(cell).radius_m)


def around_blocks(place: Place) -> Place:
    """A cell with a radius that covers all blocks with their middle in it."""
    return Place(place.lon, place.lat, place.kind, place.radius_m + BLOCK_BEYOND_M)


def known_resolution(place: Place) -> int:
    """The finest resolution whose cells are as large as the ground of a public place."""
    cell = cell_of(place)
    if cell is not None:
        return resolution_of(cell)
    large = (r for r in range(FINEST, COARSEST, -1) if _reach_m(place, r) >= place.radius_m)
    return next(large, COARSEST)


def _reach_m(place: Place, resolution: int) -> int:
    return mask_point(place.lon, place.lat, resolution).radius_m


def coarsened(place: Place, resolution: int) -> Place:
    """The cell that stands for a public place, worked out from that place alone.

    A cell gives way to the one that it belongs to, without a label. What stands for any other place says that
    the true one may lie beyond the cell by as much as it was around that place. The distance between the two
    is in no number: the other place may have been taken back.
    """
    cell = cell_of(place)
    if cell is not None:
        coarser = place_of(parent(cell, min(resolution, resolution_of(cell))))
        return around_blocks(coarser) if stands_for_blocks(place) else coarser
    around = mask_point(place.lon, place.lat, resolution)
    return Place(around.lon, around.lat, PlaceKind.GRID, around.radius_m + place.radius_m)


def around_both(first: Place, second: Place) -> Place | None:
    """The smallest cell that contains two public places, ``None`` if no cell is that large."""
    large = max(first.radius_m, second.radius_m)
    are_cells = all(cell_of(place) and not stands_for_blocks(place) for place in (first, second))
    for resolution in range(FINEST, COARSEST - 1, -1):
        cell = cell_at(first.lon, first.lat, resolution)
        around = place_of(cell)
        if cell == cell_at(second.lon, second.lat, resolution) and around.radius_m >= large:
            # A place that is not a cell may reach beyond the cell that its middle is in.
            return around if are_cells else Place(around.lon, around.lat, around.kind, 2 * around.radius_m)
    return None


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance in metres (haversine on the mean Earth radius)."""
    return _longest_distance_m(lon1, lat1, [(lon2, lat2)])


def _longest_distance_m(lon: float, lat: float, corners: Ring) -> float:
    """The largest ``distance_m`` between a point and any of *corners*."""
    phi, sin = math.radians(lat), math.sin
    cos_phi, longest = math.cos(phi), 0.0
    for corner_lon, corner_lat in corners:
        corner_phi = math.radians(corner_lat)
        half_lat, half_lon = (corner_phi - phi) / 2, math.radians(corner_lon - lon) / 2
        chord = sin(half_lat) ** 2 + cos_phi * math.cos(corner_phi) * sin(half_lon) ** 2
        longest = max(longest, chord)
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(longest))
