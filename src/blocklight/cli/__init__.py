"""The command line: the only place that wires the private side to the public one."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from blocklight import __version__
from blocklight.city import load_city, shipped_cities
from blocklight.errors import BlocklightError, CityFileError

app = typer.Typer(
    name="blocklight",
    help="The open, self-hosted, live public map of a city's calls for service.\n\n"
    "Start with [bold]blocklight demo[/bold]: an invented city, no internet needed. Then look at "
    "[bold]blocklight cities[/bold], try a feed with [bold]blocklight check CITY[/bold], and put it on the "
    "map with [bold]blocklight serve CITY[/bold].",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)

out = Console()
err = Console(stderr=True)

CityArgument = Annotated[
    str, typer.Argument(help="A shipped city's name, or the path of a TOML file.", metavar="CITY")
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder for the database and the id key. Default: ./data/CITY.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", help="postgresql://user@host/name instead of SQLite in the data folder."),
]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")]
SourceUrlOption = Annotated[
    list[str] | None,
    typer.Option("--source-url", help="ID=URL: read a source from somewhere else.", metavar="ID=URL"),
]
NoIntakeOption = Annotated[
    bool, typer.Option("--no-intake", help="Serve what is stored; another process fetches.")
]
PollOption = Annotated[
    float | None, typer.Option("--poll", min=0.05, help="Seconds between fetches, for every source.")
]


def _version(value: bool) -> None:  # noqa: FBT001 - typer calls it so
    if value:
        out.print(f"blocklight {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Set up logging before any command."""
    handler = RichHandler(console=err, show_path=False, markup=False, rich_tracebacks=False)
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(message)s", handlers=[handler]
    )
    for noisy in ("httpx", "httpcore", "alembic", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@app.command()
def cities() -> None:
    """List the shipped cities and what each source offers."""
    table = Table("City", "Name", "Source", "Platform", "What", "Closes by", "Every")
    for name in shipped_cities():
        city = load_city(name)
        for source in city.sources:
            closes = {
                "vanish": "leaving the feed",
                "time": "a closing time",
                "status": "a status",
                "never": "not told",
            }
            table.add_row(
                name,
                city.city.name,
                source.id,
                source.connector,
                source.label,
                closes[source.closes],
                f"{source.poll_s:g} s",
            )
            name = ""  # noqa: PLW2901 - a city's name stands once
    out.print(table)
    out.print(
        "Serve one with [bold]blocklight serve CITY[/bold]; check its feed first with "
        "[bold]blocklight check CITY[/bold]."
    )


@app.command()
def serve(
    city: CityArgument,
    *,
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
    data: DataOption = None,
    database: DatabaseOption = None,
    source_url: SourceUrlOption = None,
    poll: PollOption = None,
    no_intake: NoIntakeOption = False,
) -> None:
    """Fetch a city's sources and serve its live map: intake, API and web in one process."""
    from blocklight.cli.serving import Options, serve_city  # noqa: PLC0415 - `--help` need not load the servers

    serve_city(
        Options(city, data=data, database=database, source_urls=source_url or [], poll_s=poll),
        host=host,
        port=port,
        intake=not no_intake,
    )


@app.command()
def intake(
    city: CityArgument,
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
    source_url: SourceUrlOption = None,
    poll: PollOption = None,
) -> None:
    """Fetch a city's sources and store what may be public; nothing is served."""
    from blocklight.cli.serving import Options, run_intake  # noqa: PLC0415 - see serve

    run_intake(Options(city, data=data, database=database, source_urls=source_url or [], poll_s=poll))


@app.command()
def demo(
    *,
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
    data: DataOption = None,
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="How fast the demo's clock runs.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed is another city life.")] = 7,
) -> None:
    """Serve an invented harbour city with a dispatch centre that behaves like one; needs no internet."""
    from blocklight.cli.serving import serve_demo  # noqa: PLC0415 - see serve

    serve_demo(host=host, port=port, data=data, speed=speed, seed=seed)


@app.command()
def check(
    city: CityArgument,
    *,
    source: Annotated[str | None, typer.Option(help="Check only this source.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="Read this recorded body instead of the network.")
    ] = None,
    source_url: SourceUrlOption = None,
) -> None:
    """Validate a city file, read one page of each source and say what would become of it. Stores nothing."""
    from blocklight.cli.checking import check_city  # noqa: PLC0415 - see serve

    check_city(city, source_id=source, sample=sample, source_urls=source_url or [])


@app.command()
def record(
    city: CityArgument,
    source: Annotated[str, typer.Argument(help="The source's id.")],
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="A new FILE.jsonl.zst.")],
    polls: Annotated[int | None, typer.Option(min=1, help="Stop after so many fetches.")] = None,
    poll: PollOption = None,
    source_url: SourceUrlOption = None,
) -> None:
    """Write what a source answers, fetch after fetch, to a file. It holds exact places: keep it private."""
    from blocklight.cli.recording import record_source  # noqa: PLC0415 - see serve

    record_source(city, source, output, polls=polls, poll_s=poll, source_urls=source_url or [])


@app.command()
def replay(
    city: CityArgument,
    source: Annotated[str, typer.Argument(help="The source's id.")],
    file: Annotated[Path, typer.Argument(help="A recording, FILE.jsonl.zst.")],
    *,
    speed: Annotated[str, typer.Option(help="How many times faster than it was recorded, or `max`.")] = "max",
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Drive a source's connector from a recording, with the recording's clock, into the store."""
    from blocklight.cli.recording import replay_source  # noqa: PLC0415 - see serve

    replay_source(city, source, file, speed=speed, data=data, database=database)


def main() -> None:
    """Run the command line; an error that we raise on purpose is one line, without a traceback."""
    try:
        app()
    except CityFileError as error:
        err.print(f"[bold]City file:[/bold] {_plain(error)}", highlight=False)
        sys.exit(2)
    except BlocklightError as error:
        err.print(f"[bold]Error:[/bold] {_plain(error)}", highlight=False)
        sys.exit(1)


def _plain(error: Exception) -> str:
    return str(error).replace("[", "\\[")
