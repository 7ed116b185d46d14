"""Run every benchmark, or those named on the command line, and write RESULTS.md.

Each leaves its rows in `results/`; the page is written from all of them, and says when each was measured.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import cold_start
import geoservices
import history
import intake
import live
import page
import page_at_work
import page_on_phone
import past
import privacy
import push
import usual
import window
from table import Line, Table

HERE = Path(__file__).parent
KEPT = HERE / "results"
CLIENTS = 5_000
SATURATION_CLIENTS = 1_000
RATES = (20, 40, 60, 80, 100, 120, 160, 200)


def measure_live(table: Table, _: Path) -> None:
    """Add the live rows; the bare broadcaster runs in the same minute."""
    seconds, rate = 15.0, 20.0
    bare = live.run("bare", rate, CLIENTS, seconds)
    city = live.run("city", rate, CLIENTS, seconds)
    table.add(
        f"{CLIENTS:,} live clients, 20 changes/s, stored to received, oldest of each frame",
        f"p50 {city['p50'] * 1000:.0f} ms, p99 {city['p99'] * 1000:.0f} ms",
        f"bare asyncio + uvloop broadcaster p99 {bare['p99'] * 1000:.0f} ms",
        f"{city['p99'] / bare['p99']:.2f} times",
        "at most 2 times",
        met=city["p99"] <= 2 * bare["p99"],
    )
    table.add(
        "The same, events lost",
        f"every client got {city['least']:.0f} to {city['most']:.0f} of {rate * seconds:.0f}",
        f"bare {bare['least']:.0f} to {bare['most']:.0f}",
        "",
        "none (the last half second is still under way)",
        met=city["least"] >= rate * (seconds - 1),
    )
    kilobytes = city["kb_per_client"]
    table.add(
        "Memory for each live client",
        f"{kilobytes:.1f} kB",
        f"bare {bare['kb_per_client']:.1f} kB",
        "",
        "under 20 kB",
        met=kilobytes < 20,
    )
    ours = live.saturation("live", SATURATION_CLIENTS, RATES)
    floor = live.saturation("bare-unframed", SATURATION_CLIENTS, RATES)
    table.add(
        f"Messages/s at saturation, {SATURATION_CLIENTS:,} clients, a frame for each change",
        f"{ours:,.0f}/s",
        f"bare {floor:,.0f}/s",
        f"{ours / floor:.2f} times",
        "at least 0.5 times",
        met=ours >= 0.5 * floor,
    )


BENCHMARKS = {
    "intake": intake.measure,
    "history": history.measure,
    "push": push.measure,
    "privacy": privacy.measure,
    "usual": usual.measure,
    "window": window.measure,
    "geoservices": geoservices.measure,
    "past": past.measure,
    "page": page.measure,
    "page_at_work": page_at_work.measure,
    "page_on_phone": page_on_phone.measure,
    "live": measure_live,
    "cold_start": cold_start.measure,
}


def main() -> int:
    """Measure what is asked for, and write down what is known of all."""
    parser = argparse.ArgumentParser(description="Measure, and write RESULTS.md.")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which ones; all by default")
    parser.add_argument("--note", help="what else to know of this run, such as other work on the machine")
    options = parser.parse_args()
    beside = HERE.parents[1] / "shared" / "data"
    shared = Path(os.environ.get("BLOCKLIGHT_SHARED_DATA", beside))
    if not shared.is_dir():
        sys.stderr.write(f"no recorded feeds at {shared}: set BLOCKLIGHT_SHARED_DATA to their folder\n")
        return 1
    live.more_files()
    met = True
    for name in options.names or BENCHMARKS:
        table = Table()
        BENCHMARKS[name](table, shared)
        _keep(name, table, options.note)
        met &= all(line.met for line in table.lines)
    (HERE / "RESULTS.md").write_text(_page(), "utf-8")
    return 0 if met else 1


def _keep(name: str, table: Table, note: str | None) -> None:
    KEPT.mkdir(exist_ok=True)
    run = table.run() | {"note": note or ""}
    text = json.dumps(run, indent=1, ensure_ascii=False)
    (KEPT / f"{name}.json").write_text(f"{text}\n", "utf-8")


def _page() -> str:
    """Write the page from what is kept of each benchmark."""
    kept: dict[str, dict[str, Any]] = {
        name: json.loads(path.read_text("utf-8"))
        for name in BENCHMARKS
        if (path := KEPT / f"{name}.json").exists()
    }
    table = Table([Line(**line) for run in kept.values() for line in run["lines"]])
    when = "".join(
        f"- {name}: {run['ended']} on {run['commit']}, load average at its end {run['load']}"
        f"{', ' if run['note'] else ''}{run['note']}\n"
        for name, run in kept.items()
    )
    return f"{table.markdown('Benchmark results', 'make bench')}\n{when}"


if __name__ == "__main__":
    sys.exit(main())
