"""Measure the map page in headless Chromium: bytes and time until it can be read and its map stands."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
from playwright.sync_api import Browser, sync_playwright
from table import Table
from window import calls

from blocklight.config.city import load_city
from blocklight.store import Store

_FLAGS = ("--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
# How many incidents, and within how many seconds they should be on the map.
_SIZES = {2_000: 2.0, 200_000: 4.0}

_BATCH = 5_000
_RUNS = 3
# Of several visits the fastest, and the one that read most.
_CHOOSE: dict[str, Callable[[Iterable[float]], float]] = {"row": min, "map": min, "first": max, "all": max}

_FIRST_BYTES, _ALL_BYTES = 150_000, 750_000
_READABLE_S = 1.0
# Notes when the first row and the map stood, milliseconds since the visit began.
WATCH = """
window.told = {};
new MutationObserver(() => {
  if (!told.row && document.querySelector('[data-row]')) told.row = performance.now();
  const map = document.querySelector('.map');
  if (Number(map?.dataset.marks) >= wanted || map?.dataset.dense) told.map ??= performance.now();
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


@contextmanager
def houston(shared: Path, rows: int, hours: int) -> Iterator[tuple[str, str]]:
    """Serve the newest recorded calls of Houston, spread over the last *hours*; give address and folder."""
    city = load_city("houston")
    with tempfile.TemporaryDirectory() as folder:
        now = datetime.now(UTC)
        with Store.open(f"sqlite:///{folder}/blocklight.sqlite3", city.city.id) as store:
            step = timedelta(hours=0.95 * hours) / rows
            listed = [
                msgspec.structs.replace(call, received_at=now - step * (rows - number))
                for number, call in enumerate(calls(shared, rows, city, end=now))
            ]
            for start in range(0, rows, _BATCH):
                store.apply("active", listed[start : start + _BATCH], at=now)
        with serving(["serve", "houston", "--no-intake", "--port=0", f"--data={folder}"]) as url:
            yield url, folder


@contextmanager
def serving(arguments: list[str]) -> Iterator[str]:
    """Run the command line's own server and give its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "blocklight", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        # The operator's port may be said before, where another process has the usual one.
        address = re.compile(r" live at (http://[\d.]+:\d+)")
        hit = next(found for line in process.stdout if (found := address.search(line)))
        Thread(target=process.stdout.read, daemon=True).start()
        yield hit[1]
    finally:
        process.kill()
        process.wait()


@contextmanager
def chromium(flags: Sequence[str] = _FLAGS) -> Iterator[Browser]:
    """Start Chromium, without a GPU as the tests do, or with other *flags*."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(flags))
        try:
            yield browser
        finally:
            browser.close()


def visit(browser: Browser, url: str, rows: int) -> dict[str, float]:
    """Open the page once with an empty cache: seconds until a row and the map, bytes before and in all."""
    # Without its worker, which fetches for the next visit what this one does not need.
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-US", service_workers="block"
    )
    page = context.new_page()
    page.add_init_script(f"const wanted = {rows // 2};{WATCH}")
    received: list[tuple[float, float]] = []
    started: list[float] = []
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.requestWillBeSent", lambda event: started.append(event["timestamp"]))

    def loaded(event: Any) -> None:  # noqa: ANN401 - the protocol's event
        received.append((event["timestamp"], event["encodedDataLength"]))

    client.on("Network.loadingFinished", loaded)
    page.goto(url)
    while not page.evaluate("told.map"):
        page.wait_for_timeout(200)
    page.wait_for_timeout(2_000)
    told: dict[str, float] = page.evaluate("told")
    context.close()
    row_s = told["row"] / 1000
    return {
        "row": row_s,
        "map": told["map"] / 1000,
        "first": sum(size for at, size in received if at - started[0] <= row_s),
        "all": sum(size for _, size in received),
    }


def measure(table: Table, shared: Path) -> None:
    """Add the page's rows."""
    with chromium() as browser:
        for rows, on_map_s in _SIZES.items():
            hours = 24 if rows == min(_SIZES) else 720
            with houston(shared, rows, hours) as (url, _):
                visits = [visit(browser, f"{url}/?range={hours}", rows) for _ in range(_RUNS)]
            best = {name: _CHOOSE[name](one[name] for one in visits) for name in visits[0]}
            _add(table, rows, best, on_map_s)


def _add(table: Table, rows: int, best: dict[str, float], on_map_s: float) -> None:
    if rows == min(_SIZES):
        for name, goal, what in (
            ("first", _FIRST_BYTES, "received by when incidents can be read, for whatever part"),
            ("all", _ALL_BYTES, "in all, without a basemap"),
        ):
            told = f"{best[name] / 1000:.0f} kB"
            limit = f"at most {goal / 1000:.0f} kB"
            table.add(f"The map page, bytes {what}", told, "", "", limit, met=best[name] <= goal)
        readable = f"at most {_READABLE_S:.0f} s"
        told = f"{best['row']:.2f} s"
        met = best["row"] <= _READABLE_S
        table.add(f"{rows:,} incidents, until they can be read", told, "", "", readable, met=met)
    told = f"{best['map']:.2f} s"
    limit = f"at most {on_map_s:.0f} s"
    table.add(
        f"{rows:,} incidents, until half of them or more are marks or hexagons on the map",
        told,
        "",
        "",
        limit,
        met=best["map"] <= on_map_s,
    )
