"""Runs every recorded feed through its city file, whole, and prints what became of every record.

``python tests/cities/account.py [EVERY [SOURCE [FIRST LAST]]]``: all of it takes half an hour. With EVERY,
only each so many-th fetch of feeds that are read over and over; with SOURCE (``CITY/SOURCE``) that feed
alone, from its FIRST fetch up to the LAST. ``test_account.py`` runs a sample of it.
"""

import csv
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[1]),
    str(Path(__file__).parents[1] / "support"),
]

from city_runs import Account, Poll, Run  # noqa: E402 - beside this file, and above it
from test_recorded_cities import CASES_SAMPLE, LEGACY, lines, menlo_polls, moment, page_of  # noqa: E402 - see above

from blocklight.config.city import SourceSpec  # noqa: E402 - see above

HERE = Path(__file__).parents[2]
# Reasons that say themselves why a record is not shown; any other is a class to look into.
#
# Of the unmapped, ``test_every_recorded_type`` names each type with its reason.
EXPLAINED = frozenset({"sensitive", "no_place", "outside_city", "unmapped"})

FAULTS = frozenset({"absurd_time", "no_source_type"})
MOST = 0.001


@dataclass(frozen=True, slots=True)
class Line:
    """One feed's account; *fetched* is counted from the recording, not from what was made of it."""

    feed: str
    fetched: int
    account: Account
    placeless: int = 0
    """How many records of the recording tell no coordinates: only those may be withheld as no_place."""
    faults: frozenset[str] = frozenset()
    """Reasons for which the recording itself is to blame: a year 2914, a row without a type in any column."""

    @property
    def balanced(self) -> bool:
        """Whether every record that was fetched became something."""
        return self.account.accounted == self.fetched

    @property
    def misplaced(self) -> int:
        """How many records tell coordinates and were withheld for want of a place."""
        return max(0, self.account.withheld["no_place"] - self.placeless)

    @property
    def unexplained(self) -> float:
        """The share of the largest class that no rule explains."""
        every = self.account.rejected + self.account.withheld
        odd = {reason: n for reason, n in every.items() if reason not in EXPLAINED | self.faults}
        return max(self.misplaced, *odd.values(), 0) / max(1, self.fetched)

    def text(self) -> str:
        """Write the line of the table."""
        one = self.account
        told = [
            f"{self.feed:22}",
            f"{one.fetches:6,} fetches",
            f"{sum(one.failed.values()):4} failed",
            f"{self.fetched:9,} records",
            f"{one.published:9,} published",
            f"{one.held:5,} held",
            f"withheld {_by_reason(one.withheld)}",
            f"rejected {_by_reason(one.rejected)}",
            f"{one.joined:,} joined",
            f"sum {one.accounted:,} {'=' if self.balanced else 'IS NOT'} fetched",
            f"largest unexplained {100 * self.unexplained:.2f} %",
        ]
        return " | ".join(told)


def _by_reason(counts: Counter[str]) -> str:
    return ", ".join(f"{n:,} {reason}" for reason, n in counts.most_common()) or "0"


# A fetch with the number of records in it, and of those that tell no coordinates.
Polls = Iterator[tuple[Poll, int, int]]


def san_mateo(shared: Path) -> Polls:
    """Yield the readings of the county's page, written as the page writes them."""
    for line in lines(shared / "cad" / "san_mateo_fire" / "snapshots_2022-04_2024-09.jsonl.zst"):
        found = line["incidents"]
        placeless = sum(one["latitude"] is None for one in found)
        yield (moment(line["fetched_at"]), page_of(found)), len(found), placeless


def menlo_park(shared: Path) -> Polls:
    """Yield the polls of the one department."""
    return _polls_of(shared, "menlopark")


def atherton(shared: Path) -> Polls:
    """Yield the polls of the other."""
    return _polls_of(shared, "atherton")


def _polls_of(shared: Path, department: str) -> Polls:
    for at, held in menlo_polls(shared, department):
        yield (at, json.dumps(held).encode()), len(held), sum(not row.get("xCoord") for row in held)


def portland(shared: Path) -> Polls:
    """Yield the two documents."""
    for n, name in enumerate(("911incidents.atom.xml", "911incidents_2.atom.xml")):
        body = (shared / "wire" / "georss_portland_911" / name).read_bytes()
        count = body.count(b"<entry>")
        yield (
            (datetime(2017, 3, 1, 1 + n, tzinfo=UTC), body),
            count,
            count - body.count(b"georss:point>") // 2,
        )


def houston_legacy(shared: Path) -> Polls:
    """Yield the answers of the older form."""
    for line in lines(shared / "cad" / "houston" / "houston_raw_legacy_2020-06-01_1d.jsonl.zst"):
        body = line["body"]
        rows = body["ActiveIncidentDataTable"] if isinstance(body, dict) else []
        placeless = sum(not float(row["XCoord"] or 0) for row in rows)
        yield (moment(line["fetched_at"]), json.dumps(body).encode()), len(rows), placeless


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that was recorded fetch by fetch."""

    city: str
    source: str
    polls: Callable[[Path], Polls]
    own: dict[str, Any] | None = None


FEEDS = (
    Feed("san-mateo-fire", "dispatch", san_mateo),
    Feed("menlo-park", "menlo-park", menlo_park),
    Feed("menlo-park", "atherton", atherton),
    Feed("portland", "dispatch", portland),
    Feed("houston", "legacy", houston_legacy, LEGACY),
)


def account_of(feed: Feed, shared: Path, every: int = 1, first: int = 0, last: int | None = None) -> Line:
    """Run a feed through its city file; with *every*, only each so many-th fetch from *first* to *last*."""
    fetched, placeless = [0], [0]

    def counted() -> Iterator[Poll]:
        for poll, count, without in islice(feed.polls(shared), first, last, every):
            fetched[0] += count
            placeless[0] += without
            yield poll

    with tempfile.TemporaryDirectory() as folder:
        run = Run.of(feed.city, Path(folder))
        if feed.own is not None:
            source = SourceSpec.model_validate(feed.own)
            run.city = run.city.model_copy(update={"sources": (source,)})
        account = run.replay(feed.source, counted())
        run.store.close()
    return Line(f"{feed.city} {feed.source}", fetched[0], account, placeless[0])


@dataclass(frozen=True, slots=True)
class Export:
    """A table that a portal exported, taken whole as a file."""

    city: str
    source: str
    files: tuple[str, ...]
    formats: dict[str, str]
    own: dict[str, Any] | None = None


OAKLAND_2019 = {
    "id": "extract",
    "label": "The extract of 2019",
    "connector": "json",
    "url": "https://x.example/rows",
    "key": ["opd_rd"],
    "rows": "part",
    "closes": "never",
    "fields": {
        "received_at": {"from": "cdatetime", "convert": "iso"},
        "source_type": ["desc", "ctype", "crimecat"],
        "other_type": ["ctype", "crimecat"],
        "agency": {"default": "police"},
        "lon": {"from": "xlng", "convert": "float"},
        "lat": {"from": "ylat", "convert": "float"},
        "address": "addr",
    },
}

EXPORTS = (
    Export(
        "berkeley",
        "calls",
        (
            "cad/berkeley/Berkeley_PD_-_Calls_for_Service_lab03.csv",
            "cad/berkeley/calls_for_service_lec05.csv",
        ),
        {},
    ),
    Export("oakland", "crimewatch", ("crime/oakland/crimewatch_past90days_2024-08.csv",), {}),
    Export("oakland", "extract", ("crime/oakland/oakcrime_190127.csv",), {}, OAKLAND_2019),
    Export("oakland", "extract", ("crime/oakland/oakcrime_dailyIncid_2019.csv",), {}, OAKLAND_2019),
    Export("oakland", "requests", ("requests_311/oakland/oak311_potholes_2024-01_2024-03.csv",), {
        "daytime": "datetimeinit"
    }),
    Export("san-francisco", "requests", ("requests_311/san_francisco/cases_sample.csv",), CASES_SAMPLE),
)  # fmt: skip


def account_of_export(export: Export, shared: Path) -> Line:
    """Run an export through its city file, as `import` reads it; rows of one incident are joined."""
    rows = list(export_rows(export, shared))
    with tempfile.TemporaryDirectory() as folder:
        run = Run.of(export.city, Path(folder))
        if export.own is not None:
            run.city = run.city.model_copy(update={"sources": (SourceSpec.model_validate(export.own),)})
        source = run.city.source(export.source)
        known: dict[str, Any] = {
            "connector": "json",
            "url": "https://x.example/rows",
            "where": "",
            "cursor_column": None,
        }
        known |= {"cursor_column": None, "order_by": (), "max_rows": 1_000_000}
        at = datetime(2026, 11, 1, tzinfo=UTC) - timedelta(seconds=1)
        account = run.replay(export.source, [(at, json.dumps(rows).encode())], **known)
        run.store.close()
    if source.rows != "incident":
        sound = [row for row in rows if export.own is None or _is_sound(row)]
        keys = {tuple(row.get(column) for column in source.key) for row in sound}
        account.joined = len(sound) - len(keys)
    placeless = sum(not _tells_a_place(row) for row in rows)
    faults = FAULTS if export.own else frozenset()
    return Line(f"{export.city} {export.source}", len(rows), account, placeless, faults)


def _tells_a_place(row: dict[str, Any]) -> bool:
    """Whether a row has a number with a fraction where its table keeps its coordinates."""
    columns = ("block_location", "location", "xlng", "srx", "long")
    return any(re.search(r"-?\d+\.\d{3}", str(row.get(column))) for column in columns)


def _is_sound(row: dict[str, Any]) -> bool:
    """Whether a row of the extract has a type, and a time that has been."""
    return any(row.get(name) for name in ("desc", "ctype", "crimecat")) and row["cdatetime"][:4] < "2026"


def export_rows(export: Export, shared: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of an export as the portal's own interface has them."""
    return (_renamed(row, export, n) for n, row in enumerate(_rows(export, shared)))


def _rows(export: Export, shared: Path) -> Iterator[dict[str, str]]:
    for name in export.files:
        with (shared / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _renamed(row: dict[str, str], export: Export, number: int) -> dict[str, Any]:
    """Return a row as the portal's own interface has it: small letters, no empty values."""
    kept = {k: v for k, v in row.items() if v not in ("", "NA")}
    plain: dict[str, Any] = {export.formats.get(k, k.lower()): v for k, v in kept.items()}
    if export.city == "oakland" and export.source == "requests":
        plain |= {"requestid": f"a{number}", "srx": row["lon"], "sry": row["lat"]}
    if export.source == "extract":  # the words have lost their gaps
        plain |= {
            name: plain[name].replace("_", " ").strip()
            for name in ("ctype", "desc", "crimecat")
            if name in plain
        }
        plain["cdatetime"] = re.sub(r"([+-]\d\d)$", r"\1:00", plain.get("cdatetime", ""))
    if export.city == "san-francisco":
        for name in ("requested_datetime", "closed_date"):
            if name in plain:
                plain[name] = str(plain[name]).replace(" ", "T")
    return plain


def main() -> int:
    """Print the table; return 1 where a record is unaccounted for."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    only = sys.argv[2] if len(sys.argv) > 2 else None
    first, last = (int(sys.argv[3]), int(sys.argv[4])) if len(sys.argv) > 4 else (0, None)
    shared = Path(os.environ.get("BLOCKLIGHT_SHARED_DATA", HERE.parent / "shared" / "data"))
    wrong = 0
    for export in () if only else EXPORTS:
        line = account_of_export(export, shared)
        wrong += not line.balanced or line.unexplained > MOST
        sys.stdout.write(line.text() + "\n")
    for feed in FEEDS:
        if only not in (None, feed.source, f"{feed.city}/{feed.source}"):
            continue
        line = account_of(feed, shared, every, first, last)
        wrong += not line.balanced or line.unexplained > MOST
        sys.stdout.write(line.text() + "\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
