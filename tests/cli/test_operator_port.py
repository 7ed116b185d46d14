"""Figures that move with withheld records, or show the machine, are on a port that is no public one."""

import asyncio
import re
import socket

import httpx2
import pytest
from living_city import until
from workplace import Workplace, a_row, read_from, serving_rows

from blocklight.app.listeners import listening_url, operator_listener, warn_if_moved
from blocklight.app.operator_port import OperatorPort
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError

_ALONE = (
    "blocklight_source_withheld_share",
    "blocklight_source_records",
    "blocklight_batches_total",
    "blocklight_transaction_seconds",
    "blocklight_store_ok",
    "blocklight_wal_bytes",
    "blocklight_disk_free_bytes",
    "blocklight_http_seconds",
    "blocklight_faults_total",
    "process_resident_memory_bytes",
)


def test_what_the_operator_sees_at_once_when_types_are_renamed_is_nowhere_in_public(
    workplace: Workplace,
) -> None:
    rows = [a_row(number) for number in range(40)]
    with (
        serving_rows(*rows) as (table, feed),
        workplace.running(
            "serve", "smallville.toml", "--port", "0", "--operator-port", "0", *read_from(feed)
        ) as server,
    ):
        public = server.address()
        hit = until(lambda: re.search(r"operator are at (http://\S+)/metrics", server.said()))
        assert hit is not None
        with httpx2.Client(trust_env=False, timeout=20) as client:

            def figures() -> str:
                return client.get(f"{hit[1]}/metrics").text

            until(lambda: 'withheld_share{city="smallville",source="calls"} 0.0' in figures())
            table.update("1=1", type="ZORBING", **{":updated_at": "2027-01-01T00:00:00+00:00"})
            until(lambda: 'withheld_unusual{city="smallville",source="calls"} 1.0' in figures())
            labels = 'city="smallville",outcome="withheld",reason="unmapped",source="calls"'
            assert f"source_records{{{labels}}} 40.0" in figures()
            assert server.said().count("100 % of its records are withheld, usually 0 %") == 1
            assert client.get(f"{public}/api/v1/city").status_code == httpx2.codes.OK
            assert client.get(f"{public}/elsewhere", headers={"accept": "text/html"}).status_code == 404
            seen = figures()
            for name in _ALONE:
                assert f"\n{name}" in seen, name
            assert re.search(
                r'http_seconds_count\{city="smallville",route="/api/v1/city",status="200"\} \d', seen
            )
            assert re.search(
                r'http_seconds_count\{city="smallville",route="/\{path:path\}",status="404"\} \d', seen
            )
            assert client.get(f"{hit[1]}/readyz").text == "ready"
            told = "".join(client.get(f"{public}{path}").text for path in ("/metrics", "/api/v1/sources"))
        assert "blocklight_seq" in told
        assert not [name for name in (*_ALONE, "unmapped", "withheld") if name in told]


def test_a_port_that_somebody_chose_and_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BlocklightError, match="in use"), operator_listener(port):
            pass
        monkeypatch.setenv("BLOCKLIGHT_OPERATOR_PORT", str(port))
        with (
            pytest.raises(BlocklightError, match="in use; choose another with BLOCKLIGHT_OPERATOR_PORT or"),
            operator_listener(None),
        ):
            pass


def test_the_default_port_gives_way_to_a_free_one_and_the_log_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("BLOCKLIGHT_OPERATOR_PORT", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]

        class SettingsOfThisTest(Settings):
            # A port of this test's own: 9464 may be another's on this machine, or be let go in between.
            operator_port: int = port

        monkeypatch.setattr("blocklight.app.listeners.Settings", SettingsOfThisTest)
        with operator_listener(None) as listener:
            assert listener.getsockname()[1] != port
            warn_if_moved(listener, None)
            said = (
                f"port {port} is taken; health and metrics for the operator are at {listening_url(listener)} "
            )
            assert said in caplog.text


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ("Host: 127.0.0.1:{port}", 200),
        ("Host: localhost:{port}", 200),
        ("HOST:LocalHost", 200),
        ("Host: [::1]:{port}", 200),
        ("Host: attacker.example:{port}", 421),
        ("Host: 127.0.0.1.attacker.example", 421),
        ("Host: 127.0.0.1@attacker.example", 421),
        ("Host: 10.0.0.7:{port}", 421),
        ("Host: [::1", 421),
        ("Host:", 421),
        ("X-Host: 127.0.0.1", 400),
        ("Host: 127.0.0.1\r\nHost: attacker.example", 400),
    ],
)
def test_the_port_answers_only_to_a_name_of_its_own(named: str, status: int) -> None:
    assert asyncio.run(_status(named)) == status


@pytest.mark.parametrize(
    ("local", "name", "is_answered"),
    [
        ("10.9.0.20", "10.9.0.20:9464", True),
        ("::ffff:10.9.0.20", "10.9.0.20:9464", True),
        ("fe80::1%eth0", "[fe80::1]:9464", True),
        ("10.9.0.20", "Map.Internal:9464", True),
        ("10.9.0.20", "10.9.0.21:9464", False),
        ("10.9.0.20", "map.internal.attacker.example", False),
    ],
)
def test_the_port_answers_to_the_address_or_name_that_it_was_opened_on(
    local: str, name: str, *, is_answered: bool
) -> None:
    port = OperatorPort([], city="smallville", host="map.internal", alive=lambda: True, ready=_ready)
    refusal = port.refusal(f"GET /metrics HTTP/1.1\r\nHost: {name}\r\n\r\n".encode(), local)
    assert (refusal is None) is is_answered


def _ready() -> tuple[bool, str]:
    return True, "ready"


async def _status(named: str) -> int:
    port = OperatorPort([], city="smallville", host="127.0.0.1", alive=lambda: True, ready=_ready)
    with operator_listener(0) as listener:
        number = listener.getsockname()[1]
        serving = asyncio.create_task(port.serve(listener))
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(f"GET /readyz HTTP/1.1\r\n{named.format(port=number)}\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        serving.cancel()
    status = int(answer.split()[1])
    assert answer.endswith(b"\r\n\r\nready") is (status == 200)
    return status
