"""Every byte that a webhook without a filter is sent of a city, for the tests that compare public bytes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import msgspec

from blocklight.alerts.delivery import Delivery
from blocklight.alerts.webhooks import Secret, Webhook, Webhooks
from blocklight.app.webhooks import outbox_file, query_of
from blocklight.config.city import City
from blocklight.store import ReadStore
from blocklight.store.outbox import Outbox

_SENT_AT = 1_800_000_000.0
_WEBHOOK = Webhook(
    "12345678",
    "https://receiver.example/",
    "",
    (Secret("whsec_" + "A" * 43 + "="),),
    datetime(2026, 1, 1, tzinfo=UTC),
)


async def webhook_bytes(city: City, store: ReadStore) -> dict[str, bytes]:
    """Headers and body of each message, by its id, as for a receiver that begins anew."""
    messages: dict[str, bytes] = {}

    def receive(request: httpx2.Request) -> httpx2.Response:
        headers = sorted((name, text) for name, text in request.headers.items() if name != "content-length")
        messages[f"webhook {request.headers['webhook-id']}"] = str(headers).encode() + request.content
        return httpx2.Response(204)

    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "webhooks.json").write_bytes(msgspec.json.encode([_WEBHOOK]))
        outbox = Outbox(outbox_file(folder))
        outbox.take(_WEBHOOK.id, "another", 0, {}, 0.0)  # so that it begins anew
        outbox.close()
        delivery = Delivery(
            city.city.id,
            store,
            Webhooks(folder),
            outbox_file(folder),
            lambda text: query_of(text, city),
            begins_anew_since=lambda: datetime(2000, 1, 1, tzinfo=UTC),
            epoch_s=lambda: _SENT_AT,
            client_of=lambda _: httpx2.AsyncClient(transport=httpx2.MockTransport(receive)),
        )
        await delivery.turn()
        await asyncio.gather(*delivery.sending())
        await delivery.close()
    return messages
