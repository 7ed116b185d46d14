"""The commands that keep a city's data safe: back it up, restore it, and see that it is whole."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import KEEP, CityArgument, DatabaseOption, app
from blocklight.cli.checked_options import DataOption, existing_file, file_to_write


@app.command(rich_help_panel=KEEP)
def backup(
    city: CityArgument,
    file: Annotated[
        Path,
        typer.Argument(callback=file_to_write, help="A new file, such as houston.tar.zst.", metavar="FILE"),
    ],
    *,
    no_key: Annotated[
        bool,
        typer.Option(
            "--no-key", help="Leave out id.key, the key of the public ids; keep a copy of it elsewhere."
        ),
    ] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Back up a city into one file, also while it is served. Keep the file secret.

    [bold]blocklight backup houston /var/backups/blocklight/houston.tar.zst[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.backups import print_backup  # noqa: PLC0415 - see serve

    print_backup(Options(city, data=data, database=database), file, with_key=not no_key)


@app.command(rich_help_panel=KEEP)
def restore(
    file: Annotated[
        Path, typer.Argument(callback=existing_file, help="A file that `backup` wrote.", metavar="FILE")
    ],
    *,
    tombstones: Annotated[
        Path | None,
        typer.Option(
            callback=existing_file, help="The tombstone journal. Default: the one in the city's folder."
        ),
    ] = None,
    without_tombstones: Annotated[
        bool,
        typer.Option(
            "--without-tombstones",
            help="The journal is lost: publish again what was retracted since the backup.",
        ),
    ] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Replace a city's database with a backup. What was retracted since then is not shown again.

    Stop what fetches for the city first. Nothing is changed if the backup does not match,
    or the journal of what was retracted (tombstones).

    [bold]blocklight restore /var/backups/blocklight/houston.tar.zst[/bold]
    """
    from blocklight.cli.backups import print_restore  # noqa: PLC0415 - see serve

    print_restore(
        file, data=data, database=database, tombstones=tombstones, without_tombstones=without_tombstones
    )


database_app = typer.Typer(help="A city's database: check it for damage.", no_args_is_help=True)
app.add_typer(database_app, name="database", rich_help_panel=KEEP)


@database_app.command("verify")
def database_verify(city: CityArgument, *, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Check a city's database for damage and print the digest of everything that is public in it.

    [bold]blocklight database verify houston[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.backups import print_integrity  # noqa: PLC0415 - see serve

    print_integrity(Options(city, data=data, database=database))
