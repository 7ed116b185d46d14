"""Measure "is this usual here?": false alarms on held-back weeks, and answers over a million incidents."""

import itertools
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow.parquet as pq
from table import Table, median_s
from window import calls

from blocklight.config.city import City, load_city, shipped_cities
from blocklight.geo.areas import Areas
from blocklight.insight.predictive import TAIL, Range, pooled_size, usual_range
from blocklight.insight.usual import LEAST_WEEKS, MOST_WEEKS, Usual, is_whole, same_hours
from blocklight.model.record import Place
from blocklight.model.vocabulary import Kind, PlaceKind
from blocklight.store import FetchReport, Store

ROWS = 1_000_000
_BATCH = 5_000
_WEST, _SOUTH, _EAST, _NORTH = -95.95, 29.45, -94.95, 30.2
# Side of the squares in degrees, and how far the grid is moved east and north.
_GRIDS = ((0.05, 0.0, 0.0), (0.05, 0.02, 0.03), (0.1, 0.0, 0.0), (0.1, 0.05, 0.04))

_ORIGINS = 200
_ZONE = ZoneInfo("America/Chicago")
_GOAL_S = 0.1
_GOAL_FALSE = 0.04
_BUSY = 5


def measure(table: Table, shared: Path) -> None:
    """Add the rows of calibration and of cost."""
    _measure_calibration(table, shared)
    _measure_cost(table, shared)


class _Tally:
    """How many counts lay in, below and above their range, how wide it was, how many surges were seen."""

    def __init__(self) -> None:
        self.n = self.below = self.above = self.width = self.surges = self.seen = 0

    def add(self, history: Sequence[int], now: int, usual: Range) -> None:
        self.n += 1
        self.below += now < usual.low
        self.above += now > usual.high
        self.width += usual.high - usual.low
        if sum(history) >= _BUSY * len(history):
            self.surges += 1
            self.seen += 2 * now > usual.high

    def told(self) -> str:
        return (
            f"{self.coverage:.1%} inside, {self.below / self.n:.1%} fewer, {self.above / self.n:.1%} more, "
            f"{self.width / self.n:.1f} wide, {self.seen / self.surges:.0%} of doubled counts seen"
        )

    @property
    def coverage(self) -> float:
        return 1 - (self.below + self.above) / self.n


def _measure_calibration(table: Table, shared: Path) -> None:
    for weeks in (LEAST_WEEKS, MOST_WEEKS):
        ours, poisson = _Tally(), _Tally()
        for history, now, size in _held_back(shared, weeks):
            ours.add(history, now, usual_range(history, size))
            poisson.add(history, now, _poisson_range(sum(history) / len(history)))
        table.add(
            f"Usual counts of 24 h in squares of Houston, {weeks} weeks before, {ours.n:,} held-back counts "
            f"at {_ORIGINS} origins on {len(_GRIDS)} grids: 98 % range",
            ours.told(),
            f"plain mean with a Poisson range: {poisson.told()}",
            f"{(1 - ours.coverage) / (1 - poisson.coverage):.2f} times the false alarms",
            f"at most {_GOAL_FALSE:.0%} outside",
            met=1 - ours.coverage <= _GOAL_FALSE,
        )
    _measure_whole_city(table, shared)


def _measure_whole_city(table: Table, shared: Path) -> None:
    ours, own = _Tally(), _Tally()
    for counts, size in _at_origins(shared, MOST_WEEKS, _GRIDS[:1]):
        now, *history = counts.sum(axis=0).tolist()
        ours.add(history, now, usual_range(history, size))
        own.add(history, now, usual_range(history, pooled_size([history])))
    table.add(
        f"The same of the whole city, {MOST_WEEKS} weeks before, {ours.n:,} held-back days",
        ours.told(),
        f"with what the city's own weeks vary by: {own.told()}",
        f"{(1 - ours.coverage) / (1 - own.coverage):.2f} times the false alarms",
        f"at most {_GOAL_FALSE:.0%} outside",
        met=1 - ours.coverage <= _GOAL_FALSE,
    )


def _held_back(shared: Path, weeks: int) -> Iterator[tuple[list[int], int, float]]:
    """Yield past counts, the count that came, and the pooled size, of each square at each origin."""
    for counts, size in _at_origins(shared, weeks, _GRIDS):
        yield from ((history, now, size) for now, *history in counts.tolist())


def _at_origins(
    shared: Path, weeks: int, grids: Sequence[tuple[float, float, float]]
) -> Iterator[tuple[npt.NDArray[np.int64], float]]:
    """Yield at each origin a row for each square, what came before the past counts, and the pooled size."""
    columns = pq.read_table(
        shared / "cad" / "houston" / "houston_calls_2020_2023.parquet",
        columns=["call_min", "lon_e5", "lat_e5"],
    ).sort_by("call_min")
    minute = columns["call_min"].to_numpy()
    lon, lat = (columns[name].to_numpy() / 1e5 for name in ("lon_e5", "lat_e5"))
    inside = (lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH)
    minute, lon, lat = minute[inside], lon[inside], lat[inside]
    chance = random.Random(5)  # noqa: S311 - chooses origins, guards nothing
    first = int(minute[0]) + (MOST_WEEKS * 7 + 1) * 24 * 60
    origins = [chance.randrange(first, int(minute[-1])) for _ in range(_ORIGINS)]
    for (step, east, north), origin in itertools.product(grids, origins):
        across = math.ceil(1 / step) + 1
        squares = ((lon - _WEST + east) / step).astype(int) + across * ((lat - _SOUTH + north) / step).astype(
            int
        )
        counts = []
        for start, end in same_hours(datetime.fromtimestamp(origin * 60, UTC), _ZONE):
            span = slice(*np.searchsorted(minute, [start.timestamp() / 60, end.timestamp() / 60]))
            counts.append(np.bincount(squares[span], minlength=across * across))
        totals = [int(count.sum()) for count in counts]
        past = [number for number in range(1, len(counts)) if is_whole(totals[number], totals[1:])][:weeks]
        if len(past) == weeks and is_whole(totals[0], totals[1:]):
            table = np.stack([counts[number] for number in (0, *past)], axis=1)
            rows = table[table[:, 1:].any(axis=1)]
            yield rows, pooled_size([history for _, *history in rows.tolist()])


def _poisson_range(mean: float) -> Range:
    """Return the same range of a Poisson distribution that takes the plain mean for the truth."""
    probability, low, below, count = math.exp(-mean), 0, 0.0, 0
    while True:
        if below + probability <= TAIL:
            low = count + 1
        below += probability
        if below >= 1 - TAIL:
            return Range(low, count)
        count += 1
        probability *= mean / count


def _measure_cost(table: Table, shared: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = squares_of_houston(folder)
        now = datetime.now(UTC)
        with Store.open(f"sqlite:///{folder}/usual.sqlite3", city.city.id) as store:
            fill(store, city, shared, now)
            small, large = (_answer_s(store, city, kind, now) for kind in ("square", "quarter"))
            begun = time.perf_counter()
            Usual(city, store).tell(Kind.CALL, _busiest(city, "square"), frozenset(), now)
            first = time.perf_counter() - begun
    table.add(
        f"Is this usual here, {ROWS:,} stored incidents: a small area, and a quarter of the city",
        f"{small * 1000:.0f} ms and {large * 1000:.0f} ms",
        f"the first answer of a minute, which looks at all areas of the kind: {first * 1000:.0f} ms",
        "",
        f"at most {_GOAL_S * 1000:.0f} ms",
        met=max(small, large) <= _GOAL_S,
    )


def _answer_s(store: Store, city: City, kind: str, now: datetime) -> float:
    usual, area = Usual(city, store), _busiest(city, kind)
    return median_s(lambda: usual.tell(Kind.CALL, area, frozenset(), now), 9)


def _busiest(city: City, kind: str) -> tuple[str, str]:
    """Return the area in which downtown lies."""
    return kind, Areas(city).areas_of_public(Place(-95.37, 29.76, PlaceKind.GRID, 1))[kind]


def fill(store: Store, city: City, shared: Path, end: datetime) -> None:
    """Store a million recorded calls that end now, with the squares that they lie in."""
    areas = Areas(city)
    rows = (
        msgspec.structs.replace(call, areas=areas.areas_of_public(call.place)) if call.place else call
        for call in calls(shared, ROWS, city, end=end)
    )
    while batch := list(islice(rows, _BATCH)):
        store.apply("active", batch, at=end)
    store.record_fetch(FetchReport("active", end, late_after_s=60))
    store.compact(keep_since=end, keep_at_least=20_000)


def squares_of_houston(folder: Path) -> City:
    """Return Houston with squares of 0.05 degrees and four quarters for its areas."""
    text = shipped_cities()["houston"].read_text("utf-8")
    for kind, across, up in (("square", 20, 15), ("quarter", 2, 2)):
        wide, high = (_EAST - _WEST) / across, (_NORTH - _SOUTH) / up
        features = [
            {
                "type": "Feature",
                "properties": {"id": f"{x}-{y}", "name": f"{x}-{y}"},
                "geometry": _square(_WEST + x * wide, _SOUTH + y * high, wide, high),
            }
            for x in range(across)
            for y in range(up)
        ]
        collection = {"type": "FeatureCollection", "features": features}
        (folder / f"{kind}.geojson").write_bytes(orjson.dumps(collection))
        text += f'\n[[areas]]\nkind = "{kind}"\nlabel = "{kind}"\nfile = "{kind}.geojson"\n'
    file = folder / "houston.toml"
    file.write_text(text, "utf-8")
    return load_city(str(file))


def _square(west: float, south: float, wide: float, high: float) -> dict[str, object]:
    east, north = west + wide, south + high
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
