"""Prints the webhooks of a city, and the secret of one when it is made."""

from rich.table import Table

from blocklight.alerts.webhooks import BOTH_SIGN_FOR, Webhook
from blocklight.app import webhooks
from blocklight.app.opening import Options
from blocklight.cli import out, say


def add_webhook(options: Options, url: str, query: str, *, allow_private: bool) -> None:
    """Add a receiver and print its secret."""
    webhook = webhooks.add_webhook(options, url, query, allow_private=allow_private)
    say(f"Webhook {webhook.id} for {webhook.host}: {webhook.filter or 'every incident'}.")
    _print_secret(webhook)


def remove_webhook(options: Options, id_: str) -> None:
    """Remove a receiver."""
    say(f"Webhook {webhooks.remove_webhook(options, id_).id} is removed.")


def rotate_webhook(options: Options, id_: str) -> None:
    """Print a receiver's new secret."""
    webhook = webhooks.rotate_webhook(options, id_)
    hours = round(BOTH_SIGN_FOR.total_seconds() / 3600)
    say(f"Webhook {webhook.id}: the old secret signs as well for {hours} hours.")
    _print_secret(webhook)


def list_webhooks(options: Options) -> None:
    """Print the receivers, with what waits and what was given up."""
    table = Table("Webhook", "Host", "Filter", "Waiting", "Given up", "Added")
    for webhook, waiting in webhooks.listed_webhooks(options):
        added = f"{webhook.created_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(
            webhook.id, webhook.host, webhook.filter or "–", str(waiting.pending), str(waiting.dead), added
        )
    out.print(table)


def retry_webhook(options: Options, id_: str) -> None:
    """Print how many changes are sent again."""
    say(f"{webhooks.retry_webhook(options, id_)} changes are sent again now.")


def _print_secret(webhook: Webhook) -> None:
    say("Its secret. The receiver checks signatures with it, it is not shown again:")
    say(webhook.secrets[0].key)
