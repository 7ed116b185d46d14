"""Makes a place file: reads the layers, from files or from ArcGIS, builds, checks and writes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from blocklight.config.city import City, PlacesSpec
from blocklight.errors import CityFileError, SourceError, UsageError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.prepare.city_ground.arcgis_layers import POINT, SHAPE, read_arcgis_layer
from blocklight.prepare.places.build import Built, Plane, build, served_by, write_places
from blocklight.prepare.places.layers import Layer, checked, esri_shape, read_layer


@dataclass(frozen=True, slots=True)
class Sources:
    """What a build reads; see the help of ``place build``."""

    streets: str | None = None
    street_name: str | None = None
    addresses: str | None = None
    blocks: str | None = None
    count: str | None = None
    crs: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceFile:
    """What was written, where, by which rules, and how many shapes were repaired for it."""

    built: Built
    spec: PlacesSpec
    file: Path
    repaired: int


def make_place_file(
    name: str, city: City, sources: Sources, output: Path | None, now: Callable[[], datetime]
) -> PlaceFile:
    """Write the place file of a city; *name* is how a person called it.

    Raises ``CityFileError`` for what cannot be read, ``UsageError`` for an option that is missing.
    """
    areas = Areas(city)
    spec = city.places or PlacesSpec(file="places.geojson")
    streets_from = _taken_from(city, sources.streets, spec.streets)
    served_from = _taken_from(city, sources.addresses, spec.addresses) or _taken_from(
        city, sources.blocks, spec.blocks
    )
    if streets_from is None or served_from is None:
        option = "--streets" if streets_from is None else "--addresses or --blocks"
        raise UsageError(option, f"required: the [places] of {name} do not name them")
    target = output or (city.path(spec.file) if city.places else None)
    if target is None:
        raise UsageError("--output", f"required: {name} has no [places]")
    crs = sources.crs or spec.crs
    streets = _layer(streets_from, "streets", sources.street_name or spec.street_name, city, crs=crs, now=now)
    counted = sources.count or spec.count
    served = _layer(served_from, "addresses", counted, city, crs=crs, now=now)
    counts = None if counted is None else _counts(served.column, str(served_from), counted)
    built = build(city, areas, streets, served_by(served, counts, Plane(city)))
    if not built.places:
        raise CityFileError(str(target), "places", f"no place would serve {spec.serves} addresses")
    write_places(built, city, target)
    if city.places and output is None:
        ApprovedPlaces.of(city, areas)
    return PlaceFile(built, spec, target, streets.repaired + served.repaired)


def _taken_from(city: City, typed: str | None, named: str | None) -> str | Path | None:
    """Where a layer is: a path as given on the command line, or beside the city file; or a URL."""
    text = typed or named
    if text is None or text.startswith(("http://", "https://")):
        return text
    return Path(text) if typed else city.path(text)


def _layer(
    place: str | Path,
    key: str,
    column: str | None,
    city: City,
    *,
    crs: str | None,
    now: Callable[[], datetime],
) -> Layer:
    if isinstance(place, Path):
        return read_layer(place, key, column=column, crs=crs, bounds=city.city.bounds)
    try:
        rows = read_arcgis_layer(place, [column] if column else [], now)
    except SourceError as error:
        raise CityFileError(place, key, error.explained) from None
    shapes = [esri_shape(row.get(SHAPE) or dict(zip("xy", map(row.get, POINT), strict=True))) for row in rows]
    column_values = [row.get(column) if column else None for row in rows]
    return checked(
        np.array(shapes, dtype=object), column_values, place, key, crs=None, bounds=city.city.bounds
    )


def _counts(values: list[Any], file: str, column: str) -> list[float]:
    try:
        numbers = [float(value or 0) for value in values]
    except (TypeError, ValueError):
        numbers = [-1.0]
    if not all(number >= 0 for number in numbers):
        raise CityFileError(file, column, "counts are numbers from 0 on")
    return numbers
