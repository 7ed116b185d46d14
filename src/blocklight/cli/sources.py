"""The commands about sources: those that one may find, and those that a city has."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import SET_UP, CityArgument, DatabaseOption, app
from blocklight.cli.checked_options import DataOption, existing_file

source_app = typer.Typer(help="Sources: find public feeds, confirm a short answer.", no_args_is_help=True)
app.add_typer(source_app, name="source", rich_help_panel=SET_UP)


@source_app.command("confirm")
def source_confirm(
    city: CityArgument,
    source: Annotated[str, typer.Argument(help="The source's id.")],
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Confirm an unusually short answer of a source: calls missing from it are closed at the next fetch.

    [bold]blocklight source confirm houston active[/bold]

    Without this command they stay open until a second answer lacks the same calls.
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.pausing import print_confirmation  # noqa: PLC0415 - see serve

    print_confirmation(Options(city, data=data, database=database), source)


@source_app.command("find")
def source_find(
    place: Annotated[
        str | None, typer.Argument(help="A state or a city, or a part of its name.", metavar="PLACE")
    ] = None,
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            callback=existing_file, help="Read this copy of the table instead of its public address."
        ),
    ] = None,
    incidents: Annotated[
        bool, typer.Option("--incidents", help="List reports of incidents as well as calls for service.")
    ] = False,
) -> None:
    """List known public feeds, from OpenPoliceData's table of sources (BSD-3).

    [bold]blocklight source find Arizona[/bold]

    Then describe one: blocklight city new URL
    """
    from blocklight.cli.cataloguing import list_feeds  # noqa: PLC0415 - `--help` need not load it

    list_feeds(place, file=file, incidents=incidents)
