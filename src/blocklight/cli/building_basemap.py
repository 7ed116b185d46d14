"""Makes a basemap: reads the layers, cuts them into tiles, writes the file and says what it holds."""

from pathlib import Path

from blocklight.cli import out
from blocklight.config.city import City, load_city
from blocklight.errors import UsageError
from blocklight.prepare.basemap.parts import Part, credit_of, parts_of, read_part
from blocklight.prepare.basemap.tiles import write_tiles


def build_basemap(
    name: str, layers: list[str], *, crs: str | None, credit: str | None, output: Path | None
) -> None:
    """Write the map tiles of a city, and print what they came to.

    Raises ``CityFileError`` for what cannot be read, ``UsageError`` for an option that is missing or wrong.
    """
    city = load_city(name)
    parts = [Part.parse(text) for text in layers] or parts_of(city)
    if not parts:
        raise UsageError("--layer", f"required: {name} has no map.layers")
    target = _target(name, city, output)
    drawings = [read_part(part, city.city.bounds, crs) for part in parts]
    found = dict.fromkeys(text for part in parts if (text := credit_of(part.file)))
    named = credit if credit is not None else " · ".join(found)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        cut = write_tiles(drawings, city.city.bounds, named, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    shapes = sum(len(drawing.shapes) for drawing in drawings)
    out.print(
        f"{cut.tiles:,} tiles of {shapes:,} shapes: {', '.join(cut.kinds)}. "
        f"{target.stat().st_size / 1e6:.1f} MB.\n"
        f"The map will name: {named or 'nobody'}\nWritten: {target}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    if city.map.tiles is None:
        out.print(
            f'To use it, put it beside the city file and write into [map]: tiles = "{target.name}"',
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _target(name: str, city: City, output: Path | None) -> Path:
    if output is not None:
        return output
    if city.map.tiles is None:
        raise UsageError("--output", f"required: {name} has no map.tiles")
    return city.path(city.map.tiles)
