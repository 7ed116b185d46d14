"""History comes in through the same steps as live records, whole, in order, and only once."""

import gzip
import re
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from living_city import an_incident

from blocklight.app.opening import Options
from blocklight.cli.importing import import_history
from blocklight.errors import BlocklightError, SourceChanged, SourceUnavailable
from blocklight.model.outcomes import Held
from blocklight.store import Store

CITY = """
[city]
id = "smallville"
name = "Smallville"
time_zone = "America/Los_Angeles"
bounds = { west = -122.4, south = 37.6, east = -122.0, north = 37.9 }

[[sources]]
id = "calls"
label = "The calls"
connector = "socrata"
url = "https://data.example/resource/abcd-1234.json"
key = ["id"]
closes = "vanish"

[sources.fields]
received_at = { from = "received", convert = "local", format = "%m/%d/%Y %H:%M" }
source_type = "call_type"
agency = { default = "police" }
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }

[call_types.exact]
"NOISE" = "noise"
"""
HEADING = "ID,Received,Call Type,Lon,Lat,Caller"


def row(number: int, kind: str = "NOISE") -> str:
    received = f"03/{number % 28 + 1:02}/2024 12:{number % 60:02}"
    return f"{number},{received},{kind},-122.2,37.{700 + number % 90},J. Doe"


@pytest.fixture
def town(tmp_path: Path) -> Options:
    path = tmp_path / "smallville.toml"
    path.write_text(CITY, "utf-8")
    return Options(str(path), data=tmp_path / "data")


def table(folder: Path, lines: list[str]) -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join([HEADING, *lines, ""]), "utf-8")
    return path


def stored(options: Options) -> int:
    with Store.open(f"sqlite:///{options.data}/blocklight.sqlite3", "smallville") as store:
        assert store.open_ids("calls") == set()
        return store.head()


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The last sentence, which is what came of the file; the report on its rows stands above it."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    return " ".join(lines[-1].split())


def test_every_row_is_accounted_for(
    town: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [row(n) for n in range(5100)]
    lines += [
        row(6000, "DOMESTIC"),
        row(6001, "WIZARDRY"),
        row(6001, "WIZARDRY") + ",more",
        "6002,never,NOISE,0,0,",
    ]
    import_history(town, "calls", table(tmp_path, lines))
    assert said(capsys) == (
        "5,104 rows: 5,100 publishable (5,100 new incidents, 0 that changed); "
        "2 withheld (1 sensitive, 1 unmapped); 2 rejected (1 bad_time, 1 ragged_row)."
    )
    assert stored(town) == 5100


def test_a_file_that_was_imported_is_not_imported_again(
    town: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, [row(n) for n in range(50)])
    import_history(town, "calls", path)
    first = said(capsys)
    import_history(town, "calls", path)
    assert said(capsys) == "This file was imported before. " + first
    table(tmp_path, [row(n) for n in range(51)])
    import_history(town, "calls", path)
    assert "1 new incidents" in said(capsys)
    assert stored(town) == 51


def test_the_account_of_an_import_is_readable_by_its_owner_alone_as_it_holds_small_counts(
    town: Options, tmp_path: Path
) -> None:
    import_history(town, "calls", table(tmp_path, [row(1), row(2, "STALKING")]))
    (account,) = (tmp_path / "data" / "imports").iterdir()
    assert stat.S_IMODE(account.stat().st_mode) == 0o600


def test_an_interrupted_import_goes_on_and_counts_exactly(
    town: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [row(n) for n in range(10_000)]
    path = table(tmp_path, [*good, *["broken"] * 4000])
    with pytest.raises(BlocklightError, match="4,000 of the 4,000 rows after row 10,000 cannot be read"):
        import_history(town, "calls", path)
    [account] = (town.data or tmp_path).glob("imports/*.json")
    text = re.sub(r'"rows":10000', '"rows":5000', account.read_text("utf-8"))
    text = re.sub(r'"(published|new)":10000', r'"\1":5000', text)
    account.write_text(text, "utf-8")  # as if killed between a block and its note
    with pytest.raises(BlocklightError, match="after row 10,000"):
        import_history(town, "calls", path)
    assert "Going on after row 5,000." in capsys.readouterr().out
    assert stored(town) == 10_000


def test_a_file_without_our_columns_says_which(town: Options, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(SourceChanged, match=r"other.csv: column 'id' is gone; it has these columns: a, b$"):
        import_history(town, "calls", path)
    with pytest.raises(BlocklightError, match="no such file"):
        import_history(town, "calls", tmp_path / "none.csv")
    with pytest.raises(BlocklightError, match="not a file"):
        import_history(town, "calls", tmp_path)


def parquet(rows: int) -> bytes:
    sink = pa.BufferOutputStream()
    numbers = range(rows)
    table = {
        "id": [f"{n:>80}" for n in numbers],
        "received": [f"03/01/2024 {n % 24}:00" for n in numbers],
        "call_type": ["NOISE"] * rows,
        "lon": [-122.2] * rows,
        "lat": [37.7] * rows,
    }
    pq.write_table(pa.table(table), sink, row_group_size=rows // 2, use_dictionary=False)
    return bytes(sink.getvalue())


def flipped(body: bytes, first: int, last: int) -> bytes:
    return body[:first] + bytes(byte ^ 0x5A for byte in body[first:last]) + body[last:]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty response body"),
        (parquet(100)[:-50], "damaged Parquet file"),
        (flipped(whole := parquet(60_000), len(whole) // 2, len(whole) // 2 + 4000), "damaged Parquet file"),
        (gzip.compress(b"id,received")[:-9], "a broken packed file"),
    ],
    ids=["empty", "cut off", "damaged, and read in another process", "packed"],
)
def test_a_file_that_is_no_table_is_named_with_what_is_wrong(
    town: Options, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "history.parquet"
    path.write_bytes(content)
    with pytest.raises(SourceUnavailable, match=f"^{path}: {said}$"):
        import_history(town, "calls", path)


def test_what_is_due_is_not_released_by_an_import_if_the_city_file_withholds_it_now(
    town: Options, tmp_path: Path
) -> None:
    import_history(town, "calls", table(tmp_path, [row(1, "QQXZ")]))
    then = datetime(2025, 1, 1, tzinfo=UTC)
    held = Held(an_incident(7, source="calls"), release_at=then + timedelta(hours=1))
    with Store.open(f"sqlite:///{town.data}/blocklight.sqlite3", "smallville") as store:
        store.apply("calls", [held], at=then)
        assert (store.held(), store.head()) == (1, 0)
    quiet = '[[policy.rules]]\nname = "quiet"\naction = "withhold"\ncategory = "noise"\n'
    Path(town.city).write_text(CITY + quiet, "utf-8")
    import_history(town, "calls", table(tmp_path, [row(2, "QQXZ"), row(3, "QQXZ")]))
    with Store.open(f"sqlite:///{town.data}/blocklight.sqlite3", "smallville") as store:
        assert (store.held(), store.head()) == (0, 0)  # it was never told, not for a moment


def test_when_imported_incidents_were_published_does_not_tell_how_many_rows_between_them_are_withheld(
    tmp_path: Path,
) -> None:
    published = []
    for withheld in (0, 1000, 3997):
        folder = tmp_path / str(withheld)
        folder.mkdir()
        city = folder / "smallville.toml"
        city.write_text(CITY, "utf-8")
        options = Options(str(city), data=folder / "data")
        lines = [row(n) for n in range(6000)]
        far_away = "03/02/2024 03:00,STALKING,-122.39,37.61,J. Doe"
        lines[1500:1500] = [f"{10_000 + n},{far_away}" for n in range(withheld)]
        import_history(options, "calls", table(folder, lines))
        with Store.open(f"sqlite:///{options.data}/blocklight.sqlite3", "smallville") as store:
            moments = Counter(str(change.released_at) for change in store.changes(0, 10_000))
            published.append([moments[moment] for moment in sorted(moments)])
    assert published == [[5000, 1000]] * 3
