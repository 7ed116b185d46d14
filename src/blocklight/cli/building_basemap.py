"""Makes a basemap, and prints what it holds."""

from pathlib import Path

from blocklight.cli import out
from blocklight.config.city import load_city
from blocklight.prepare.basemap.make import make_basemap


def build_basemap(
    name: str, layers: list[str], *, crs: str | None, credit: str | None, output: Path | None
) -> None:
    """Write the map tiles of a city, and print what they came to; raises what ``make_basemap`` does."""
    city = load_city(name)
    basemap = make_basemap(name, city, layers, crs=crs, credit=credit, output=output)
    out.print(
        f"{basemap.tiles:,} tiles of {basemap.shapes:,} shapes: {', '.join(basemap.kinds)}. "
        f"{basemap.file.stat().st_size / 1e6:.1f} MB.\n"
        f"The map will name: {basemap.credit or 'nobody'}\nWritten: {basemap.file}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    if city.map.tiles is None:
        out.print(
            f'To use it, put it beside the city file and write into [map]: tiles = "{basemap.file.name}"',
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
