"""Makes a place file: reads the layers, from files or from ArcGIS, builds, checks and writes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from blocklight.app.opening import wall_clock
from blocklight.cli import out
from blocklight.config.city import City, PlacesSpec, load_city
from blocklight.errors import CityFileError, SourceError, UsageError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.model.vocabulary import PlaceKind
from blocklight.prepare.city_ground.arcgis_layers import POINT, SHAPE, read_arcgis_layer
from blocklight.prepare.places.build import Built, Plane, build, served_by, write
from blocklight.prepare.places.layers import Layer, checked, esri_shape, read_layer


@dataclass(frozen=True, slots=True)
class Sources:
    """What a build reads; see the help of ``places build``."""

    streets: str | None = None
    street_name: str | None = None
    addresses: str | None = None
    blocks: str | None = None
    count: str | None = None
    crs: str | None = None


def build_places(name: str, given: Sources, output: Path | None) -> None:
    """Write the place file of a city, and print what it came to.

    Raises ``CityFileError`` for what cannot be read, ``UsageError`` for an option that is missing.
    """
    city = load_city(name)
    areas = Areas(city)
    spec = city.places or PlacesSpec(file="places.geojson")
    streets_from = _from(city, given.streets, spec.streets)
    served_from = _from(city, given.addresses, spec.addresses) or _from(city, given.blocks, spec.blocks)
    if streets_from is None or served_from is None:
        option = "--streets" if streets_from is None else "--addresses or --blocks"
        raise UsageError(option, f"required: the [places] of {name} do not name them")
    target = output or (city.path(spec.file) if city.places else None)
    if target is None:
        raise UsageError("--output", f"required: {name} has no [places]")
    crs = given.crs or spec.crs
    streets = _layer(streets_from, "streets", given.street_name or spec.street_name, city, crs)
    counted = given.count or spec.count
    served = _layer(served_from, "addresses", counted, city, crs)
    counts = None if counted is None else _numbers(served.column, str(served_from), counted)
    built = build(city, areas, streets, served_by(served, counts, Plane(city)))
    if not built.places:
        raise CityFileError(str(target), "places", f"no place would serve {spec.serves} addresses")
    write(built, city, target)
    if city.places and output is None:
        ApprovedPlaces.of(city, areas)
    _print(built, spec, target, streets.repaired + served.repaired)


def _from(city: City, given: str | None, named: str | None) -> str | Path | None:
    """Where a layer is: a path as given on the command line, or beside the city file; or a URL."""
    text = given or named
    if text is None or text.startswith(("http://", "https://")):
        return text
    return Path(text) if given else city.path(text)


def _layer(where: str | Path, key: str, column: str | None, city: City, crs: str | None) -> Layer:
    if isinstance(where, Path):
        return read_layer(where, key, column=column, crs=crs, bounds=city.city.bounds)
    try:
        rows = read_arcgis_layer(where, [column] if column else [], wall_clock)
    except SourceError as error:
        raise CityFileError(where, key, error.explained) from None
    shapes = [esri_shape(row.get(SHAPE) or dict(zip("xy", map(row.get, POINT), strict=True))) for row in rows]
    found = np.array(shapes, dtype=object)
    told = [row.get(column) if column else None for row in rows]
    return checked(found, told, where, key, crs=None, bounds=city.city.bounds)


def _numbers(values: list[Any], file: str, column: str) -> list[float]:
    try:
        numbers = [float(value or 0) for value in values]
    except (TypeError, ValueError):
        numbers = [-1.0]
    if not all(number >= 0 for number in numbers):
        raise CityFileError(file, column, "counts are numbers from 0 on")
    return numbers


def _print(built: Built, spec: PlacesSpec, target: Path, repaired: int) -> None:
    table = Table("", "Found", "Approved")
    for kind in (PlaceKind.INTERSECTION, PlaceKind.BLOCK):
        table.add_row(kind, f"{built.candidates[kind]:,}", f"{sum(p.kind is kind for p in built.places):,}")
    out.print(table)
    share = built.without / max(1, built.addresses)
    reach = sorted(place.radius_m for place in built.places)[len(built.places) // 2]
    out.print(
        f"{len(built.places):,} places, each for at least {spec.serves} of {built.addresses:,} addresses; "
        f"{built.without:,} ({share:.1%}) have none, and calls there are withheld as no_place. "
        f"An address is moved by {built.moved_m[0]:.0f} m in the middle and {built.moved_m[1]:.0f} m at the "
        f"90th percentile; the middle place says up to {reach} m. Repaired shapes: {repaired}.\n"
        f"Written: {target}",
        highlight=False,
        soft_wrap=True,
    )
