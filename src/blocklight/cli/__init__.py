"""The command line: the only place that wires the private side to the public one."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

from blocklight import __version__
from blocklight.app.service import check_settings, load_environment
from blocklight.cli.checked_options import DataOption, existing_file, file_to_write
from blocklight.cli.log_lines import set_up
from blocklight.cli.renamed import Commands
from blocklight.cli.unexpected import places_of_error
from blocklight.errors import BlocklightError, CityFileError, SettingError, UsageError

app = typer.Typer(
    name="blocklight",
    cls=Commands,
    help="The open, self-hosted, live public map of a city's calls for service.\n\n"
    "Start with [bold]blocklight demo[/bold]: an invented city, no internet needed. Then look at "
    "[bold]blocklight city list[/bold], check a city's feeds with [bold]blocklight check CITY[/bold], and "
    "publish its map with [bold]blocklight serve CITY[/bold].",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)

# The headings of the list of commands.
RUN = "Run a city"
SET_UP = "Set up a city"
DECIDE = "Decide what is published"
KEEP = "Keep a city's data safe"
TRY = "Record and replay a source"

_PLAIN_WIDTH = 120
_DATABASE_URL = "expected postgresql://user@host/name or sqlite:///file"


def _console(*, stderr: bool) -> Console:
    """A console that is wide enough for a table where nobody's window limits it."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(stderr=stderr, width=width, emoji=False)  # an area is called "beat:zzz"


out = _console(stderr=False)
err = _console(stderr=True)


def say(text: str) -> None:
    """Print what came of a command, in lines that are never broken, to be searched and copied."""
    out.print(text, highlight=False, soft_wrap=True)


def _without_password(url: str | None) -> str | None:
    """Refuse a password on the command line, which every user of the machine can read."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        has_password = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        raise typer.BadParameter(_DATABASE_URL) from None
    if parts.scheme.partition("+")[0] not in ("postgresql", "sqlite"):
        raise typer.BadParameter(_DATABASE_URL)
    if has_password:
        raise typer.BadParameter(
            "no password here, where the list of processes shows it: set BLOCKLIGHT_DATABASE_URL, "
            "or keep it in PostgreSQL's own ~/.pgpass"
        )
    return url


CityArgument = Annotated[
    str, typer.Argument(help="A shipped city's name, or the path of a TOML file.", metavar="CITY")
]
SourceArgument = Annotated[
    str, typer.Argument(help="The source's id, as `blocklight city list` shows it.", metavar="SOURCE")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        callback=_without_password,
        help="postgresql://user@host/name instead of SQLite in the data folder; without a password.",
    ),
]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all interfaces.")]
SourceUrlOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source-url", help="ID=URL: fetch the source with this id from another address.", metavar="ID=URL"
    ),
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
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Verbose output.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Set up logging before any command."""
    set_up(err, verbose=verbose)
    load_environment()
    check_settings()


@app.command(rich_help_panel=RUN)
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
    operator_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port for the operator's /healthz, /readyz and /metrics."),
    ] = None,
) -> None:
    """Fetch a city's sources and serve its live map: intake, API and web in one process.

    A shipped city:        [bold]blocklight serve houston[/bold]
    Your own, for anyone:  [bold]blocklight serve my-city.toml --host 0.0.0.0[/bold]

    Stop it with Ctrl-C; started again, it goes on where it was.
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - `--help` need not load the servers
    from blocklight.cli.serving import serve_city  # noqa: PLC0415 - `--help` need not load the servers

    serve_city(
        Options(city, data=data, database=database, source_urls=source_url or [], poll_s=poll),
        host=host,
        port=port,
        intake=not no_intake,
        operator_port=operator_port,
    )


@app.command(rich_help_panel=RUN)
def fetch(
    city: CityArgument,
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
    source_url: SourceUrlOption = None,
    poll: PollOption = None,
    health_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port for the operator's /healthz, /readyz and /metrics."),
    ] = None,
) -> None:
    """Fetch a city's sources and store what may be public; nothing is served.

    Beside it, on the same database, any number of these may run:
    [bold]blocklight serve CITY --no-intake[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.serving import run_intake  # noqa: PLC0415 - see serve

    run_intake(
        Options(city, data=data, database=database, source_urls=source_url or [], poll_s=poll),
        health_port=health_port,
    )


@app.command(rich_help_panel=RUN)
def demo(
    *,
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
    data: DataOption = None,
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="How fast the demo's clock runs.")] = 12.0,
    seed: Annotated[int, typer.Option(help="Random seed of the simulation.")] = 7,
) -> None:
    """Serve an invented harbour city with a simulated dispatch centre. Needs no internet.

    An hour of calls in a minute:  [bold]blocklight demo --speed 60[/bold]
    """
    from blocklight.cli.demo import serve_demo  # noqa: PLC0415 - see serve

    serve_demo(host=host, port=port, data=data, speed=speed, seed=seed)


@app.command(rich_help_panel=SET_UP)
def check(
    city: CityArgument,
    *,
    source: Annotated[str | None, typer.Option(help="Check only this source.")] = None,
    sample: Annotated[
        Path | None,
        typer.Option(
            callback=existing_file, help="Read this saved response of the source instead of fetching one."
        ),
    ] = None,
    everything: Annotated[
        Path | None,
        typer.Option(
            "--all",
            callback=existing_file,
            help="Check this whole table of the source, a file that `import` would read.",
        ),
    ] = None,
    types_csv: Annotated[
        Path | None,
        typer.Option(
            callback=file_to_write, help="Write every type into a new CSV file, to edit and to sign off."
        ),
    ] = None,
    source_url: SourceUrlOption = None,
) -> None:
    """Validate a city file and show what would be published of each source now. Stores nothing.

    Run it while writing a city file: it shows what each field became, which
    source types no rule maps, and what would be withheld or rejected, and why.

    [bold]blocklight check my-city.toml --source calls --sample page.json[/bold]
    """
    from blocklight.cli.checking import check_city  # noqa: PLC0415 - see serve

    check_city(
        city,
        source_id=source,
        sample=sample,
        source_urls=source_url or [],
        everything=everything,
        types_csv=types_csv,
    )


@app.command(rich_help_panel=TRY)
def record(
    city: CityArgument,
    source: SourceArgument,
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", callback=file_to_write, help="A new FILE.jsonl.zst.")
    ],
    polls: Annotated[int | None, typer.Option(min=1, help="Stop after so many fetches.")] = None,
    poll: PollOption = None,
    source_url: SourceUrlOption = None,
) -> None:
    """Record the answers of a source to a file. It contains exact places: keep it private.

    Until Ctrl-C:  [bold]blocklight record houston active -o monday.jsonl.zst[/bold]
    """
    from blocklight.cli.recording import record_source  # noqa: PLC0415 - see serve

    record_source(city, source, output, polls=polls, poll_s=poll, source_urls=source_url or [])


@app.command(rich_help_panel=TRY)
def replay(
    city: CityArgument,
    source: SourceArgument,
    file: Annotated[
        Path, typer.Argument(callback=existing_file, help="A recording, FILE.jsonl.zst.", metavar="FILE")
    ],
    *,
    speed: Annotated[str, typer.Option(help="How many times faster than it was recorded, or `max`.")] = "max",
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Read a recording as if it were the source, with the recording's clock, and store the result.

    [bold]blocklight replay houston active monday.jsonl.zst --data replayed[/bold]

    Then look at it:  [bold]blocklight serve houston --no-intake --data replayed[/bold]
    """
    from blocklight.cli.recording import replay_source  # noqa: PLC0415 - see serve

    replay_source(city, source, file, speed=speed, data=data, database=database)


# They add their commands to the app above, and their groups to the help in this order.
from blocklight.cli import cities, sources, call_types  # noqa: E402, F401, I001 - see above
from blocklight.cli import ground, basemap, areas, places  # noqa: E402, F401 - see above
from blocklight.cli import governance, safekeeping, archive, webhooks  # noqa: E402, F401 - see above


def main() -> None:
    """Run the command line; an error that we raise on purpose is one line, without a traceback."""
    try:
        status = app(standalone_mode=False)  # else the library would end the process itself
        sys.exit(status if isinstance(status, int) else 0)
    except TyperException as error:
        _complain_of_usage(error)
        sys.exit(getattr(error, "exit_code", 1))
    except typer.Abort:
        _complain("error", "aborted")
        sys.exit(1)
    except (UsageError, SettingError, CityFileError) as error:
        _complain("error", str(error))
        sys.exit(2)
    except BlocklightError as error:
        _complain("error", str(error))
        sys.exit(1)
    except OSError as error:
        file = f"{error.filename}: " if error.filename else ""
        _complain("error", f"{file}{(error.strerror or type(error).__name__).lower()}")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - Python would print its text, which may quote a record
        _complain(
            "internal error", f"this is a mistake in Blocklight; please report it\n{places_of_error(error)}"
        )
        sys.exit(70)


# What the command-line library says of a value comes from pydantic, which speaks to programmers.
_PLAIN_WORDS = (
    (r"Input should be less than or equal to (\S+)", r"expected at most \1"),
    (r"Input should be greater than or equal to (\S+)", r"expected at least \1"),
    (r"Input should be a valid integer.*", "expected a whole number"),
    (r"Input should be a valid number.*", "expected a number"),
    (r"Value error, ", ""),
)


def _complain_of_usage(error: TyperException) -> None:
    """Print what the command-line library found wrong in our form, and which command's help to read."""
    command = getattr(getattr(error, "ctx", None), "command_path", "blocklight")
    # The text of the library's own classes; they are private, and their base has no such method.
    text = getattr(error, "format_message", error.__str__)()
    if type(error).__name__ == "NoArgsIsHelpError":  # its help stands on the screen already
        return
    wrong = re.sub(
        r"^Invalid value for (.+?): ", lambda match: match[1].replace("'", "") + ": ", text
    ).rstrip(".")
    for pattern, words in _PLAIN_WORDS:
        wrong = re.sub(pattern, words, wrong)
    _complain("error", f"{wrong} (see {command} --help)")


def _complain(label: str, text: str) -> None:
    """Print one line that is never broken, so that it can be searched for and copied."""
    err.print(f"[bold]{label}:[/bold] {escape(text)}", highlight=False, soft_wrap=True)
