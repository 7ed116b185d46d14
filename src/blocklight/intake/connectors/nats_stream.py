"""Takes messages of a NATS JetStream, whose durable consumer keeps them until they are stored.

Protocol: https://docs.nats.io/nats-concepts/jetstream/consumers (pull, explicit acknowledgement).
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoServersError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError
from pydantic import SecretStr

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.intake.connectors.streams import LARGEST_MESSAGE, MOST_WAITING, Message
from blocklight.net import describe, trusted

# How long it is waited for the first message, whether one comes or not.
_LOOK_S = 0.2
_ACK_WAIT_S = 60


class NatsLink:
    """One durable consumer, connected anew where the connection was lost.

    With *keeps*, the server keeps for us what comes while we are away, until it is stored; without, it is
    only looked at.
    """

    def __init__(self, source: SourceSpec, secret: SecretStr | None, *, keeps: bool) -> None:
        self._source = source
        self._secret = secret
        self._keeps = keeps
        self._largest = min(source.max_bytes, LARGEST_MESSAGE)
        self._client: Client | None = None
        self._last_error: OSError | None = None
        self._consumer: JetStreamContext.PullSubscription | None = None

    async def take(self, most: int) -> list[Message]:
        """Take the oldest messages that came."""
        try:
            if self._consumer is None:
                async with asyncio.timeout(self._source.timeout_s):
                    self._consumer = await self._subscribed()
        except (NatsError, APIError, OSError, EOFError) as error:  # a time-out is one of them
            await self._drop()
            # That no server is left is all that the client raises for one that refuses the connection.
            why = self._last_error if isinstance(error, NoServersError) else None
            raise _failure_of(why or error) from None
        try:
            messages = await self._consumer.fetch(most, timeout=_LOOK_S)
        except TimeoutError:
            if self._client is not None and self._client.is_connected:
                return []
            await self._drop()
            raise SourceUnavailable("the connection was lost") from None
        except (NatsError, APIError, OSError, EOFError) as error:
            await self._drop()
            raise _failure_of(error) from None
        return [Message(None if len(one.data) > self._largest else one.data, one) for one in messages]

    async def stored(self, messages: Sequence[Message]) -> None:
        """Acknowledge; what the server does not hear of comes again, which changes nothing."""
        for message in messages:
            if isinstance(message.ticket, Msg):
                with suppress(NatsError):
                    await message.ticket.ack()

    async def _subscribed(self) -> JetStreamContext.PullSubscription:
        parts = urlsplit(self._source.url)
        user = None if parts.username is None else unquote(parts.username)
        secret = None if self._secret is None else self._secret.get_secret_value()
        host = parts.netloc.rpartition("@")[2]
        self._last_error = None
        self._client = Client()  # kept before it connects, so that what it opens is closed if it is refused
        await self._client.connect(
            f"{parts.scheme}://{host}",
            name="blocklight",
            # It is connected anew by the next fetch, and to no server that another one names.
            allow_reconnect=False,
            max_reconnect_attempts=1,
            connect_timeout=max(1, round(self._source.timeout_s)),
            user=user,
            password=secret if user is not None else None,
            token=secret if user is None else None,
            tls=trusted() if parts.scheme == "tls" else None,
            error_cb=self._note_error,
        )
        consumer = ConsumerConfig(
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=MOST_WAITING,
            deliver_policy=DeliverPolicy.ALL,
        )
        name = self._source.subscriber or f"blocklight-{self._source.id}"
        context = self._client.jetstream()
        return await context.pull_subscribe(
            self._source.topic, durable=name if self._keeps else None, config=consumer
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._drop()

    async def _note_error(self, error: Exception) -> None:
        """Keep why a connection failed for the fetch that fails by it to say."""
        if isinstance(error, OSError):
            self._last_error = error

    async def _drop(self) -> None:
        client, self._client, self._consumer = self._client, None, None
        if client is not None:
            with suppress(NatsError, OSError, TimeoutError):
                await client.close()


def _failure_of(error: Exception) -> SourceError:
    text = str(error).casefold()
    if isinstance(error, NotFoundError):
        return SourceChanged("no stream has this topic")
    if "authorization" in text or "permissions" in text:
        return SourceChanged("the server refuses the login")
    detail = describe(error) if isinstance(error, OSError) else type(error).__name__
    return SourceUnavailable("cannot be reached", detail=detail)
