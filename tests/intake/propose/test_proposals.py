"""What is proposed for feeds that are known: invented ones always, recorded ones where they are at hand."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from loopback.documents import Portal
from loopback.server import serving
from loopback.table import Table

from blocklight.cli.proposing import new_city
from blocklight.config.city import SourceSpec, load_city
from blocklight.errors import BlocklightError, SourceChanged, UsageError
from blocklight.intake.propose.asking import question
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.guesses import snake_case
from blocklight.intake.propose.sample import read_sample
from blocklight.intake.propose.times import written

URL = "https://data.smallville.example/resource/abcd-1234"


def rows() -> list[dict[str, Any]]:
    kinds = ["NOISE COMPLAINT", "STRUCTURE FIRE", "DOMESTIC CANARY", "WIZARDRY"]
    return [
        {
            "incident_number": f"S26-{4711 + n}",
            "received_time": f"2026-03-0{n % 9 + 1}T12:3{n % 10}:17.000",
            "closed_time": f"2026-03-0{n % 9 + 1}T13:4{n % 10}:17.000",
            "call_type": kinds[n % 4],
            "priority": str(n % 4 + 1),
            "block_address": f"{1412 + n} CANARY ST",
            "latitude": str(37.7012 + n / 1000),
            "longitude": str(-97.3312 - n / 1000),
            "caller": "J. Canary",
        }
        for n in range(40)
    ]


def proposal(body: object, url: str = URL, folder: Path = Path()) -> Proposal:
    return propose(read_sample(url, json.dumps(body).encode()), "smallville", folder)


def test_a_plain_feed_is_understood_whole() -> None:
    found = proposal(rows())
    columns = {name: guess.columns for name, guess in found.table.found.items()}
    assert columns == {
        "received_at": ("received_time",),
        "closed_at": ("closed_time",),
        "source_type": ("call_type",),
        "priority": ("priority",),
        "address": ("block_address",),
        "lat": ("latitude",),
        "lon": ("longitude",),
        "agency": (),
    }
    assert (found.key, found.rows, found.closes) == (("incident_number",), "incident", "time")
    assert found.city is not None
    assert found.city.city.time_zone == "America/Chicago"
    assert found.city.city.bounds.contains(-97.34, 37.71)
    assert found.unmapped == ["WIZARDRY"]
    assert any("caller" in line for line in found.decide)


def test_the_sample_that_is_kept_points_at_nobody() -> None:
    kept = json.dumps(proposal(rows()).kept)
    assert len(json.loads(kept)) == 12
    for word in ("CANARY", "Canary", "S26-", "12:3", ":17", "37.701", "97.331"):
        assert word not in kept, word


def test_new_city_writes_a_file_that_is_valid_and_a_test_that_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = tmp_path / "page.json"
    sample.write_text(json.dumps(rows()), "utf-8")
    begun = time.process_time()
    new_city(URL, name="smallville", sample=sample, output=tmp_path / "out")
    assert time.process_time() - begun < 10
    said = capsys.readouterr().out
    assert "You still have to decide:" in said
    assert load_city(str(tmp_path / "out" / "smallville.toml")).sources[0].key == ("incident_number",)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout
    with pytest.raises(BlocklightError, match="exists already"):
        new_city(URL, name="smallville", sample=sample, output=tmp_path / "out")
    with pytest.raises(UsageError, match="--name: expected a short lower-case word"):
        new_city(URL, name="Small Ville", sample=sample, output=tmp_path / "out")


LAYER = "https://g.example/arcgis/rest/services/A/FeatureServer/0"
FEATURE = {"type": "Feature", "properties": {"a": 1}, "geometry": None}


@pytest.mark.parametrize(
    ("url", "body", "connector"),
    [
        (LAYER, {"features": [{"attributes": {"a": 1}}]}, "arcgis"),
        (URL, [{"a": 1}], "socrata"),
        ("https://c.example/dataset/calls", {"result": {"records": [{"a": 1}]}}, "ckan"),
        ("https://j.example/calls", {"data": {"calls": [{"a": 1}]}}, "json"),
        ("https://f.example/c.geojson", {"type": "FeatureCollection", "features": [FEATURE]}, "files"),
    ],
)
def test_the_platform_is_recognised(url: str, body: object, connector: str) -> None:
    assert read_sample(url, json.dumps(body).encode()).connector == connector


@pytest.mark.parametrize(
    ("body", "connector"),
    [
        (b"number,received,type\n1,2,3\n", "files"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id></entry></feed>", "feed"),
        (b"<html><table><tr><th>No</th><th>At</th></tr><tr><td>1</td><td>2</td></tr></table>", "html"),
        (b'{"a": 1}\n{"a": 2}\n', "files"),
    ],
)
def test_a_format_is_recognised(body: bytes, connector: str) -> None:
    assert read_sample("https://x.example/feed", body).connector == connector


PLAIN = {"call_number": "S26-1", "received_time": "2026-03-01T12:30:00.000", "block_address": "1400 A ST"}


def proposed(*rows: dict[str, Any], url: str = URL) -> Proposal:
    return proposal([PLAIN | {"call_number": f"S26-{number}"} | row for number, row in enumerate(rows)], url)


def test_the_words_are_read_where_a_column_of_codes_has_them_beside_it() -> None:
    codes = {
        "call_type": "602L",
        "disposition": "NAT",
        "initialtype": "20",
        "initialtypetext": "AUTO ACCIDENT",
    }
    words = {"call_type_description": "TRESPASS", "dispositiontext": "NECESSARY ACTION TAKEN"}
    found = proposed(codes | words, codes | words).table.found
    columns = {name: found[name].columns for name in ("source_type", "disposition", "other_type")}
    assert columns == {
        "source_type": ("call_type_description",),
        "disposition": ("dispositiontext",),
        "other_type": ("initialtypetext",),
    }


def test_a_place_that_is_kept_back_in_some_rows_is_a_place() -> None:
    there = {"call_type": "THEFT", "dispatch_latitude": "37.70", "dispatch_longitude": "-97.33"}
    found = proposed(there, there | {"dispatch_latitude": "REDACTED", "dispatch_longitude": "REDACTED"})
    assert found.table.found["lat"].columns == ("dispatch_latitude",)
    assert (
        "lat"
        not in proposed(
            there, there | {"dispatch_latitude": "N"}, there | {"dispatch_latitude": "S"}
        ).table.found
    )


@pytest.mark.parametrize("column", ["Inc #", "Incident #", "Run Number", "servicerequestnumber"])
def test_a_number_is_a_key_however_it_is_written(column: str) -> None:
    rows = [{k: v for k, v in PLAIN.items() if k != "call_number"} | {column: f"{n}"} for n in range(5)]
    found = proposal([row | {"call_type": "THEFT"} for row in rows])
    assert found.key == (column,)


def test_a_type_that_is_only_told_as_the_first_one_is_the_type() -> None:
    found = proposed({"initial_type_description": "NOISE"}, {"initial_type_description": "THEFT"})
    assert found.table.found["source_type"].columns == ("initial_type_description",)


def test_what_a_person_has_to_decide_says_what_was_found() -> None:
    durations = {"call_type": "THEFT", "travel_time": 7.5, "total_time": 40.0}
    told = "\n".join(proposed(durations, durations).decide)
    assert "Durations? travel_time, total_time" in told
    assert "time_zone: nothing to tell it from" in told
    unknown = proposed({"call_type": "ZORBLAX"}, {"call_type": "ZORBLAX"})
    assert unknown.kept == []
    assert any("No record could be kept as a sample" in line for line in unknown.decide)


def test_without_a_sample_that_may_be_kept_no_test_is_written(tmp_path: Path) -> None:
    sample = tmp_path / "page.json"
    sample.write_text(json.dumps([PLAIN | {"call_type": "ZORBLAX"}]), "utf-8")
    new_city(URL, name="smallville", sample=sample, output=tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["smallville.toml"]


def test_the_page_of_a_ckan_data_set_leads_to_its_newest_table(tmp_path: Path) -> None:
    table = Table(tuple(rows()[0]), rows())
    with serving(Portal(table)) as portal:
        new_city(f"{portal.url}/dataset/calls", name="smallville", sample=None, output=tmp_path)
    table.close()
    source = load_city(str(tmp_path / "smallville.toml")).sources[0]
    assert (source.connector, source.key) == ("ckan", ("incident_number",))
    assert source.url.endswith("/dataset/calls")


def test_an_answer_without_records_is_refused() -> None:
    with pytest.raises(SourceChanged, match="no records"):
        read_sample(URL, b"[]")


def test_a_sample_is_asked_for_and_not_the_whole_feed() -> None:
    assert question("https://g.example/x/MapServer/3?x=1")[1]["resultRecordCount"] == "200"
    assert question(URL + ".json")[0] == URL + ".json"
    assert (
        question("https://d.example/Public-Safety/Calls/abcd-1234")[0]
        == "https://d.example/resource/abcd-1234.json"
    )
    assert question("https://x.example/feed.xml") == ("https://x.example/feed.xml", {})


@pytest.mark.parametrize(
    ("values", "convert"),
    [
        ([1787430720000], "epoch_ms"),
        ([1787430720], "epoch_s"),
        (["2026-01-30T12:00:00Z"], "iso"),
        (["2026-01-30T12:00:00.000"], "local"),
        (["2026-01-30"], "day"),
        (["01/30/2026 01:02:03 PM"], "local"),
        (["01/30/2026"], "day"),
        (["13:02"], "time_of_day"),
        (["Main St"], None),
        ([12, 13], None),
        ([], None),
    ],
)
def test_times_are_recognised(values: list[object], convert: str | None) -> None:
    found = written(values)
    assert (found and found.convert) == convert


class Recorded(NamedTuple):
    city: str
    source: str
    path: str


RECORDED = [
    Recorded("houston", "active", "wire/arcgis/houston_HEC_Active_Incidents_f-json.json"),
    Recorded("menlo-park", "menlo-park", "wire/citizenrims/citizenrims_incident_sample.json"),
    Recorded("san-francisco-fire", "calls", "cad/sf_fire/Fire_Department_Calls_for_Service_2020.csv"),
    Recorded("berkeley", "calls", "cad/berkeley/Berkeley_PD_-_Calls_for_Service_lab03.csv"),
    Recorded("oakland", "crimewatch", "crime/oakland/crimewatch_past90days_2024-08.csv"),
    Recorded("portland", "dispatch", "wire/georss_portland_911/911incidents.atom.xml"),
    Recorded("seattle-fire", "calls", "wire/socrata_samples/seattle_fire_kzjm-xkqj.json"),
    Recorded("dallas", "active", "wire/dallas/dallas_active_calls_9fxf-t2tr_dynamodb_fixture.json"),
]


def plain(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return columns as an export and the API of a portal both write them."""
    return tuple(snake_case(column).replace("_", "") for column in columns)


def score(source: SourceSpec, found: Proposal) -> tuple[int, int, list[str]]:
    """Return how many fields of either file are right, of how many, and which are not.

    A field is right when both files have it and it is read from the same column first; of several columns
    that are tried in order, any order will do. One that only one of the files has is wrong.
    """
    ours = {name: plain(spec.source) for name, spec in source.fields.named()}
    theirs = {name: plain(guess.columns) for name, guess in found.table.found.items()}
    wrong = [
        name
        for name in sorted({*ours, *theirs})
        if name not in ours
        or name not in theirs
        or not (ours[name][:1] == theirs[name][:1] or set(ours[name]) & set(theirs[name]))
    ]
    both = len({*ours, *theirs})
    return both - len(wrong), both, wrong


def test_at_least_four_of_five_fields_are_right_for_feeds_that_we_know(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rights = total = 0
    lines = []
    for one in RECORDED:
        source = load_city(one.city).source(one.source)
        body = (shared_data / one.path).read_bytes()
        found = propose(read_sample(source.url, body), one.city, Path())
        right, of, wrong = score(source, found)
        rights, total = rights + right, total + of
        key = plain(found.key) == plain(source.key)
        lines.append(
            f"{one.city:20} {right:3}/{of:2} key {key!s:5} rows {found.rows == source.rows!s:5} "
            f"closes {found.closes == source.closes!s:5} {' '.join(wrong)}"
        )
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, f"{rights} of {total} fields right", ""]))
    assert len(RECORDED) >= 6
    assert rights / total >= 0.8
