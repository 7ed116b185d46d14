"""The commands for the archive: build its files anew, and see that they are whole."""

import typer

from blocklight.cli import KEEP, CityArgument, DatabaseOption, app
from blocklight.cli.checked_options import DataOption

archive_app = typer.Typer(
    help="The archive: one file for each month of the published past.", no_args_is_help=True
)
app.add_typer(archive_app, name="archive", rich_help_panel=KEEP)


@archive_app.command("rebuild")
def archive_rebuild(city: CityArgument, *, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Build every file of the archive from the database, also while the city is served.

    The old files are served until the new ones are complete; if the disk is full, they stay.

    [bold]blocklight archive rebuild houston[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.archive_reports import print_rebuild  # noqa: PLC0415 - see serve

    print_rebuild(Options(city, data=data, database=database))


@archive_app.command("verify")
def archive_verify(city: CityArgument, *, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Compare every file of the archive with its checksum, and build damaged months anew.

    Ends with exit code 1 where any was damaged.

    [bold]blocklight archive verify houston[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.archive_reports import print_verification  # noqa: PLC0415 - see serve

    print_verification(Options(city, data=data, database=database))
