"""Measure the map page as a mid-range phone on a slow mobile network opens it, without WebGL.

The phone is emulated in headless Chromium as Lighthouse does: a processor four times slower, round trips of
150 ms, 1.6 Mbit/s down, 750 kbit/s up. Without WebGL, as a renderer in software blocks the main thread for
seconds, which no phone's does.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from page import chromium, houston
from playwright.sync_api import Browser, CDPSession, Page
from table import Table

_ROWS, _HOURS, _VISITS = 2_000, 24, 5
_SLOWER = 4
_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
_PATIENCE_MS = 60_000
_SETTLED_MS = 3_000
_WITHOUT_WEBGL = ("--no-sandbox", "--disable-gpu", "--disable-3d-apis")
# A task blocks by what it takes longer than this (the definition of total blocking time, web.dev/tbt).
_BLOCKED_FROM_MS = 50

_LARGEST_S, _SHIFT, _BLOCKED_MS, _UNUSED_BYTES = 2.0, 0.02, 150, 196_000

# Notes the largest paint, what moved, tasks over 50 ms, and when the map stood; all in milliseconds.
_WATCH = """
window.seen = { largest: 0, shift: 0, tasks: [], mapped: null };
const each = (type, look) => new PerformanceObserver((list) => list.getEntries().forEach(look))
  .observe({ type, buffered: true });
each("largest-contentful-paint", (paint) => { seen.largest = paint.startTime; });
each("layout-shift", (shift) => { if (!shift.hadRecentInput) seen.shift += shift.value; });
each("longtask", (task) => seen.tasks.push([task.startTime, task.duration]));
new MutationObserver(() => {
  if (seen.mapped === null && document.querySelector('.flat, [data-marks]')) seen.mapped = performance.now();
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


@dataclass(frozen=True)
class Opened:
    """One visit: seconds to the largest paint, layout shift, ms of blocking before the map."""

    largest_s: float
    shift: float
    blocked_ms: float


def _timed(browser: Browser, url: str) -> Opened:
    """Visit without coverage, whose counting in every block slows scripts down."""
    page, _ = _visit(browser, url, covered=False)
    seen: dict[str, Any] = page.evaluate("seen")
    page.context.close()
    blocked = sum(duration - _BLOCKED_FROM_MS for start, duration in seen["tasks"] if start < seen["mapped"])
    return Opened(seen["largest"] / 1000, seen["shift"], blocked)


def _covered(browser: Browser, url: str) -> int:
    """Visit with coverage, and count what no script has run."""
    page, client = _visit(browser, url, covered=True)
    unused = _unused_bytes(client)
    page.context.close()
    return unused


def _visit(browser: Browser, url: str, *, covered: bool) -> tuple[Page, CDPSession]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        locale="en-US",
        service_workers="block",
    )
    page = context.new_page()
    page.add_init_script(_WATCH)
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", _NETWORK)
    client.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    if covered:
        client.send("Profiler.enable")
        client.send("Profiler.startPreciseCoverage", {"callCount": False, "detailed": True})
    page.goto(url, timeout=_PATIENCE_MS)
    page.wait_for_function("() => seen.mapped !== null", timeout=_PATIENCE_MS)
    page.wait_for_timeout(_SETTLED_MS)
    return page, client


def _unused_bytes(client: CDPSession) -> int:
    """Count the bytes of the page's scripts that no visit so far has run, uncompressed."""
    client.send("Debugger.enable")
    total = 0
    for script in client.send("Profiler.takePreciseCoverage")["result"]:
        if not script["url"].startswith("http"):
            continue
        answer = client.send("Debugger.getScriptSource", {"scriptId": script["scriptId"]})
        source = answer["scriptSource"]
        # Ranges of a function lie inside those of what surrounds it and come after them: the last decides.
        ran = bytearray(b"\x01" * len(source))
        for function in script["functions"]:
            for part in function["ranges"]:
                begin, end = part["startOffset"], part["endOffset"]
                ran[begin:end] = (b"\x01" if part["count"] else b"\x00") * (end - begin)
        total += ran.count(0)
    return total


def measure(table: Table, shared: Path) -> None:
    """Add the rows of a phone: medians of five visits with an empty cache, and what one more did not run."""
    with houston(shared, _ROWS, _HOURS) as (url, _), chromium(_WITHOUT_WEBGL) as browser:
        visits = [_timed(browser, f"{url}/?range={_HOURS}") for _ in range(_VISITS)]
        unused = _covered(browser, f"{url}/?range={_HOURS}")

    def median(figure: Callable[[Opened], float]) -> float:
        return statistics.median(figure(visit) for visit in visits)

    what = "A mid-range phone on slow 4G, without WebGL"
    largest = median(lambda visit: visit.largest_s)
    table.add(
        f"{what}: largest contentful paint",
        f"{largest:.2f} s",
        "",
        "",
        f"at most {_LARGEST_S:.1f} s",
        met=largest <= _LARGEST_S,
    )
    shift = median(lambda visit: visit.shift)
    table.add(f"{what}: layout shift", f"{shift:.3f}", "", "", f"at most {_SHIFT}", met=shift <= _SHIFT)
    blocked = median(lambda visit: visit.blocked_ms)
    table.add(
        f"{what}: main thread blocked before the map stands",
        f"{blocked:.0f} ms",
        "",
        "",
        f"at most {_BLOCKED_MS} ms",
        met=blocked <= _BLOCKED_MS,
    )
    table.add(
        f"{what}: script that was fetched and not run",
        f"{unused / 1000:.0f} kB",
        "",
        "",
        f"under {_UNUSED_BYTES / 1000:.0f} kB",
        met=unused < _UNUSED_BYTES,
    )
