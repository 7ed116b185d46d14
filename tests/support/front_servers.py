"""The shipped files for nginx and Caddy, run by the real servers on free ports of this machine."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx2
import pytest
import trustme

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
HOST = "map.example.gov"
_SERVERS = ROOT / "scripts" / "servers"


@cache
def program(name: str) -> str:
    """Return the path of nginx, caddy, promtool or systemd-analyze; a machine without it fails the test."""
    for arguments in (["install"], ["find", name]):
        done = subprocess.run([_SERVERS, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(done.stderr.strip(), pytrace=False)
    return done.stdout.strip()


def shipped(name: str, changes: Mapping[str, str]) -> str:
    """Return a file of ``deploy/`` with what a test has to change in it; each must stand in it."""
    text = (DEPLOY / name).read_text("utf-8")
    for theirs, ours in changes.items():
        assert theirs in text, f"{name} no longer says {theirs!r}"
        text = text.replace(theirs, ours)
    return text


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Hold ports that only a server may listen on: on a busy machine others soon take a free one."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
        yield [one.getsockname()[1] for one in held]


@dataclass(frozen=True)
class Certificate:
    """The certificate of the map's host, and the authority that clients trust."""

    chain: Path
    key: Path
    authority: trustme.CA

    @classmethod
    def issue(cls, folder: Path) -> "Certificate":
        authority = trustme.CA()
        issued = authority.issue_cert(HOST, "127.0.0.1")
        chain, key = folder / "fullchain.pem", folder / "privkey.pem"
        issued.cert_chain_pems[0].write_to_path(chain)
        issued.private_key_pem.write_to_path(key)
        return cls(chain, key, authority)


@dataclass(frozen=True)
class Front:
    """A running proxy in front of the map."""

    plain_port: int
    port: int
    certificate: Certificate
    folder: Path
    log: Path

    def client(self, address: str = "127.0.0.1") -> httpx2.Client:
        """Return a client that connects from *address*."""
        trusting = httpx2.create_ssl_context()
        self.certificate.authority.configure_trust(trusting)
        return httpx2.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"host": HOST},
            transport=httpx2.HTTPTransport(
                verify=trusting, local_address=address, limits=httpx2.Limits(max_connections=None)
            ),
            timeout=30,
        )


@contextmanager
def nginx(
    folder: Path,
    app_port: int,
    changes: Mapping[str, str] | None = None,
    *,
    main_changes: Mapping[str, str] | None = None,
) -> Iterator[Front]:
    """Run the shipped site, with *changes* of its text, in the main file of Debian's package."""
    certificate = Certificate.issue(folder)
    (folder / "temporary").mkdir()
    with free_ports(2) as (plain_port, port):
        site = shipped(
            "nginx.conf",
            {
                "    listen [::]:80;\n": "",
                "    listen [::]:443 ssl http2;\n": "",
                "listen 80;": f"listen 127.0.0.1:{plain_port};",
                "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
                "127.0.0.1:8000;\n": f"127.0.0.1:{app_port};\n",
                f"/etc/letsencrypt/live/{HOST}": str(folder),
                "/var/www/html": str(folder),
                "/var/log/nginx/": f"{folder}/",
                **(changes or {}),
            },
        )
        (folder / "site.conf").write_text(site)
        (folder / "nginx.conf").write_text(_main_file(folder, main_changes or {}))
        log = folder / "error.log"
        command = [
            program("nginx"),
            "-p",
            str(folder),
            "-c",
            "nginx.conf",
            "-e",
            str(log),
            "-g",
            "daemon off;",
        ]
        with _running(command, {}, log, port):
            yield Front(plain_port, port, certificate, folder, log)


def _main_file(folder: Path, main_changes: Mapping[str, str]) -> str:
    """Return the nginx.conf of Debian's package, as a server beside the machine's own can use it."""
    unpacked = Path(program("nginx")).parents[2] / "etc" / "nginx" / "nginx.conf"
    text = unpacked.read_text("utf-8")
    changes = {
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
        "/var/log/nginx/": f"{folder}/",
        "include /etc/nginx/modules-enabled/*.conf;": "",
        "include /etc/nginx/mime.types;": "",
        "include /etc/nginx/conf.d/*.conf;": "".join(
            f"{kind}_temp_path {folder}/temporary/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
        "/etc/nginx/sites-enabled/*": f"{folder}/site.conf",
        **main_changes,
    }
    for theirs, ours in changes.items():
        text = text.replace(theirs, ours)
    assert "/etc/" not in "".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    return text


@contextmanager
def caddy(folder: Path, app_port: int) -> Iterator[Front]:
    """Run the shipped Caddyfile with a certificate of the test's own."""
    certificate = Certificate.issue(folder)
    with free_ports(2) as (plain_port, port):
        text = shipped(
            "Caddyfile",
            {
                "\n{\n\tservers {": "\n{\n\tadmin off\n\tdefault_bind 127.0.0.1\n"
                f"\thttp_port {plain_port}\n\thttps_port {port}\n\tservers {{",
                f"\n{HOST} {{": f"\n{HOST}, 127.0.0.1 {{\n\ttls {certificate.chain} {certificate.key}",
                "reverse_proxy 127.0.0.1:8000": f"reverse_proxy 127.0.0.1:{app_port}",
            },
        )
        (folder / "Caddyfile").write_text(text)
        log = folder / "caddy.log"
        command = [program("caddy"), "run", "--config", str(folder / "Caddyfile")]
        homes = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        with _running(command, homes, log, port, last_word="serving initial configuration"):
            yield Front(plain_port, port, certificate, folder, log)


FRONTS: Mapping[str, Callable[[Path, int], AbstractContextManager[Front]]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], log: Path, port: int, *, last_word: str = ""
) -> Iterator[None]:
    """Run a server that has begun: it listens on *port*, and its log has the *last_word* of its beginning."""
    with log.open("ab") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **environment})
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text("utf-8")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                if last_word in log.read_text("utf-8"):
                    break
            time.sleep(0.05)
        else:
            pytest.fail(f"it never listened: {log.read_text('utf-8')}")
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
