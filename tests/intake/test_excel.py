"""Excel files, written here by hand: a ZIP archive of a few XML documents (ECMA-376)."""

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from blocklight.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake import excel
from blocklight.intake.columns import Columns
from blocklight.intake.tables import Reading, read_body, read_file

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
_BOOK = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{{}}</sheets></workbook>'
_RELATIONS = f'<Relationships xmlns="{_PACKAGE}/relationships">{{}}</Relationships>'


def workbook(*tables: list[list[Any]]) -> bytes:
    """Return a workbook; a cell that is a tuple holds a day number, shown as a time."""
    names = range(1, len(tables) + 1)
    sheets = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in names)
    rels = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in names
    )
    rels += f'<Relationship Id="rId99" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    office = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(office),
        "xl/workbook.xml": _BOOK.format(sheets),
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(rels),
        "xl/styles.xml": _STYLES,
    }
    for number, table in zip(names, tables, strict=True):
        rows = "".join(_row(row) for row in table)
        text = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = text
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return body.getvalue()


def _row(cells: list[Any]) -> str:
    return "<row>" + "".join(map(_cell, cells)) + "</row>"


def _cell(value: Any) -> str:  # noqa: ANN401 - a cell may hold anything
    if isinstance(value, tuple):
        return f'<c s="1"><v>{value[0]}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


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
    with pytest.raises(SourceUnavailable, match="a broken Excel file"):
        list(read_body(body, READING))


def test_an_archive_of_something_else_is_said_to_be_one() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("calls.csv", "number,received,type,lon,lat")
    with pytest.raises(SourceUnavailable, match="a ZIP archive and no Excel file; unpack it first"):
        list(read_body(body.getvalue(), READING))


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "_MAX_UNPACKED", 1000)
    with pytest.raises(SourceChanged, match="unpacks to more than 1,000 bytes"):
        list(read_body(workbook(TABLE), READING))
