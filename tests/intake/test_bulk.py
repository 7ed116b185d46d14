"""A file of history is understood in a process of its own; what comes back is redacted, and in order."""

import os
import pickle
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import active_children
from pathlib import Path

import pytest

from blocklight.config.city import City, parse_city
from blocklight.errors import BlocklightError, SourceChanged
from blocklight.intake.bulk import History, Understood, understand, understood
from blocklight.model.record import PublicIncident

_KEY = bytes(range(32))
_ROWS = 30_000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SECRETS = ("J. Doe", "12 Elm St", "37.7123", "-122.2456")


def now() -> datetime:
    return _NOW


@pytest.fixture
def city(tmp_path: Path) -> City:
    source = {
        "id": "calls",
        "label": "The calls",
        "connector": "files",
        "url": "https://data.example/calls.csv",
        "key": ["id"],
        "closes": "never",
        "fields": {
            "received_at": {"from": "received", "convert": "iso"},
            "source_type": "kind",
            "agency": {"default": "police"},
            "address": "address",
            "lon": {"from": "lon", "convert": "float"},
            "lat": {"from": "lat", "convert": "float"},
        },
    }
    table = {
        "city": {
            "id": "smallville",
            "name": "Smallville",
            "time_zone": "America/Los_Angeles",
            "bounds": {"west": -122.4, "south": 37.6, "east": -122.0, "north": 37.9},
        },
        "sources": [source],
        "call_types": {"exact": {"NOISE": "noise"}},
    }
    return parse_city(table, file="smallville.toml", folder=tmp_path)


def history(folder: Path, city: City, heading: str = "id,received,kind,lon,lat,address,caller") -> History:
    path = folder / "calls.csv"
    rows = (
        f"{n},2024-03-01T10:{n % 60:02}:00Z,NOISE,-122.2456,37.7123,12 Elm St,J. Doe" for n in range(_ROWS)
    )
    path.write_text("\n".join([heading, *rows, ""]), "utf-8")
    assert path.stat().st_size > 1_000_000, "too small a file to get a process of its own"
    return History(path, city, city.source("calls"), _KEY, now)


def test_blocks_from_the_other_process_are_those_of_this_one(tmp_path: Path, city: City) -> None:
    asked = history(tmp_path, city)
    with understood(asked) as blocks:
        theirs = list(blocks)
    assert theirs == list(understand(asked))
    assert [block.rows for block in theirs] == [5000] * 6
    assert all(isinstance(outcome, PublicIncident) for block in theirs for outcome in block.outcomes)
    assert theirs[-1].position == asked.file.stat().st_size
    assert not active_children()


def test_nothing_exact_crosses_between_the_processes(tmp_path: Path, city: City) -> None:
    crossing = b"".join(pickle.dumps(block) for block in understand(history(tmp_path, city)))
    assert b"smallville" not in crossing
    assert crossing.count(b"NOISE") == 0
    for secret in _SECRETS:
        assert secret.encode() not in crossing
    floats = [float(text) for text in _SECRETS[2:]]
    assert not any(pickle.dumps(number)[3:-1] in crossing for number in floats)


def test_a_history_that_was_begun_goes_on_after_its_rows(tmp_path: Path, city: City) -> None:
    asked = history(tmp_path, city)
    rest = History(asked.file, city, asked.source, _KEY, now, done=20_000)
    with understood(rest) as blocks:
        assert [block.rows for block in blocks] == [5000, 5000]


def test_an_error_over_there_is_the_same_error_here(tmp_path: Path, city: City) -> None:
    asked = history(tmp_path, city, heading="id,received,sort,lon,lat,address,caller")
    with pytest.raises(SourceChanged, match="column 'kind' is gone") as raised, understood(asked) as blocks:
        list(blocks)
    assert "sort" in raised.value.heading


def a_clock_that_quotes_a_record() -> datetime:
    raise KeyError("12 Elm St")


@pytest.mark.parametrize("lines", [10, _ROWS])
def test_an_unexpected_error_says_where_and_quotes_nothing(
    tmp_path: Path, city: City, capfd: pytest.CaptureFixture[str], lines: int
) -> None:
    asked = replace(history(tmp_path, city), now=a_clock_that_quotes_a_record)
    rows = asked.file.read_text("utf-8").splitlines(keepends=True)
    asked.file.write_text("".join(rows[: lines + 1]), "utf-8")
    with pytest.raises(BlocklightError) as caught, understood(asked) as blocks:
        list(blocks)
    assert str(caught.value).startswith("internal error (KeyError at test_bulk.py:")
    assert caught.value.__cause__ is None
    assert "Elm" not in "".join(capfd.readouterr()) + "".join(traceback.format_exception(caught.value))


def test_a_reader_that_is_ended_from_outside_is_no_end_of_the_file(tmp_path: Path, city: City) -> None:
    with begun(history(tmp_path, city)) as (_, blocks):
        [reader] = active_children()
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        with pytest.raises(BlocklightError, match="was ended"):
            list(blocks)


def test_who_stops_early_leaves_no_process_behind(tmp_path: Path, city: City) -> None:
    with begun(history(tmp_path, city)) as (first, _):
        assert first.rows == 5000
    assert not active_children()


@contextmanager
def begun(asked: History) -> Iterator[tuple[Understood, Iterator[Understood]]]:
    with understood(asked) as blocks:
        yield next(blocks), blocks
