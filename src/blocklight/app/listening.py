"""Listens for a few seconds to what a broker or a live address sends, for a command that looks at it."""

import asyncio
import time

from pydantic import ValidationError

from blocklight import net
from blocklight.config.city import SourceSpec
from blocklight.config.settings import Settings
from blocklight.errors import SourceError, SourceUnavailable, UsageError
from blocklight.intake.connectors import LINKS
from blocklight.intake.connectors.streams import MOST_WAITING

_LISTENS_S = 5.0
_BETWEEN_S = 0.1


def messages_of(connector: str, url: str, topic: str | None) -> list[bytes]:
    """What comes within five seconds; nothing is acknowledged, so that a broker keeps it.

    The name of the source in ``BLOCKLIGHT_SOURCE_PASSWORDS`` is then ``calls``, as in the proposal. Raises
    ``UsageError`` for what cannot be listened to, ``SourceError`` where nothing can be heard.
    """
    if connector in ("mqtt", "nats") and not topic:
        raise UsageError("--topic", "required for a broker: the topic or subject of the calls")
    if connector not in ("mqtt", "nats") and topic:
        raise UsageError("--topic", "only a broker (mqtts://, nats://) has topics")
    try:
        bodies = asyncio.run(_heard(_source(connector, url, topic)))
    except SourceError as error:
        raise type(error)(f"{url}: {error.explained}; try --sample") from None
    if not bodies:
        raise SourceUnavailable(
            f"{url}: nothing came within {_LISTENS_S:g} seconds; listen again while calls are sent, or "
            "save a message to a file and try --sample"
        )
    return list(dict.fromkeys(bodies))  # what is sent to each new connection counts once


def _source(connector: str, url: str, topic: str | None) -> SourceSpec:
    plain = {"id": "calls", "label": "Calls", "connector": connector, "url": url, "key": ["x"]}
    fields = {"received_at": {"from": "x", "convert": "iso"}, "source_type": "y", "address": "z"}
    fields |= {"agency": {"default": "police"}}
    more = {"topic": topic} if topic else {}
    try:
        return SourceSpec.model_validate({**plain, **more, "closes": "never", "fields": fields})
    except ValidationError as error:
        wrong = error.errors()[0]
        option = "--topic" if "topic" in wrong["loc"] else "URL"
        raise UsageError(option, wrong["msg"].removeprefix("Value error, ")) from None


async def _heard(source: SourceSpec) -> list[bytes]:
    """The messages of a link; how it ended is only of interest where nothing came before."""
    bodies: list[bytes] = []
    end = time.monotonic() + _LISTENS_S
    async with net.client(net.outbound({net.host_of(source.url)})) as client:
        link = LINKS[source.connector](source, client, Settings().secret_of(source), False)  # noqa: FBT003 - of a table
        try:
            while time.monotonic() < end and len(bodies) < MOST_WAITING:
                bodies += [one.body for one in await link.take(MOST_WAITING) if one.body is not None]
                await asyncio.sleep(_BETWEEN_S)
        except SourceError:
            if not bodies:
                raise
        finally:
            await link.close()
    return bodies
