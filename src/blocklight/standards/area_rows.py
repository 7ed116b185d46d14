"""The city's areas as the rows of a collection or a layer."""

from functools import lru_cache

from blocklight.geo.areas import Areas
from blocklight.query.conditions import Row
from blocklight.query.fields import GEOMETRY, OBJECT_ID


@lru_cache(maxsize=64)
def area_rows(areas: Areas, kind: str) -> tuple[Row, ...]:
    """The areas of a kind with their shapes (EPSG 4326), numbered from 1 in the order of their file.

    Kept, because areas do not change while a city is served and shapes are slow to put together.
    """
    return tuple(
        {OBJECT_ID: number, "id": area.id, "name": area.name, GEOMETRY: areas.polygon(kind, area.id)}
        for number, area in enumerate(areas.by_kind.get(kind, ()), 1)
    )
