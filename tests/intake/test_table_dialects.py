"""Table files as they come: other delimiters and marks, titles and footers, packed, JSON of any geometry."""

import gzip
import io
import json
import zipfile

import pytest
from exact_calls import lon_lat

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.intake.forms import packed
from blocklight.intake.forms.table_rows import Reading
from blocklight.intake.forms.tables import read_body
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import RawRecord
from blocklight.model.vocabulary import Disposition

HEAD = "Call,Opened,Nature,Lat,Lon\n"
ROW = "A1,2026-03-01T12:00:00Z,ALARM,37.6800,-97.3300\n"


def source(**changes: object) -> SourceSpec:
    plain = {
        "id": "calls",
        "label": "Calls",
        "connector": "files",
        "url": "https://calls.example/calls",
        "key": ["Call"],
        "closes": "never",
        "fields": {
            "received_at": {"from": "Opened", "convert": "iso"},
            "source_type": "Nature",
            "agency": {"default": "police"},
            "lat": {"from": "Lat", "convert": "float"},
            "lon": {"from": "Lon", "convert": "float"},
        },
    }
    return SourceSpec.model_validate(plain | changes)


def read(body: bytes, **changes: object) -> tuple[list[RawRecord], list[str]]:
    blocks = list(read_body(body, Reading.of(source(**changes), 10)))
    return [row for b in blocks for row in b.records], [row.reason for b in blocks for row in b.unreadable]


def place(row: RawRecord) -> tuple[float | None, float | None]:
    from datetime import UTC, datetime  # noqa: PLC0415 - kept beside its one use
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

    none: dict[str, Disposition] = {}
    incident = Normaliser(source(), ZoneInfo("UTC"), none)(row, datetime(2026, 3, 2, tzinfo=UTC))
    lon, lat = lon_lat(incident) or (None, None)
    return lat, lon


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ROW,
        "sep=;\n" + (HEAD + ROW).replace(",", ";"),
        (HEAD + ROW).replace(",", ";").replace("37.68", "37,68").replace("97.33", "97,33"),
        (HEAD + ROW).replace(",", "|"),
        HEAD.replace("Lon", "Lon,Units;of;all;kinds;and;more") + ROW.replace("\n", ",E1;T2\n"),
        HEAD + ROW.replace("A1", '="A1"'),
        "\n".join('"' + line.replace(",", '","') + '"' for line in (HEAD + ROW).splitlines())
        + '\n"1 record(s)"\n',
        HEAD + ROW + "Total,1,,,\n",
        HEAD + ROW + HEAD,
        HEAD + ROW + "\nReport generated 2026-03-01 12:05\n",
    ],
)
def test_a_dialect_is_understood(text: str) -> None:
    rows, unreadable = read(text.encode())
    assert unreadable == []
    [row] = rows
    assert (row["Call"], row["Nature"]) == ("A1", "ALARM")
    assert place(row) == (37.68, -97.33)


@pytest.mark.parametrize(
    "footer", ["", "Total,0,,,\n", "0 records\n", "No calls found\n", "Page 1\n", "null"]
)
def test_headings_and_a_footer_are_nobody_calling(footer: str) -> None:
    body = footer if footer == "null" else HEAD + footer
    assert read(body.encode()) == ([], [])


def test_a_call_is_no_footer() -> None:
    rows, unreadable = read((HEAD + ROW.replace("A1", "TOTAL LOSS 1")).encode())
    assert (len(rows), unreadable) == (1, [])
    assert read((HEAD + "A2,2026\n").encode()) == ([], ["ragged_row"])


def archive(**members: bytes) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name.replace("_", "."), content)
    return body.getvalue()


TABLE = (HEAD + ROW).encode()


def test_a_packed_table_is_unpacked() -> None:
    for body in (gzip.compress(TABLE), archive(calls_csv=TABLE, readme_md=b"about"), gzip.compress(b"null")):
        rows, _ = read(body)
        assert [row["Call"] for row in rows] == ([] if b"null" in gzip_or(body) else ["A1"])


def gzip_or(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(packed.GZIP) else b""


def test_of_several_tables_in_an_archive_one_is_named() -> None:
    body = archive(a_csv=TABLE, b_csv=TABLE.replace(b"A1", b"B1"))
    with pytest.raises(SourceChanged, match="the archive holds several tables; say which with `resource`"):
        read(body)
    assert [row["Call"] for row in read(body, resource="^b")[0]] == ["B1"]
    with pytest.raises(SourceChanged, match="the archive holds no such table"):
        read(archive(readme_md=b"about"))


@pytest.mark.parametrize(
    "body", [gzip.compress(TABLE * 100)[:-30], archive(a_csv=TABLE * 100)[:-40], b"\x1f\x8b"]
)
def test_a_broken_packed_file_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(SourceUnavailable, match="a broken packed file"):
        read(body)


def test_a_packed_file_may_not_unpack_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_MOST_UNPACKED", 100_000)
    with pytest.raises(SourceError, match="too large once uncompressed"):
        read(gzip.compress(HEAD.encode() + ROW.encode() * 10_000))


def test_a_file_has_room_for_more_rows_than_an_answer_of_an_interface() -> None:
    assert source().row_limit == 1_000_000
    assert source(max_rows=7).row_limit == 7
    assert source(connector="json").row_limit == 100_000


def test_the_own_members_of_a_feature_are_no_columns_of_the_call() -> None:
    feature = {"type": "Feature", "id": 7, "geometry": None, "properties": {"Nature": "ALARM"}}
    wide = source().with_every_column()
    [block] = read_body(
        json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(), Reading.of(wide, 9)
    )
    assert block.records == [{"id": 7, "Nature": "ALARM"}]
