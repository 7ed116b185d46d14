"""Makes a basemap: reads the layers, cuts them into tiles, puts the file in place once it is whole."""

from dataclasses import dataclass
from pathlib import Path

from blocklight.config.city import City
from blocklight.errors import UsageError
from blocklight.prepare.basemap.parts import Part, credit_of_file, parts_of, read_part
from blocklight.prepare.basemap.tiles import write_tiles


@dataclass(frozen=True, slots=True)
class Basemap:
    """What was written, and whom the map will name."""

    file: Path
    tiles: int
    shapes: int
    kinds: tuple[str, ...]
    credit: str


def make_basemap(
    name: str, city: City, layers: list[str], *, crs: str | None, credit: str | None, output: Path | None
) -> Basemap:
    """Write the map tiles of a city; *name* is how a person called it.

    Raises ``CityFileError`` for what cannot be read, ``UsageError`` for an option that is missing or wrong.
    """
    parts = [Part.parse(text) for text in layers] or parts_of(city)
    if not parts:
        raise UsageError("--layer", f"required: {name} has no map.layers")
    target = _target(name, city, output)
    drawings = [read_part(part, city.city.bounds, crs) for part in parts]
    file_credits = dict.fromkeys(text for part in parts if (text := credit_of_file(part.file)))
    named = credit if credit is not None else " · ".join(file_credits)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        cut = write_tiles(drawings, city.city.bounds, named, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    shapes = sum(len(drawing.shapes) for drawing in drawings)
    return Basemap(target, cut.tiles, shapes, tuple(cut.kinds), named)


def _target(name: str, city: City, output: Path | None) -> Path:
    if output is not None:
        return output
    if city.map.tiles is None:
        raise UsageError("--output", f"required: {name} has no map.tiles")
    return city.path(city.map.tiles)
