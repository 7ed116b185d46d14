"""What is proposed for feeds as cities write them: titles above tables, odd dates, unknown names, metres."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from loopback.server import Reply, serving
from pyproj import Transformer

from blocklight.cli.proposing import new_city
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.sample import read_sample
from blocklight.intake.propose.times import Written, written
from blocklight.intake.values.converters import to_lat_lon

URL = "https://data.smallville.example/calls"
KINDS = ("NOISE COMPLAINT", "STRUCTURE FIRE", "TRAFFIC COLLISION")


def proposed(body: bytes | Sequence[dict[str, Any]]) -> Proposal:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return propose(read_sample(URL, text), "smallville", Path())


def csv_of(heading: str, line: str, *above: str) -> str:
    lines = [line.format(n=n, day=n + 10, kind=KINDS[n % 3]) for n in range(12)]
    return "\r\n".join([*above, heading, *lines, ""])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["21.11.2026 06:54:36"], Written("local", "%d.%m.%Y %H:%M:%S")),
        (["21-Nov-26 06:54"], Written("local", "%d-%b-%y %H:%M")),
        (["11/21/26 6:54 PM"], Written("local", "%m/%d/%y %I:%M %p")),
        (["21/11/2026 06:54"], Written("local", "%d/%m/%Y %H:%M")),
        (["21/11/2026"], Written("day", "%d/%m/%Y")),
        (["03/04/2026"], Written("day", "%m/%d/%Y", twin="%d/%m/%Y")),
        (["03/04/2026", "04/04/2026"], Written("day", "%d/%m/%Y", twin="%m/%d/%Y")),
        (["03/04/2026", "03/05/2026"], Written("day", "%m/%d/%Y", twin="%d/%m/%Y")),
    ],
)
def test_the_order_of_day_and_month_is_told_by_the_values_or_said_to_be_open(
    values: list[str], expected: Written
) -> None:
    assert written(values) == expected


def test_a_date_that_can_be_read_both_ways_is_a_guess_that_a_person_is_asked_about() -> None:
    body = csv_of("call no,received,call type", "{n},03/04/2026 12:00:0{n},{kind}").replace(":010", ":10")
    found = proposed(body.replace(":011", ":11").encode())
    assert found.table.found["received_at"].confidence < 0.5
    assert any("day and month may be the other way round, as in %d/%m/%Y" in line for line in found.decide)


def test_a_date_and_a_clock_belong_together_whichever_word_comes_first() -> None:
    body = csv_of(
        "Incident No;Date Reported;Time Reported;Incident Type", "{n};{day}/11/2025;23:59:00;{kind}"
    )
    spec = proposed(b"\xef\xbb\xbf" + body.encode()).table.found["received_at"].spec
    assert spec["from"] == ("Date Reported", "Time Reported")
    assert spec["format"] == "%d/%m/%Y %H:%M:%S"


def test_a_title_above_the_headings_is_passed_over() -> None:
    title = ("Calls for Service", "Printed,11/27/2026", "")
    found = proposed(csv_of("Call #,Received,Call Type", "{n},2026-03-{day}T10:00,{kind}", *title).encode())
    assert found.key == ("Call #",)
    assert len(found.table.sample.rows) == 12


def test_types_in_a_column_of_an_unknown_name_are_known_by_their_words() -> None:
    rows = [
        {"id": str(n), "opened": "2026-03-01T10:00:00Z", "kind": {"name": KINDS[n % 3]}} for n in range(9)
    ]
    found = proposed([row | {"note": f"note {n}"} for n, row in enumerate(rows)])
    guess = found.table.found["source_type"]
    assert (guess.columns, guess.confidence) == (("kind.name",), 0.5)
    assert any("chosen by its words" in line for line in found.decide)


def test_what_is_not_known_hides_nothing_else_and_is_asked_for_once() -> None:
    found = proposed([{"id": str(n), "when": "noon", "lon": -97.3, "lat": 37.7} for n in range(9)])
    assert found.city is not None
    assert found.city.city.time_zone == "America/Chicago"
    for name in ("received_at", "source_type"):
        told = [line for line in found.decide if line.startswith(f"{name}:")]
        assert told == [f"{name}: no column looks like it; write yours in place of FILL_IN"]


def geojson(crs: str | None) -> bytes:
    metres = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    features = [
        {
            "type": "Feature",
            "properties": {"incident_id": n, "call_time": "2026-03-01T10:00:00Z", "call_type": KINDS[n % 3]},
            "geometry": {"type": "Point", "coordinates": metres.transform(-97.3, 37.7)},
        }
        for n in range(9)
    ]
    named = {} if crs is None else {"crs": {"type": "name", "properties": {"name": crs}}}
    return json.dumps({"type": "FeatureCollection", **named, "features": features}).encode()


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:EPSG::3857", "EPSG:3857", None])
def test_geojson_in_metres_is_read_in_the_system_that_it_names_or_alone_fits(crs: str | None) -> None:
    found = proposed(geojson(crs))
    assert found.city is not None
    assert found.city.city.bounds.contains(-97.3, 37.7)
    assert found.table.found["point"].spec["crs"] == "EPSG:3857"
    assert found.table.found["point"].confidence == found.confidence["bounds"] == 0.75  # not sure


def test_a_shape_of_georss_stands_for_its_middle_and_a_person_is_asked_whether_it_is_redrawn() -> None:
    box = "37.70 -97.32 37.70 -97.30 37.72 -97.30 37.72 -97.32 37.70 -97.32"
    entries = "".join(
        f"<entry><id>{n}</id><published>2026-03-01T10:00:00Z</published><category term='{KINDS[n % 3]}'/>"
        f"<g:polygon>{box}</g:polygon></entry>"
        for n in range(9)
    )
    names = 'xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://www.georss.org/georss"'
    found = proposed(f"<feed {names}>{entries}</feed>".encode())
    assert found.table.found["point"].spec == {"from": ("polygon",), "convert": "lat_lon"}
    assert to_lat_lon(box) == pytest.approx((-97.31, 37.71))
    assert any("freeze_place = true" in line for line in found.decide)
    assert len(found.kept) == 9


def test_a_table_in_another_encoding_is_read_whole_and_said_to_be() -> None:
    text = csv_of("call no,received,call type,address", "{n},2026-03-{day}T10:00,{kind},100 Peña St")
    found = proposed(text.encode("latin-1"))
    assert len(found.table.sample.rows) == 12
    assert 'encoding = "cp1252"' in found.toml
    assert any(line.startswith("encoding: the file is not in UTF-8") for line in found.decide)


def test_rows_that_were_not_understood_are_counted() -> None:
    text = csv_of("call no,received,call type", "{n},2026-03-{day}T10:00,{kind}") + "1,2\r\n1,2\r\n"
    assert any("not looked at: 2 ragged_row" in line for line in proposed(text.encode()).decide)


def test_a_service_is_answered_with_its_layers(tmp_path: Path) -> None:
    layers = {"layers": [{"id": 0, "name": "Calls"}], "tables": [{"id": 4, "name": "Units"}]}
    with serving(lambda _: Reply.json(layers)) as running:
        url = f"{running.url}/arcgis/rest/services/CAD/FeatureServer"
        with pytest.raises(SourceChanged, match=r"FeatureServer/0 is Calls; .*FeatureServer/4 is Units"):
            new_city(url, name="smallville", sample=None, output=tmp_path)


def test_a_file_that_is_packed_is_unpacked_and_a_broken_one_named(tmp_path: Path) -> None:
    text = csv_of("call no,received,call type", "{n},2026-03-{day}T10:00,{kind}")
    assert len(proposed(gzip.compress(text.encode())).table.sample.rows) == 12
    file = tmp_path / "calls.csv.gz"
    file.write_bytes(gzip.compress(b"a,b,c")[:-9])
    with pytest.raises(SourceUnavailable, match=f"^{file}: a broken packed file"):
        new_city(URL, name="smallville", sample=file, output=tmp_path)
