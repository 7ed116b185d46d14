"""The webhooks of a city on this machine: read their filters, deliver, and do the work of their commands."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from pydantic import ValidationError

from blocklight.alerts.delivery import Delivery
from blocklight.alerts.webhooks import Webhook, Webhooks
from blocklight.api.incidents import WordFilter
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.config.city import City
from blocklight.config.settings import Settings
from blocklight.errors import UsageError
from blocklight.net import is_web_address
from blocklight.store import FOLLOWING, IncidentQuery
from blocklight.store.outbox import Outbox, Waiting

if TYPE_CHECKING:
    from blocklight.app.city_runtime import CityRuntime

_LISTS = ("category", "subcategory")


def delivery_of(runtime: "CityRuntime", now: Callable[[], datetime]) -> Delivery:
    """What delivers to a city's webhooks; *now* is the city's clock."""
    city = runtime.city
    return Delivery(
        city.city.id,
        runtime.store.patient(FOLLOWING),
        Webhooks(runtime.folder),
        outbox_file(runtime.folder),
        lambda text: query_of(text, city),
        begins_anew_since=lambda: now() - timedelta(hours=city.publish.window_hours),
    )


def outbox_file(folder: Path) -> Path:
    """Where it is kept what waits to be delivered."""
    return folder / "webhooks.sqlite3"


def query_of(text: str, city: City) -> IncidentQuery:
    """The store's query for a filter, written as the query string of `/incidents`; raises ``UsageError``."""
    try:
        parameters = parse_qs(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=60)
    except ValueError:
        raise UsageError(
            "--filter", "expected NAME=VALUE&NAME=VALUE, as in a query of /api/v1/incidents"
        ) from None
    values = {name: texts if name in _LISTS else texts[-1] for name, texts in parameters.items()}
    try:
        return WordFilter.model_validate(values).filter(city.city.zone)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the filter"
        raise UsageError("--filter", f"{where}: {first['msg']}") from None


def add_webhook(options: Options, url: str, query: str, *, allow_private: bool) -> Webhook:
    """Add a receiver; raises ``BlocklightError`` for an address or a filter that is none."""
    if not is_web_address(url):
        raise UsageError("URL", f"expected an address that begins with https://, not {url!r}")
    city, webhooks, _ = _opened_webhooks(options)
    query_of(query, city)
    return webhooks.add(url, query, wall_clock(), allow_private=allow_private)


def remove_webhook(options: Options, id_: str) -> Webhook:
    """Remove a receiver."""
    return _opened_webhooks(options)[1].remove(id_)


def rotate_webhook(options: Options, id_: str) -> Webhook:
    """Give a receiver a new secret; the one before signs as well for a day."""
    return _opened_webhooks(options)[1].rotate(id_, wall_clock())


def listed_webhooks(options: Options) -> list[tuple[Webhook, Waiting]]:
    """The receivers, with what waits for each."""
    _, webhooks, file = _opened_webhooks(options)
    if not file.exists():
        return [(webhook, Waiting()) for webhook in webhooks.all()]
    outbox = Outbox(file)
    try:
        return [(webhook, outbox.waiting(webhook.id)) for webhook in webhooks.all()]
    finally:
        outbox.close()


def retry_webhook(options: Options, id_: str) -> int:
    """Send again what was given up or put off for a receiver; how many changes that is."""
    _, webhooks, file = _opened_webhooks(options)
    webhook = webhooks.one(id_)
    if not file.exists():
        return 0
    outbox = Outbox(file)
    try:
        return outbox.retry(webhook.id, wall_clock().timestamp())
    finally:
        outbox.close()


def _opened_webhooks(options: Options) -> tuple[City, Webhooks, Path]:
    city = configured_city(options)
    folder = options.data or Settings().data / city.city.id
    return city, Webhooks(folder), outbox_file(folder)
