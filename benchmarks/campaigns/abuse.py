"""Every known abuse at once, with the documented nginx in front and without it."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from readers import Feeder
from served_city import Calls, Pusher, ServedCity, city_file, metric
from table import Table

HERE = Path(__file__).parent
_SUPPORT = HERE.parent.parent / "tests" / "support"
_LOOK_EVERY_S = 5
# Calls that are on the map before anybody abuses it, so that its windows and pages are worth asking for.
PREFILLED = 8_000

REFUSED, HTTP = "blocklight_refused_total", "blocklight_http_seconds_count"
SLOW, WINDOW = "blocklight_live_slow", "/api/v1/window"
_REFUSED_OF = '[^}}]*route="(?:{})",status="(?:429|503)"'
# The figure of the operator that grows with each abuse; that of who never reads goes down again as well.
SHOWN = {
    "pipelining": (REFUSED, '[^}]*limit="pipelined"'),
    "bodies_without_end": (REFUSED, '[^}]*limit="slow_body"'),
    "slow_headers": (REFUSED, '[^}]*limit="slow_headers"'),
    "huge_headers": (REFUSED, '[^}]*limit="large_headers"'),
    "bad_http": (REFUSED, '[^}]*limit="malformed"'),
    "window_storm": (HTTP, f'[^}}]*route="{WINDOW}",status="[^}}]*'),
    "long_pages": (HTTP, _REFUSED_OF.format("/list|/data|/api/v1/incidents|/api/v1/ledger")),
    "pages_of_the_past": (HTTP, _REFUSED_OF.format("/area|/response-times|/api/[*]|/api/v1/stats")),
    "maps_of_others": (HTTP, _REFUSED_OF.format("/arcgis/[*]|/ogc/[*]")),
    "odd_requests": (HTTP, '(?!.*push).*status="40[045].*'),
    "reconnecting": ("blocklight_live_left_early_total", "[^}]*"),
    "replay_storm": ("blocklight_live_replayed_bytes_total", "[^}]*"),
    "bad_pushes": (HTTP, '.*push.*status="4(?:00|01|22|29)".*'),
    "never_reading": (SLOW, "[^}]*"),
    "flood": (REFUSED, '[^}]*limit="(?:connections|live)_address"'),
}

# What nginx itself ends before it reaches the map: nothing is there to be counted.
STOPPED_BY_NGINX = frozenset({"pipelining", "slow_headers", "huge_headers", "bad_http"})


@contextmanager
def _front(server: ServedCity, folder: Path, *, behind_nginx: bool) -> Iterator[tuple[int, list[str]]]:
    """Give the port that strangers use, and the arguments that name the authority of its certificate."""
    if not behind_nginx:
        yield server.port, []
        return
    sys.path.append(str(_SUPPORT))
    import front_servers  # noqa: PLC0415 - needs the tests' packages

    # As the head of the shipped file says for ten thousand readers.
    main = {
        "worker_connections 768;": "worker_connections 32768;",
        "events {": "worker_rlimit_nofile 65536;\nevents {",
    }
    with front_servers.nginx(folder, server.port, main_changes=main) as front:
        authority = folder / "authority.pem"
        front.certificate.authority.cert_pem.write_to_path(authority)
        yield front.port, [str(authority)]


def _script(name: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HERE / name), *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def _report(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate()
    return dict(json.loads(out.strip().splitlines()[-1]))


def run(minutes: float, *, behind_nginx: bool) -> dict[str, Any]:
    """Serve a city to twenty-five honest people and to all who abuse it; return what both saw."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = ServedCity(folder, city_file(folder))
        key = server.push_key()
        server.start()
        stack.callback(server.stop)
        _prefill(server, key)
        (folder / "front").mkdir()
        port, authority = stack.enter_context(_front(server, folder / "front", behind_nginx=behind_nginx))
        feeder = Feeder(server.port, key)
        stack.callback(feeder.stopped.set)
        feeder.start()
        before = server.operator_metrics()
        lines = server.log_lines()
        strangers = _script("abuse_mix.py", port, 60 * minutes, key, *authority)
        stack.callback(strangers.terminate)
        honest = _script("visitors.py", port, 60 * minutes - 10, *authority)
        most = slow = 0.0
        while honest.poll() is None:
            time.sleep(1)
            most = max(most, server.figures().resident_mb)
            if int(time.monotonic()) % _LOOK_EVERY_S == 0:
                slow = max(slow, metric(server.operator_metrics(), *SHOWN["never_reading"]))
        seen, tried = _report(honest), _report(strangers)
        after = server.operator_metrics()
        up = server.alive() and server.get("/readyz")[0] == server.get("/list")[0] == 200
        return {
            **seen,
            "tried": tried,
            "shown": _grown(before, after, seen) | {"never_reading": slow},
            "most_mb": most,
            "up": up,
            "log_lines": server.log_lines() - lines,
        }


def _grown(before: str, after: str, seen: dict[str, Any]) -> dict[str, float]:
    """Tell how much each figure grew, beyond the windows that the visitors asked for themselves."""
    grown = {name: metric(after, *which) - metric(before, *which) for name, which in SHOWN.items()}
    grown["window_storm"] -= seen["visited"][WINDOW]
    return grown


def _prefill(server: ServedCity, key: str) -> None:
    pusher, calls = Pusher(server.port, key), Calls(seed=2, name="P")
    for _ in range(PREFILLED // 1_000):
        status = pusher.send(*(calls.next() for _ in range(1_000)))
        if status != 202:
            raise RuntimeError(f"a batch was answered with {status}")


def measure(table: Table, minutes: float, *, behind_nginx: bool) -> None:
    """Add the row."""
    end = run(minutes, behind_nginx=behind_nginx)
    print(json.dumps(end), flush=True)
    silent = [
        name
        for name, grown in end["shown"].items()
        if grown <= 0 and not (behind_nginx and name in STOPPED_BY_NGINX)
    ]
    unread = end.get("pages broken", 0) + sum(
        count for name, count in end.items() if name.startswith(("pages 4", "pages 5"))
    )
    lost = end.get("lost", 0) + end.get("doubled", 0)
    where = "behind the documented nginx" if behind_nginx else "without a proxy"
    table.add(
        f"{minutes:g} min of {len(SHOWN)} abuses at once, {where}; 20 changes/s, 20 live readers, 5 visitors",
        f"map {'up' if end['up'] else 'DOWN'}; changes p50 {end['p50']:.2f} s, p99 {end['p99']:.2f} s; "
        f"{lost} lost or doubled, {end.get('broken', 0)} streams broken, {end.get('resets', 0)} resets; "
        f"pages p50 {end['page_p50']:.2f} s, p99 {end['page_p99']:.2f} s, {unread} not answered; "
        f"memory at most {end['most_mb']:.0f} MB, {end['log_lines']} log lines",
        f"{sum(end['tried'].values()):,} abuses tried; not in the operator's metrics: "
        f"{', '.join(silent) or 'none'}",
        "",
        "map up, changes within 1.5 s (p99), nothing lost, every page answered, every abuse in the metrics, "
        "memory at most 600 MB",
        met=end["up"] and end["p99"] <= 1.5 and not (lost or unread or silent) and end["most_mb"] <= 600,
    )
