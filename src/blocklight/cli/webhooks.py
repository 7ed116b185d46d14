"""The commands about webhooks: who is sent what, with which secret, and what waits."""

from typing import Annotated

import typer

from blocklight.cli import RUN, CityArgument, app
from blocklight.cli.checked_options import DataOption

webhook_app = typer.Typer(
    help="Webhooks: send each change of the public record to other programs.", no_args_is_help=True
)
app.add_typer(webhook_app, name="webhook", rich_help_panel=RUN)

WebhookArgument = Annotated[
    str, typer.Argument(help="The webhook's id, as `blocklight webhook list` shows it.", metavar="ID")
]


@webhook_app.command("add")
def webhook_add(
    city: CityArgument,
    url: Annotated[str, typer.Argument(help="The receiver's address, https://…", metavar="URL")],
    *,
    query: Annotated[
        str | None,
        typer.Option(
            "--filter", help="Send only these incidents: a query of /api/v1/incidents, such as category=fire."
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The receiver is in your own network; allows http://.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Add a receiver of published changes. Its secret is shown only once. Takes effect immediately.

    [bold]blocklight webhook add houston https://newsroom.example/calls --filter "category=fire"[/bold]
    """
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.keeping_webhooks import add_webhook  # noqa: PLC0415 - see serve

    add_webhook(Options(city, data=data), url, query or "", allow_private=allow_private)


@webhook_app.command("list")
def webhook_list(city: CityArgument, *, data: DataOption = None) -> None:
    """List the receivers, with what waits for each and what was given up."""
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.keeping_webhooks import list_webhooks  # noqa: PLC0415 - see serve

    list_webhooks(Options(city, data=data))


@webhook_app.command("remove")
def webhook_remove(city: CityArgument, webhook: WebhookArgument, *, data: DataOption = None) -> None:
    """Remove a receiver. Takes effect immediately, also in running servers."""
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.keeping_webhooks import remove_webhook  # noqa: PLC0415 - see serve

    remove_webhook(Options(city, data=data), webhook)


@webhook_app.command("rotate")
def webhook_rotate(city: CityArgument, webhook: WebhookArgument, *, data: DataOption = None) -> None:
    """Give a receiver a new secret. For 24 hours messages are signed with the old one as well."""
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.keeping_webhooks import rotate_webhook  # noqa: PLC0415 - see serve

    rotate_webhook(Options(city, data=data), webhook)


@webhook_app.command("retry")
def webhook_retry(city: CityArgument, webhook: WebhookArgument, *, data: DataOption = None) -> None:
    """Send a receiver now what was given up or waits for another attempt."""
    from blocklight.app.opening import Options  # noqa: PLC0415 - see serve
    from blocklight.cli.keeping_webhooks import retry_webhook  # noqa: PLC0415 - see serve

    retry_webhook(Options(city, data=data), webhook)
