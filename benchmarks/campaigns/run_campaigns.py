"""Run the campaigns of load and faults (all, or those named) and write CAMPAIGNS.md.

    python benchmarks/campaigns/run_campaigns.py [NAME ...] [--minutes N] [--database URL]

Everything is on loopback, bounded in number and time. Whole, it takes two and a half hours on two cores;
`--minutes` shortens readers, faults and soak alike.
"""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import faults  # noqa: E402 - beside this script, as the table is beside the benchmarks
import kills  # noqa: E402 - the same
import readers  # noqa: E402 - the same
import soak  # noqa: E402 - the same
from table import Table  # noqa: E402 - the same

CAMPAIGNS = ("readers", "flood", "kills", "faults", "soak")


def main() -> int:
    """Run what was asked for; the status is 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description="Run load and fault campaigns; write CAMPAIGNS.md.")
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], default=list(CAMPAIGNS))
    parser.add_argument(
        "--minutes", type=float, help="length of readers, faults and soak (default 10, 5 and 60)"
    )
    parser.add_argument("--kills", type=int, default=100, help="kills for each engine")
    parser.add_argument("--database", help="PostgreSQL address for the kills on that engine")
    options = parser.parse_args()
    table, seen = Table(), []
    for name in options.campaigns:
        if name == "readers":
            readers.measure(table, options.minutes or 10)
        elif name == "flood":
            readers.flood(table)
        elif name == "kills":
            kills.measure(table, options.kills, "SQLite")
            if options.database:
                kills.measure(table, options.kills, "PostgreSQL", "--database", options.database)
        elif name == "faults":
            seen = faults.measure(HERE.parent.parent / ".build" / "faults.json", options.minutes or 5)
        elif name == "soak":
            soak.measure(table, options.minutes or 60)
    written = table.markdown("Campaigns of load and faults", "make campaign")
    if seen:
        written += faults.table(seen, options.minutes or 5)
    (HERE.parent / "CAMPAIGNS.md").write_text(written, "utf-8")
    return int(not all(line.met for line in table.lines) or not all(row.right for row in seen))


if __name__ == "__main__":
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    sys.exit(main())
