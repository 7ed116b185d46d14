"""Run the campaigns of load and faults (all, or those named) and write CAMPAIGNS.md.

    python benchmarks/campaigns/run_campaigns.py [NAME ...] [--minutes N] [--database URL]

Everything is on loopback, bounded in number and time. Whole, it takes four and a half hours on two cores;
`--minutes` shortens readers, faults, abuse and soak alike. Each campaign leaves its rows in `results/`,
kept with this script, and CAMPAIGNS.md is written from the newest rows of each: so they can be run one
at a time, on a machine that is idle for as long, and a fresh clone drops none that it did not run.
"""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import abuse  # noqa: E402 - beside this script, as the table is beside the benchmarks
import faults  # noqa: E402 - the same
import kills  # noqa: E402 - the same
import readers  # noqa: E402 - the same
import soak  # noqa: E402 - the same
from table import Line, Table  # noqa: E402 - the same

CAMPAIGNS = ("readers", "flood", "kills", "kills-postgresql", "faults", "abuse", "abuse-nginx", "soak")
KEPT = HERE / "results"


def main() -> int:
    """Run what was asked for; the status is 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description="Run load and fault campaigns; write CAMPAIGNS.md.")
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], default=list(CAMPAIGNS))
    parser.add_argument(
        "--minutes", type=float, help="length of readers, faults, abuse and soak (default 10, 5, 60, 60)"
    )
    parser.add_argument("--kills", type=int, default=100, help="kills for each engine")
    parser.add_argument("--note", help="what else to know of this run, such as other work on the machine")
    parser.add_argument("--database", help="PostgreSQL address for the kills on that engine")
    options = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in options.campaigns:
        if name == "kills-postgresql" and not options.database:
            print("kills-postgresql: left out; it needs --database", flush=True)
        else:
            _run(name, options)
    kept = [json.loads(path.read_text("utf-8")) for name in CAMPAIGNS if (path := _kept(name)).exists()]
    (HERE.parent / "CAMPAIGNS.md").write_text(_page(kept), "utf-8")
    return int(not all(run["met"] for run in kept))


def _kept(name: str) -> Path:
    return KEPT / f"{name}.json"


def _run(name: str, options: argparse.Namespace) -> None:
    """Run one campaign and keep its rows."""
    table = Table()
    rows: list[faults.Seen] = []
    if name == "readers":
        readers.measure(table, options.minutes or 10)
    elif name == "flood":
        readers.flood(table)
    elif name == "kills":
        kills.measure(table, options.kills, "SQLite")
    elif name == "kills-postgresql":
        kills.measure(table, options.kills, "PostgreSQL", "--database", options.database)
    elif name == "faults":
        rows = faults.measure(options.minutes or 5)
    elif name in ("abuse", "abuse-nginx"):
        abuse.measure(table, options.minutes or 60, behind_nginx=name == "abuse-nginx")
    elif name == "soak":
        soak.measure(table, options.minutes or 60)
    _kept(name).write_text(
        json.dumps(
            {
                "name": name,
                **table.run(),
                "met": all(line.met for line in table.lines) and all(row.right for row in rows),
                "note": f", {options.note}" if options.note else "",
                "more": faults.table(rows, options.minutes or 5) if rows else "",
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n",
        "utf-8",
    )


def _page(kept: list[dict[str, Any]]) -> str:
    """Write the page from what is kept of each campaign."""
    table = Table([Line(**line) for run in kept for line in run["lines"]])
    when = "".join(
        f"- {run['name']}: ended {run['ended']} on {run.get('commit', 'an older version')}, "
        f"load average then {run['load']}{run.get('note', '')}\n"
        for run in kept
    )
    more = "".join(run["more"] for run in kept)
    return f"{table.markdown('Campaigns of load and faults', 'make campaign')}\n{when}{more}"


if __name__ == "__main__":
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    sys.exit(main())
