"""Takes messages of an MQTT broker; the broker keeps them until they are stored, also while nobody reads.

Protocol: MQTT 5 (https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html) with QoS 1 and a session that
outlives the connection. The receive maximum bounds what is under way, so a flood waits in the broker; where
a broker sends more (mosquitto 2 does at times), its connection is not read until there is room.
"""

from collections import deque
from collections.abc import Sequence
from threading import Condition, Event
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import SecretStr

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.intake.connectors.streams import LARGEST_MESSAGE, MOST_WAITING, Message
from blocklight.intake.threads import POLLING, in_thread
from blocklight.net import describe, trusted

# How long the broker keeps messages for us while we are away.
_KEPT_S = 7 * 86_400
_KEEPALIVE_S = 30
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_REFUSED = frozenset({"Not authorized", "Bad user name or password", "Banned", "Client identifier not valid"})


class _Ticket(NamedTuple):
    """A message of one connection: the next one counts anew."""

    client: mqtt.Client
    mid: int
    qos: int


class MqttLink:
    """One subscription, connected anew where the connection was lost.

    With *keeps*, the broker keeps for us what comes while we are away, until it is stored; without, it is
    only looked at.
    """

    def __init__(self, source: SourceSpec, secret: SecretStr | None, *, keeps: bool) -> None:
        self._source = source
        self._secret = secret
        self._keeps = keeps
        self._largest = min(source.max_bytes, LARGEST_MESSAGE)
        self._client: mqtt.Client | None = None
        self._waiting: deque[Message] = deque()
        self._lock = Condition()
        self._ready = Event()
        self._failure: SourceError | None = None

    async def take(self, most: int) -> list[Message]:
        """Take the oldest messages that came."""
        if self._client is None:
            await in_thread(POLLING, self._connect)
        with self._lock:
            messages = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._lock.notify_all()
        if not messages:  # else what came is stored first, so that each connection brings something
            self._raise_failure()
        return messages

    def _raise_failure(self) -> None:
        """Raise what happened to the connection since it was looked at; the next one begins anew."""
        with self._lock:
            failure, self._failure = self._failure, None
            if failure is not None:
                self._drop()
        if failure is not None:
            raise failure

    async def stored(self, messages: Sequence[Message]) -> None:
        """Acknowledge what came over the present connection; the broker sends the rest again."""
        for message in messages:
            if isinstance(message.ticket, _Ticket) and message.ticket.client is self._client:
                message.ticket.client.ack(message.ticket.mid, message.ticket.qos)

    async def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _connect(self) -> None:
        self._ready.clear()
        parts = urlsplit(self._source.url)
        client = self._new_client(parts.scheme == "mqtts")
        if parts.username is not None:
            client.username_pw_set(
                unquote(parts.username), None if self._secret is None else self._secret.get_secret_value()
            )
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has types in parts
        session.ReceiveMaximum = MOST_WAITING
        session.SessionExpiryInterval = _KEPT_S if self._keeps else 0
        try:
            client.connect(
                parts.hostname or "",
                parts.port or _PORTS[parts.scheme],
                keepalive=_KEEPALIVE_S,
                clean_start=not self._keeps,
                properties=session,
            )
        except (OSError, ValueError) as error:  # an SSL error is one of the first
            raise SourceUnavailable("cannot be reached", detail=describe(error)) from None
        self._client = client
        client.loop_start()
        # It is one when it is subscribed: a login that is refused must not look like a quiet broker.
        if not self._ready.wait(self._source.timeout_s):
            self._fail(client, SourceUnavailable("timed out"))
        self._raise_failure()

    def _new_client(self, is_secure: bool) -> mqtt.Client:  # noqa: FBT001 - asked once
        name = self._source.subscriber or f"blocklight-{self._source.id}"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name if self._keeps else "",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = self._source.timeout_s
        if is_secure:
            client.tls_set_context(trusted())
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _drop(self) -> None:
        """Forget the connection with what it brought and was not taken: the broker sends it again."""
        self._waiting.clear()
        client, self._client = self._client, None
        self._lock.notify_all()
        if client is not None:
            client.on_disconnect = None
            client.disconnect()

    def _fail(self, client: mqtt.Client, failure: SourceError) -> None:
        with self._lock:
            if client is self._client and self._failure is None:  # what follows from it says less
                self._failure = failure
        self._ready.set()

    # What follows runs in the thread of the client.

    def _on_connect(self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _: object) -> None:  # noqa: ANN401 - paho's
        if reason.is_failure:
            self._fail(client, _refusal(str(reason)))
        else:
            client.subscribe(self._source.topic, qos=1)

    def _on_subscribe(self, client: mqtt.Client, _data: object, _mid: int, reasons: Any, _: object) -> None:  # noqa: ANN401 - paho's
        if any(reason.is_failure for reason in reasons):
            self._fail(client, SourceChanged("the broker refuses the topic"))
        self._ready.set()

    def _on_message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        is_too_large = len(message.payload) > self._largest
        ticket = _Ticket(client, message.mid, message.qos)
        with self._lock:
            while message.qos and self._is_full(client):
                self._lock.wait()
            if self._is_full(client):
                # Nothing holds back what is published with QoS 0, and nobody sends it again.
                self._failure = self._failure or SourceUnavailable(
                    "messages had to be dropped", detail="published with QoS 0, and faster than it is stored"
                )
            elif client is self._client:
                self._waiting.append(Message(None if is_too_large else bytes(message.payload), ticket))

    def _is_full(self, client: mqtt.Client) -> bool:
        return client is self._client and len(self._waiting) >= MOST_WAITING

    def _on_disconnect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, _: object
    ) -> None:
        self._fail(client, _refusal(str(reason)))


def _refusal(reason: str) -> SourceError:
    if reason in _REFUSED:
        return SourceChanged("the broker refuses the login", detail=reason.casefold())
    return SourceUnavailable("the connection was lost", detail=reason.casefold())
