"""Finds where streets meet and where their blocks have their middle; knows lines in metres, and names."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from blocklight.model.vocabulary import PlaceKind

# A geometry of shapely, which ships no types.
Geometry = Any

# Two roadways of one street cross another twice, about so far apart at most.
_SAME_CROSSING_M = 60.0

# Shorter pieces lie between the roadways of one street.
_SHORTEST_BLOCK_M = 50.0

_CLOSEST_M = 25.0
_LONGEST_NAME = 40

XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point that could be a place: in metres, with what people would call it."""

    x: float
    y: float
    kind: PlaceKind
    label: str


def candidates(named: Iterable[tuple[str, Geometry]]) -> list[Candidate]:
    """The intersections and block middles of named lines (metres), none within 25 m of another."""
    streets = _streets(named)
    crossings = _crossing_points(streets)
    spots = [Candidate(*at, PlaceKind.INTERSECTION, label) for label, at in _corner_points(crossings)]
    spots += _block_middles(streets, crossings)
    return _apart(spots)


def shown_street_name(text: object) -> str | None:
    """A street's name as it is shown, ``None`` for what cannot be one."""
    name = " ".join(str(text or "").split())
    if not 1 < len(name) <= _LONGEST_NAME or not name.isprintable():
        return None
    words = name.split(" ")
    return " ".join(_cased_word(word) for word in words) if name in (name.upper(), name.lower()) else name


def _cased_word(word: str) -> str:
    if re.fullmatch(r"[NSEW]{1,2}", word.upper()):
        return word.upper()
    return word.lower() if word[0].isdigit() else word.capitalize()


def _streets(named: Iterable[tuple[str, Geometry]]) -> dict[str, list[Geometry]]:
    """The lines of each street, joined where they meet end to end and nowhere doubled."""
    pieces: defaultdict[str, list[Geometry]] = defaultdict(list)
    for name, line in named:
        pieces[name] += [part for part in shapely.get_parts(line) if part.length > 0]
    whole = {name: shapely.line_merge(shapely.union_all(pieces[name])) for name in sorted(pieces)}
    return {name: list(shapely.get_parts(line)) for name, line in whole.items()}


def _crossing_points(streets: Mapping[str, list[Geometry]]) -> dict[tuple[str, str], list[XY]]:
    """For each two streets the points where they meet, in order."""
    lines = np.array([line for parts in streets.values() for line in parts], dtype=object)
    owners = [name for name, parts in streets.items() for _ in parts]
    firsts, seconds = shapely.STRtree(lines).query(lines, predicate="intersects")
    points_of: defaultdict[tuple[str, str], set[XY]] = defaultdict(set)
    pairs = [(i, j) for i, j in zip(firsts.tolist(), seconds.tolist(), strict=True) if owners[i] < owners[j]]
    shared = shapely.intersection([lines[i] for i, _ in pairs], [lines[j] for _, j in pairs])
    for (i, j), shape in zip(pairs, shared, strict=True):
        for part in shapely.get_parts(shape):
            if part.geom_type == "Point":
                points_of[owners[i], owners[j]].add((round(part.x, 2), round(part.y, 2)))
    return {names: sorted(points) for names, points in sorted(points_of.items())}


def _corner_points(crossings: Mapping[tuple[str, str], list[XY]]) -> Iterator[tuple[str, XY]]:
    """Yield one point for each place where two streets meet, however many roadways they have there."""
    for (first, second), points in crossings.items():
        for group in _grouped(points):
            middle = sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)
            yield f"{first} & {second}", min(group, key=lambda at: (math.dist(at, middle), at))


def _grouped(points: list[XY]) -> list[list[XY]]:
    groups: list[list[XY]] = []
    for at in points:
        near = [
            group for group in groups if any(math.dist(at, member) <= _SAME_CROSSING_M for member in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([at, *(member for group in near for member in group)])
    return groups


def _block_middles(
    streets: Mapping[str, list[Geometry]], crossings: Mapping[tuple[str, str], list[XY]]
) -> Iterator[Candidate]:
    """Yield the middle of each street between two others that cross it."""
    met: defaultdict[str, list[tuple[XY, str]]] = defaultdict(list)
    for (first, second), points in crossings.items():
        met[first] += [(at, second) for at in points]
        met[second] += [(at, first) for at in points]
    for name, lines in streets.items():
        ends_on: Geometry = (
            shapely.points([at for at, _ in met[name]]) if met[name] else np.empty(0, dtype=object)
        )
        for line in lines:
            on = np.flatnonzero(shapely.dwithin(ends_on, line, 1.0))
            along = shapely.line_locate_point(line, ends_on[on])
            cuts = sorted((float(at), met[name][index][1]) for at, index in zip(along, on, strict=True))
            yield from _middles(name, line, cuts)


def _middles(name: str, line: Geometry, cuts: list[tuple[float, str]]) -> Iterator[Candidate]:
    ends: list[tuple[float, str | None]] = [(0.0, None), *cuts, (line.length, None)]
    for (start, before), (end, after) in pairwise(ends):
        if end - start < _SHORTEST_BLOCK_M:
            continue
        middle = line.interpolate((start + end) / 2)
        crossed = sorted({street for street in (before, after) if street})
        label = f"{name} between {' and '.join(crossed)}" if len(crossed) > 1 else name
        if len(crossed) == 1:
            label = f"{name} near {crossed[0]}"
        yield Candidate(round(middle.x, 2), round(middle.y, 2), PlaceKind.BLOCK, label)


def _apart(spots: list[Candidate]) -> list[Candidate]:
    """Drop what lies closer than 25 m to another: intersections go before blocks, labels by the alphabet."""
    order = sorted(spots, key=lambda spot: (spot.kind is PlaceKind.BLOCK, spot.label, spot.x, spot.y))
    grid: defaultdict[tuple[int, int], list[Candidate]] = defaultdict(list)
    for spot in order:
        i, j = math.floor(spot.x / _CLOSEST_M), math.floor(spot.y / _CLOSEST_M)
        near = (
            neighbour
            for di in (-1, 0, 1)
            for dj in (-1, 0, 1)
            for neighbour in grid.get((i + di, j + dj), ())
        )
        if all(math.dist((spot.x, spot.y), (neighbour.x, neighbour.y)) >= _CLOSEST_M for neighbour in near):
            grid[i, j].append(spot)
    return sorted((spot for group in grid.values() for spot in group), key=lambda spot: (spot.x, spot.y))
