"""What comes back from the process that decodes files: plain values, and nothing that runs."""

import io
import os
import pickle
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blocklight.errors import SourceUnavailable
from blocklight.intake.forms.decoding import parquet_columns, read_frame, write_frame


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def _back(value: object) -> object:
    pipe = io.BytesIO()
    write_frame(pipe, value)
    pipe.seek(0)
    return read_frame(pipe)


def test_the_values_of_cells_come_back_as_they_were() -> None:
    values: list[Any] = [
        None,
        True,
        1,
        2**70,
        1.5,
        "é",
        b"x",
        {"a": [1]},
        Decimal("1.50"),
        date(2026, 1, 1),
        time(1, 2),
    ]
    zoned = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    values += [datetime(2026, 1, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), zoned, timedelta(1)]  # noqa: DTZ001 - cells have none
    assert _back(values) == values


def test_nothing_but_values_is_made_of_what_the_other_process_writes() -> None:
    with pytest.raises(pickle.UnpicklingError):
        _back(_Runs())


def test_a_frame_that_breaks_off_is_the_end() -> None:
    pipe = io.BytesIO()
    write_frame(pipe, ["x"])
    for length in range(len(pipe.getvalue())):
        with pytest.raises(EOFError):
            read_frame(io.BytesIO(pipe.getvalue()[:length]))


def _parquet(table: pa.Table) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    file.seek(0)
    return file


def test_a_page_of_parquet_that_unpacks_to_more_than_there_may_be_is_refused() -> None:
    text = "x" * 50_000_000
    bomb = _parquet(
        pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), [text])})
    )
    assert len(bomb.getvalue()) < 100_000
    with parquet_columns(bomb) as (names, rows):
        blocks = rows(names)
        with pytest.raises(SourceUnavailable, match="too much memory or time"):
            list(blocks)


def test_times_of_parquet_in_any_zone_are_utc() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    column = pa.array([noon, None], pa.timestamp("us", "America/Chicago"))
    with parquet_columns(_parquet(pa.table({"a": column}))) as (names, rows):
        assert [row for block in rows(names) for row in block] == [(noon,), (None,)]
