"""Files of everything that a filter matches, read by other people's libraries."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pyarrow.parquet as pq
import pytest
from living_city import START, an_incident, until
from msgspec.structs import replace
from public_side import PublicSide, public_side, some_incidents
from pyogrio import raw
from python_calamine import CalamineWorkbook

from blocklight.errors import StoreError
from blocklight.model.outcomes import Withheld
from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind, Reason
from blocklight.query.fields import incident_fields
from blocklight.store import IncidentQuery, ReadStore

COUNT = 320
FORMULAS = ("=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1+1", " =1+1")
INCIDENTS = some_incidents(COUNT)
Read = Callable[[bytes, Path], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


@pytest.fixture(autouse=True)
def _many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocklight.store.read.exporting.PAGE", 50)


def _csv(body: bytes, _: Path) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def _geojson(body: bytes, _: Path) -> list[dict[str, Any]]:
    return [_flat(feature) for feature in orjson.loads(body)["features"]]


def _geojson_lines(body: bytes, _: Path) -> list[dict[str, Any]]:
    return [_flat(orjson.loads(line)) for line in body.splitlines()]


def _flat(feature: dict[str, Any]) -> dict[str, Any]:
    lon, lat = (feature["geometry"] or {"coordinates": (None, None)})["coordinates"]
    values: dict[str, Any] = feature["properties"]
    return {**values, "longitude": lon, "latitude": lat}


def _parquet(body: bytes, _: Path) -> list[dict[str, Any]]:
    table = pq.read_table(io.BytesIO(body))
    assert orjson.loads(table.schema.metadata[b"geo"])["primary_column"] == "geometry"
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _by_gdal(suffix: str) -> Read:
    def read(body: bytes, folder: Path) -> list[dict[str, Any]]:
        file = folder / f"export.{suffix}"
        file.write_bytes(body)
        meta, _, geometry, columns = raw.read(str(file), datetime_as_string=True)
        assert meta["crs"] in ("EPSG:4326", "OGC:CRS84")
        names = [*meta["fields"], "geometry"]
        lists = [*(column.tolist() for column in columns), geometry]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]

    return read


def _workbook(body: bytes, _: Path) -> list[dict[str, Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    head, *rows = book.get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


READERS: dict[str, Read] = {
    "csv": _csv,
    "geojson": _geojson,
    "geojsonl": _geojson_lines,
    "parquet": _parquet,
    "fgb": _by_gdal("fgb"),
    "kml": _by_gdal("kml"),
    "xlsx": _workbook,
}


def _export(side: PublicSide, form: str, **given: str) -> bytes:
    answer = side.get(f"incidents.{form}", params=given)
    assert answer.status_code == httpx2.codes.OK, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.content


@pytest.mark.parametrize("form", READERS)
def test_every_format_has_every_record_once(side: PublicSide, form: str, tmp_path: Path) -> None:
    rows = READERS[form](_export(side, form), tmp_path)
    assert sorted(row["id"] for row in rows) == sorted(incident.id for incident in INCIDENTS)


@pytest.mark.parametrize("form", READERS)
def test_every_format_has_what_a_filter_matches(side: PublicSide, form: str, tmp_path: Path) -> None:
    rows = READERS[form](_export(side, form, category="fire", status="open"), tmp_path)
    matching = {i.id for i in INCIDENTS if i.category == "fire" and i.status == "open"}
    assert {row["id"] for row in rows} == matching
    assert 20 < len(matching) < COUNT


@pytest.mark.parametrize("form", ["csv", "geojson", "geojsonl", "parquet", "fgb", "xlsx"])
def test_values_and_times_are_those_of_the_record(side: PublicSide, form: str, tmp_path: Path) -> None:
    rows = {row["id"]: row for row in READERS[form](_export(side, form), tmp_path)}
    for incident in INCIDENTS:
        row = rows[incident.id]
        assert row["category"] == incident.category
        assert str(row["received_at"])[:19].replace(" ", "T") == incident.received_at.isoformat()[:19]
        assert (row["place_label"] or None) == (incident.place and incident.place.label)
        if "longitude" in row:
            lon = row["longitude"]
            assert (None if lon in ("", None) else float(lon)) == (incident.place and incident.place.lon)
        else:
            assert (row["geometry"] is None) is (incident.place is None)


@pytest.mark.parametrize("form", [form for form in READERS if form != "kml"])
def test_an_export_of_nothing_is_a_file_that_can_be_read(side: PublicSide, form: str, tmp_path: Path) -> None:
    assert READERS[form](_export(side, form, category="rescue"), tmp_path) == []


def test_no_text_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        told = [an_incident(at, source_type=text) for at, text in enumerate(FORMULAS, 1)]
        side.store.apply("dispatch", told, at=START)
        for form in ("csv", "xlsx"):
            rows = READERS[form](_export(side, form), tmp_path)
            assert sorted(row["source_type"] for row in rows) == sorted(f"'{text}" for text in FORMULAS)


def test_no_text_breaks_out_of_xml(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        text = 'a<b>&"]]>\x01\x0b'
        place = Place(-122.25, 37.75, PlaceKind.GRID, 201, text)
        side.store.apply("dispatch", [replace(an_incident(1), place=place, source_type=text)], at=START)
        (row,) = READERS["kml"](_export(side, "kml"), tmp_path)
        assert row["source_type"] == 'a<b>&"]]>'


def test_texts_are_packed_for_who_takes_that(side: PublicSide) -> None:
    with side.client.stream("GET", "/api/v1/incidents.csv", headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed) == _export(side, "csv")


@pytest.mark.parametrize("given", [{"category": "fir"}, {"limit": "5"}, {"cursor": "x"}, {"q": "a " * 9}])
def test_a_mistake_is_said_before_anything_is_sent(side: PublicSide, given: dict[str, str]) -> None:
    answer = side.get("incidents.csv", params=given)
    assert answer.status_code == httpx2.codes.BAD_REQUEST
    assert side.get("incidents.exe").status_code == httpx2.codes.NOT_FOUND


def test_an_export_that_cannot_be_finished_is_never_taken_for_whole(
    side: PublicSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = ReadStore.exported

    def breaking(store: ReadStore, *given: Any) -> Iterator[Any]:  # noqa: ANN401 - whatever it is given
        yield from (page for page, _ in zip(exported(store, *given), range(2), strict=False))
        raise StoreError("gone")

    monkeypatch.setattr(ReadStore, "exported", breaking)
    with pytest.raises(httpx2.RemoteProtocolError):
        side.get("incidents.csv")


def test_an_address_has_two_exports_at_a_time(side: PublicSide) -> None:
    places = side.exports.places
    until(lambda: not places.held)  # what was sent before is put away once it is sent
    assert places.take("127.0.0.1") is places.take("127.0.0.1") is None
    assert side.get("incidents.csv").status_code == httpx2.codes.TOO_MANY_REQUESTS
    places.leave("127.0.0.1")
    for _ in range(3):
        assert _export(side, "csv")
    places.leave("127.0.0.1")


def test_what_is_taken_back_while_a_file_is_written_is_not_in_its_rest(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        parts = side.store.exported(IncidentQuery(), ("id",), incident_fields())
        shown = [row[0] for row in next(parts).rows]
        assert len(shown) == 50
        gone = [
            Withheld(i.id, i.source, Reason.SENSITIVE, sensitive=True) for i in INCIDENTS if i.id not in shown
        ]
        side.store.apply("dispatch", [*gone, an_incident(9_000)], at=START)
        assert [row[0] for page in parts for row in page.rows] == []


def test_a_network_link_names_the_file_with_its_filter(side: PublicSide) -> None:
    body = side.get("network_link.kml", params={"category": "fire"}).text
    assert f"<href>{side.server.url}/api/v1/incidents.kml?category=fire</href>" in body
    assert "<refreshInterval>60</refreshInterval>" in body
    assert side.get("network_link.kml", params={"nothing": "x"}).status_code == httpx2.codes.BAD_REQUEST
