import asyncio
import itertools
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import pytest
from brokers import Broker, mosquitto, nats_server
from loopback.reading import NOW, Fetched, Reader
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import ValidationError
from small_city import rules_of, small_city

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.streams import LARGEST_MESSAGE, MOST_WAITING, Message, Stream, rows_of
from blocklight.intake.run import Feed, Runner
from blocklight.store import Store

pytestmark = pytest.mark.anyio

KINDS = ("mqtt", "nats")
SECRET = "s3cret"  # noqa: S105 - of a broker of this test
_numbers = itertools.count()


@pytest.fixture(scope="module")
def brokers() -> Iterator[dict[str, Broker]]:
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
        mosquitto(Path(one)) as mqtt_broker,
        nats_server(Path(two)) as nats_broker,
    ):
        yield {"mqtt": mqtt_broker, "nats": nats_broker}


@dataclass
class Topic:
    """A topic of its own on one of the brokers, that can be written to."""

    kind: str
    broker: Broker
    name: str

    def source(self, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
        plain = {
            "id": "cad",
            "label": "Calls",
            "connector": self.kind,
            "url": f"{self.kind}://127.0.0.1:{self.broker.port}",
            "topic": self.name,
            "subscriber": self.name.replace("/", "-"),
            "key": ["number"],
            "closes": "never",
            "timeout_s": 5,
            "fields": {
                "received_at": {"from": "received", "convert": "iso"},
                "source_type": "type",
                "agency": {"default": "police"},
                "lon": {"from": "lon", "convert": "float"},
                "lat": {"from": "lat", "convert": "float"},
            },
        }
        return SourceSpec.model_validate(plain | changes)

    async def begin(self) -> None:
        """Have the broker keep what is sent: a stream of JetStream, or a session of MQTT."""
        if self.kind == "nats":
            client = await nats.connect(f"nats://127.0.0.1:{self.broker.port}")
            await client.jetstream().add_stream(name=self.name, subjects=[self.name])
            await client.close()
        else:
            async with Reader(self.source()) as reader:
                await until(reader, 0)

    async def send(self, *bodies: bytes) -> None:
        if self.kind == "nats":
            client = await nats.connect(f"nats://127.0.0.1:{self.broker.port}")
            for body in bodies:
                await client.jetstream().publish(self.name, body)
            await client.close()
        else:
            await asyncio.to_thread(self._send, bodies)

    def flood(self, count: int) -> None:
        """Publish so much that nobody acknowledges."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        for number in range(count):
            client.publish(self.name, call(number), qos=0)
        client.publish(self.name, call(count), qos=1).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()

    def _send(self, bodies: Sequence[bytes]) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        for body in bodies:
            client.publish(self.name, body, qos=1).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()


def call(number: int, **more: object) -> bytes:
    row: dict[str, object] = {"number": str(number), "received": "2024-03-11T05:00:00Z", "type": "CAR FIRE"}
    row |= {"lon": -95.3, "lat": 29.7}
    return json.dumps({**row, "caller": "J. Doe", **more}).encode()


@pytest.fixture(params=KINDS)
async def topic(request: pytest.FixtureRequest, brokers: dict[str, Broker]) -> Topic:
    topic = Topic(request.param, brokers[request.param], f"calls-{next(_numbers)}")
    await topic.begin()
    return topic


async def until(reader: Reader, count: int) -> Fetched:
    """Fetch until so many records came, and once more where none are expected; errors end it."""
    whole = Fetched()
    for _ in range(200):
        fetched = await reader.fetch()
        whole.batches += fetched.batches
        whole.error = fetched.error
        if fetched.error is not None or (count and len(whole.rows) + unreadable(whole) >= count):
            break
        if not count and isinstance(reader.connector, Stream):
            await asyncio.sleep(0.3)
            break
        await asyncio.sleep(0.02)
    return whole


def unreadable(fetched: Fetched) -> int:
    return sum(len(batch.unreadable) for batch in fetched.batches)


def numbers(fetched: Fetched) -> list[str]:
    return [row["number"] for row in fetched.rows]


async def test_messages_become_rows_with_our_columns_alone(topic: Topic) -> None:
    await topic.send(call(1), call(2))
    async with Reader(topic.source()) as reader:
        fetched = await until(reader, 2)
        assert fetched.error is None
        assert numbers(fetched) == ["1", "2"]
        assert "caller" not in fetched.rows[0]
        assert not any(fetched.complete)
        again = await reader.fetch()
    assert [batch.unchanged for batch in again.batches] == [True]


async def test_a_message_with_a_list_is_as_many_records(topic: Topic) -> None:
    await topic.send(b'{"calls": [' + call(1) + b"," + call(2) + b"]}")
    async with Reader(topic.source(records="calls")) as reader:
        assert numbers(await until(reader, 2)) == ["1", "2"]


async def test_what_comes_while_nobody_reads_is_kept(topic: Topic) -> None:
    async with Reader(topic.source()) as reader:
        await until(reader, 0)
    await topic.send(call(1))
    async with Reader(topic.source()) as reader:
        assert numbers(await until(reader, 1)) == ["1"]


async def test_what_was_not_stored_comes_again_to_whoever_reads_next(topic: Topic) -> None:
    await topic.send(call(1))
    async with Reader(topic.source()) as reader:
        read: list[Any] = []
        while not read:
            async with aclosing(reader.connector.fetch(None)) as batches:  # type: ignore[type-var] # a generator it is
                async for batch in batches:
                    read += batch.records
                    if read:
                        break  # as when the database fails
        assert numbers(await until(reader, 1)) == ["1"]  # tried again at once
        await topic.send(call(2))
        assert numbers(await until(reader, 1)) == ["2"]


async def test_a_message_that_comes_twice_is_read_twice_and_stored_once_by_its_key(topic: Topic) -> None:
    await topic.send(call(1), call(1))
    async with Reader(topic.source()) as reader:
        assert numbers(await until(reader, 2)) == ["1", "1"]


async def test_what_is_no_record_is_counted_and_holds_up_nothing(topic: Topic) -> None:
    bad = [b"{half", b"", b"<xml/>", b"7", b"\xff\xfe"] * 3
    await topic.send(*bad, call(1))
    async with Reader(topic.source()) as reader:
        fetched = await until(reader, len(bad) + 1)
        assert fetched.error is None
        assert numbers(fetched) == ["1"]
        assert unreadable(fetched) == len(bad)
        assert max(len(batch.unreadable) for batch in fetched.batches) < 10
        assert (await reader.fetch()).batches[0].unchanged
    assert {one.reason for batch in fetched.batches for one in batch.unreadable} == {"not_json"}


async def test_a_message_that_is_too_large_is_counted_and_not_held(topic: Topic) -> None:
    await topic.send(call(1, padding="x" * 5_000), call(2))
    async with Reader(topic.source(max_bytes=4_000)) as reader:
        fetched = await until(reader, 2)
    assert numbers(fetched) == ["2"]
    assert [one.reason for batch in fetched.batches for one in batch.unreadable] == ["too_large"]
    assert LARGEST_MESSAGE <= 2**20


async def test_a_flood_is_taken_piece_by_piece(topic: Topic) -> None:
    await topic.send(*(call(number) for number in range(450)))
    async with Reader(topic.source(page_size=100)) as reader:
        fetched = await until(reader, 450)
    assert fetched.error is None
    assert max(len(batch.records) for batch in fetched.batches) <= 100
    assert set(numbers(fetched)) == {str(number) for number in range(450)}


async def test_a_login_that_is_refused_is_said_at_each_fetch(tmp_path: Path) -> None:
    login = ("--user", "reader", "--pass", SECRET)
    (tmp_path / "one").mkdir()
    with (
        mosquitto(tmp_path / "one", anybody=False) as closed,
        nats_server(tmp_path / "two", *login) as guarded,
    ):
        for kind, broker in (("mqtt", closed), ("nats", guarded)):
            async with Reader(Topic(kind, broker, "calls").source(), token="wrong") as reader:  # noqa: S106 - it is
                errors = [(await reader.fetch()).error for _ in range(3)]
            assert [type(error) for error in errors] == [SourceChanged] * 3
            assert all("refuses the login" in str(error) for error in errors)
            assert not any("wrong" in repr(error) for error in errors)
        topic = Topic("nats", guarded, "calls")
        url = f"nats://reader@127.0.0.1:{guarded.port}"
        async with Reader(topic.source(url=url), token=SECRET) as reader:
            assert (
                str((await reader.fetch()).error) == "no stream has this topic"
            )  # which only a guest learns


async def test_what_a_broker_does_not_hold_back_is_bounded_and_said(brokers: dict[str, Broker]) -> None:
    topic = Topic("mqtt", brokers["mqtt"], "calls-without-quality")
    await topic.begin()
    async with Reader(topic.source()) as reader:
        await until(reader, 0)
        await asyncio.to_thread(topic.flood, 3 * MOST_WAITING)
        fetched = await until(reader, 3 * MOST_WAITING)
    assert fetched.error is not None
    assert str(fetched.error) == "messages had to be dropped"


async def test_looking_at_a_stream_takes_nothing_from_it(topic: Topic) -> None:
    await topic.send(call(1))
    async with Reader(topic.source(), keeps=False) as reader:
        if topic.kind == "nats":  # a broker of MQTT shows what comes from now on
            assert numbers(await until(reader, 1)) == ["1"]
    async with Reader(topic.source()) as reader:
        assert numbers(await until(reader, 1)) == ["1"]


async def test_a_broker_that_is_down_is_unavailable_and_read_again_with_all_it_kept(topic: Topic) -> None:
    async with Reader(topic.source()) as reader:
        await until(reader, 0)
        await topic.send(call(1))
        topic.broker.stop()
        errors = []
        for _ in range(100):
            fetched = await reader.fetch()
            errors += [fetched.error] if fetched.error is not None else []
            if len(errors) == 2:
                break
            await asyncio.sleep(0.02)
        assert [type(error) for error in errors] == [SourceUnavailable] * 2
        assert {str(error) for error in errors} <= {"the connection was lost", "cannot be reached"}
        topic.broker.start()
        await topic.send(call(2))
        seen: set[str] = set()
        for _ in range(200):
            fetched = await reader.fetch()
            seen |= set(numbers(fetched))
            if "2" in seen:
                break
            await asyncio.sleep(0.05)
    assert seen == {"1", "2"}


async def test_a_subject_that_no_stream_has_is_for_a_person_to_look_at(brokers: dict[str, Broker]) -> None:
    topic = Topic("nats", brokers["nats"], "nobody.sends.here")
    async with Reader(topic.source(subscriber="nobody")) as reader:
        error = (await reader.fetch()).error
    assert isinstance(error, SourceChanged)
    assert str(error) == "no stream has this topic"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"url": "mqtt://user:secret@127.0.0.1"}, "BLOCKLIGHT_SOURCE_PASSWORDS"),
        ({"url": "https://127.0.0.1/"}, "not an address for"),
        ({"url": "nats://127.0.0.1"}, "mqtt://host or mqtts://host"),
        ({"topic": ""}, "needs `topic`"),
        ({"closes": "vanish"}, "never sees them all"),
        ({"url": ""}, "needs `url`"),
        ({"where": "1=1"}, "`where` belongs to"),
    ],
)
def test_a_broker_is_described_as_one(changes: dict[str, str], reason: str) -> None:
    broker = Broker([], 1883)
    with pytest.raises(ValidationError, match=reason):
        Topic("mqtt", broker, "calls").source(**changes)


def test_a_message_of_too_many_values_is_none() -> None:
    assert rows_of(b"[" + b"[]," * 1_600_000 + b"1]", "") is None
    assert rows_of(b'{"a": 1}', "") == [{"a": 1}]
    assert rows_of(b'{"a": 1}', "calls") is None


class Box:
    """What a broker holds for us, and how much of it was acknowledged."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = [Message(body) for body in bodies]
        self.acknowledged = 0

    async def take(self, most: int) -> list[Message]:
        taken, self.bodies = self.bodies[:most], self.bodies[most:]
        return taken

    async def stored(self, messages: Sequence[Message]) -> None:
        self.acknowledged += len(messages)

    async def close(self) -> None:
        """Have nothing to close."""


async def test_a_message_is_acknowledged_after_the_commit_and_a_lasting_fault_has_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    city = small_city()
    fields = {
        "received_at": {"from": "received", "convert": "iso"},
        "source_type": "type",
        "agency": {"default": "police"},
        "address": "place",
    }
    source = Topic("mqtt", Broker([], 1883), "calls").source(fields=fields)
    box = Box(*(call(number, type=None) for number in range(12)))
    stream = Stream(source, box, lambda: NOW, keeps=True)
    feed = Feed(source, city, stream, rules_of(city))
    with Store.open(f"sqlite:///{tmp_path / 'city.sqlite3'}", city.city.id) as store:
        runner = Runner(feed, store, now=lambda: NOW, stored=lambda: None)
        for _ in range(3):  # records that the city file does not fit: they wait for a person
            assert await runner.poll() is None
        assert box.acknowledged == 0
        box.bodies.append(Message(call(99)))
    lines = [record.getMessage() for record in caplog.records if "failed" in record.getMessage()]
    assert lines == ["source cad failed: column 'type' is gone"]
    # Once somebody has looked, what waited is read.
    fixed = source.model_copy(update={"max_rejected_share": 1.0})
    box.bodies = [Message(call(number)) for number in range(12)]
    feed = Feed(fixed, city, Stream(fixed, box, lambda: NOW, keeps=True), rules_of(city))
    with Store.open(f"sqlite:///{tmp_path / 'city.sqlite3'}", city.city.id) as store:
        tally = await Runner(feed, store, now=lambda: NOW, stored=lambda: None).poll()
    assert tally is not None
    assert (tally.records, box.acknowledged) == (12, 12)
