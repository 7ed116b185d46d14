"""The commands with which a city begins: find a feed, and describe it."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import app


@app.command("new-city")
def new_city_command(
    url: Annotated[str, typer.Argument(help="The feed's address, as a browser shows it.", metavar="URL")],
    *,
    name: Annotated[str | None, typer.Option(help="The city's id. None: from the address.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="Learn from this recorded answer instead of the network.")
    ] = None,
    near: Annotated[
        str | None,
        typer.Option(
            help="Where the city lies, in degrees: LON,LAT of its centre, or its bounds as "
            "WEST,SOUTH,EAST,NORTH.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")] = Path(),
) -> None:
    """Look at a feed and write a city file for it, with a redacted sample and a test.

    It says how sure it is of each field, and what a person must still decide.

    [bold]blocklight new-city https://data.example.gov/resource/abcd-1234 --name smallville[/bold]
    """
    from blocklight.cli.proposing import new_city as write  # noqa: PLC0415 - `--help` need not load it

    write(url, name=name, sample=sample, output=output, near=near)


@app.command("catalogue")
def catalogue_command(
    place: Annotated[
        str | None, typer.Argument(help="A state or a city, or a part of its name.", metavar="PLACE")
    ] = None,
    *,
    file: Annotated[
        Path | None, typer.Option(help="Read this copy of the table instead of its public address.")
    ] = None,
    incidents: Annotated[
        bool, typer.Option("--incidents", help="List reports of incidents as well as calls for service.")
    ] = False,
) -> None:
    """List public feeds that are known, from OpenPoliceData's table of sources (BSD-3).

    [bold]blocklight catalogue Arizona[/bold]

    Then describe one: blocklight new-city URL
    """
    from blocklight.cli.cataloguing import list_feeds  # noqa: PLC0415 - `--help` need not load it

    list_feeds(place, file=file, incidents=incidents)
