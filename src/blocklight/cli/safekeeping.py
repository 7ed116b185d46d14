"""The commands that keep a city's data safe: back it up, restore it, and see that it is whole."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import CityArgument, DatabaseOption, DataOption, app


@app.command()
def backup(
    city: CityArgument,
    file: Annotated[Path, typer.Argument(help="A new file, such as houston.tar.zst.", metavar="FILE")],
    *,
    no_key: Annotated[
        bool, typer.Option("--no-key", help="Leave id.key out; keep it in another place then.")
    ] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write all that cannot be fetched again into one file, while the city is served. It is a secret.

    [bold]blocklight backup houston /var/backups/blocklight/houston.tar.zst[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.backups import print_backup  # noqa: PLC0415 - see serve

    print_backup(Options(city, data=data, database=database), file, with_key=not no_key)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.", metavar="FILE")],
    *,
    tombstones: Annotated[
        Path | None, typer.Option(help="The tombstone journal. None: the one in the city's folder.")
    ] = None,
    without_tombstones: Annotated[
        bool,
        typer.Option(
            "--without-tombstones", help="The journal is lost: show again what was taken back since."
        ),
    ] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Replace a city's database by a backup; what was taken back since then is not shown again.

    Stop what fetches for the city first. Nothing is changed where the backup or the journal does not fit.

    [bold]blocklight restore /var/backups/blocklight/houston.tar.zst[/bold]
    """
    from blocklight.cli.backups import print_restore  # noqa: PLC0415 - see serve

    print_restore(
        file, data=data, database=database, tombstones=tombstones, without_tombstones=without_tombstones
    )


@app.command()
def integrity(city: CityArgument, *, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Check that a city's database is whole, and print the digest of all that the public can see of it.

    [bold]blocklight integrity houston[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.backups import print_integrity  # noqa: PLC0415 - see serve

    print_integrity(Options(city, data=data, database=database))
