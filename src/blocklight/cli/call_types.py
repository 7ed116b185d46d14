"""The commands with which call types are listed and signed off."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import SET_UP, CityArgument, app
from blocklight.cli.checked_options import existing_file, file_to_write

type_app = typer.Typer(help="Call types: list them, sign them off.", no_args_is_help=True)
app.add_typer(type_app, name="type", rich_help_panel=SET_UP)

OneSource = Annotated[str | None, typer.Option("--source", help="Only this source.")]
SampleOption = Annotated[
    Path | None,
    typer.Option(
        "--sample",
        callback=existing_file,
        help="Read this saved response of the source instead of fetching one.",
    ),
]
HistoryOption = Annotated[
    Path | None,
    typer.Option(
        "--history",
        callback=existing_file,
        help="Read this table of the source's history instead, a file that `import` would read.",
    ),
]


@type_app.command("list")
def type_list(
    city: CityArgument,
    *,
    source: OneSource = None,
    sample: SampleOption = None,
    history: HistoryOption = None,
    worksheet: Annotated[
        Path | None,
        typer.Option(
            callback=file_to_write, help="Write the types into a new file to edit, a line for each."
        ),
    ] = None,
) -> None:
    """List the call types of a feed, what each becomes and why.

    A type is published only when the city file names it, or when each of its words is known to be harmless.

    [bold]blocklight type list my-city.toml --worksheet types.toml[/bold]
    """
    from blocklight.cli.sign_off import show_types  # noqa: PLC0415 - `--help` need not load it

    show_types(city, source_id=source, sample=sample, history=history, worksheet=worksheet)


@type_app.command("sign")
def type_sign(
    city: CityArgument,
    *,
    source: OneSource = None,
    sample: SampleOption = None,
    history: HistoryOption = None,
) -> None:
    """Decide about each call type that waits for a person, by pressing one key for each.

    [bold]blocklight type sign my-city.toml[/bold]

    A sensitive or medical type takes a written line with a reason; the command says which.
    """
    from blocklight.cli.sign_off import sign_types  # noqa: PLC0415 - `--help` need not load it

    sign_types(city, source_id=source, sample=sample, history=history)


@type_app.command("apply")
def type_apply(
    city: CityArgument,
    *,
    worksheet: Annotated[
        Path,
        typer.Option(
            callback=existing_file, help="An edited worksheet of `type list`, or the CSV file of `check`."
        ),
    ],
) -> None:
    """Write the decisions of an edited worksheet into the city file.

    [bold]blocklight type apply my-city.toml --worksheet types.toml[/bold]
    """
    from blocklight.cli.sign_off import write_types  # noqa: PLC0415 - `--help` need not load it

    write_types(city, worksheet)
