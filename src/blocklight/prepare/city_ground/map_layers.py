"""Turns the themes of a city's ground into what its basemap draws."""

import numpy as np
import shapely

from blocklight.geo.reference_systems import Shapes
from blocklight.prepare.basemap.parts import Drawing
from blocklight.prepare.city_ground.features import Features, together
from blocklight.prepare.city_ground.themes import Theme, is_park, road_kind

_POLYGONS = (3, 6)
_LINES = (1, 5)


def drawings(features: list[Features]) -> list[Drawing]:
    """Give the drawings of a basemap, lowest first; kinds of which there is nothing are left out."""
    parks, water, rail = (together(features, theme) for theme in (Theme.PARK, Theme.WATER, Theme.RAIL))
    drawn = []
    if parks is not None:
        green = [is_park(value) for value in parks.column("class")]
        drawn.append(_drawing("park", parks.shapes[np.array(green, dtype=bool)], _POLYGONS))
    if water is not None:
        drawn.append(_drawing("water", water.shapes, _POLYGONS))
    drawn += _road_drawings(features)
    if rail is not None:
        drawn.append(_drawing("rail", rail.shapes, _LINES))
    drawn.append(_label_drawing(features))
    return [drawing for drawing in drawn if len(drawing.shapes)]


def _road_drawings(features: list[Features]) -> list[Drawing]:
    roads = together(features, Theme.ROADS) or together(features, Theme.STREETS)
    if roads is None:
        return []
    kinds = np.array([road_kind(value) or "" for value in roads.column("class")], dtype=object)
    return [_drawing(kind, roads.shapes[kinds == kind], _LINES) for kind in ("road_minor", "road_major")]


def _label_drawing(features: list[Features]) -> Drawing:
    """Give a point for each name; of the shapes of one name, the largest one's."""
    largest: dict[str, tuple[float, object]] = {}
    for theme in (Theme.BOUNDARY, Theme.PLACE_NAMES):
        named = together(features, theme)
        if named is None:
            continue
        for name, shape in zip(named.column("name"), named.shapes, strict=True):
            if name and (name not in largest or shape.area > largest[name][0]):
                largest[name] = shape.area, shape
    names: list[str | None] = [*sorted(largest)]
    points = shapely.point_on_surface([largest[name or ""][1] for name in names])
    return Drawing("label", np.array(points, dtype=object).reshape(-1), names)


def _drawing(kind: str, shapes: Shapes, types: tuple[int, ...]) -> Drawing:
    shown = shapes[np.isin(shapely.get_type_id(shapes), types)]
    return Drawing(kind, shown, [None] * len(shown))
