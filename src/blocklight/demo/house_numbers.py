"""Numbers the houses of the drawn streets: by how far along the street each is from City Hall."""

import math
from collections.abc import Iterator
from itertools import pairwise

from blocklight.demo.ground import XY

CITY_HALL: XY = (6.05, 5.45)
_A_KM = 1000
_FIRST = 100
# By how many numbers, which are metres, two pieces of one street may miss each other and still be one.
_APART = 30

# A piece of a street, in km, with the numbers where it begins and where it ends.
Piece = tuple[list[XY], int, int]


def number_at(x: float, y: float, dx: float, dy: float) -> int:
    """The number of a house, in km, on a street that goes in a direction (of length 1) there."""
    toward = abs((x - CITY_HALL[0]) * dx + (y - CITY_HALL[1]) * dy)
    return _FIRST + int(toward * _A_KM)


def pieces_by_number(line: list[XY]) -> Iterator[Piece]:
    """Yield a street's line, in km, in pieces along which the numbers rise or fall evenly."""
    piece: Piece | None = None
    for a, b in pairwise(line):
        for start, end in pairwise(_parted(a, b)):
            low, high = _ends(start, end)
            grown = piece and _grown(piece, end, low, high)
            if piece is not None and grown is None:
                yield piece
            piece = grown or ([start, end], low, high)
    if piece is not None:
        yield piece


def _parted(a: XY, b: XY) -> list[XY]:
    """The ends of a straight line, and where on it numbers turn: nearest to City Hall."""
    length = math.dist(a, b)
    if length == 0:
        return [a]
    dx, dy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    along = (CITY_HALL[0] - a[0]) * dx + (CITY_HALL[1] - a[1]) * dy
    return [a, (a[0] + dx * along, a[1] + dy * along), b] if 0 < along < length else [a, b]


def _ends(a: XY, b: XY) -> tuple[int, int]:
    length = math.dist(a, b) or 1.0
    dx, dy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    return number_at(*a, dx, dy), number_at(*b, dx, dy)


def _grown(piece: Piece, end: XY, low: int, high: int) -> Piece | None:
    """A piece with one more straight line, ``None`` where its numbers would not be even any more."""
    line, first, last = piece
    if abs(low - last) > _APART or (high > low) != (last > first):
        return None
    longer = [*line, end]
    lengths = [math.dist(a, b) for a, b in pairwise(longer)]
    run, apart = 0.0, abs(low - last)
    for length in lengths[:-1]:
        run += length
    even = first + (high - first) * run / (run + lengths[-1])
    return (longer, first, high) if abs(even - last) + apart <= _APART else None
