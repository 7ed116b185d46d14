"""Cuts the demo city into neighbourhoods, beats and council districts along its main roads and shores."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import shapely
from shapely import Geometry
from shapely.geometry import LineString

from blocklight.demo.drawn import DRAWN
from blocklight.demo.ground import XY, city_land, hills, parts
from blocklight.demo.main_roads import dividers


@dataclass(frozen=True, slots=True)
class Seed:
    """One area before it has a shape: a face between main roads joins the area with the nearest point.

    *grid* names how its streets are laid.
    """

    id: str
    name: str
    at: tuple[XY, ...]
    grid: str = ""


NEIGHBORHOODS: tuple[Seed, ...] = (
    Seed("quayside", "Quayside", ((2.1, 6.3), (1.3, 8.9)), "port"),
    Seed("ropewalk", "Ropewalk", ((4.0, 6.4), (4.0, 5.7)), "west"),
    Seed("old-custom-house", "Old Custom House", ((5.2, 5.1), (5.7, 5.05), (6.9, 4.7)), "waterfront"),
    Seed("lumen-square", "Lumen Square", ((5.8, 5.6), (7.0, 5.2)), "downtown"),
    Seed("lampworks", "Lampworks", ((6.1, 6.3), (5.3, 6.3), (5.5, 7.05)), "downtown"),
    Seed("lakegate", "Lakegate", ((7.1, 6.2), (6.9, 7.1)), "downtown"),
    Seed("semaphore", "Semaphore Hill", ((5.6, 7.75), (5.75, 8.65)), "north"),
    Seed("crescent", "Crescent Beach", ((4.6, 8.7), (4.0, 10.2), (4.3, 7.6)), "crescent"),
    Seed("saltbox", "Saltbox", ((5.9, 10.0), (7.1, 9.95)), "north"),
    Seed("orchard-rise", "Orchard Rise", ((6.7, 8.7), (8.1, 8.8), (7.1, 7.9), (7.9, 7.95)), "orchard"),
    Seed("heron-shore", "Heron Shore", ((8.75, 6.6), (7.9, 7.2), (9.3, 7.3)), "lakeside"),
    Seed("fernhill", "Fernhill", ((8.7, 9.9), (9.3, 8.6)), "orchard"),
    Seed("reservoir", "Reservoir Canyon", ((11.3, 8.6), (10.2, 8.0), (10.9, 7.2)), "orchard"),
    Seed("eventide", "Eventide Heights", ((12.6, 6.3), (11.4, 6.0)), "lakeside"),
    Seed("millrace", "Millrace", ((8.5, 4.3), (8.9, 5.0), (7.95, 5.1)), "east"),
    Seed("almond-grove", "Almond Grove", ((9.4, 5.9), (10.4, 5.3)), "east"),
    Seed("foundry", "Foundry Flats", ((9.9, 3.5), (9.7, 3.0), (11.0, 2.4)), "shore"),
    Seed("granite", "Granite", ((12.4, 4.2), (11.3, 4.3), (13.3, 3.8)), "east"),
    Seed("kiln-corner", "Kiln Corner", ((11.1, 3.4), (12.1, 3.1)), "east"),
    Seed("far-reach", "Far Reach", ((12.2, 2.0), (13.2, 2.6)), "far"),
    Seed("wickford", "Wickford", ((3.6, 3.9),), "wick"),
    Seed("halyard", "Halyard", ((5.4, 3.8), (5.4, 2.8)), "halyard"),
    Seed("fairlead", "Fairlead", ((7.4, 3.2), (7.1, 2.3)), "halyard"),
    Seed("sandpiper", "Sandpiper Point", ((8.7, 1.9), (10.3, 0.3)), "sandpiper"),
)

BEATS: tuple[Seed, ...] = tuple(
    Seed(id_, f"Beat {id_}", at)
    for id_, at in (
        ("1A", ((2.1, 6.3), (1.3, 8.9))), ("1B", ((4.0, 6.4), (4.0, 5.7))), ("1C", ((5.5, 5.1), (5.8, 5.6))),
        ("1D", ((6.9, 4.7), (7.0, 5.2))),
        ("2A", ((5.3, 6.3), (5.9, 6.2), (5.4, 6.95))), ("2B", ((7.1, 6.2), (6.6, 7.1), (6.1, 7.0))),
        ("2C", ((5.6, 7.75), (5.75, 8.65))), ("2D", ((6.7, 7.8), (6.8, 8.7))),
        ("3A", ((4.6, 8.7), (4.3, 7.6))), ("3B", ((3.9, 10.2), (4.9, 10.1))), ("3C", ((5.8, 10.0),
        (6.2, 9.95))),
        ("3D", ((7.1, 9.95), (7.4, 10.3))),
        ("4A", ((8.1, 8.8), (9.2, 8.6), (7.8, 7.95))), ("4B", ((8.7, 9.9), (9.4, 9.6))),
        ("4C", ((11.3, 8.4), (11.5, 7.8), (10.2, 8.0), (12.2, 9.0))), ("4D", ((12.6, 6.3), (11.4, 6.0),
        (13.2, 7.0), (12.9, 5.2))),
        ("5A", ((8.75, 6.6), (7.9, 7.2), (9.3, 7.3))), ("5B", ((8.5, 4.3), (8.9, 5.0), (7.95, 5.1))),
        ("5C", ((9.4, 5.9), (10.4, 5.3))), ("5D", ((9.9, 3.5), (9.7, 3.0))),
        ("6A", ((11.3, 4.3), (11.1, 5.2))), ("6B", ((12.5, 4.2), (13.2, 3.9))), ("6C", ((11.1, 3.4),
        (11.0, 2.4))),
        ("6D", ((12.2, 2.0), (13.2, 2.6), (12.1, 3.1))),
        ("7A", ((3.6, 3.9),)), ("7B", ((5.4, 3.8), (5.4, 2.8))), ("7C", ((7.4, 3.2), (7.1, 2.3))),
        ("7D", ((8.7, 1.9), (10.3, 0.3))),
    )
)  # fmt: skip

_DISTRICTS = {
    "1": "1A 1B 3A 3B", "2": "1C 1D 2A 2B", "3": "2C 2D 3C 3D", "4": "4A 4B 4C 4D", "5": "5A 5B 5C 5D",
    "6": "6A 6B 6C 6D", "7": "7A 7B 7C 7D",
}  # fmt: skip


@cache
def faces() -> tuple[Geometry, ...]:
    """The pieces of city land between main roads and shores."""
    ground = city_land()
    lines = shapely.union_all(
        [ground.boundary, *dividers(), *(LineString(line) for line in DRAWN.ward_lines)]
    )
    cut = shapely.get_parts(shapely.polygonize([lines]))
    shapely.prepare(ground)
    return tuple(face for face in cut if ground.contains(face.representative_point()))


def _nearest(seeds: tuple[Seed, ...]) -> Callable[[Geometry], str]:
    def choose(face: Geometry) -> str:
        x, y = face.centroid.x, face.centroid.y
        return min(seeds, key=lambda seed: min(math.dist(at, (x, y)) for at in seed.at)).id

    return choose


def _gathered(seeds: tuple[Seed, ...]) -> dict[str, Geometry]:
    choose, groups = _nearest(seeds), defaultdict(list)
    for face in faces():
        groups[choose(face)].append(face)
    return {seed.id: shapely.union_all(groups[seed.id]) for seed in seeds}


@cache
def neighborhoods() -> dict[str, Geometry]:
    """Neighbourhood id → its ground."""
    return _gathered(NEIGHBORHOODS)


@cache
def beats() -> dict[str, Geometry]:
    """Beat id → its ground."""
    return _gathered(BEATS)


@cache
def council_districts() -> dict[str, Geometry]:
    """Council district id → its ground, made of whole beats."""
    ground = beats()
    return {
        id_: shapely.union_all([ground[beat] for beat in beat_ids.split()])
        for id_, beat_ids in _DISTRICTS.items()
    }


def grid_grounds() -> dict[str, Geometry]:
    """Grid name → the ground that its streets cover: neighbourhoods, without the hills."""
    ground = neighborhoods()
    groups = defaultdict(list)
    for seed in NEIGHBORHOODS:
        groups[seed.grid].append(ground[seed.id])
    return {name: shapely.union_all(shapes).difference(hills()) for name, shapes in groups.items()}


def largest_inside(shape: Geometry) -> Geometry:
    """A point well inside the largest part of a shape, where its label stands."""
    part = max(parts(shape), key=lambda p: p.area)
    return shapely.maximum_inscribed_circle(part, tolerance=0.02).interpolate(0)
