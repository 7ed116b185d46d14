"""Whoever has got hold of a push key, and sends slowly or fast, keeps the honest sender from nothing."""

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest
from living_city import START, until
from pushed_city import PushedCity, a_batch, pushed_city

_SLOW = 40
_TOO_LONG_S = 60


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushedCity]:
    with pushed_city(tmp_path_factory.mktemp("city")) as city:
        yield city


def _begin(city: PushedCity, sent: bytes = b"[") -> socket.socket:
    """Send the beginning of a push with the right key."""
    connection = socket.create_connection(("127.0.0.1", city.port), timeout=_TOO_LONG_S)
    fields = (f"{name}: {value}" for name, value in city.headers.items())
    head = ["POST /api/v1/push/calls HTTP/1.1", "Host: x", "Content-Length: 1000000", *fields, "", ""]
    connection.sendall("\r\n".join(head).encode() + sent)
    return connection


def _slow_bodies(city: PushedCity) -> float:
    metrics = httpx2.get(f"http://127.0.0.1:{city.port}/metrics", trust_env=False).text
    name = 'blocklight_refused_total{limit="slow_body"}'
    return next(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith(name))


def test_the_honest_sender_gets_in_beside_bodies_that_never_end(city: PushedCity) -> None:
    slow = [_begin(city) for _ in range(_SLOW)]
    for connection in slow:
        connection.sendall(b" ")
    for number in range(1, 6):
        city.push(number)  # each is published
    for connection in slow:
        connection.close()


def test_a_body_that_comes_a_byte_at_a_time_is_refused_long_before_it_is_whole(city: PushedCity) -> None:
    before = _slow_bodies(city)
    with _begin(city) as connection:
        connection.settimeout(0.5)
        sent, answer = 0, b""
        while not answer:
            connection.send(b" ")
            sent += 1
            try:
                answer = connection.recv(65_536)
            except TimeoutError:
                assert sent < _TOO_LONG_S
    assert answer.startswith(b"HTTP/1.1 408 ")
    until(lambda: _slow_bodies(city) > before)


def _whole_batch(thief: int) -> bytes:
    row = {"received": START.isoformat(), "type": "NOISE", "status": "open", "lon": "-122.25", "lat": "37.75"}
    return json.dumps([row | {"id": f"T{thief}-{number}"} for number in range(5_000)]).encode()


def test_the_honest_sender_gets_in_beside_whole_batches_that_come_as_fast_as_they_can(
    city: PushedCity,
) -> None:
    address = f"http://127.0.0.1:{city.port}/api/v1/push/calls"
    ended, answers = threading.Event(), Counter[int]()

    def steal(thief: int) -> None:
        body, headers = _whole_batch(thief), city.headers | {"x-forwarded-for": "203.0.113.9"}
        while not ended.is_set():
            answer = httpx2.post(address, headers=headers, content=body, trust_env=False, timeout=_TOO_LONG_S)
            assert answer.status_code == 202 or int(answer.headers["retry-after"]) >= 1
            answers[answer.status_code] += 1

    thieves = [threading.Thread(target=steal, args=(thief,)) for thief in range(12)]
    for thread in thieves:
        thread.start()
    try:
        until(lambda: answers[429] >= 12)
        honest = city.headers | {"x-forwarded-for": "192.0.2.1"}
        for number in range(101, 106):
            answer = httpx2.post(
                address, headers=honest, content=a_batch(number), trust_env=False, timeout=_TOO_LONG_S
            )
            assert (answer.status_code, answer.json()["published"]) == (202, 1)
    finally:
        ended.set()
        for thread in thieves:
            thread.join()
    assert set(answers) == {202, 429}
    figures = re.search(r"operator are at (http://\S+)/metrics", city.running.said())
    assert figures is not None
    metrics = httpx2.get(f"{figures[1]}/metrics", trust_env=False).text
    assert (
        sum(float(count) for count in re.findall(r"blocklight_push_refused_total\{.*\} (\S+)", metrics))
        == (answers[429])
    )
    assert city.running.said().count("sends more than its share") == 1
