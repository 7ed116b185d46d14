"""Makes an area file of a city from a file of its polygons: two properties, WGS 84, repaired."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from blocklight.config.city import AreaLayer, City
from blocklight.errors import BlocklightError, CityFileError
from blocklight.geo.areas import Areas
from blocklight.prepare.area_names import readable_name
from blocklight.prepare.places.layers import read_layer

# Of degrees: a tenth of a metre, finer than any border is known.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class AreaFile:
    """What was written: how many areas, and how many polygons without an id were left out."""

    areas: int
    left_out: int


def write_area_file(city: City, file: Path, layer: AreaLayer, *, crs: str | None, output: Path) -> AreaFile:
    """Write *output*, and read it as a city would.

    *layer* says which columns of *file* hold an area's id and name. Polygons of one id become one area, and
    nothing else of the file is kept. Raises ``CityFileError`` with file, key and reason, and
    ``BlocklightError`` where *output* exists.
    """
    if output.exists():
        raise BlocklightError(f"{output}: exists already; choose another --output")
    bounds = city.city.bounds
    ids = read_layer(file, layer.kind, column=layer.id, crs=crs, bounds=bounds, lenient=True)
    names = read_layer(file, layer.kind, column=layer.name, crs=crs, bounds=bounds, lenient=True).column
    area_ids = [str(value).strip() if value is not None else "" for value in ids.column]
    features = [
        feature
        for area_id in dict.fromkeys(area_ids)
        if (feature := _feature_of_area(area_id, area_ids, ids.shapes, names, layer.label)) is not None
    ]
    if not features:
        raise CityFileError(str(file), layer.kind, "no polygon in it has an id")
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    output.write_text(text + "\n", "utf-8")
    _expect_that_it_loads(city, layer, output)
    return AreaFile(len(features), left_out=area_ids.count(""))


def _feature_of_area(
    area_id: str,
    area_ids: list[str],
    shapes: Any,  # noqa: ANN401 - an array of shapes, which have no types
    names: list[Any],
    label: str,
) -> dict[str, Any] | None:
    """The polygons of one id as a feature, ``None`` where they have no id or no area."""
    parts = [number for number, text in enumerate(area_ids) if text == area_id]
    shape = shapely.set_precision(shapely.union_all(shapes[np.array(parts)]), 10**-_DIGITS)
    if not area_id or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        return None
    properties = {"id": area_id, "name": readable_name(str(names[parts[0]] or area_id).strip(), label)}
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(shape))}


def _expect_that_it_loads(city: City, layer: AreaLayer, output: Path) -> None:
    """Read the file as a city would; raises ``CityFileError`` if that fails."""
    written = AreaLayer(kind=layer.kind, label=layer.label, file=output.name)
    trial = city.model_copy(update={"areas": (written,)})
    trial._folder = output.resolve().parent  # noqa: SLF001 - the city as it will be, beside this file
    Areas(trial)
