"""What every export of a table shares: its columns, and values as people and programs read them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from blocklight.query.encoded import FlatRow, Points
from blocklight.query.fields import OBJECT_ID, Field, Fields, FieldType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MEDIA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "csv": "text/csv",
    "geojsonl": "application/geo+json-seq",
    "kml": "application/vnd.google-earth.kml+xml",
    "fgb": "application/flatgeobuf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Some rows of a table, in the order of its columns, and their public points."""

    rows: Sequence[FlatRow]
    points: Points


@dataclass(frozen=True, slots=True)
class ExportTable:
    """What is written: the title of it, its credit, and its columns."""

    title: str
    attribution: str
    columns: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def times(self) -> tuple[int, ...]:
        """Which columns are times."""
        return tuple(at for at, column in enumerate(self.columns) if column.type is FieldType.TIME)


# Writes a file part by part; an empty part says only that work was done.
Write = Callable[[ExportTable, Iterator[ExportPage]], Iterator[bytes]]


def exported_fields(fields: Fields) -> tuple[Field, ...]:
    """The columns of an export: all fields but the number that only GIS clients need."""
    return tuple(field for name, field in fields.items() if name != OBJECT_ID)


def time_of(ms: int) -> datetime:
    """A time of a row."""
    return _EPOCH + timedelta(milliseconds=ms)


def time_text(ms: int) -> str:
    """A time of a row as ISO 8601 with a Z."""
    text = time_of(ms).isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def with_time_texts(row: FlatRow, times: Sequence[int]) -> list[Any]:
    """A row with its times as texts."""
    values = list(row)
    for at in times:
        if values[at] is not None:
            values[at] = time_text(values[at])
    return values


def pairs(points: Points) -> list[list[float] | None]:
    """Each point as longitude and latitude, ``None`` where there is none."""
    return [None if np.isnan(pair[0]) else pair for pair in points.tolist()]
