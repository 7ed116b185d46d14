"""The commands about a city's approved places."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import CityArgument, app

places_app = typer.Typer(help="The city's approved places.", no_args_is_help=True)
app.add_typer(places_app, name="places")


@places_app.command("build")
def places_build(
    city: CityArgument,
    *,
    streets: Annotated[
        str | None, typer.Option(help="Street lines: a file, or the address of an ArcGIS layer.")
    ] = None,
    street_name: Annotated[str | None, typer.Option(help="The column with a street's name.")] = None,
    addresses: Annotated[str | None, typer.Option(help="Points of addresses, the same.")] = None,
    blocks: Annotated[str | None, typer.Option(help="Polygons of blocks, the same.")] = None,
    count: Annotated[
        str | None, typer.Option(help="The column that counts addresses or households, if there is one.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="The reference system of files that name none, such as EPSG:2227.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Another file than the city file names.")
    ] = None,
) -> None:
    """Make the approved places from streets: intersections and block middles, each for enough addresses.

    [bold]blocklight places build my-city.toml --streets streets.shp --addresses addresses.geojson[/bold]

    What is not given here is taken from [places] in the city file.
    """
    from blocklight.cli.building_places import build_places  # noqa: PLC0415 - see serve
    from blocklight.prepare.places.make import Sources  # noqa: PLC0415 - see serve

    build_places(city, Sources(streets, street_name, addresses, blocks, count, crs), output)
