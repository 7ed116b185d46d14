"""The commands with which people decide about publishing, and see what was decided."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import DECIDE, KEEP, RUN, CityArgument, DatabaseOption, app
from blocklight.cli.checked_options import DataOption, existing_file
from blocklight.model.vocabulary import Category

policy_app = typer.Typer(
    help="The policy: what it publishes, and what a change of it would do.", no_args_is_help=True
)
audit_app = typer.Typer(help="The audit log of what people decided about publishing.", no_args_is_help=True)
app.add_typer(policy_app, name="policy", rich_help_panel=DECIDE)
app.add_typer(audit_app, name="audit", rich_help_panel=DECIDE)

ScopeSource = Annotated[str | None, typer.Option("--source", help="Only this source.")]
ScopeCategory = Annotated[Category | None, typer.Option("--category", help="Only this category.")]
ScopeArea = Annotated[str | None, typer.Option("--area", help="Only this area.", metavar="KIND:ID")]


@app.command(rich_help_panel=DECIDE)
def pause(
    city: CityArgument,
    *,
    reason: Annotated[str, typer.Option(help="The reason. It is shown to the public.")],
    source: ScopeSource = None,
    category: ScopeCategory = None,
    area: ScopeArea = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Stop publishing at once, in every process on this city's database, and say so on the map.

    [bold]blocklight pause houston --reason "Officers are in danger"[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.pausing import print_pause  # noqa: PLC0415 - see serve

    options = Options(city, data=data, database=database)
    print_pause(options, reason, source=source, category=category, area=area)


@app.command(rich_help_panel=DECIDE)
def resume(
    city: CityArgument,
    *,
    source: ScopeSource = None,
    category: ScopeCategory = None,
    area: ScopeArea = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Publish again what was paused, and everything that was held meanwhile.

    Use the same options as for pause, for example: blocklight resume harbour --source dispatch
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.pausing import print_resume  # noqa: PLC0415 - see serve

    print_resume(Options(city, data=data, database=database), source=source, category=category, area=area)


@policy_app.command("explain")
def policy_explain(
    city: CityArgument,
    *,
    record: Annotated[
        Path,
        typer.Option(
            callback=existing_file,
            help="A row as a JSON object, or a whole answer of the source.",
            metavar="FILE",
        ),
    ],
    source: Annotated[str | None, typer.Option(help="The source that the record is from.")] = None,
) -> None:
    """Show which rule decides about a record and why, and what the public would see of it.

    [bold]blocklight policy explain my-city.toml --record row.json[/bold]
    """
    from blocklight.cli.governing import explain_record  # noqa: PLC0415 - see serve

    explain_record(city, source, record)


@policy_app.command("diff")
def policy_diff(
    old: Annotated[str, typer.Argument(help="The city file in use.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="The proposed city file.", metavar="NEW")],
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show what a proposed policy would retract, delay and coarsen of what is published. Changes nothing.

    [bold]blocklight policy diff my-city.toml my-city-stricter.toml --data data/my-city[/bold]

    It takes effect when intake, or an import, starts with the new file, and is then noted in the audit log.
    """
    from blocklight.cli.governing import differ  # noqa: PLC0415 - see serve

    differ(old, new, data, database)


@audit_app.command("verify")
def audit_verify(
    city: CityArgument,
    *,
    expect: Annotated[
        str | None, typer.Option(help="A digest that this command printed before, kept elsewhere.")
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List the audit log and verify its hash chain, and with --expect that no entry was cut off its end."""
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.governing import verify_audit  # noqa: PLC0415 - see serve

    verify_audit(Options(city, data=data, database=database), expect)


@app.command("import", rich_help_panel=RUN)
def import_(
    city: CityArgument,
    source: Annotated[str, typer.Argument(help="The source's id.")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", callback=existing_file, help="A table: CSV, Parquet, Excel or (Geo)JSON."
        ),
    ],
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Import a file of a source's history. If it is interrupted, run it again to continue.

    [bold]blocklight import berkeley calls export.csv[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.importing import import_history  # noqa: PLC0415 - see serve

    import_history(Options(city, data=data, database=database), source, file)


key_app = typer.Typer(help="Push keys of sources, and the key of the public ids.", no_args_is_help=True)
app.add_typer(key_app, name="key", rich_help_panel=KEEP)


@key_app.command("create")
def key_create(
    city: CityArgument,
    source: Annotated[str, typer.Argument(help="The source's id.")],
    *,
    data: DataOption = None,
) -> None:
    """Create a push key for a source. It is shown only once: only its hash is stored."""
    from blocklight.cli.keeping_keys import create_key  # noqa: PLC0415 - see serve

    create_key(city, source, data)


@key_app.command("revoke")
def key_revoke(
    city: CityArgument,
    key: Annotated[str, typer.Argument(help="The key's id, or the key itself.")],
    *,
    data: DataOption = None,
) -> None:
    """Revoke a push key. Takes effect immediately, also in running servers."""
    from blocklight.cli.keeping_keys import revoke_key  # noqa: PLC0415 - see serve

    revoke_key(city, key, data)


@key_app.command("list")
def key_list(city: CityArgument, *, data: DataOption = None) -> None:
    """List the push keys by their ids."""
    from blocklight.cli.keeping_keys import list_keys  # noqa: PLC0415 - see serve

    list_keys(city, data)


@key_app.command("rotate")
def key_rotate(city: CityArgument, *, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Replace the key of the public ids: every stored incident gets a new id.

    Stop what fetches and serves the city first, and back up its folder. Interrupted, the command goes on.

    [bold]blocklight key rotate houston[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.keeping_keys import print_rotation  # noqa: PLC0415 - see serve

    print_rotation(Options(city, data=data, database=database))
