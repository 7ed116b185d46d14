"""What is small on the wire and huge to read is refused in plain words, within bounded memory and time."""

import os
import re
import resource
import signal
import time
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from workbooks import workbook

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.intake.connectors.atom_rss import entry_rows, xml_document
from blocklight.intake.connectors.html_table import html_document
from blocklight.intake.connectors.http import json_document
from blocklight.intake.forms.bounded_json import parse_json
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.tables import Reading, read_body, table_body

SOURCE = SourceSpec.model_validate(
    {
        "id": "calls",
        "label": "Calls",
        "connector": "files",
        "url": "https://x.example/calls.csv",
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
SIZE = SOURCE.max_bytes
HEADING = b"number,received,type,lon,lat\n"
LAUGHS = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"ha") for n in range(10))
_MOST_MB = 500
# On a machine that does other things too; each takes a second or two of its own.
_LONGEST_S = 60


def table(body: bytes) -> object:
    """Read a body as the connector of table files does, which takes no more than a source's rows."""
    count = 0
    for block in read_body(table_body(body), Reading(Columns(SOURCE))):
        count += len(block)
        if count > SOURCE.max_rows:
            raise SourceChanged("more rows than max_rows")
    return count


def page(body: bytes) -> object:
    return type(html_document(body)).__name__


def feed(body: bytes) -> object:
    return entry_rows(xml_document(body))


def outcome(read: Callable[[bytes], object], body: bytes) -> str:
    """Read *body* in a process of its own; return what it came to, or the text of its error."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        signal.alarm(_LONGEST_S)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            told = f"read: {read(body)!r}"[:100]
        except SourceError as error:
            told = str(error)
        except BaseException as error:  # noqa: BLE001 - the test is to see it
            told = f"{type(error).__name__} {error}"[:200]
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        os.write(writing, f"{grown_mb} {told}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        grown, _, told = pipe.read().decode().partition(" ")
    os.waitpid(process, 0)
    assert grown, f"it took longer than {_LONGEST_S} s"
    assert int(grown) < _MOST_MB
    return told


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (b"[", "the JSON document has too many values"),
        (b"[],", "the JSON document has too many values"),
        (b'{"a":0},', "the JSON document has too many values"),
        (b"0,", "the JSON document has too many values"),
    ],
)
def test_json_that_is_many_times_as_large_in_memory_is_not_read(unit: bytes, words: str) -> None:
    body = b"[" + unit * (SIZE // len(unit) - 1) + b"0]"
    assert outcome(json_document, body) == words
    assert outcome(table, body) == words


def test_json_nested_deeply_is_broken_json() -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(SourceUnavailable, match="invalid JSON"):
        json_document(deep)
    with pytest.raises(SourceUnavailable, match="invalid JSON"):
        json_document(deep[:200_000])
    assert parse_json(b"[" * 500 + b"]" * 500)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE z [" + LAUGHS + b"]><feed>&e9;</feed>", "XML with a document type"),
        (b'<!DOCTYPE z SYSTEM "file:///etc/hostname"><feed/>', "XML with a document type"),
        (b"<feed>" + b"<e/>" * (SIZE // 4 - 10) + b"</feed>", "the XML has too many elements"),
        (b"<feed>" + b"<a>" * (SIZE // 3 - 10), "the XML has too many elements"),
        (b"<feed " + b'a="1" ' * (SIZE // 6 - 10) + b"/>", "an element that is too long"),
        (b"<feed><!--" + b" " * (SIZE - 20), "an element that is too long"),
        (b"<feed>" + b"<a>" * 900_000 + b"</a>" * 900_000 + b"</feed>", "nested too deeply"),
    ],
    ids=["entities", "outside entity", "elements", "unended", "attributes", "comment", "deep"],
)
def test_an_xml_bomb_is_refused(body: bytes, words: str) -> None:
    assert re.search(words, outcome(feed, body))


_TABLE = b"<table><tr><td>x</td></tr></table>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_TABLE + b"<td>" * (SIZE // 4 - 10), "too many tags on the page"),
        (_TABLE + b"<!--" * 900_000, "read: 'Page'"),
        (_TABLE + b"<script>" + b"x" * (SIZE - 100), "a part has no end"),
        (_TABLE + b"<a " + b"a " * (SIZE // 2 - 100), "a part has no end"),
        (_TABLE + b"<a " + b"=\"'" * (SIZE // 3 - 100), "a part has no end"),
        (b"<div>" * 300_000 + _TABLE, "read: 'Page'"),
        (b"<table>" * 300_000 + _TABLE, "read: 'Page'"),
        (_TABLE + b"&" * (SIZE // 8), "read: 'Page'"),
    ],
    ids=["cells", "comments", "script", "attributes", "quotes", "deep", "tables in tables", "entities"],
)
def test_a_page_that_takes_for_ever_is_refused_or_read_in_time(body: bytes, words: str) -> None:
    assert re.search(words, outcome(page, body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40_000, "column 'number' is gone"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40_000, "column 'number' is gone"),
        (b"GIF89a" + b"\0" * 10_000_000, "column 'number' is gone"),
        (HEADING + b"," * (SIZE - 100), "read: 0"),
        (b"," * (SIZE - 100), "no row of headings"),
        (HEADING + b"\n" * (SIZE - 100), "too many empty rows"),
        (HEADING + b"1\n" * (SIZE // 2 - 100), "more rows than max_rows"),
        (HEADING + b'"' + b"x" * (SIZE - 100), r"read: \d+"),
        (b"{}\n" * (SIZE // 3), "the JSON document has too many values"),
        (b"\x1f\x8b" + b"\0" * 100, "a broken packed file"),
    ],
    ids=["png", "jpeg", "gif", "commas", "columns", "lines", "rows", "quote", "json lines", "gzip"],
)
def test_a_table_file_that_is_none_is_refused(body: bytes, words: str) -> None:
    assert re.search(words, outcome(table, body))


def _inflating(member: str, declared: int | None) -> bytes:
    """Return a workbook of which a member unpacks to half a gigabyte, and says so or not."""
    whole = BytesIO(workbook([["number"], [1]]))
    out = BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
        with new.open(member, "w", force_zip64=False) as file:
            file.write(b"<worksheet><sheetData>")
            rows = b"<row><c><v>1</v></c></row>" * 40_000
            for _ in range(500):
                file.write(rows)
        if declared is not None:
            new.getinfo(member).file_size = declared
    return out.getvalue()


@pytest.mark.parametrize("declared", [None, 1_000])
def test_a_workbook_whose_sheet_inflates_to_half_a_gigabyte_is_refused(declared: int | None) -> None:
    body = _inflating("xl/worksheets/sheet1.xml", declared)
    assert len(body) < 10_000_000
    began = time.monotonic()
    words = outcome(table, body)
    assert re.search("too large once uncompressed|too much memory or time|damaged Excel file|is gone", words)
    assert time.monotonic() - began < _LONGEST_S
