"""Reads what a basemap is made of: which file is drawn as what, and whom it names."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from blocklight.config.city import Bounds, City
from blocklight.config.map_layers import BASE_KINDS
from blocklight.errors import UsageError
from blocklight.geo.reference_systems import Shapes
from blocklight.prepare.places.layers import read_layer

OPENSTREETMAP = "© OpenStreetMap contributors"
_LOOKED_AT_BYTES = 50_000_000
_OSM = re.compile(
    rb'openstreetmap|"name"\s*:\s*"osm[_-]|"osm_(?:id|way_id)"|"@id"\s*:\s*"(?:node|way|relation)/',
    re.IGNORECASE,
)
_CREDIT = re.compile(rb'"attribution"\s*:\s*"((?:[^"\\]|\\.){1,300})"')
_PART = re.compile(r"(?P<kind>[a-z_]+)=(?P<file>[^#]+)(?:#(?P<name>[^=]+)(?:=(?P<values>.+))?)?")


@dataclass(frozen=True, slots=True)
class Part:
    """One file, or a part of it, and the kind of layer that it is drawn as.

    *name* alone is a layer of a file that has several; with *values* it is a property that has one of them.
    """

    kind: str
    file: Path
    name: str | None = None
    values: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Read ``KIND=FILE``, ``KIND=FILE#LAYER`` or ``KIND=FILE#PROPERTY=VALUE,VALUE``.

        Raises ``UsageError`` for anything else.
        """
        hit = _PART.fullmatch(text)
        if hit is None:
            raise UsageError("--layer", f"expected KIND=FILE, for example water=lakes.geojson, not {text!r}")
        if hit["kind"] not in BASE_KINDS:
            raise UsageError("--layer", f"{hit['kind']!r} is not one of {', '.join(BASE_KINDS)}")
        values = tuple(hit["values"].split(",")) if hit["values"] else ()
        return cls(hit["kind"], Path(hit["file"]), hit["name"], values)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The shapes of one part in WGS 84, each with its name where the kind has names."""

    kind: str
    shapes: Shapes
    names: list[str | None]


def parts_of(city: City) -> list[Part]:
    """The layers that the city file draws its map from."""
    return [Part(layer.kind, city.path(layer.file)) for layer in city.map.layers]


def read_part(part: Part, bounds: Bounds, crs: str | None) -> Drawing:
    """Read a part's shapes; raises ``CityFileError`` with file, ``--layer`` and reason."""
    column = "name" if part.kind == "label" else None
    layer, condition = (None, _value_condition(part)) if part.values else (part.name, None)
    layer_read = read_layer(
        part.file,
        "--layer",
        column=column,
        crs=crs,
        bounds=bounds,
        layer=layer,
        where=condition,
        lenient=True,
    )
    names = [str(name) if name else None for name in layer_read.column]
    return Drawing(part.kind, layer_read.shapes, names)


def credit_of_file(file: Path) -> str | None:
    """Whom a file names, or OpenStreetMap where the file can be told to come from there."""
    with file.open("rb") as opened:
        head = opened.read(_LOOKED_AT_BYTES)
    named = _CREDIT.search(head)
    if named is not None:
        return str(json.loads(b'"' + named[1] + b'"'))
    return OPENSTREETMAP if _OSM.search(head) else None


def _value_condition(part: Part) -> str:
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in part.values)
    name = (part.name or "").replace('"', "")
    return f'"{name}" IN ({quoted})'
