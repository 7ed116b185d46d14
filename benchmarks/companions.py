"""Measures on recordings what gives hidden calls away: companions beside them, and reclassified calls.

Reads ``../shared/data`` (or where ``BLOCKLIGHT_SHARED_DATA`` says) and prints counts alone.
"""

import json
import math
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import h3
import pyarrow.parquet as pq
import zstandard

from blocklight.config.city import CallTypes, load_city
from blocklight.intake.call_types import CallMeanings
from blocklight.model.vocabulary import Category, Reason

DATA = Path(os.environ.get("BLOCKLIGHT_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")) / "cad"
NEAR_M, NEAR_MIN = 40, 30
# H3 resolution and rings of the memory's cells, as in intake: at least 40 m from any point of the first.
FINE, RINGS = 12, 4

HOLDS_MIN = (2, 5, 10, 15)
_DEGREE_M = 111_195


@dataclass(frozen=True, slots=True)
class Call:
    """One call as a feed had it: its class, where it was, when it came in and when it was first seen."""

    id: str
    kind: str
    lon: float
    lat: float
    at: datetime
    seen: datetime


def class_of(category: Category | Reason) -> str:
    """Return ``hidden``, ``medical``, ``open`` (published finely) or ``unmapped``."""
    if category is Reason.SENSITIVE:
        return "hidden"
    if isinstance(category, Reason):
        return "unmapped"
    return "medical" if category is Category.MEDICAL else "open"


def menlo_park() -> Iterator[tuple[datetime, str, dict[str, object]]]:
    """Yield each version of each call: when it was seen, its key and its row."""
    raw = (DATA / "menlo_park" / "deltas_2026-02-05_2026-02-15.jsonl.zst").read_bytes()
    reader = zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(raw)
    for line in reader.read().decode().splitlines():
        poll = json.loads(line)
        seen = datetime.fromtimestamp(poll["fetched_at"], UTC)
        for change in poll["changes"]:
            if change["op"] != "remove" and (row := change.get("row")) is not None:
                yield seen, change["key"], row


def received(row: dict[str, object]) -> datetime:
    """Return when a call came in, as the feed's local clock has it."""
    text = f"{str(row['incidentDate'])[:10]}T{row['incidentTime']}"
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC)


def near(one: Call, two: Call) -> bool:
    """Whether two calls are within the distance and the time that point from one to the other."""
    north = (one.lat - two.lat) * _DEGREE_M
    east = (one.lon - two.lon) * _DEGREE_M * math.cos(math.radians(one.lat))
    return math.hypot(north, east) <= NEAR_M and abs(one.at - two.at) <= timedelta(minutes=NEAR_MIN)


def accompanied(calls: list[Call], kind: str, published: set[str]) -> int:
    """Count the calls of a kind that have a published one beside them."""
    by_cell: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.id in published:
            by_cell[h3.latlng_to_cell(call.lat, call.lon, FINE)].append(call)
    return sum(
        any(
            near(call, other)
            for cell in h3.grid_disk(h3.latlng_to_cell(call.lat, call.lon, FINE), RINGS)
            for other in by_cell.get(cell, ())
        )
        for call in calls
        if call.kind == kind
    )


def published_with_memory(calls: list[Call], hidden: Iterable[str], hold_min: int) -> tuple[set[str], int]:
    """Return what a memory of hidden calls lets be published, and how many companions it withholds.

    A call is decided *hold_min* after it was first seen: a hidden one that comes later does not take it back.
    """
    cells: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for call in calls:
        if call.kind in hidden:
            cell = h3.latlng_to_cell(call.lat, call.lon, FINE)
            for other in h3.grid_disk(cell, RINGS):
                cells[other].append((call.seen, call.at))
    public, companions = set(), 0
    for call in calls:
        if call.kind != "open":
            continue
        decided = call.seen + timedelta(minutes=hold_min)
        beside = any(
            seen <= decided and abs(at - call.at) <= timedelta(minutes=NEAR_MIN)
            for seen, at in cells.get(h3.latlng_to_cell(call.lat, call.lon, FINE), ())
        )
        companions += beside
        if not beside:
            public.add(call.id)
    return public, companions


def report_companions(name: str, calls: list[Call]) -> None:
    """Print how many hidden and medical calls have a published companion, with and without a memory."""
    kinds = Counter(call.kind for call in calls)
    plain = {call.id for call in calls if call.kind == "open"}
    print(f"\n{name}: {len(calls)} calls {dict(kinds)}")
    left = {kind: accompanied(calls, kind, plain) for kind in ("hidden", "medical")}
    print(f"  no memory: left {left}")
    for hidden in (("hidden",), ("hidden", "medical")):
        for hold_min in (0, *HOLDS_MIN):
            public, companions = published_with_memory(calls, hidden, hold_min)
            left = {kind: accompanied(calls, kind, public) for kind in hidden}
            share = companions / max(1, kinds["open"])
            print(f"  memory of {'+'.join(hidden)}, decided after {hold_min} min: left {left}, "
                  f"withheld companions {companions} ({share:.2%} of open)")  # fmt: skip


def report_changes(name: str, lives: Iterable[list[tuple[datetime, str, str]]]) -> None:
    """Print which first types turn hidden or medical later, and how soon: (seen, type, class) by call."""
    first: Counter[str] = Counter()
    turned: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for life in lives:
        begun, text, kind = life[0]
        if kind != "open":
            continue
        first[text] += 1
        for (_, _, before), (seen, _, after) in pairwise(life):
            if after in ("hidden", "medical") and before == "open":
                turned[text].append(((seen - begun).total_seconds() / 60, after))
                break
    all_first, all_turned = sum(first.values()), sum(map(len, turned.values()))
    per_thousand = 1000 * all_turned / max(1, all_first)
    print(f"\n{name}: {all_first} published first, {all_turned} turn ({per_thousand:.2f} per 1,000)")
    print("  by class:", dict(Counter(after for rows in turned.values() for _, after in rows)))
    minutes = sorted(minute for rows in turned.values() for minute, _ in rows)
    for hold in HOLDS_MIN:
        print(
            f"  within {hold} min of the first sight: {sum(one <= hold for one in minutes)} of {len(minutes)}"
        )
    for text, rows in sorted(turned.items(), key=lambda item: -len(item[1]))[:12]:
        print(f"  {text}: {len(rows)} of {first[text]} ({len(rows) / first[text]:.2%})")


def main() -> int:
    """Measure every recording there is; missing ones are named."""
    if not DATA.is_dir():
        print(f"no recordings in {DATA}: nothing measured", file=sys.stderr)
        return 1
    _police()
    _fire("houston", DATA / "houston" / "houston_events_2025-09_2025-10.parquet", "inc_id", "incident_type")
    _fire("san-mateo-fire", DATA / "san_mateo_fire" / "events_2022-04_2024-09.parquet", "id", "category")
    _houston_companions()
    return 0


def _meanings(city_id: str) -> CallMeanings:
    city = load_city(city_id)
    types: CallTypes = city.call_types
    return CallMeanings(types, city.policy.allow)


def _police() -> None:
    meanings = _meanings("menlo-park")
    versions: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    calls: dict[str, Call] = {}
    for seen, key, row in menlo_park():
        text = str(row.get("callType") or "")
        kind = class_of(meanings.of(text).category)
        versions[key].append((seen, text, kind))
        lon, lat = row.get("xCoord"), row.get("yCoord")
        if isinstance(lon, float) and isinstance(lat, float) and lon and lat:
            first = calls[key].seen if key in calls else seen
            calls[key] = Call(key, kind, lon, lat, received(row), first)
    report_companions("menlo-park, ten days", list(calls.values()))
    report_changes("menlo-park", versions.values())


def _fire(city_id: str, file: Path, id_column: str, type_column: str) -> None:
    meanings = _meanings(city_id)
    table = pq.read_table(file, columns=["snapshot_at", id_column, "kind", type_column]).to_pylist()
    lives: dict[object, list[tuple[datetime, str, str]]] = defaultdict(list)
    for row in table:
        if row["kind"] != "gone" and row[type_column]:
            text = str(row[type_column])
            lives[row[id_column]].append((row["snapshot_at"], text, class_of(meanings.of(text).category)))
    report_changes(city_id, lives.values())


def _houston_companions() -> None:
    meanings = _meanings("houston")

    def kind_of(text: object) -> str:
        return class_of(meanings.of(str(text)).category)

    file = DATA / "houston" / "houston_calls_full_2025-09_2025-10.parquet"
    calls = [
        Call(str(row["inc_id"]), kind_of(row["type_last"]), row["lon"], row["lat"],
             row["call_time"], row["first_seen"])
        for row in pq.read_table(file).to_pylist()
        if row["lon"] and row["lat"] and row["type_last"]
    ]  # fmt: skip
    report_companions("houston, two months", calls)


if __name__ == "__main__":
    sys.exit(main())
