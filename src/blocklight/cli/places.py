"""The commands about a city's approved places."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import SET_UP, CityArgument, app
from blocklight.cli.checked_options import file_to_write, reference_system

place_app = typer.Typer(
    help="Approved places: the intersections and blocks that incidents are shown at.", no_args_is_help=True
)
app.add_typer(place_app, name="place", rich_help_panel=SET_UP)


@place_app.command("build")
def place_build(
    city: CityArgument,
    *,
    streets: Annotated[
        str | None, typer.Option(help="Street lines: a file, or the address of an ArcGIS layer.")
    ] = None,
    street_name: Annotated[str | None, typer.Option(help="The column with a street's name.")] = None,
    addresses: Annotated[
        str | None, typer.Option(help="Address points: a file, or the address of an ArcGIS layer.")
    ] = None,
    blocks: Annotated[
        str | None, typer.Option(help="Block polygons: a file, or the address of an ArcGIS layer.")
    ] = None,
    count: Annotated[
        str | None, typer.Option(help="The column that counts addresses or households, if there is one.")
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            callback=reference_system, help="The reference system of files that name none, such as EPSG:2227."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            callback=file_to_write,
            help="The file to write. Default: the one that the city file names.",
        ),
    ] = None,
) -> None:
    """Build approved places from streets: intersections and block centres, each with enough addresses.

    [bold]blocklight place build my-city.toml --streets streets.shp --addresses addresses.geojson[/bold]

    What is not given here is taken from [places] in the city file.
    """
    from blocklight.cli.building_places import build_places  # noqa: PLC0415 - see serve
    from blocklight.prepare.places.make import Sources  # noqa: PLC0415 - see serve

    build_places(city, Sources(streets, street_name, addresses, blocks, count, crs), output)
