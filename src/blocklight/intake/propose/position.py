"""What is known of where a city lies, before a single coordinate is understood."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from blocklight.errors import UsageError

# West, south, east, north.
Box = tuple[float, float, float, float]

_AROUND_DEGREES = 0.6
_A_POINT, _A_BOX = 2, 4
_MOSTLY = 0.5
_UNITED_STATES: Box = (-180.0, 15.0, -64.0, 72.0)
_MOST_BYTES = 64_000_000
_STATE_AT_THE_END = re.compile(r",\s*([A-Z]{2})\.?(?:\s+\d{5}(?:-\d{4})?)?\s*$")
STATES = dict(
    pair.split("=")
    for pair in (
        "AL=Alabama AK=Alaska AZ=Arizona AR=Arkansas CA=California CO=Colorado CT=Connecticut DE=Delaware "
        "FL=Florida GA=Georgia HI=Hawaii ID=Idaho IL=Illinois IN=Indiana IA=Iowa KS=Kansas KY=Kentucky "
        "LA=Louisiana ME=Maine MD=Maryland MA=Massachusetts MI=Michigan MN=Minnesota MS=Mississippi "
        "MO=Missouri MT=Montana NE=Nebraska NV=Nevada NH=New_Hampshire NJ=New_Jersey NM=New_Mexico "
        "NY=New_York NC=North_Carolina ND=North_Dakota OH=Ohio OK=Oklahoma OR=Oregon PA=Pennsylvania "
        "RI=Rhode_Island SC=South_Carolina SD=South_Dakota TN=Tennessee TX=Texas UT=Utah VT=Vermont "
        "VA=Virginia WA=Washington WV=West_Virginia WI=Wisconsin WY=Wyoming PR=Puerto_Rico"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a city may be: within a box, in one of some states, in the United States, or anywhere.

    *bounds* is the box where it is known to be the city's own and not only somewhere around it.
    """

    box: Box | None = None
    bounds: Box | None = None
    states: frozenset[str] = frozenset()
    american: bool = False

    @property
    def corners(self) -> list[tuple[float, float]]:
        """The corners of the city's own bounds, where they are known."""
        return [] if self.bounds is None else [self.bounds[:2], self.bounds[2:]]

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return self.box is not None or bool(self.states) or self.american

    def touches(self, bounds: Box) -> bool:
        """Whether some place that is allowed may lie within *bounds*."""
        if not self.is_known:
            return True
        box = _UNITED_STATES if self.box is None else self.box
        return box[0] <= bounds[2] and bounds[0] <= box[2] and box[1] <= bounds[3] and bounds[1] <= box[3]

    def allows(self, lon: float, lat: float, ground: str) -> bool:
        """Whether the city may be at a place; *ground* names what its reference system is made for."""
        if self.box is not None:
            return _is_inside(lon, lat, self.box)
        if self.states and (ground_states := states_of_ground(ground)):
            return bool(self.states & ground_states)
        return not (self.states or self.american) or _is_inside(lon, lat, _UNITED_STATES)


def position_of(
    url: str,
    name: str,
    rows: Sequence[Mapping[str, object]],
    *,
    near: str | None = None,
    ground: Path | None = None,
) -> Position:
    """Gather what is known of a city's position.

    It is read from *near*, which a person wrote; from the GeoJSON files that lie in the folder *ground*;
    from the state in the address, the *name* or the addresses of *rows*; and from a top level that only
    the United States have. Raises ``UsageError`` for a *near* that is neither a point nor a box.
    """
    if near is not None:
        box = box_near(near)
        return Position(box, bounds=box if near.count(",") == _A_BOX - 1 else None)
    if ground is not None and (around := _box_of_files(ground)) is not None:
        return Position(around, bounds=around)
    host = (urlsplit(url).hostname or "").casefold()
    american = bool(re.search(r"\.(?:gov|us|mil)$", host))
    states = _states_of_rows(rows) or _states_in(f"{name} {host}", host)
    return Position(states=states, american=american or bool(states))


def box_near(text: str) -> Box:
    """Read a centre ``LON,LAT`` or bounds ``WEST,SOUTH,EAST,NORTH`` as a box around the city."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == _A_POINT:
        lon, lat = numbers
        numbers = [lon - _AROUND_DEGREES, lat - _AROUND_DEGREES, lon + _AROUND_DEGREES, lat + _AROUND_DEGREES]
    if len(numbers) != _A_BOX or not _is_on_earth(numbers):
        raise UsageError("--near", f"expected LON,LAT or WEST,SOUTH,EAST,NORTH in degrees, not {text!r}")
    west, south, east, north = numbers
    return west, south, east, north


def _is_on_earth(sides: Sequence[float]) -> bool:
    west, south, east, north = sides
    return -181 <= west <= east <= 181 and -91 <= south <= north <= 91  # noqa: PLR2004 - degrees and a margin


def _is_inside(lon: float, lat: float, box: Box) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def states_of_ground(ground: str) -> frozenset[str]:
    """Find the states in what EPSG says of a system's ground, which lists counties behind them."""
    return _longest_states(re.split(r"\bcount(?:y|ies)\b", ground)[0])


def _longest_states(words: str) -> frozenset[str]:
    """Find the names of states in words; Arkansas holds no Kansas, and West Virginia no Virginia."""
    plain, states = re.sub("[^a-z]", "", words.casefold()), set()
    for state in sorted(_NAMES, key=len, reverse=True):
        if (folded := re.sub("[^a-z]", "", state.casefold())) in plain:
            plain = plain.replace(folded, " ")
            states.add(state)
    return frozenset(states)


_NAMES = frozenset(state.replace("_", " ") for state in STATES.values())


def _states_of_rows(rows: Sequence[Mapping[str, object]]) -> frozenset[str]:
    """Find the state that most addresses end with, or that a column of states holds."""
    counted: Counter[str] = Counter()
    for row in rows:
        counted.update(set(_abbreviations(row)))
    return frozenset(
        STATES[short].replace("_", " ") for short, count in counted.items() if count > _MOSTLY * len(rows)
    )


def _abbreviations(row: Mapping[str, object]) -> Iterator[str]:
    for column, value in row.items():
        if not isinstance(value, str):
            continue
        hit = _STATE_AT_THE_END.search(value)
        short = hit[1] if hit else value.strip() if re.fullmatch(r"(?i)state(?:_?code)?", column) else ""
        if short in STATES:
            yield short


def _states_in(words: str, host: str) -> frozenset[str]:
    if hit := re.search(r"\.([a-z]{2})\.us$", host):
        state = STATES.get(hit[1].upper())
        return frozenset({state.replace("_", " ")} if state else ())
    return _longest_states(words)


def _box_of_files(folder: Path) -> Box | None:
    """The box around the shapes of a folder's GeoJSON files, such as a city's streets and areas."""
    boxes = [box for path in sorted(folder.glob("*.geojson")) if (box := _box_of(path)) is not None]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def _box_of(path: Path) -> Box | None:
    if path.stat().st_size > _MOST_BYTES:
        return None
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    pairs = list(_pairs(document))
    if not pairs:
        return None
    lons, lats = zip(*pairs, strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def _pairs(value: object) -> Iterator[tuple[float, float]]:
    """Yield the pairs of numbers that a GeoJSON document has for coordinates."""
    if isinstance(value, Mapping):
        for name in ("features", "geometry", "geometries", "coordinates"):
            yield from _pairs(value.get(name))
    elif isinstance(value, list):
        if len(value) >= _A_POINT and all(isinstance(part, int | float) for part in value[:_A_POINT]):
            yield float(value[0]), float(value[1])
        else:
            for part in value:
                yield from _pairs(part)
