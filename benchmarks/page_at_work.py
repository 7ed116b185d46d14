"""Measure the open map page in headless Chromium: work of a filter, way of a change, memory of an hour."""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from page import WATCH, chromium, houston, serving
from playwright.sync_api import Browser, Page
from table import Table
from window import calls

from blocklight.config.city import load_city
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Status
from blocklight.store import Store

_ROWS, _HOURS = 200_000, 720
_FILTER_MS = 100
_SCREEN_MS = 500
_GROWTH = 0.2
_TIMES = 9
_CHANGES, _VISITS = 40, 12
_SPEED = 60
_WARM_S, _HOUR_S = 5 * 60 / _SPEED, 3600 / _SPEED
_SETTLED_MS, _IDLE_MS = 1_000, 5_000
_PATIENCE_S = 60
_DRAWN = {"hexagons": "", "marks": "&density=never"}
_CHIP = "document.querySelectorAll('.chips button')[3].click()"
# Notes, in seconds of the epoch, when the browser says that it showed a new first row of the list, and when
# the frame was over that drew more open marks than there had been.
_SHOWN = """
window.shown = [];
new PerformanceObserver((list) => {
  for (const row of list.getEntries()) shown.push((performance.timeOrigin + row.renderTime) / 1000);
}).observe({ type: "element" });
let newest = null;
new MutationObserver(() => {
  const row = document.querySelector('li[aria-posinset="1"] [data-row]');
  if (!row || row.dataset.row === newest) return;
  newest = row.dataset.row;
  row.querySelector(".line > span").setAttribute("elementtiming", "newest"); // told of blocks alone
}).observe(document, { childList: true, subtree: true, attributes: true });
window.marked = [];
let most = 0;
const { drawArraysInstanced } = WebGL2RenderingContext.prototype;
WebGL2RenderingContext.prototype.drawArraysInstanced = function (mode, first, corners, marks) {
  if (this.canvas.id === "deckgl-overlay" && marks > most) {
    most = marks;
    requestAnimationFrame(() => marked.push(Date.now() / 1000));
  }
  return drawArraysInstanced.call(this, mode, first, corners, marks);
};
"""


def _opened(browser: Browser, url: str, rows: int, script: str = "", *, until: str = "told.map") -> Page:
    """Return the page once it says that its map stands, or less, for a reader who wants no motion."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        locale="en-US",
        service_workers="block",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.add_init_script(f"const wanted = {rows // 2};{WATCH}{script}")
    page.goto(url, wait_until="commit")
    _until(page, f"window.told && {until}")
    return page


def _until(page: Page, told: str) -> None:
    """Wait until the page says so; its own policy forbids what Playwright would wait with."""
    patient_until = time.monotonic() + _PATIENCE_S
    while not page.evaluate(told):
        if time.monotonic() > patient_until:
            raise TimeoutError(f"the page never said {told}")
        page.wait_for_timeout(50)


def _busy_ms(client: Any) -> float:  # noqa: ANN401 - Playwright's session
    """Return how long the page's main thread has worked; its own time, without that of other processes."""
    metrics = client.send("Performance.getMetrics")["metrics"]
    seconds: float = next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")
    return 1000 * seconds


def _filter_ms(browser: Browser, url: str, query: str) -> float:
    """Return the median work of switching a group off and on, less what the page does anyway."""
    page = _opened(browser, f"{url}/?range={_HOURS}{query}", _ROWS)
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def during(act: Callable[[], object], settle_ms: int) -> float:
        before = _busy_ms(client)
        act()
        page.wait_for_timeout(settle_ms)
        return _busy_ms(client) - before

    during(lambda: None, _IDLE_MS)  # what is left of loading
    idle = during(lambda: None, _IDLE_MS) * _SETTLED_MS / _IDLE_MS
    taken = [during(lambda: page.evaluate(_CHIP), _SETTLED_MS) - idle for _ in range(_TIMES)]
    page.context.close()
    return statistics.median(taken)


def measure_filter(table: Table, shared: Path) -> None:
    """Add what a filter costs the main thread, over hexagons and over marks."""
    with chromium() as browser, houston(shared, _ROWS, _HOURS) as (url, _):
        told = {name: _filter_ms(browser, url, query) for name, query in _DRAWN.items()}
    for name, median in told.items():
        table.add(
            f"Changing a filter with {_ROWS:,} incidents as {name}, work of the main thread",
            f"{max(median, 0):.0f} ms",  # what the page does anyway varies by more than this may be
            "",
            "",
            f"at most {_FILTER_MS} ms",
            met=median <= _FILTER_MS,
        )


def measure_change(table: Table, shared: Path) -> None:
    """Add how long a committed change takes until it is on screen; the server learns of it from the store."""
    city = load_city("houston")
    listed: list[float] = []
    drawn: list[float] = []
    early: list[float] = []
    with chromium() as browser, houston(shared, 2_000, 24) as (url, folder):
        # Those that the city began with come first.
        arriving = islice(calls(shared, 2_000 + _CHANGES + _VISITS, city, end=datetime.now(UTC)), 2_000, None)
        with Store.open(f"sqlite:///{folder}/blocklight.sqlite3", city.city.id) as store:
            page = _opened(browser, f"{url}/", 2_000, _SHOWN)
            for number, call in enumerate(islice(arriving, _CHANGES)):
                stored = _store(store, call)
                listed.append(_ms_until(page, "shown", stored))
                drawn.append(_ms_until(page, "marked", stored))
                page.wait_for_timeout(637 + 61 * (number % 7))  # out of step with frames and pulses
            page.context.close()
            for number, call in enumerate(arriving):
                page = _opened(browser, f"{url}/", 2_000, _SHOWN, until="told.row")
                readable: float = page.evaluate("(performance.timeOrigin + told.row) / 1000")
                time.sleep(max(0.0, readable + number / _VISITS - time.time()))
                early.append(_ms_until(page, "shown", _store(store, call)))
                page.context.close()
    _add_change(table, "on screen in the list", listed, f"its mark on the map: {_spread(drawn)}")
    _add_change(table, "on screen in the list, in the first second after a visit's list could be read", early)


def _store(store: Store, call: PublicIncident) -> float:
    """Commit a call that arrives now; return when it was committed."""
    now = datetime.now(UTC)
    store.apply("active", [_arriving(call, now)], at=now)
    return time.time()


def _ms_until(page: Page, noted: str, stored: float) -> float:
    """Return how long after it was *stored* the first of what the page *noted* came."""
    _until(page, f"{noted}.some((at) => at > {stored})")
    seen: float = page.evaluate(f"{noted}.find((at) => at > {stored})")
    return 1000 * (seen - stored)


def _spread(taken: list[float]) -> str:
    median, late = statistics.median(taken), statistics.quantiles(taken, n=10)[-1]
    return (
        f"median {median:.0f} ms, one in ten over {late:.0f} ms, longest of {len(taken)} {max(taken):.0f} ms"
    )


def _add_change(table: Table, until: str, taken: list[float], beside: str = "") -> None:
    table.add(
        f"A stored change, from its commit until it is {until}",
        _spread(taken),
        beside,
        "",
        f"each within {_SCREEN_MS} ms",
        met=max(taken) <= _SCREEN_MS,
    )


def _arriving(call: PublicIncident, now: datetime) -> PublicIncident:
    return msgspec.structs.replace(call, received_at=now, closed_at=None, status=Status.OPEN)


def _heap_mb(page: Page) -> float:
    """Return what the page's scripts hold after everything unneeded was collected, megabytes."""
    client = page.context.new_cdp_session(page)
    for _ in range(2):
        client.send("HeapProfiler.collectGarbage")
    used: float = client.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    client.detach()
    return used


def measure_hour(table: Table, _: Path) -> None:
    """Add how much the heap grows between five minutes and an hour of the demo's traffic."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(["demo", f"--speed={_SPEED}", "--port=0", f"--data={folder}"]) as url,
        chromium() as browser,
    ):
        page = _opened(browser, f"{url}/", 2)
        page.wait_for_timeout(_WARM_S * 1000)
        before = _heap_mb(page)
        page.wait_for_timeout((_HOUR_S - _WARM_S) * 1000)
        after = _heap_mb(page)
    grown = after / before - 1
    table.add(
        f"An hour of the demo's traffic at speed {_SPEED}, heap of the page's scripts",
        f"{after:.1f} MB",
        f"{before:.1f} MB after five minutes",
        f"{100 * grown:+.0f} %",
        f"at most {100 * _GROWTH:.0f} % more",
        met=grown <= _GROWTH,
    )


def measure(table: Table, shared: Path) -> None:
    """Add the rows of the page at work."""
    measure_filter(table, shared)
    measure_change(table, shared)
    measure_hour(table, shared)
