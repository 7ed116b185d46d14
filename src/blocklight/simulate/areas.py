"""Cuts the demo city into neighbourhoods, beats and council districts along its main roads and shores."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import shapely

from blocklight.simulate.ground import XY, city_land, hills, parts
from blocklight.simulate.main_roads import boulevards, freeways


@dataclass(frozen=True, slots=True)
class Seed:
    """One area before it has a shape: faces between main roads join the nearest seed.

    *grid* names how its streets are laid.
    """

    id: str
    name: str
    at: XY
    grid: str = ""


NEIGHBORHOODS: tuple[Seed, ...] = (
    Seed("quayside", "Quayside", (2.1, 6.3), "port"),
    Seed("ropewalk", "Ropewalk", (4.0, 6.2), "west"),
    Seed("old-custom-house", "Old Custom House", (5.5, 5.35), "downtown"),
    Seed("lampworks", "Lampworks", (6.3, 6.4), "downtown"),
    Seed("semaphore", "Semaphore Hill", (5.6, 7.75), "north"),
    Seed("crescent", "Crescent Beach", (4.6, 8.7), "crescent"),
    Seed("saltbox", "Saltbox", (5.9, 10.0), "north"),
    Seed("orchard-rise", "Orchard Rise", (7.3, 8.8), "orchard"),
    Seed("merganser", "Merganser Lake", (8.75, 6.6), "lakeside"),
    Seed("fernhill", "Fernhill", (8.9, 9.6), "orchard"),
    Seed("reservoir", "Reservoir Canyon", (11.3, 8.6), "orchard"),
    Seed("eventide", "Eventide Heights", (12.6, 6.3), "lakeside"),
    Seed("millrace", "Millrace", (8.9, 4.85), "east"),
    Seed("almond-grove", "Almond Grove", (10.5, 5.2), "east"),
    Seed("foundry", "Foundry Flats", (9.9, 3.35), "shore"),
    Seed("granite", "Granite", (12.2, 3.9), "east"),
    Seed("far-reach", "Far Reach", (12.2, 2.0), "far"),
    Seed("wickford", "Wickford", (3.6, 3.9), "wick"),
    Seed("halyard", "Halyard", (6.0, 3.1), "halyard"),
    Seed("sandpiper", "Sandpiper Point", (8.7, 1.9), "sandpiper"),
)

BEATS: tuple[Seed, ...] = (
    Seed("1A", "Beat 1A", (2.2, 6.4)), Seed("1B", "Beat 1B", (4.1, 6.2)), Seed("1C", "Beat 1C", (5.3, 5.35)),
    Seed("1D", "Beat 1D", (6.6, 5.3)),
    Seed("2A", "Beat 2A", (5.5, 6.5)), Seed("2B", "Beat 2B", (6.8, 6.5)), Seed("2C", "Beat 2C", (5.6, 7.8)),
    Seed("2D", "Beat 2D", (6.9, 7.9)),
    Seed("3A", "Beat 3A", (4.6, 8.7)), Seed("3B", "Beat 3B", (5.8, 8.8)), Seed("3C", "Beat 3C", (5.7, 10.1)),
    Seed("3D", "Beat 3D", (7.2, 9.7)),
    Seed("4A", "Beat 4A", (8.1, 8.7)), Seed("4B", "Beat 4B", (8.8, 9.9)), Seed("4C", "Beat 4C", (10.9, 8.9)),
    Seed("4D", "Beat 4D", (12.5, 6.7)),
    Seed("5A", "Beat 5A", (8.9, 6.7)), Seed("5B", "Beat 5B", (8.8, 4.7)), Seed("5C", "Beat 5C", (10.1, 5.3)),
    Seed("5D", "Beat 5D", (9.8, 3.4)),
    Seed("6A", "Beat 6A", (11.4, 4.4)), Seed("6B", "Beat 6B", (12.7, 3.9)), Seed("6C", "Beat 6C", (11.1, 2.8)),
    Seed("6D", "Beat 6D", (12.4, 2.0)),
    Seed("7A", "Beat 7A", (3.6, 3.9)), Seed("7B", "Beat 7B", (6.0, 3.1)), Seed("7C", "Beat 7C", (8.7, 1.9)),
)  # fmt: skip

_DISTRICTS = {
    "1": "1A 1B 1C 3A", "2": "1D 2A 2B 2C", "3": "2D 3B 3C 3D", "4": "4A 4B 4C 4D", "5": "5A 5B 5C",
    "6": "5D 6A 6B 6C 6D", "7": "7A 7B 7C",
}  # fmt: skip


@cache
def faces() -> tuple[Any, ...]:
    """The pieces of city land between main roads and shores."""
    ground = city_land()
    cuts = [road.line for road in (*boulevards(), *freeways())]
    lines = shapely.union_all([ground.boundary, *cuts, hills().boundary])
    cut = shapely.get_parts(shapely.polygonize([lines]))
    shapely.prepare(ground)
    return tuple(face for face in cut if ground.contains(face.representative_point()))


def _nearest(seeds: tuple[Seed, ...]) -> Callable[[Any], str]:
    def choose(face: Any) -> str:
        x, y = face.centroid.x, face.centroid.y
        return min(seeds, key=lambda seed: math.dist(seed.at, (x, y))).id

    return choose


def _gathered(seeds: tuple[Seed, ...]) -> dict[str, Any]:
    choose, groups = _nearest(seeds), defaultdict(list)
    for face in faces():
        groups[choose(face)].append(face)
    return {seed.id: shapely.union_all(groups[seed.id]) for seed in seeds}


@cache
def neighborhoods() -> dict[str, Any]:
    """Neighbourhood id → its ground."""
    return _gathered(NEIGHBORHOODS)


@cache
def beats() -> dict[str, Any]:
    """Beat id → its ground."""
    return _gathered(BEATS)


@cache
def council_districts() -> dict[str, Any]:
    """Council district id → its ground, made of whole beats."""
    ground = beats()
    return {id_: shapely.union_all([ground[beat] for beat in own.split()]) for id_, own in _DISTRICTS.items()}


def grid_grounds() -> dict[str, Any]:
    """Grid name → the ground that its streets cover: neighbourhoods, without the hills."""
    ground = neighborhoods()
    groups = defaultdict(list)
    for seed in NEIGHBORHOODS:
        groups[seed.grid].append(ground[seed.id])
    return {name: shapely.union_all(own).difference(hills()) for name, own in groups.items()}


def largest_inside(shape: Any) -> Any:
    """A point well inside the largest part of a shape, where its label stands."""
    part = max(parts(shape), key=lambda p: p.area)
    return shapely.maximum_inscribed_circle(part, tolerance=0.02).interpolate(0)
