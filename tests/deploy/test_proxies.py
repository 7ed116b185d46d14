"""The shipped files for nginx and Caddy do in the real servers what the page about production says."""

import asyncio
import contextlib
import itertools
import json
import re
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import http2
import httpx2
import pytest
from front_servers import DEPLOY, FRONTS, HOST, Front, nginx
from living_city import until
from pushed_city import PushedCity, a_batch

from blocklight.config.settings import Settings

_numbers = itertools.count(1)
_HSTS = "max-age=31536000"


def test_plain_http_is_redirected_and_nothing_else(front: Front) -> None:
    address = f"http://127.0.0.1:{front.plain_port}/list?status=open"
    answer = httpx2.get(address, headers={"host": HOST}, trust_env=False)
    assert answer.status_code in (301, 308)
    where = httpx2.URL(answer.headers["location"])
    assert (where.scheme, where.host, where.raw_path) == ("https", HOST, b"/list?status=open")


def test_tls_says_that_it_is_to_be_kept_and_offers_http_2(front: Front) -> None:
    with front.client() as client:
        for path in ("/", "/list", "/nothing", "/metrics"):
            assert client.get(path).headers["strict-transport-security"] == _HSTS
    trusting = ssl.create_default_context()
    front.certificate.authority.configure_trust(trusting)
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", front.port)) as connection,
        trusting.wrap_socket(connection, server_hostname=HOST) as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"


def test_a_change_arrives_through_it_at_once(front: Front, city: PushedCity) -> None:
    with front.client("127.0.0.3") as client, client.stream("GET", "/api/v1/live") as answer:
        lines = answer.iter_lines()
        _next_event(lines, "pulse")
        city.push(next(_numbers))
        stored_at = time.monotonic()
        _next_event(lines, "incident")
        assert time.monotonic() - stored_at < 1


def test_the_largest_batch_goes_through_and_a_larger_one_is_refused_in_words(
    front: Front, city: PushedCity
) -> None:
    temporary = front.folder / "temporary"
    if temporary.exists():  # a body that were written down on its way would find no folder
        temporary.rename(front.folder / "moved")
    with front.client() as client:
        batch = a_batch(next(_numbers)).ljust(5_000_000)
        answer = client.post("/api/v1/push/calls", content=batch, headers=city.headers)
        assert (answer.status_code, answer.json()["published"]) == (202, 1)
        answer = client.post("/api/v1/push/calls", content=batch + b" ", headers=city.headers)
        assert (answer.status_code, answer.json()["detail"]) == (413, "a batch may have 5,000,000 bytes")
        pieces = itertools.chain([a_batch(next(_numbers))], itertools.repeat(b" " * 1_000, 100))
        answer = client.post("/api/v1/push/calls", content=pieces, headers=city.headers)
        assert answer.status_code == 202
        assert client.post("/list", content=b" " * 200_000).status_code in (405, 413)
    if temporary.parent.joinpath("moved").exists():
        (front.folder / "moved").rename(temporary)


def _posted_over_http_2(front: Front, path: str, body: bytes, *headers: tuple[str, str]) -> http2.Post:
    trusting = ssl.create_default_context()
    front.certificate.authority.configure_trust(trusting)
    with http2.connect(front.port, trusting, "127.0.0.7") as secure:
        post = http2.Post(secure, path, headers)
        post.send(body)
        return post


def test_a_body_of_no_length_over_http_2_has_the_same_limits(front: Front, city: PushedCity) -> None:
    key = ("authorization", city.headers["authorization"])
    batch = a_batch(next(_numbers)).ljust(5_000_000)
    assert _posted_over_http_2(front, "/api/v1/push/calls", batch, key).status == 202
    assert _posted_over_http_2(front, "/api/v1/push/calls", batch + b" ", key).status == 413
    stranger = _posted_over_http_2(front, "/api/v1/push/calls", batch)
    assert stranger.status == 401
    temporary = front.folder / "temporary"
    before = set(temporary.rglob("*")) if temporary.exists() else set()
    reader = _posted_over_http_2(front, "/list", b"x" * 50_000_000)
    assert reader.status in (405, 413)
    assert reader.sent < 20_000_000
    assert before == (set(temporary.rglob("*")) if temporary.exists() else set())


def test_answers_are_passed_on_as_they_were_packed(front: Front, city: PushedCity) -> None:
    headers = {"accept-encoding": "gzip"}
    forwarded = headers | {"host": HOST, "x-forwarded-proto": "https"}
    direct = httpx2.get(f"http://127.0.0.1:{city.port}/api/v1/policy", headers=forwarded, trust_env=False)
    with front.client() as client:
        answer = client.get("/api/v1/policy", headers=headers)
        assert answer.headers["etag"] == direct.headers["etag"]
        assert answer.headers.get("content-encoding") == direct.headers.get("content-encoding")
        again = client.get("/api/v1/policy", headers=headers | {"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


def test_what_is_for_those_who_run_the_city_is_not_there_for_the_public(front: Front) -> None:
    with front.client() as client:
        for path in (
            "/metrics",
            "/healthz",
            "/readyz",
            "/%6detrics",
            "//metrics",
            "/x/../metrics",
            "/metrics/",
        ):
            answer = client.get("/", extensions={"target": path.encode()})
            assert answer.status_code == 404, path
            assert "blocklight_seq" not in answer.text


async def _flood(front: Front, count: int) -> tuple[Counter[str], list[asyncio.StreamWriter]]:
    """Open live streams from 127.0.0.2, each pretending to come from somewhere else."""
    trusting = ssl.create_default_context()
    front.certificate.authority.configure_trust(trusting)
    writers = []

    async def one(number: int) -> str:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", front.port, ssl=trusting, server_hostname=HOST, local_addr=("127.0.0.2", 0)
        )
        writers.append(writer)
        forged = f"X-Forwarded-For: 192.0.2.{number}"
        writer.write(f"GET /api/v1/live HTTP/1.1\r\nHost: {HOST}\r\n{forged}\r\n\r\n".encode())
        return (await reader.readuntil(b"\r\n\r\n"))[9:12].decode()

    statuses = Counter(await asyncio.gather(*(one(number) for number in range(count))))
    return statuses, writers


def test_200_connections_of_one_address_get_its_share_and_a_reader_elsewhere_sees_changes(
    front: Front, city: PushedCity
) -> None:
    async def behind_a_flood() -> float:
        statuses, writers = await _flood(front, 200)
        assert statuses == {"200": 20, "429": 180}
        took_s = await asyncio.to_thread(_time_of_a_change, front, city)
        for writer in writers:
            writer.transport.abort()
        return took_s

    assert asyncio.run(behind_a_flood()) < 1
    figures = f"http://127.0.0.1:{city.port}/metrics"
    until(lambda: "blocklight_live_clients 0.0" in httpx2.get(figures, trust_env=False).text)


def _time_of_a_change(front: Front, city: PushedCity) -> float:
    """Return the seconds from when a change is stored to when a new reader has it."""
    with front.client("127.0.0.3") as client, client.stream("GET", "/api/v1/live") as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        _next_event(lines, "pulse")
        city.push(next(_numbers))
        stored_at = time.monotonic()
        _next_event(lines, "incident")
        return time.monotonic() - stored_at


def test_nginx_lets_through_what_the_map_itself_refuses_and_counts() -> None:
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    rate, burst, connections = (
        int(re.search(pattern, site)[1])  # type: ignore[index]  # the test fails where there is none
        for pattern in (r"rate=(\d+)r/s", r"burst=(\d+) ", r"limit_conn \w+ (\d+);")
    )
    allowed = Settings.model_fields
    assert rate > allowed["requests_per_address"].default
    assert burst > 50 * allowed["requests_per_address"].default
    assert connections > allowed["max_connections_per_address"].default


def test_nginx_itself_refuses_what_one_address_has_too_much_of(city: PushedCity, tmp_path: Path) -> None:
    fewer = {"blocklight_connections 4000": "blocklight_connections 5", "burst=20000": "burst=9"}
    with nginx(tmp_path, city.port, fewer | {"rate=400r/s": "rate=1r/m"}) as front:
        with contextlib.ExitStack() as open_, front.client("127.0.0.4") as client:
            streams = [open_.enter_context(client.stream("GET", "/api/v1/live")) for _ in range(7)]
            assert [answer.status_code for answer in streams] == [200] * 5 + [429] * 2
        with front.client("127.0.0.5") as client:
            answers = [client.get("/api/v1/policy") for _ in range(12)]
            assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
            assert answers[-1].headers["retry-after"] == "10"
            assert answers[-1].headers["strict-transport-security"] == _HSTS
        with front.client("127.0.0.6") as client:
            assert client.get("/api/v1/policy").status_code == 200
        assert front.log.read_text("utf-8") == ""


_HOSTILE = (
    b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /list/\xc2\x9bFORGED HTTP/1.1\r\nHost: map.example.gov\r\nConnection: close\r\n\r\n",
    b"GET /%0d%0aFORGED%1b%5b2J HTTP/1.1\r\nHost: map.example.gov\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: map.example.gov\r\nX: \x00\x1b[2J\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: map.example.gov\r\nReferer: \x1b[2J\r\nConnection: close\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: FORGED\r\nConnection: close\r\n\r\n",
    b"POST /list HTTP/1.1\r\nHost: map.example.gov\r\nContent-Length: 9999999\r\n\r\n",
    b"POST /api/v1/push/calls HTTP/1.1\r\nHost: map.example.gov\r\nContent-Length: 99999999\r\n\r\n",
    b"POST /api/v1/push/calls HTTP/1.1\r\nHost: map.example.gov\r\nContent-Length: 999999\r\n\r\n"
    + b"F" * 999_999,
    b"GET / HTTP/1.1\r\nHost: map.example.gov\r\nX: " + b"F" * 99_999,
    b"GET / HTTP/1.1\r\nHost: map.example.gov\r\nTransfer-Encoding: chunked\r\n\r\nFORGED\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nFORGED",
    b"FORGED " * 3_000,
)


@pytest.mark.parametrize("kind", list(FRONTS))
def test_strangers_write_nothing_into_the_log_of_the_proxy_or_of_the_map(
    kind: str, city: PushedCity, tmp_path: Path
) -> None:
    with FRONTS[kind](tmp_path, city.port) as front:
        trusting = ssl.create_default_context()
        front.certificate.authority.configure_trust(trusting)
        before, map_before = front.log.read_bytes(), city.running.said()
        for nasty in _HOSTILE:
            for port in (front.plain_port, front.port, None):
                _send(nasty, port or front.port, trusting if port is None else None)
        with front.client() as client:
            assert client.get("/list").status_code == 200
        assert front.log.read_bytes().removeprefix(before) == b""
        assert city.running.said() == map_before


def _send(nasty: bytes, port: int, tls: ssl.SSLContext | None) -> None:
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        if tls is not None:
            connection = stack.enter_context(tls.wrap_socket(connection, server_hostname=HOST))
        connection.settimeout(0.2)
        connection.sendall(nasty)
        while connection.recv(65_536):
            pass


@pytest.mark.parametrize("kind", list(FRONTS))
def test_while_the_map_is_restarted_readers_are_told_to_come_back(kind: str, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with FRONTS[kind](tmp_path, closed.getsockname()[1]) as front, front.client() as client:
            answer = client.get("/list")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.headers["strict-transport-security"] == _HSTS


def _next_event(lines: Iterator[str], name: str) -> object:
    for line in lines:
        if line == f"event: {name}":
            return json.loads(next(line for line in lines if line.startswith("data: "))[6:])
    raise AssertionError(f"the feed ended without {name}")
