"""A command typed by hand acts as the service does, and the process speaks with what started it."""

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2
import pytest
from living_city import until
from workplace import CITY_FILE, Inside, Workplace, a_row, read_from, serving_rows

from blocklight.app import service
from blocklight.app.supervisor import keep_watchdog, notify, watchdog_s
from blocklight.cli.log_lines import JournalFormatter, LineFormatter, OncePerFault, goes_to_journal
from blocklight.store import Store


def record(level: int, message: str, **more: object) -> logging.LogRecord:
    return logging.LogRecord("blocklight", level, "", 0, message, None, None, **more)  # type: ignore[arg-type]


def test_a_command_takes_the_services_environment_for_what_its_own_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "environment"
    file.write_text('# a comment\n\nBLOCKLIGHT_DATA="/srv/city"\nBLOCKLIGHT_ID_KEY = abc\n;X=1\nnonsense\n')
    monkeypatch.setenv("BLOCKLIGHT_ENVIRONMENT_FILE", str(file))
    monkeypatch.setenv("BLOCKLIGHT_ID_KEY", "mine")
    monkeypatch.setenv("BLOCKLIGHT_DATA", "")
    monkeypatch.delenv("BLOCKLIGHT_DATA")
    service.load_environment()
    assert os.environ["BLOCKLIGHT_DATA"] == "/srv/city"
    assert os.environ["BLOCKLIGHT_ID_KEY"] == "mine"
    assert ";X" not in os.environ


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_becomes_the_owner_of_the_citys_folder_before_it_writes() -> None:
    nobody = 65_534
    # Not in pytest's folder, where root alone may look; in processes of their own, which stop being root.
    with tempfile.TemporaryDirectory(prefix="blocklight-service-") as name:
        workplace = Workplace(Path(name))
        (workplace.folder / "smallville.toml").write_text(CITY_FILE)
        folder = workplace.folder / "data" / "smallville"
        folder.mkdir(parents=True)
        Store.open(f"sqlite:///{folder / 'blocklight.sqlite3'}", "smallville").close()
        for path in (workplace.folder, *workplace.folder.rglob("*")):
            os.chown(path, nobody, nobody)
        workplace.run("pause", "smallville.toml", "--reason", "a test")
        made = {path.name: path.stat().st_uid for path in folder.iterdir()}
        assert set(made.values()) == {nobody}, made
        assert workplace.run("audit", "verify", "smallville.toml").count("pause") == 1


def test_a_pause_says_in_the_audit_log_who_paused_and_why(
    workplace: Workplace, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workplace.folder / "data" / "smallville"
    folder.mkdir(parents=True)
    url = f"sqlite:///{folder / 'blocklight.sqlite3'}"
    Store.open(url, "smallville").close()
    monkeypatch.setenv("SUDO_USER", "alice")
    inside("pause", "smallville.toml", "--reason", "Officers are in danger")
    inside("resume", "smallville.toml")
    with Store.open(url, "smallville") as store:
        details = [entry.detail for entry in store.audit()]
        assert details[0] == {"scope": "city", "value": "", "reason": "Officers are in danger", "by": "alice"}
        assert details[1] == {"scope": "city", "value": "", "by": "alice"}


def test_a_pause_loads_neither_servers_nor_migrations_nor_shapes() -> None:
    code = (
        "import sys, blocklight.cli, blocklight.cli.pausing; "
        "print(' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sqlalchemy" in loaded
    heavy = {
        "alembic",
        "fastapi",
        "httpx2",
        "numpy",
        "pyarrow",
        "pyogrio",
        "pyproj",
        "shapely",
        "uvicorn",
        "psycopg",
    }
    assert not heavy & set(loaded)


def test_every_line_of_a_record_has_the_priority_that_the_journal_reads() -> None:
    formatter = JournalFormatter("%(message)s")
    assert formatter.format(record(logging.ERROR, "disk full")) == "<3>disk full"
    assert formatter.format(record(logging.WARNING, "late")) == "<4>late"
    assert formatter.format(record(logging.INFO, "well")) == "<6>well"
    assert formatter.format(record(logging.DEBUG, "detail")) == "<7>detail"
    failed = record(logging.ERROR, "it failed")
    with pytest.raises(LookupError) as raised:
        {"": 0}["MA" + "RK"]
    failed.exc_info = (raised.type, raised.value, raised.tb)
    lines = formatter.format(failed).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("<3>") for line in lines)
    assert "MARK" not in "".join(lines)


@pytest.mark.parametrize("nasty", ["a\nERROR forged", "a\r\x1b[2Jb", "a\x00b", "a\x9bb", "a\u2028b"])
def test_no_message_can_pretend_to_be_another_line_or_steer_a_terminal(nasty: str) -> None:
    for formatter in (LineFormatter("%(levelname)s %(message)s"), JournalFormatter("%(message)s")):
        line = formatter.format(record(logging.INFO, nasty))
        assert len(line.splitlines()) == 1
        assert line.isprintable()


def test_a_fault_that_somebody_finds_again_and_again_is_one_line_in_ten_minutes() -> None:
    now = 0.0
    faults = OncePerFault(600, clock=lambda: now)

    def failed(what: str) -> str | None:
        try:
            {"": 0}[what]
        except LookupError:
            line = record(logging.ERROR, "it failed")
            line.exc_info = sys.exc_info()
        return line.getMessage() if faults.filter(line) else None

    assert [failed(str(number)) for number in range(4)] == ["it failed", None, None, None]
    assert faults.filter(record(logging.ERROR, "no exception"))
    now = 599.0
    assert failed("again") is None
    now = 601.0
    assert failed("again") == "it failed (and 4 times since the last line)"


def test_the_journal_is_recognised_by_its_own_stream(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        assert not goes_to_journal()
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert goes_to_journal()
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        assert not goes_to_journal()


def test_the_service_manager_is_told_and_its_absence_is_nobodys_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    for address, bound in ((str(tmp_path / "notify"), None), ("@blocklight-test", "\0blocklight-test")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(bound or address)
            monkeypatch.setenv("NOTIFY_SOCKET", address)
            notify("READY=1", "STATUS=well")
            assert manager.recv(100) == b"READY=1\nSTATUS=well"
    notify("READY=1")


@pytest.mark.anyio
async def test_the_watchdog_hears_nothing_from_a_process_that_is_not_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "60000")
        assert watchdog_s() == pytest.approx(0.02)
        well = [True]
        keeping = asyncio.create_task(keep_watchdog(lambda: well[0]))
        await asyncio.sleep(0.3)
        assert manager.recv(100) == b"WATCHDOG=1"
        well[0] = False
        await asyncio.sleep(0.1)
        while True:
            try:
                manager.recv(100)
            except BlockingIOError:
                break
        await asyncio.sleep(0.2)
        with pytest.raises(BlockingIOError):
            manager.recv(100)
        keeping.cancel()
        monkeypatch.setenv("WATCHDOG_PID", "1")
        assert watchdog_s() is None


_AGE = 'source_age_seconds{city="smallville",source="calls"}'


def test_a_process_that_only_fetches_answers_for_its_health(workplace: Workplace) -> None:
    with (
        serving_rows(a_row(1)) as (_, feed),
        workplace.running("fetch", "smallville.toml", "--health-port", "0", *read_from(feed)) as intake,
    ):
        until(lambda: "Its health is at" in intake.said())
        base = intake.said().partition("Its health is at ")[2].partition("/healthz")[0]
        with httpx2.Client(base_url=base, trust_env=False, timeout=20) as client:
            until(lambda: client.get("/readyz").status_code == httpx2.codes.OK)
            assert client.get("/healthz").text == "ok"
            until(lambda: _AGE in client.get("/metrics").text)
            figures = client.get("/metrics").text
            assert 'blocklight_intake_source_failures{city="smallville",source="calls"} 0.0' in figures
            assert 'blocklight_intake_fetching{city="smallville"} 1.0' in figures
            assert client.get("/elsewhere").status_code == httpx2.codes.NOT_FOUND
        with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2]))) as stranger:
            stranger.sendall(b"\x00" * 10_000)
            assert stranger.recv(100) == b""
        assert "Traceback" not in intake.said()


_END = b"Host: x\r\nConnection: close\r\n\r\n"
_HOSTILE = (
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
    b"GET /api/v1/incidents?limit=FORGED HTTP/1.1\r\n" + _END,
    b"POST /api/v1/push/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
    b"FORGED " * 3_000,
    b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/live?last_event_id=%0d%0aFORGED HTTP/1.1\r\nLast-Event-ID: \x1b[2J\r\n" + _END,
    b"GET /%0d%0aERROR%20FORGED%1b%5b2J HTTP/1.1\r\n" + _END,
    b"GET /list/\xc2\x9b\xff\xfe HTTP/1.1\r\n" + _END,
    b"GET /list?lang=%ff&until=%00&bbox=nan HTTP/1.1\r\nAccept-Language: \x1b]0;FORGED\x07\r\n" + _END,
    b"GET /api/v1/incidents/%2e%2e%2f%00 HTTP/1.1\r\nIf-None-Match: \xff\r\nRange: bytes=-\r\n" + _END,
    b"GET /data HTTP/1.1\r\nX-Forwarded-For: \x1b[2J, FORGED\r\nX-Forwarded-Proto: \x1b\r\n" + _END,
    b"GET /data HTTP/1.1\r\nAccept-Encoding: \x1b;q=x\r\nCookie: " + b"F" * 60_000 + b"\r\n" + _END,
    b"OPTIONS * HTTP/1.1\r\nOrigin: \x1b[2J\r\n" + _END,
    b"POST /api/v1/push/%1b%0aFORGED HTTP/1.1\r\nAuthorization: Bearer \xff\x1b\r\n" + _END,
    b"PUT /list HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\nFORGED\r\n",
    b"GET http://[::1%251b]/ HTTP/1.1\r\nHost: [\x1b]\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHost: x\r\n\r\n",
)


def test_strangers_write_nothing_into_the_log_and_the_service_manager_hears_that_all_is_well(
    workplace: Workplace, tmp_path: Path
) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(20)
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    with (
        manager,
        serving_rows(a_row(1)) as (_, feed),
        workplace.running("serve", "smallville.toml", "--port", "0", *read_from(feed), **told) as server,
    ):
        port = int(server.address().rpartition(":")[2])
        while (said := manager.recv(100)) == b"WATCHDOG=1":
            pass
        assert said == b"READY=1"
        until(lambda: "following the change log" in server.said())
        before = server.said()
        for nasty in _HOSTILE:
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(nasty)
                stranger.settimeout(0.3)
                with contextlib.suppress(TimeoutError):
                    stranger.recv(100)
        assert server.process.poll() is None
        assert server.said() == before
        assert manager.recv(100) == b"WATCHDOG=1"
        server.process.terminate()
        while (said := manager.recv(100)) == b"WATCHDOG=1":
            pass
        assert said == b"STOPPING=1"
        assert server.process.wait(20) == 0
