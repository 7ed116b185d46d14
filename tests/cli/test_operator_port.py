"""Figures that move with withheld records, or show the machine, are on a port that is no public one."""

import re
import socket

import httpx
import pytest
from living_city import until
from workplace import Workplace, a_row, read_from, serving_rows

from blocklight.cli.listeners import address_of, operator_listener
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
        hit = until(lambda: re.search(r"operator are at (http://\S+)/metrics", server.said()), within_s=60)
        assert hit is not None
        with httpx.Client(trust_env=False, timeout=20) as client:

            def figures() -> str:
                return client.get(f"{hit[1]}/metrics").text

            until(lambda: 'withheld_share{source="calls"} 0.0' in figures(), within_s=60)
            table.update("1=1", type="ZORBING", **{":updated_at": "2027-01-01T00:00:00+00:00"})
            until(lambda: 'withheld_unusual{source="calls"} 1.0' in figures(), within_s=60)
            assert 'source_records{outcome="withheld",reason="unmapped",source="calls"} 40.0' in figures()
            assert server.said().count("100 % of its records are withheld, usually 0 %") == 1
            assert client.get(f"{public}/api/v1/city").status_code == httpx.codes.OK
            assert client.get(f"{public}/elsewhere", headers={"accept": "text/html"}).status_code == 404
            seen = figures()
            for name in _ALONE:
                assert f"\n{name}" in seen, name
            assert re.search(r'http_seconds_count\{route="/api/v1/city",status="200"\} \d', seen)
            assert re.search(r'http_seconds_count\{route="/\{path:path\}",status="404"\} \d', seen)
            assert client.get(f"{hit[1]}/readyz").text == "ready"
            told = "".join(client.get(f"{public}{path}").text for path in ("/metrics", "/api/v1/sources"))
        assert "blocklight_seq" in told
        assert not [name for name in (*_ALONE, "unmapped", "withheld") if name in told]


def test_a_port_that_is_taken_gives_way_to_a_free_one_unless_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("BLOCKLIGHT_OPERATOR_PORT", str(port))
        with operator_listener(None) as listener:
            assert listener.getsockname()[1] != port
            assert address_of(listener).startswith("http://127.0.0.1:")
        with pytest.raises(BlocklightError, match="in use"), operator_listener(port):
            pass
