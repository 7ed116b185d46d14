"""The shipped units are ones that systemd understands, closed to what the service does not need."""

import ipaddress
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from front_servers import DEPLOY, program

from blocklight.cli import app

UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))
# Of 100, by systemd's own count. What remains is the network, and an allow list of addresses.
_MOST_EXPOSED = 15


def test_there_are_units_to_check() -> None:
    assert UNITS == ["blocklight-intake.service", "blocklight-web@.service", "blocklight.service"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units, with a program that is there."""
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8")
        for path in (
            "/opt/blocklight/bin/blocklight",
            "/opt/blocklight/share/blocklight/run-in-production.md",
        ):
            assert path in text
        text = text.replace("/opt/blocklight/bin/blocklight", sys.executable)
        (tmp_path / name.replace("@.", "@8001.")).write_text(text)
    return tmp_path


def _analyze(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [program("systemd-analyze"), *arguments],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_understands_every_line(folder: Path) -> None:
    for unit in folder.iterdir():
        said = _analyze(folder, "verify", "--recursive-errors=no", f"./{unit.name}")
        assert unit.name not in said, said


def test_little_is_open_to_the_service(folder: Path) -> None:
    for unit in folder.iterdir():
        _analyze(folder, "security", "--offline=true", f"--threshold={_MOST_EXPOSED}", f"./{unit.name}")


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_a_command_that_is_understood_and_is_watched_over(name: str) -> None:
    service = _sections(name)["Service"]
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # the app is a group
    settings = dict(pair.split("=", 1) for pair in service["Environment"][0].split())
    start = service["ExecStart"][0].replace("%i", "8001")
    for setting, value in settings.items():
        start = start.replace(f"${{{setting}}}", value)
    _, command, *arguments = shlex.split(start)
    commands[command].make_context(command, arguments)
    assert "$" not in start
    assert (service["Type"], service["Restart"]) == (["notify"], ["on-failure"])
    assert int(service["WatchdogSec"][0]) > 0
    assert service["StandardError"] == ["journal"]


@pytest.mark.parametrize("name", UNITS)
def test_private_addresses_are_denied_and_loopback_and_the_internet_are_not(name: str) -> None:
    service = _sections(name)["Service"]
    denied = [ipaddress.ip_network(network) for line in service["IPAddressDeny"] for network in line.split()]

    def is_denied(address: str) -> bool:
        return any(ipaddress.ip_address(address) in network for network in denied)

    for address in (
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
    ):
        assert is_denied(address), address
    for address in ("127.0.0.1", "::1", "8.8.8.8", "172.32.0.1", "2606:4700::1111"):
        assert not is_denied(address), address
    assert "IPAddressAllow" not in service, "an allow list in the unit would hide what city-network.conf says"


def test_what_may_be_allowed_besides_is_a_drop_in_of_examples() -> None:
    lines = (DEPLOY / "city-network.conf").read_text("utf-8").splitlines()
    said = [line for line in lines if line and not line.startswith("#")]
    assert said == ["[Service]"]
    examples = [line for line in lines if line.startswith("#IPAddressAllow=")]
    assert len(examples) > 3
    for line in examples:
        assert ipaddress.ip_network(line.partition("=")[2]).is_private


def _sections(name: str) -> dict[str, dict[str, list[str]]]:
    """Return each section's settings, every one as the list of its values."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            setting, _, value = line.partition("=")
            section.setdefault(setting, []).append(value)
    return found
