"""Writes the areas of a city's ground: an id and a name beside each polygon, and nothing else."""

import json
from pathlib import Path

import numpy as np
import shapely

from blocklight.config.city import Bounds
from blocklight.prepare.area_names import readable_name
from blocklight.prepare.city_ground.features import Features, box_of
from blocklight.prepare.city_ground.themes import AREA_LABELS, Theme, area_name

# Of degrees: a tenth of a metre, finer than any border is known.
_DIGITS = 6
# A single area says no more than the city's own name.
_FEWEST = 2


def write_areas(features: Features, bounds: Bounds, target: Path) -> int:
    """Write the areas that lie in the bounds; give how many, 0 for too few to be written."""
    ids, names = features.column("id"), features.column("name")
    box = shapely.box(*box_of(bounds))
    rows = []
    for area in sorted({text.replace(":", " ").strip()[:80] for text in ids} - {""}):
        is_part = np.array([text.replace(":", " ").strip()[:80] == area for text in ids], dtype=bool)
        shape = shapely.set_precision(shapely.union_all(features.shapes[is_part]), 10**-_DIGITS)
        if shape.geom_type not in ("Polygon", "MultiPolygon") or shapely.intersection(shape, box).area == 0:
            continue
        name = area_name(features.theme, area, names[int(np.flatnonzero(is_part)[0])])
        if features.theme is Theme.NEIGHBORHOOD:
            name = readable_name(name, AREA_LABELS[features.theme])
        geometry = json.loads(shapely.to_geojson(shape))
        rows.append({"type": "Feature", "properties": {"id": area, "name": name}, "geometry": geometry})
    if len(rows) < _FEWEST:
        return 0
    text = json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False)
    draft = target.with_name(f".{target.name}.part")
    draft.write_text(text + "\n", "utf-8")
    draft.replace(target)
    return len(rows)
