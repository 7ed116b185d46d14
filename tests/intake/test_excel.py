"""Excel files, written here by hand: a ZIP archive of a few XML documents (ECMA-376)."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from workbooks import far_corner, workbook

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms import excel
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.tables import Reading, read_body, read_file

SOURCE = SourceSpec.model_validate(
    {
        "id": "calls",
        "label": "Calls",
        "connector": "files",
        "url": "https://x.example/calls.xlsx",
        "key": ["number"],
        "closes": "never",
        "fields": {
            "received_at": {"from": "received", "convert": "local"},
            "source_type": "type",
            "agency": {"default": "police"},
            "lon": {"from": "lon", "convert": "float"},
            "lat": {"from": "lat", "convert": "float"},
        },
    }
)
READING = Reading(Columns(SOURCE))
TABLE: list[list[Any]] = [
    ["Number", "Received", "Type", "Lon", "Lat", "Caller"],
    [4711, (46082.5,), "NOISE", -97.33, 37.7, "J. Doe"],
    ["", "", "", "", "", ""],
    [4712, (46082.75,), "FIRE", -97.34, 37, "J. Doe"],
]


def test_the_rows_of_a_workbook_are_read_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "calls.xlsx"
    path.write_bytes(workbook(TABLE))
    [block] = read_file(path, READING)
    assert [dict(row) for row in block.records] == [
        {"number": 4711, "received": "2026-03-01T12:00:00", "type": "NOISE", "lon": -97.33, "lat": 37.7},
        {"number": 4712, "received": "2026-03-01T18:00:00", "type": "FIRE", "lon": -97.34, "lat": 37},
    ]


def test_the_sheet_that_has_our_columns_is_the_one_that_is_read() -> None:
    [block] = read_body(workbook([["About this file"], ["Made on Monday"]], TABLE), READING)
    assert len(block.records) == 2


def test_a_title_above_the_headings_is_passed_over() -> None:
    [block] = read_body(workbook([["Calls for service"], ["Printed", "Monday"], *TABLE]), READING)
    assert len(block.records) == 2


def test_a_workbook_without_our_columns_says_which() -> None:
    with pytest.raises(SourceChanged, match="column 'number' is gone"):
        list(read_body(workbook([["a"], [1]]), READING))


@pytest.mark.parametrize("body", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", workbook(TABLE)[:-50]])
def test_a_broken_workbook_is_refused(body: bytes) -> None:
    with pytest.raises(SourceUnavailable, match=r"(damaged Excel|broken packed) file"):
        list(read_body(body, READING))


def test_an_archive_of_something_else_is_said_to_be_one() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("calls.doc", "number,received,type,lon,lat")
    with pytest.raises(SourceChanged, match="the archive holds no such table"):
        list(read_body(body.getvalue(), READING))


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "_MAX_UNPACKED", 1000)
    with pytest.raises(SourceChanged, match="too large once uncompressed"):
        next(excel.sheets(io.BytesIO(workbook(TABLE))))


def test_two_legal_cells_far_apart_end_the_process_that_reads_them_and_not_this_one() -> None:
    with pytest.raises(SourceUnavailable, match="takes too much memory or time"):
        list(read_body(far_corner(), READING))
    assert len(list(read_body(workbook(TABLE), READING))) == 1  # the next is read as ever


def test_sheets_that_nobody_reads_to_their_end_are_passed_over() -> None:
    other: list[list[Any]] = [["a", "b"], *([n, n] for n in range(3_000))]
    (block,) = read_body(workbook(other, other, TABLE), READING)
    assert [row["number"] for row in block.records] == [4711, 4712]
