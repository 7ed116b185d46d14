"""The page about production, followed: its commands run as they stand, in a folder in place of the machine.

What belongs to the machine itself (packages, users, services, certificates) is only noted.
"""

import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from front_servers import DEPLOY, HOST, Certificate, free_ports, program
from pages import ROOT, blocks, read, section, tables
from pages import words as _code

PAGE = ROOT / "docs" / "how-to" / "run-in-production.md"
TEXT = read("docs/how-to/run-in-production.md")
_NOTED = "apt-get systemctl journalctl certbot useradd python3 caddy".split()
_UNITS = "blocklight blocklight-intake blocklight-web@8001 blocklight-web@8002 nginx caddy prometheus".split()


@dataclass
class Machine:
    """A folder that stands for the root of a machine with Debian's nginx and Caddy on it."""

    root: Path

    @classmethod
    def fresh(cls, root: Path) -> "Machine":
        for folder in ("etc/systemd/system", "etc/nginx/sites-available", "etc/nginx/sites-enabled"):
            (root / folder).mkdir(parents=True)
        for folder in ("etc/caddy", "etc/prometheus", "usr/local/bin", "bin", "opt", "var/log/nginx"):
            (root / folder).mkdir(parents=True)
        # As the wheel's data leaves it: see shared-data in pyproject.toml.
        (root / "opt/blocklight/share").mkdir(parents=True)
        (root / "opt/blocklight/share/blocklight").symlink_to(DEPLOY)
        main = Path(program("nginx")).parents[2] / "etc" / "nginx" / "nginx.conf"
        (root / "etc/nginx/nginx.conf").write_text(main.read_text("utf-8"))
        (root / "etc/nginx/sites-enabled/default").write_text("# Debian's own\n")
        (root / "etc/resolv.conf").write_text("nameserver 192.168.1.1\n")
        for name in (*_NOTED, "pip"):
            program_file = root / ("opt/blocklight/bin" if name == "pip" else "bin") / name
            program_file.parent.mkdir(exist_ok=True)
            program_file.write_text(f'#!/bin/sh\necho "{name} $*" >> "{root}/noted"\n')
            program_file.chmod(0o755)
        (root / "bin" / "nginx").symlink_to("/bin/true")
        return cls(root)

    def run(self, script: str) -> None:
        """Run a block with the folder's paths for the machine's, and our own group for the service's."""
        here = re.sub(r"(?<![\w.])/(?=(?:etc|opt|usr/local|var)/)", f"{self.root}/", script)
        here = here.replace("-g blocklight", f"-g {os.getgid()}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", here],
            cwd=self.root,
            env={**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{here}\n{done.stdout}\n{done.stderr}"

    def noted(self) -> list[str]:
        return (self.root / "noted").read_text("utf-8").splitlines()

    def file(self, path: str) -> str:
        return (self.root / path).read_text("utf-8")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine.fresh(tmp_path)


def _scripts(*headings: str) -> list[str]:
    """Return the shell blocks under these headings, without those that ask a running service."""
    wanted = "".join(section(TEXT, heading) for heading in headings)
    found = [block.body for block in blocks(PAGE, "sh") if block.body in wanted]
    assert found
    return found


def test_the_page_begins_with_how_to_stop_publishing() -> None:
    first = blocks(PAGE, "sh")[0].body
    assert first.startswith("blocklight pause ")
    assert len(TEXT.partition(first)[0].splitlines()) < 10


def test_every_message_that_the_page_explains_is_one_that_somebody_reads() -> None:
    told = {
        words
        for [_, *rows] in tables(section(TEXT, "When something is wrong"))
        for row in rows
        for words in _code(row[0])
    }
    shown = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    shown += (DEPLOY / "nginx.conf").read_text("utf-8")
    assert len(told) > 5
    assert [words for words in sorted(told - {"readyz"}) if words not in shown] == []


def test_every_shipped_file_is_installed_by_the_page_and_every_one_it_names_is_shipped() -> None:
    named = set(re.findall(r"/opt/blocklight/share/blocklight/([\w.@-]+)", TEXT))
    shipped = {path.name for path in DEPLOY.iterdir()}
    assert named == shipped


def test_the_service_and_what_it_may_reach_are_installed_as_they_are_shipped(machine: Machine) -> None:
    for script in _scripts(
        "Install", "The service", "What it may reach", "Watch over it", "Intake and web apart"
    ):
        machine.run("\n".join(line for line in script.splitlines() if not line.startswith("curl ")))
    for unit in DEPLOY.glob("*.service"):
        assert machine.file(f"etc/systemd/system/{unit.name}") == unit.read_text("utf-8")
    drop_in = "etc/systemd/system/blocklight.service.d/city-network.conf"
    assert machine.file(drop_in) == (DEPLOY / "city-network.conf").read_text("utf-8")
    for name in ("alerts.yml", "prometheus.yml"):
        installed = (
            "etc/prometheus/prometheus.yml"
            if name == "prometheus.yml"
            else f"etc/prometheus/blocklight-{name}"
        )
        assert machine.file(installed) == (DEPLOY / name).read_text("utf-8")
    environment = machine.root / "etc/blocklight/environment"
    assert environment.stat().st_mode & 0o777 == 0o640
    assert environment.parent.stat().st_mode & 0o777 == 0o750
    assert (machine.root / "usr/local/bin/blocklight").readlink().name == "blocklight"


def test_a_release_is_installed_and_upgraded_without_node_compilers_or_a_checkout(machine: Machine) -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    for heading in ("Install", "Upgrade"):
        for script in _scripts(heading):
            machine.run(script)
        noted = machine.noted()
        (machine.root / "noted").unlink()
        (pins,) = [line for line in noted if "--requirement" in line]
        assert pins.startswith("pip install --only-binary :all: --require-hashes --requirement ")
        assert pins.endswith(f" blocklight-{version}-requirements.txt")
        (wheel,) = [line for line in noted if line.endswith(f" blocklight-{version}-py3-none-any.whl")]
        assert wheel.startswith("pip install --no-deps ")
        (machine.root / "usr/local/bin/blocklight").unlink(missing_ok=True)
    assert not re.search(
        r"\b(?:git|npm|make setup|build-essential)\b", "".join(_scripts("Install", "Upgrade"))
    )


def test_every_unit_that_is_started_or_read_about_is_there() -> None:
    found = 0
    for block in blocks(PAGE, "sh"):
        for line in block.body.splitlines():
            words = line.split()
            if words[0] == "systemctl" and words[1] != "daemon-reload":
                units = {word.strip("'") for word in words[2:]} - {"--now", "blocklight*"}
                assert units <= set(_UNITS), line
                found += len(units)
            if words[0] == "journalctl":
                assert words[1:3] == ["--unit", "blocklight"], line
    assert found > 8


def test_the_real_nginx_takes_what_the_page_leaves(machine: Machine) -> None:
    [script] = _scripts("nginx in front")
    machine.run(script.replace(f"HOST={HOST}", "HOST=calls.example.org"))
    assert not (machine.root / "etc/nginx/sites-enabled/default").exists()
    site = machine.root / "etc/nginx/sites-available/blocklight"
    text = site.read_text("utf-8")
    assert HOST not in text
    assert "server_name calls.example.org;" in text
    Certificate.issue(machine.root)
    with free_ports(2) as (plain_port, port):
        for theirs, ours in {
            "[::]:": "[::1]:",
            "/etc/letsencrypt/live/calls.example.org": str(machine.root),
            "/var/log": f"{machine.root}/var/log",
            ":80;": f":{plain_port};",
            ":443 ": f":{port} ",
            "listen 80;": f"listen 127.0.0.1:{plain_port};",
            "listen 443 ": f"listen 127.0.0.1:{port} ",
        }.items():
            text = text.replace(theirs, ours)
        site.write_text(re.sub(r".*\[::1\].*\n", "", text))
        main = machine.file("etc/nginx/nginx.conf")
        assert main.startswith("worker_rlimit_nofile 65536;\n")
        assert main.count("worker_connections 32768;") == 1
        main = main.replace("/etc/nginx/sites-enabled", f"{machine.root}/etc/nginx/sites-enabled")
        main = re.sub(r"(?m)^\s*(user|pid|include /etc/nginx/).*$", "", main)
        main = main.replace("/var/log", f"{machine.root}/var/log")
        temporary = "".join(
            f"{kind}_temp_path {machine.root}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = main.replace("http {", f"pid {machine.root}/pid; http {{ {temporary}", 1)
        (machine.root / "etc/nginx/nginx.conf").write_text(main)
        tested = subprocess.run(
            [
                program("nginx"),
                "-t",
                "-e",
                "stderr",
                "-p",
                machine.root,
                "-c",
                machine.root / "etc/nginx/nginx.conf",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert tested.returncode == 0, tested.stderr
    # Newer ones than Debian 12's have another directive for HTTP/2, and still take this one.
    warnings = [line for line in tested.stderr.splitlines() if "[warn]" in line and "http2" not in line]
    assert warnings == []


def test_the_real_caddy_takes_what_the_page_leaves(machine: Machine) -> None:
    [script] = _scripts("Caddy in place of nginx")
    machine.run(script.replace(f"HOST={HOST}", "HOST=calls.example.org"))
    file = machine.root / "etc/caddy/Caddyfile"
    assert HOST not in file.read_text("utf-8")
    environment = {**os.environ, "HOME": str(machine.root), "XDG_DATA_HOME": str(machine.root)}
    command = [program("caddy"), "validate", "--config", str(file)]
    validated = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert validated.returncode == 0, validated.stderr
    assert any(line.startswith("caddy validate") for line in machine.noted())
