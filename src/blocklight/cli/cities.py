"""The commands about city files: those that come with Blocklight, and a new one."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from blocklight.cli import SET_UP, app, out
from blocklight.cli.checked_options import existing_file, folder
from blocklight.config.city import load_city, shipped_cities

city_app = typer.Typer(help="City files: list the shipped ones, write a new one.", no_args_is_help=True)
app.add_typer(city_app, name="city", rich_help_panel=SET_UP)


@city_app.command("list")
def city_list() -> None:
    """List the shipped cities and what each source offers."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("City", "Source", "Platform", "Every"):
        table.add_column(heading, no_wrap=True)
    for heading in ("What", "Closes by"):
        table.add_column(heading, overflow="fold")
    for name in shipped_cities():
        city = load_city(name)
        for source in city.sources:
            closes = {
                "vanish": "leaving the feed",
                "time": "a closing time",
                "status": "a status",
                "never": "not published",
            }
            every = f"{source.poll_s:g} s"
            table.add_row(name, source.id, source.connector, every, source.label, closes[source.closes])
            name = ""  # noqa: PLW2901 - a city's name stands once
    out.print(table)
    out.print(
        "Serve one with [bold]blocklight serve CITY[/bold]; check its feed first with "
        "[bold]blocklight check CITY[/bold].",
        soft_wrap=True,
    )


@city_app.command("new")
def city_new(
    url: Annotated[str, typer.Argument(help="The feed's address, as a browser shows it.", metavar="URL")],
    *,
    name: Annotated[str | None, typer.Option(help="The city's id. Default: taken from the address.")] = None,
    sample: Annotated[
        Path | None,
        typer.Option(
            callback=existing_file, help="Read this saved response of the feed instead of fetching one."
        ),
    ] = None,
    near: Annotated[
        str | None,
        typer.Option(
            help="Where the city lies, in degrees: LON,LAT of its centre, or its bounds as "
            "WEST,SOUTH,EAST,NORTH.",
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(help="The SELECT statement that reads the calls, where the address is a database."),
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option(help="The topic or subject of the calls, where the address is a broker's."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", callback=folder, help="Folder to write into.")
    ] = Path(),
) -> None:
    """Read a feed and write a city file for it, with a redacted sample and a test.

    It shows how certain each field is, and what you must still decide.

    [bold]blocklight city new https://data.example.gov/resource/abcd-1234 --name smallville[/bold]
    """
    from blocklight.cli.proposing import new_city as write  # noqa: PLC0415 - `--help` need not load it

    write(url, name=name, sample=sample, output=output, near=near, query=query, topic=topic)
