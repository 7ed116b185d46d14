"""`city new` proposes a file for what sends by itself: a broker, a WebSocket, server-sent events."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from brokers import mosquitto
from paho.mqtt import publish
from websockets.asyncio.server import ServerConnection, serve

from blocklight.app import listening
from blocklight.app.new_city import write_new_city
from blocklight.config.city import load_city
from blocklight.errors import SourceError, UsageError
from blocklight.intake.propose.city_file import Proposal

pytestmark = pytest.mark.anyio
TYPES = ("CAR FIRE", "NOISE COMPLAINT", "TRAFFIC COLLISION")


@pytest.fixture(autouse=True)
def _listens_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_LISTENS_S", 0.7)


def call(number: int, **more: object) -> dict[str, object]:
    return {
        "call_number": f"26-{number:06}",
        "received": f"2026-11-28T{number % 24:02}:17:{number % 60:02}-06:00",
        "closed": None if number % 3 else f"2026-11-28T{number % 24:02}:47:00-06:00",
        "nature": TYPES[number % 3],
        "place": {"lon": -97.33 + number / 10_000, "lat": 37.68},
        "units": [{"unit": "E21", "role": "engine"}],
        **more,
    }


def proposed(url: str, folder: Path, **options: Any) -> Callable[[], tuple[Proposal, list[Path]]]:  # noqa: ANN401 - any option
    plain: dict[str, Any] = {"name": "smallville", "sample": None, "output": folder, "near": None}
    return lambda: write_new_city(url, **plain | options)


def is_right(folder: Path, connector: str) -> None:
    source = load_city(str(folder / "smallville.toml")).sources[0]
    assert source.connector == connector
    assert source.key == ("call_number",)
    assert source.closes == "time"
    text = (folder / "smallville.toml").read_text()
    for line in ('"received"', '"nature"', '"place.lon"', '"place.lat"', 'time_zone = "America/Chicago"'):
        assert line in text


async def of_socket(folder: Path, texts: Sequence[str]) -> tuple[Proposal, list[Path]]:
    async def handle(connection: ServerConnection) -> None:
        for text in texts:
            await connection.send(text)

    async with serve(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        return await asyncio.to_thread(proposed(f"ws://127.0.0.1:{port}/calls/live", folder))


async def test_a_websocket_with_a_call_in_each_message(tmp_path: Path) -> None:
    proposal, _ = await of_socket(tmp_path, [json.dumps(call(number)) for number in range(30)])
    is_right(tmp_path, "websocket")
    assert len(proposal.table.sample.rows) == 30
    assert proposal.kept


async def test_a_websocket_with_lists_and_a_message_that_is_none(tmp_path: Path) -> None:
    lists = [{"sent": "now", "calls": [call(n) for n in range(start, start + 10)]} for start in (0, 10, 20)]
    proposal, _ = await of_socket(tmp_path, ["hello", *map(json.dumps, lists)])
    is_right(tmp_path, "websocket")
    assert 'records = "calls"' in proposal.toml
    assert len(proposal.table.sample.rows) == 30
    assert any("not_json" in line for line in proposal.decide)


async def test_a_socket_that_says_nothing_is_named(tmp_path: Path) -> None:

    async def handle(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(handle, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/calls"
        with pytest.raises(SourceError, match="nothing came within"):
            await asyncio.to_thread(proposed(url, tmp_path))


async def test_events_are_known_by_how_they_are_answered(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n"
    events = "".join(f"id: {n}\nevent: call\ndata: {json.dumps(call(n))}\n\n" for n in range(30)).encode()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + events)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/stream"
        await asyncio.to_thread(proposed(url, tmp_path))
    is_right(tmp_path, "events")


async def test_a_topic_of_mqtt(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        url = f"mqtt://127.0.0.1:{broker.port}"
        listener = asyncio.create_task(asyncio.to_thread(proposed(url, tmp_path / "city", topic="cad/calls")))
        numbers = iter(range(10_000))
        while not listener.done():  # the first may come before anybody listens
            batch = [("cad/calls", json.dumps(call(next(numbers) % 1440)), 1, False) for _ in range(100)]
            await asyncio.to_thread(publish.multiple, batch, "127.0.0.1", broker.port)  # type: ignore[arg-type]  # paho declares a list, and lists of tuples are no lists of its own
        await listener
    is_right(tmp_path / "city", "mqtt")
    assert 'topic = "cad/calls"' in (tmp_path / "city/smallville.toml").read_text()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mqtt://127.0.0.1:9", "mqtt://127.0.0.1:9: cannot be reached: connection refused; try --sample"),
        ("nats://127.0.0.1:9", "nats://127.0.0.1:9: cannot be reached: connection refused; try --sample"),
    ],
)
def test_a_broker_that_is_not_there_is_named(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        proposed(url, tmp_path, topic="cad.calls")()
    assert str(error.value) == said


def test_a_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^ws://127.0.0.1:9/calls: cannot be reached: .*; try --sample$"):
        proposed("ws://127.0.0.1:9/calls", tmp_path)()


def test_a_topic_belongs_to_a_broker_alone(tmp_path: Path) -> None:
    for url, topic, said in (
        ("mqtts://broker.example.gov", None, "required for a broker"),
        ("wss://calls.example.gov/live", "cad", "only a broker"),
        ("nats://broker.example.gov", "two words", "should match pattern"),
    ):
        with pytest.raises(UsageError, match=said):
            proposed(url, tmp_path, topic=topic)()
    with pytest.raises(UsageError, match="no password in the address"):
        proposed("mqtts://me:secret@broker.example.gov", tmp_path, topic="cad")()


def test_saved_messages_stand_in_for_a_stream(tmp_path: Path) -> None:
    saved = tmp_path / "calls.json"
    saved.write_text(json.dumps([call(number) for number in range(30)]))
    proposal, _ = proposed("nats://broker.example.gov", tmp_path / "a", sample=saved)()
    assert 'topic = "FILL_IN"' in proposal.toml
    is_right(tmp_path / "a", "nats")
    saved.write_text("".join(f": alive\r\n\r\ndata: {json.dumps(call(n))}\r\n\r\n" for n in range(30)))
    proposed("https://calls.example.gov/stream", tmp_path / "b", sample=saved)()
    is_right(tmp_path / "b", "events")
