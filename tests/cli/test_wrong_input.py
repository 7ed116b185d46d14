"""What a person reads who mistyped, or has the wrong file or half of one: a line that says what to mend."""

import sqlite3
from pathlib import Path

import pytest
import zstandard
from loopback.server import Reply, serving
from typer.testing import CliRunner

from blocklight.app.bodies import download, read
from blocklight.cli import app
from blocklight.cli.checking import check_city
from blocklight.cli.proposing import new_city
from blocklight.cli.recording import record_source, replay_source
from blocklight.config.city import load_city
from blocklight.errors import BlocklightError, CityFileError, SourceError, SourceUnavailable, UsageError


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("houstn", "did you mean houston?"),
        ("san-mateo", "did you mean san-mateo-fire?"),
        ("nowhere", "the shipped cities are berkeley, "),
        ("my-city.toml", "no such file"),
    ],
)
def test_a_city_that_is_not_there_is_answered_with_the_nearest(typed: str, said: str) -> None:
    with pytest.raises(CityFileError, match="^" + typed) as raised:
        load_city(typed)
    assert said in str(raised.value)


def test_a_folder_in_place_of_a_city_file_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match="a folder and not a city file"):
        load_city(str(tmp_path))


PUSHED = """
[city]
id = "ours"
name = "Ours"
time_zone = "America/Chicago"
bounds = { west = -97.6, south = 37.5, east = -97.1, north = 37.9 }

[[sources]]
id = "cad"
label = "Calls"
connector = "push"
key = ["id"]
closes = "never"

[sources.fields]
received_at = { from = "at", convert = "iso" }
source_type = "type"
agency = { default = "police" }
lon = { from = "place.lon", convert = "float" }
lat = { from = "place.lat", convert = "float" }
"""
CALL = (
    '{"id": 1, "at": "2026-03-01T12:00:00Z", "type": "NOISE COMPLAINT", "place": {"lon": -97.3, "lat": 37.7}}'
)


@pytest.mark.parametrize("batch", [f"[{CALL}, {{}}]", f'{{"records": [{CALL}, {{}}]}}'])
def test_a_batch_that_will_be_pushed_can_be_checked_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], batch: str
) -> None:
    file, sample = tmp_path / "ours.toml", tmp_path / "batch.json"
    file.write_text(PUSHED, "utf-8")
    sample.write_text(batch, "utf-8")
    check_city(str(file), source_id="cad", sample=sample, source_urls=[])
    assert "2 records: 1 published" in " ".join(capsys.readouterr().out.split())
    check_city(str(file), source_id=None, sample=None, source_urls=[])
    assert "Its records are pushed to Blocklight. Check a batch: --source cad" in capsys.readouterr().out
    sample.write_text('{"calls": []}', "utf-8")
    with pytest.raises(BlocklightError, match="1 of 1 sources could not be read"):
        check_city(str(file), source_id="cad", sample=sample, source_urls=[])
    assert "expected a JSON list of records" in capsys.readouterr().out


def test_what_is_pushed_cannot_be_recorded(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(PUSHED, "utf-8")
    with pytest.raises(BlocklightError, match="cad: only answers of HTTP can be recorded"):
        record_source(str(file), "cad", tmp_path / "a.zst", polls=1, poll_s=None, source_urls=[])


def test_every_missing_key_of_a_city_file_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "half.toml"
    file.write_text('[city]\nid = "half"\n')
    with pytest.raises(CityFileError) as raised:
        load_city(str(file))
    assert "city.name: is missing (also wrong: city.time_zone, city.bounds, sources)" in str(raised.value)


def test_a_city_file_in_another_encoding_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "half.toml"
    file.write_bytes('[city]\nname = "Cañón"\n'.encode("latin-1"))
    with pytest.raises(CityFileError, match=r"not TOML: not a text in UTF-8$"):
        load_city(str(file))


def test_a_file_that_is_missing_or_a_folder_or_too_large_is_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"12345")
    for name, said in {"none": "no such file", "": "not a file", "large": "larger than 4 bytes"}.items():
        with pytest.raises(BlocklightError, match=said):
            read(tmp_path / name, 4)
    assert read(tmp_path / "large", 5) == b"12345"


@pytest.mark.parametrize("url", ["data.example.gov/calls", "", "file:///etc/passwd", "https://x:port"])
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    with pytest.raises(UsageError, match="URL: expected an address that begins with https://"):
        download(url, 10, instead="--file")


def test_a_download_that_fails_names_the_address_and_what_to_do_instead() -> None:
    with pytest.raises(SourceUnavailable, match=r"^http://127.0.0.1:1/x: connection refused; try --file$"):
        download("http://127.0.0.1:1/x", 10, instead="--file")
    with serving(lambda _: Reply(200, (b"x" * 11,))) as running:
        with pytest.raises(SourceUnavailable, match="larger than 10 bytes; try --file"):
            download(running.url, 10, instead="--file")
        assert download(running.url, 11, instead="--file", params={"$limit": "5"}) == b"x" * 11
    assert running.asked[-1].params["$limit"] == "5"


def test_a_recording_without_a_whole_answer_is_said_to_be_cut_off(tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(b'{"fetched_at": 1, "body": {}}\n' * 50)
    file = tmp_path / "half.jsonl.zst"
    file.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(BlocklightError, match="holds no whole answer"):
        replay_source("houston", "active", file, speed="max", data=tmp_path / "data", database=None)


def test_an_address_without_a_name_in_it_needs_none(tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text("id,received,type\n1,2026-03-01T12:00:00Z,CAR FIRE\n2,2026-03-01T13:00:00Z,CAR FIRE\n")
    new_city("http://127.0.0.1:9/calls", name=None, sample=sample, output=tmp_path)
    assert (tmp_path / "my-city.toml").is_file()


@pytest.mark.parametrize(
    "url",
    ["postgresql://city:s3cret@db.example/city", "postgresql://db.example/city?user=city&password=s3cret"],
)
@pytest.mark.parametrize("command", ["serve", "fetch", "pause"])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(command: str, url: str) -> None:
    more = ["--reason", "x"] if command == "pause" else []
    done = CliRunner().invoke(app, [command, "houston", "--database", url, *more])
    assert done.exit_code == 2
    assert "BLOCKLIGHT_DATABASE_URL" in done.output
    assert "s3cret" not in done.output


WITH_STATUS = PUSHED.replace('closes = "never"', 'closes = "status"').replace(
    "[sources.fields]",
    '[sources.fields]\nstatus = { from = "state", map = { Open = "open", Done = "closed" } }',
)


def _calls(*states: str) -> str:
    call = CALL.replace('"id": 1', '"id": %d').replace('"type"', '"state": "%s", "type"')
    return "[" + ", ".join(call % (number, state) for number, state in enumerate(states)) + "]"


def _check(folder: Path, city: str, batch: str) -> None:
    file, sample = folder / "ours.toml", folder / "batch.json"
    file.write_text(city, "utf-8")
    sample.write_text(batch, "utf-8")
    check_city(str(file), source_id="cad", sample=sample, source_urls=[])


def test_check_says_no_where_serve_would_and_names_column_and_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BlocklightError, match="would be refused"):
        _check(tmp_path, WITH_STATUS, _calls(*["Open"] * 9, *["Pending"] * 10, "Held"))
    said = " ".join(capsys.readouterr().out.split())
    assert "no_status: column state holds 'Pending' (10), 'Held' (1)" in said
    assert "sources.cad.fields.status.map has Done, Open" in said
    assert "`serve` would refuse this answer as a whole: " in said


def test_check_takes_what_serve_would_take_and_still_names_what_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _check(tmp_path, WITH_STATUS, _calls(*["Open"] * 60, ""))
    said = " ".join(capsys.readouterr().out.split())
    assert "column state holds nothing (1)" in said
    assert "would refuse" not in said


def test_check_names_the_column_of_a_time_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BlocklightError, match="would be refused"):
        _check(tmp_path, PUSHED, _calls(*["x"] * 10).replace("2026-03-01T12:00:00Z", "noon"))
    assert "bad_time: column at holds 'noon' (10)" in " ".join(capsys.readouterr().out.split())


def test_check_says_no_where_longitude_and_latitude_are_exchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exchanged = (
        PUSHED.replace('"place.lon"', '"place.x"')
        .replace("place.lat", "place.lon")
        .replace("place.x", "place.lat")
    )
    with pytest.raises(BlocklightError, match=r"1 of 1 sources .* would show nothing"):
        _check(tmp_path, exchanged, _calls(*["x"] * 10))
    said = " ".join(capsys.readouterr().out.split())
    assert "The map would show nothing of this source." in said
    assert "outside_city (10): column place.lat holds 37.7 to 37.71 as longitude" in said
    assert "where city.bounds has -97.6 to -97.1; column place.lon holds -97.3 to -97.29 as latitude" in said
    assert "Exchanged, 10 of 10 would lie inside: exchange the columns." in said


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("37.7", "91.5", "column place.lat holds 91.5 to 91.51 as latitude, where it has 37.5 to 37.9."),
        ("-97.3", "null", "no_place (10): column place.lon + place.lat holds '37.7' (10)."),
        (
            '{"lon": -97.3, "lat": 37.7}',
            "{}",
            "no_place (10): column place.lon + place.lat holds nothing (10).",
        ),
        (
            '{"lon": -97.3, "lat": 37.7}',
            '{"lon": 0, "lat": 0}',
            "column place.lon + place.lat holds 0 for both",
        ),
        (
            "NOISE COMPLAINT",
            "WIZARDRY",
            "unmapped (10): column type holds 'WIZARDRY' (10); nobody has decided",
        ),
    ],
)
def test_check_says_no_where_the_map_would_show_nothing_and_names_column_and_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str, said: str
) -> None:
    batch = _calls(*["x"] * 10)
    assert right in batch
    with pytest.raises(BlocklightError, match="would show nothing"):
        _check(tmp_path, PUSHED, batch.replace(right, wrong))
    assert said in " ".join(capsys.readouterr().out.split())


def test_check_says_no_where_many_are_withheld_on_purpose_and_nothing_else_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = _calls(*["x"] * 20).replace("NOISE COMPLAINT", "SUICIDE ATTEMPT")
    with pytest.raises(BlocklightError, match="would show nothing"):
        _check(tmp_path, PUSHED, batch)
    assert "sensitive (20): column type holds 'SUICIDE ATTEMPT' (20)" in " ".join(
        capsys.readouterr().out.split()
    )


def test_check_takes_a_quiet_hour_in_which_all_is_sensitive_and_one_record_that_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _check(tmp_path, PUSHED, _calls(*["x"] * 19).replace("NOISE COMPLAINT", "SUICIDE ATTEMPT"))
    _check(tmp_path, PUSHED, _calls(*["x"] * 10).replace("37.7", "91.5", 9))
    assert "would show nothing" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[[sources]]", "[[source]]", "source: unknown key; did you mean 'sources'?"),
        ("[city]", "[cities]", "cities: unknown key; did you mean 'city'?"),
        ("bounds =", "bouns =", "city.bouns: unknown key; did you mean 'bounds'?"),
        ('convert = "iso"', 'covert = "iso"', ".covert: unknown key; did you mean 'convert'?"),
        ('convert = "iso"', 'convert = "isso"', "'isso' is none of"),
        ('convert = "iso"', 'convert = "isso"', "did you mean 'iso'?"),
        ("south = 37.5", "south = -97.6", "-97.6 is no latitude: are latitude and longitude swapped?"),
    ],
)
def test_a_mistake_is_named_with_what_was_most_likely_meant(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in PUSHED
    (tmp_path / "ours.toml").write_text(PUSHED.replace(right, wrong, 1), "utf-8")
    with pytest.raises(CityFileError) as raised:
        load_city(str(tmp_path / "ours.toml"))
    assert said in str(raised.value)


def test_a_city_file_with_the_mark_that_some_editors_write_is_read(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(PUSHED, "utf-8-sig")
    assert load_city(str(tmp_path / "ours.toml")).city.id == "ours"


def test_a_city_file_is_proposed_for_a_query_of_a_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/cad.sqlite3"
    with sqlite3.connect(tmp_path / "cad.sqlite3") as cad:
        cad.execute("CREATE TABLE calls (number, received, nature, lon, lat)")
        row = ("26-1", "2026-01-02T08:00:00", "NOISE COMPLAINT", -97.335, 37.691)
        cad.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", row)
    cad.close()
    with pytest.raises(UsageError, match="--query: required for a database"):
        new_city(url, name="small", sample=None, output=tmp_path)
    with pytest.raises(UsageError, match="BLOCKLIGHT_SOURCE_PASSWORDS"):
        new_city("postgresql://a:b@127.0.0.1/c", name="small", sample=None, output=tmp_path, query="SELECT 1")
    with pytest.raises(SourceError, match="a table or a column of it is gone"):
        new_city(url, name="small", sample=None, output=tmp_path, query="SELECT * FROM nowhere")
    new_city(url, name="small", sample=None, output=tmp_path, query="SELECT * FROM calls")
    text = (tmp_path / "small.toml").read_text()
    assert 'connector = "sql"' in text
    assert 'query = "SELECT * FROM calls"' in text
    assert "1 records over sql" in capsys.readouterr().out
