"""The command with which call types are listed and signed off."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import CityArgument, app
from blocklight.errors import UsageError


@app.command("types")
def types(
    city: CityArgument,
    *,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="Read this recorded body instead of the network.")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(help="Read this table of the source's history instead, as `import` does.")
    ] = None,
    sign: Annotated[
        bool, typer.Option("--sign", help="Decide about each type that waits, with one key.")
    ] = False,
    worksheet: Annotated[
        Path | None, typer.Option(help="Write the types into a new file to edit, a line for each.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the decisions of an edited worksheet into the city file.")
    ] = None,
) -> None:
    """List the call types of a feed, what each becomes and why, and sign off those that wait for a person.

    A type is published only when the city file names it, or when each of its words is known to be harmless.

    [bold]blocklight types my-city.toml --sign[/bold]

    A sensitive or medical type takes a written line with a reason; the command says which.
    """
    from blocklight.cli import sign_off  # noqa: PLC0415 - `--help` need not load it

    if sum((sign, worksheet is not None, write is not None)) > 1:
        raise UsageError("--sign, --worksheet, --write", "give one of them at a time")
    if write is not None:
        sign_off.write_types(city, write)
    elif sign:
        sign_off.sign_types(city, source_id=source, sample=sample, history=history)
    else:
        sign_off.show_types(city, source_id=source, sample=sample, history=history, worksheet=worksheet)
