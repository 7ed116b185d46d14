from pathlib import Path

import pytest
from loopback.server import Reply, serving

from blocklight.cli.cataloguing import list_feeds
from blocklight.errors import BlocklightError

# Invented rows in the columns of the table.
HEADING = (
    "State,SourceName,Agency,TableType,coverage_start,coverage_end,Year,URL,DataType,date_field,dataset_id"
)
ROWS = [
    "Kansas,Smallville,PD,CALLS FOR SERVICE,01/01/2020,04/2026,,data.smallville.example,Socrata,d,abcd-1234",
    "Kansas,Smallville,Smallville,INCIDENTS,01/01/2020,04/01/2026,MULTIPLE,https://gis.smallville.example/0,ArcGIS,d,",
    "Utah,Port Lumen,Port Lumen,CALLS FOR SERVICE,01/01/2020,04/01/2026,2026,https://lumen.example/c.csv,CSV,d,",
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join([HEADING, *ROWS, ""]), "utf-8")
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("place", ["kansas", "SMALLVILLE", "small"])
def test_the_feeds_of_a_state_or_city_are_listed_with_the_address_to_use(
    table: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    list_feeds(place, file=table, incidents=False)
    text = said(capsys)
    assert "https://data.smallville.example/resource/abcd-1234.json" in text
    assert "1 feed, from OpenPoliceData's table of sources" in text
    assert "BSD-3" in text


def test_without_a_place_all_calls_are_listed_and_incidents_when_asked_for(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_feeds(None, file=table, incidents=False)
    assert "2 feeds" in said(capsys)
    list_feeds(None, file=table, incidents=True)
    assert "3 feeds" in said(capsys)


def test_the_table_is_read_from_its_address(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda _: Reply(200, (table.read_bytes(),))) as running:
        list_feeds("utah", file=None, incidents=False, table_url=running.url + "/table.csv")
    assert "https://lumen.example/c.csv" in said(capsys)


def test_what_cannot_be_listed_is_one_line(table: Path, tmp_path: Path) -> None:
    with pytest.raises(BlocklightError, match="no feed of 'Atlantis'"):
        list_feeds("Atlantis", file=table, incidents=False)
    with pytest.raises(BlocklightError, match="no such file"):
        list_feeds(None, file=tmp_path / "none.csv", incidents=False)
    table.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(BlocklightError, match=f"^{table}: .* no column 'State'"):
        list_feeds(None, file=table, incidents=False)
    with (
        serving(lambda _: Reply(status=500)) as running,
        pytest.raises(BlocklightError, match="HTTP 500; try --file"),
    ):
        list_feeds(None, file=None, incidents=False, table_url=running.url)


def test_the_real_table_lists_hundreds(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shared_data / "schemas" / "opd_source_table_calls_and_incidents.csv"
    list_feeds("Arizona", file=file, incidents=False)
    assert "https://data.chandlerpd.com/catalog/calls-for-service/download/csv/" in said(capsys)
    list_feeds(None, file=file, incidents=True)
    assert int(said(capsys).rpartition(" feeds, from")[0].rpartition(" ")[2]) > 480
