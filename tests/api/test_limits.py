import asyncio
import json
import threading
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklight.api import front
from blocklight.api.front import Front
from blocklight.api.limits import (
    LOOPBACK,
    Admission,
    Allowance,
    Limits,
    Network,
    Places,
    address_key,
    client_address,
)
from blocklight.api.request_figures import RequestFigures

_PROXIES: tuple[Network, ...] = (*LOOPBACK, ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/56"),
        ("2001:db8:1:2::1", "2001:db8:1::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_household_is_one_address(host: str, key: str) -> None:
    assert address_key(host) == key


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.4, 10.1.2.3", "10.1.2.4"),
        ("127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("127.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("127.0.0.1", "127.0.0.1, junk", "junk"),
        ("127.0.0.1", "x" * 60_000, "x" * 64),
    ],
)
def test_only_what_a_trusted_proxy_added_is_believed(peer: str, forwarded: str, client: str) -> None:
    assert client_address(peer, forwarded, _PROXIES) == client


def test_an_allowance_lets_a_burst_through_then_a_rate_and_says_when_to_come_again() -> None:
    now = 100.0
    allowance = Allowance(2.0, 5.0, clock=lambda: now)
    assert [allowance.take("a", 1.0) for _ in range(10)] == [0.0] * 10
    assert allowance.take("a", 1.0) == 1.0
    assert allowance.take("b", 1.0) == 0.0
    now += 0.5
    assert allowance.take("a", 1.0) == 0.0
    assert allowance.take("a", 1.0) > 0.0


def test_work_that_took_long_is_paid_for_afterwards() -> None:
    now = 0.0
    allowance = Allowance(0.5, 10.0, clock=lambda: now)
    assert allowance.take("a", 0.0, at_least=0.1) == 0.0
    allowance.spend("a", 6.0)
    wait_s = allowance.take("a", 0.0, at_least=0.1)
    assert wait_s == pytest.approx(2.2)
    now += wait_s
    assert allowance.take("a", 0.0, at_least=0.1) == 0.0


def test_no_rate_is_no_limit() -> None:
    allowance = Allowance(0.0)
    assert not any(allowance.take("a", 1.0) for _ in range(1_000))


def test_however_many_addresses_ask_the_table_is_bounded() -> None:
    allowance = Allowance(1.0)
    for number in range(30_000):
        allowance.take(f"192.0.{number}", 1.0)
    assert len(allowance._left) == 20_000  # noqa: SLF001 - memory has no other trace


@settings(max_examples=100)
@given(steps=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_places_are_never_more_than_allowed_and_all_come_back(steps: list[tuple[str, bool]]) -> None:
    places = Places(most=5, most_each=3)
    holding: list[str] = []
    for address, leaves in steps:
        if leaves and address in holding:
            holding.remove(address)
            places.leave(address)
        elif not leaves:
            full = "address" if holding.count(address) >= 3 else "total" if len(holding) >= 5 else None
            assert places.take(address) == full
            if full is None:
                holding.append(address)
    assert places.total == len(holding)
    for address in holding:
        places.leave(address)
    assert (places.total, dict(places.held)) == (0, {})


def test_a_proxy_may_connect_for_many_but_never_takes_the_last_places() -> None:
    admission = Admission(Limits(connections=80, connections_each=10))
    assert [admission.connect("127.0.0.1") for _ in range(80)].count(None) == 70
    assert [admission.connect("192.0.2.7") for _ in range(20)].count(None) == 10
    assert (admission.refused["connections_address"], admission.refused.total()) == (20, 20)
    admission.disconnect("127.0.0.1")
    assert admission.connect("127.0.0.1") is None
    assert admission.connect("192.0.2.8") == "total"
    assert admission.refused["connections_total"] == 1


def test_the_last_live_places_are_for_addresses_that_hold_few() -> None:
    live = Admission(Limits(live=80, live_each=40)).live
    greedy = [live.take(f"192.0.2.{number}") for number in (1, 2) for _ in range(40)]
    assert greedy.count(None) == 70
    assert [live.take("192.0.2.3") for _ in range(6)] == [None] * 4 + ["total"] * 2
    assert live.take("192.0.2.2") == "total"


_ANY = {"query_string": b"", "root_path": "", "scheme": "http", "asgi": {"spec_version": "2.4"}}


class _Asking:
    """Requests of a front, with what was answered after how long."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def __call__(self, address: str, path: str = "/nothing") -> tuple[int, float]:
        statuses: list[int] = []

        async def send(message: Any) -> None:  # noqa: ANN401 - ASGI
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": (address, 1)}
        begun = asyncio.get_running_loop().time()
        await self._front(scope | _ANY, receive, send)
        return statuses[0], asyncio.get_running_loop().time() - begun


@pytest.mark.anyio
async def test_who_asks_on_and_on_waits_for_each_refusal_and_keeps_nobody_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front, "_REFUSED_AFTER_S", 0.5)
    ask = _Asking(Front(FastAPI(), {}, Admission(Limits(requests_each=0.02))))
    assert (await ask("192.0.2.1"))[0] == 404
    quick = [await ask("192.0.2.1") for _ in range(20)]
    assert {status for status, _ in quick} == {429}
    assert max(took for _, took in quick) < 0.25
    status, took = await ask("192.0.2.1")
    assert status == 429
    assert took >= 0.45
    assert (await ask("192.0.2.2"))[0] == 404, "others are answered at once"


@pytest.mark.anyio
async def test_the_operator_sees_which_answers_were_refused() -> None:
    figures = RequestFigures()
    ask = _Asking(Front(FastAPI(), {}, Admission(Limits(requests_each=0.02)), requests=figures))
    paths = ("/list", "/list", "/api/v1/incidents", "/api/v1/incidents/x", "/ogc/collections/incidents/items")
    for path in (*paths, "/area/beat/1", "/areas", "/x"):
        await ask("192.0.2.1", path)
    counts = {named: int(histogram.buckets[-1][1]) for named, histogram in figures.histograms.items()}
    assert counts == {
        ("/list", "404"): 1,  # this application has no routes
        ("/list", "429"): 1,
        ("/api/v1/incidents", "429"): 1,
        ("/api/*", "429"): 1,
        ("/ogc/*", "429"): 1,
        ("/area/*", "429"): 1,
        ("none", "429"): 2,
    }


def test_what_refusals_are_named_by_are_paths_of_the_interface() -> None:
    documented = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    assert {path for path in front.NAMED if path.startswith("/api/")} <= documented.keys()


@pytest.mark.anyio
async def test_who_finds_the_queue_full_again_and_again_waits_for_each_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front, "_REFUSED_AFTER_S", 0.5)
    app, done = FastAPI(), asyncio.Event()

    @app.get("/list")
    async def listed() -> None:
        await done.wait()

    ask = _Asking(Front(app, {}, Admission(Limits(requests_each=1_000))))
    held = [asyncio.create_task(ask("192.0.2.1", "/list")) for _ in range(34)]  # two work, the others wait
    await asyncio.sleep(0)
    quick = [await ask("192.0.2.1", "/list") for _ in range(20)]
    assert {status for status, _ in quick} == {503}
    assert max(took for _, took in quick) < 0.25
    status, took = await ask("192.0.2.1", "/list")
    assert status == 503
    assert took >= 0.45
    done.set()
    assert {status for status, _ in await asyncio.gather(*held)} == {200}


@pytest.mark.anyio
async def test_an_answer_that_does_not_begin_is_given_up_and_keeps_its_place_until_it_ends() -> None:
    app, answers = FastAPI(), threading.Event()

    @app.get("/list")
    def listed() -> None:  # in a thread, as what asks a database that hangs
        answers.wait(30)

    @app.get("/data")
    def data() -> None:
        return

    ask = _Asking(Front(app, {}, Admission(Limits(requests_each=1_000)), longest_work_s=0.3))
    late = await asyncio.gather(*[ask("192.0.2.1", "/list") for _ in range(2)])
    assert [status for status, _ in late] == [503, 503]
    assert min(took for _, took in late) >= 0.3
    assert (await ask("192.0.2.2", "/data"))[0] == 200
    waiting = asyncio.create_task(ask("192.0.2.1", "/data"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    answers.set()
    assert (await waiting)[0] == 200
    assert (await ask("192.0.2.1", "/list"))[0] == 200


@pytest.mark.anyio
async def test_an_answer_that_has_begun_may_take_long() -> None:
    app = FastAPI()

    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.sleep(0.5)
        yield b"last"

    @app.get("/list")
    async def listed() -> StreamingResponse:
        return StreamingResponse(parts())

    ask = _Asking(Front(app, {}, Admission(Limits(requests_each=1_000)), longest_work_s=0.1))
    status, took = await ask("192.0.2.1", "/list")
    assert (status, took >= 0.5) == (200, True)
