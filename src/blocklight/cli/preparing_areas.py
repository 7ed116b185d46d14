"""Makes an area file of a city from a file of its polygons: two properties, WGS 84, repaired."""

import json
from pathlib import Path

import numpy as np
import shapely

from blocklight.cli import out
from blocklight.config.city import AreaLayer, City, load_city
from blocklight.errors import BlocklightError, CityFileError
from blocklight.geo.areas import Areas
from blocklight.prepare.area_names import readable_name
from blocklight.prepare.places.layers import read_layer

_DIGITS = 6


def prepare_areas(name: str, file: Path, layer: AreaLayer, *, crs: str | None, output: Path) -> None:
    """Write *output* and print the lines for the city file.

    *layer* says which columns of *file* hold an area's id and name. Polygons of one id become one area, and
    nothing else of the file is kept. Raises ``CityFileError`` with file, key and reason, and
    ``BlocklightError`` where *output* exists.
    """
    city = load_city(name)
    if output.exists():
        raise BlocklightError(f"{output}: exists already; choose another --output")
    bounds = city.city.bounds
    ids = read_layer(file, layer.kind, column=layer.id, crs=crs, bounds=bounds, lenient=True)
    names = read_layer(file, layer.kind, column=layer.name, crs=crs, bounds=bounds, lenient=True).column
    told = [str(value).strip() if value is not None else "" for value in ids.column]
    features = []
    for area in dict.fromkeys(told):
        mine = [number for number, value in enumerate(told) if value == area]
        shape = shapely.set_precision(shapely.union_all(ids.shapes[mine]), 10**-_DIGITS)
        if not area or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        properties = {"id": area, "name": readable_name(str(names[mine[0]] or area).strip(), layer.label)}
        geometry = json.loads(shapely.to_geojson(shape))
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    if not features:
        raise CityFileError(str(file), layer.kind, "no polygon in it has an id")
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    output.write_text(text + "\n", "utf-8")
    _tell(city, layer, output, len(features), left_out=len(told) - len(np.flatnonzero([*map(bool, told)])))


def _tell(city: City, layer: AreaLayer, output: Path, areas: int, *, left_out: int) -> None:
    _expect_that_it_loads(city, layer, output)
    without = f", {left_out} polygons without an id left out" if left_out else ""
    out.print(f"{areas} areas{without}. Put the file beside the city file, and into that:", highlight=False)
    lines = [
        "",
        "[[areas]]",
        f"kind = {json.dumps(layer.kind)}",
        f"label = {json.dumps(layer.label, ensure_ascii=False)}",
        f"file = {json.dumps(output.name)}",
    ]
    out.print("\n".join(lines), markup=False, highlight=False)


def _expect_that_it_loads(city: City, layer: AreaLayer, output: Path) -> None:
    """Read the file as a city would; raises ``CityFileError`` if that fails."""
    written = AreaLayer(kind=layer.kind, label=layer.label, file=output.name)
    trial = city.model_copy(update={"areas": (written,)})
    trial._folder = output.resolve().parent  # noqa: SLF001 - the city as it will be, beside this file
    Areas(trial)
