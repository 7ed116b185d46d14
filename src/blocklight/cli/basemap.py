"""The commands about a city's basemap."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import SET_UP, CityArgument, app
from blocklight.cli.checked_options import file_to_write, reference_system

basemap_app = typer.Typer(
    help="The basemap: streets, water and parks under the incidents.", no_args_is_help=True
)
app.add_typer(basemap_app, name="basemap", rich_help_panel=SET_UP)


@basemap_app.command("build")
def basemap_build(
    city: CityArgument,
    *,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND=FILE, KIND=FILE#LAYER or KIND=FILE#PROPERTY=VALUE,VALUE; may be repeated.",
            metavar="KIND=FILE",
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            callback=reference_system, help="The reference system of files that name none, such as EPSG:2227."
        ),
    ] = None,
    credit: Annotated[
        str | None,
        typer.Option(help="The attribution that the map shows, where the files do not contain it."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            callback=file_to_write,
            help="The file to write. Default: the one that the city file names.",
        ),
    ] = None,
) -> None:
    """Build a basemap (PMTiles) from GeoJSON, TopoJSON or other geographic files.

    [bold]blocklight basemap build my-city.toml --layer water=lakes.geojson --layer road_major=road.shp[/bold]

    Without --layer it is made from the [[map.layers]] of the city file.
    """
    from blocklight.cli.building_basemap import build_basemap  # noqa: PLC0415 - see serve

    build_basemap(city, layer or [], crs=crs, credit=credit, output=output)
