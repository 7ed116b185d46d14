import socket
import ssl
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from loopback.proxy import proxying
from loopback.server import Reply, redirect, serving

from blocklight import net
from blocklight.errors import BlocklightError, SourceChanged
from blocklight.net.certificates import trusted

pytestmark = pytest.mark.anyio

HOST = "data.example.gov"
NOT_ALLOWED = "leads to an address that is not allowed"


class Get:
    """One request by the asynchronous client or by the one for threads: what holds for one holds for both."""

    def __init__(self, *, sync: bool) -> None:
        self._sync = sync

    async def __call__(self, url: str, *named: str) -> httpx2.Response:
        if self._sync:
            with net.sync_client(named) as client:
                return client.get(url)
        async with net.client(net.outbound(named)) as client:
            return await client.get(url)

    async def failure(self, url: str, *named: str) -> str:
        with pytest.raises(httpx2.HTTPError) as caught:
            await self(url, *named)
        return net.describe(caught.value)


@pytest.fixture(params=[False, True], ids=["async", "sync"])
def get(request: pytest.FixtureRequest) -> Get:
    return Get(sync=request.param)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context_of(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def trust(authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(folder / "city-ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "city-ca.pem"))
    trusted.cache_clear()


def answer(_: object) -> Reply:
    return Reply(200, (b"well",))


async def test_a_host_that_nobody_named_is_not_reached_on_this_machine(get: Get) -> None:
    with serving(answer) as server:
        for host in ("127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(SourceChanged, match=NOT_ALLOWED):
                await get(f"http://{host}:{server.port}/", HOST)
        assert server.asked == []
        assert (await get(f"http://127.0.0.1:{server.port}/", "127.0.0.1")).text == "well"


async def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    resolve = socket.getaddrinfo

    def rebinding(host: Any, *args: Any, **settings: Any) -> Any:  # noqa: ANN401 - the library's signature
        if host != HOST:
            return resolve(host, *args, **settings)
        looked_up.append(host)
        return resolve("127.0.0.1" if len(looked_up) == 1 else "127.0.0.99", *args, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with serving(answer) as server:
        assert (await get(f"http://{HOST}:{server.port}/", HOST)).text == "well"
        assert looked_up == [HOST]
        assert server.asked[0].headers["host"] == f"{HOST}:{server.port}"
        with pytest.raises(SourceChanged, match=NOT_ALLOWED):
            await get(f"http://{HOST}:{server.port}/", "other.example.gov")


async def test_of_several_addresses_only_those_that_are_allowed_are_tried(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def both(host: Any, *args: Any, **settings: Any) -> Any:  # noqa: ANN401 - the library's signature
        if host != HOST:
            return resolve(host, *args, **settings)
        return [*resolve("169.254.169.254", *args, **settings), *resolve("127.0.0.1", *args, **settings)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with serving(answer) as server:
        assert (await get(f"http://{HOST}:{server.port}/", HOST)).text == "well"


async def test_redirects_of_a_command_are_checked_like_the_address_that_was_typed() -> None:
    with serving(answer) as inner, serving(lambda _: redirect(f"http://localhost:{inner.port}/")) as outer:
        with (
            net.sync_client({"127.0.0.1"}, redirects=3) as client,
            pytest.raises(SourceChanged, match=NOT_ALLOWED),
        ):
            client.get(outer.url)
        assert len(outer.asked) == 1
        assert inner.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_environments_proxy_carries_every_request(
    get: Get, scheme: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(
        authority, tmp_path, monkeypatch
    )  # the authority with which the city inspects what its proxy carries
    tls = context_of(authority, HOST) if scheme == "https" else None
    with serving(answer, tls=tls) as server, proxying({HOST: server.port}) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url.replace("//", "//user:secret@"))
        assert (await get(f"{scheme}://{HOST}/calls", HOST)).text == "well"
        assert proxy.lines == [
            f"{'CONNECT' if tls else 'GET'} {HOST + ':443' if tls else f'http://{HOST}/calls'} HTTP/1.1"
        ]
        assert proxy.headers[0]["proxy-authorization"].startswith("Basic ")
        assert server.asked[0].path == "/calls"
        assert "proxy-authorization" not in server.asked[0].headers


async def test_no_proxy_hosts_are_reached_straight(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answer) as server, proxying({}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert (await get(server.url, "127.0.0.1")).text == "well"
        assert proxy.lines == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "[::1]", "localhost", "db", "metadata.google.internal", "127.1"]
)
async def test_through_a_proxy_private_hosts_are_refused_by_name(
    get: Get, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying({}) as proxy:  # itself on loopback, which is nobody's business
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for scheme in ("http", "https"):
            with pytest.raises(SourceChanged, match=NOT_ALLOWED):
                await get(f"{scheme}://{host}/", HOST)
        assert proxy.lines == []


async def test_through_a_proxy_a_named_private_host_is_reached(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answer) as server, proxying({"gis.city.internal": server.port}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert (await get("http://gis.city.internal/", "gis.city.internal")).text == "well"


async def test_an_authority_that_is_not_trusted_is_told_from_one_that_is(
    get: Get, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answer, tls=context_of(authority, "127.0.0.1")) as server:
        said = await get.failure(server.url, "127.0.0.1")
        assert said.startswith("certificate not trusted: ")
        assert "127.0.0.1" not in said
        trust(authority, tmp_path, monkeypatch)
        assert (await get(server.url, "127.0.0.1")).text == "well"


async def test_failures_are_told_apart(
    get: Get, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(authority, tmp_path, monkeypatch)
    with serving(answer, tls=context_of(authority, HOST)) as server:
        said = await get.failure(server.url, "127.0.0.1")
        assert said == "certificate not trusted: issued for another host"
        assert await get.failure(f"http://127.0.0.1:{server.port}", "127.0.0.1") in (
            "not an HTTP answer, or one that was cut off",
            "connection broken",
            "connection reset",
        )
    with serving(answer) as plain:
        assert await get.failure(f"https://127.0.0.1:{plain.port}", "127.0.0.1") == "TLS handshake failed"
    assert await get.failure(f"http://127.0.0.1:{plain.port}", "127.0.0.1") == "connection refused"
    assert await get.failure("http://no-such-host.invalid/", HOST) in (
        "unknown host",
        "name service does not answer",  # on a machine without one
    )


async def test_a_proxy_that_refuses_is_told_from_one_that_is_gone(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying({}, refuse=407) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert await get.failure(f"https://{HOST}/", HOST) == "proxy: HTTP 407"
    assert await get.failure(f"https://{HOST}/", HOST) == "proxy: connection refused"


async def test_authorities_that_are_not_there_are_a_clear_error(
    get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for variable, name, said in (
        ("SSL_CERT_FILE", tmp_path / "none.pem", "no such file"),
        ("SSL_CERT_FILE", tmp_path / "empty.pem", "not a file of certificates in PEM form"),
        ("SSL_CERT_DIR", tmp_path / "none", "no such folder"),
    ):
        monkeypatch.setenv(variable, str(name))
        trusted.cache_clear()
        with pytest.raises(BlocklightError, match=f"{variable}={name}: {said}"):
            await get(f"https://{HOST}/", HOST)
        monkeypatch.delenv(variable)


def test_one_context_is_made_for_all_clients() -> None:
    assert trusted() is trusted()
    assert trusted().verify_mode is ssl.CERT_REQUIRED
    assert trusted().check_hostname
