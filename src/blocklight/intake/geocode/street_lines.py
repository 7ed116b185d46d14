"""Reads a city's street lines from a file of any format that GDAL knows, in WGS 84."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from blocklight.config.city import City, StreetLines
from blocklight.errors import CityFileError
from blocklight.geo.reference_systems import in_degrees, named_in_json

_MAX_FILE_BYTES = 500_000_000
_KEY = "geocoder.streets"
# Columns of names and house numbers: TIGER/Line's ADDRFEAT, EDGES and ROADS files, and OpenStreetMap's.
_FORMS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("FULLNAME",), ("LFROMHN", "LTOHN", "RFROMHN", "RTOHN")),
    (("FULLNAME",), ("LFROMADD", "LTOADD", "RFROMADD", "RTOADD")),
    (("FULLNAME",), ()),
    (("name",), ()),
)


@dataclass(frozen=True, slots=True)
class StreetLine:
    """One line of a street: its name in the file, its line in degrees, the house numbers at its ends."""

    name: str
    line: Any
    begins: list[int]
    ends: list[int]


def read_street_lines(spec: StreetLines, city: City) -> Iterator[StreetLine]:
    """Yield the lines of the file that *spec* names; raises ``CityFileError``.

    Lines without a name or a shape are left out: nothing can be found on them.
    """
    path = city.path(spec.file)
    if not path.exists():
        raise CityFileError(str(path), _KEY, "no such file")
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), _KEY, f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        fields = [str(name) for name in pyogrio.read_info(path)["fields"]]
        names, ranges = _line_columns(spec, fields, path)
        meta, _, wkb, values = pyogrio.raw.read(
            path, columns=[key for key in fields if key in {*names, *ranges}], force_2d=True
        )
        lines = shapely.from_wkb(wkb, on_invalid="ignore")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        raise CityFileError(str(path), _KEY, "not a file of geographic data that can be read") from None
    try:
        lines = in_degrees(lines, spec.crs or named_in_json(path) or meta["crs"])
    except ValueError as error:
        raise CityFileError(str(path), f"{_KEY}.crs", str(error)) from None
    columns = dict(zip(map(str, meta["fields"]), values, strict=True))
    for turn, line in enumerate(lines):
        words = [_cell_text(columns[name][turn]) for name in names]
        if line is not None and any(words):
            numbers = [[columns[key][turn] for key in ranges[side::2] if key in columns] for side in (0, 1)]
            yield StreetLine(" ".join(filter(None, words)), line, *map(_house_numbers, numbers))


def _line_columns(
    spec: StreetLines, fields: Sequence[str], path: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the columns of names and numbers: those of the city file, or those of a form that is known."""
    if not spec.name:
        for names, ranges in _FORMS:
            if {*names, *ranges} <= {*fields}:
                return names, spec.ranges or ranges
    names = spec.name or ("name",)
    if missing := [name for name in names if name not in fields]:
        field_names = ", ".join(fields[:20]) or "none"
        raise CityFileError(str(path), f"{_KEY}.name", f"no column {missing[0]!r}; there are: {field_names}")
    return names, spec.ranges


def _cell_text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124 - NaN stands for none


def _house_numbers(values: Iterable[object]) -> list[int]:
    """Read the house numbers of one end of a line; 0 stands for none in most cities' files."""
    texts = (_cell_text(value).partition(".")[0] for value in values)
    return [int(text) for text in texts if text.isdecimal() and int(text)]
