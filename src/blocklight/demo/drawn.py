"""What of the demo city was drawn by hand: outlines and lines, read from ``drawn.json`` beside it."""

from importlib import resources

import msgspec

# Points in kilometres on the sheet, x to the east and y to the north.
_Line = list[tuple[float, float]]

_Named = list[tuple[str, _Line]]


class Drawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Water, land and ways, a handful of points each; what reads them rounds their corners."""

    mainland: _Line
    island: _Line
    spit: _Line
    islet: _Line
    lake: _Line
    reservoir: _Line
    river: _Line
    slough: _Line
    creek: _Line
    quays: list[_Line]
    basins: list[_Line]
    piers: list[tuple[tuple[float, float], tuple[float, float], float]]
    """Each from one end to the other, and its width."""
    breakwaters: list[_Line]
    city_limit: _Line
    hills: _Line
    freeways: _Named
    boulevards: _Named
    rail: list[_Line]
    interchanges: _Line
    parks: _Named
    ward_lines: list[_Line]
    """Where areas part although no main road runs."""


DRAWN = msgspec.json.decode(
    resources.files("blocklight.demo").joinpath("drawn.json").read_bytes(), type=Drawn
)
