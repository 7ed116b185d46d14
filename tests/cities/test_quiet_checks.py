"""Over what the feeds of shipped cities really said, nothing is asked: what `check` asks is meant."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from test_recorded_cities import CASES_SAMPLE, berkeley_rows, lines, menlo_polls, rows_of

from blocklight.config.city import load_city
from blocklight.geo.areas import Areas
from blocklight.intake.disclosure.questions import SampleRows, questions
from blocklight.intake.redact import Rules

Row = dict[str, Any]
NOW = datetime.fromisoformat("2026-11-01T00:00:00Z")


def menlo_park(shared: Path) -> list[Row]:
    return list(menlo_polls(shared, "menlopark"))[300][1]


def atherton(shared: Path) -> list[Row]:
    return list(menlo_polls(shared, "atherton"))[300][1]


def houston(shared: Path) -> list[Row]:
    path = shared / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
    found: list[Row] = []
    for line in lines(path):
        found += [feature["attributes"] for feature in line["body"]["features"]]
        if len(found) > 2000:
            break
    return found


def crimewatch(shared: Path) -> list[Row]:
    rows = rows_of(shared / "crime" / "oakland" / "crimewatch_past90days_2024-08.csv")
    return [{key.lower(): value for key, value in row.items() if value} for row in rows]


def cases(shared: Path) -> list[Row]:
    return [
        {
            ours: row[theirs].replace(" ", "T")
            for theirs, ours in CASES_SAMPLE.items()
            if row[theirs] not in ("", "NA")
        }
        | {"service_name": row["Category"]}
        for row in rows_of(shared / "requests_311" / "san_francisco" / "cases_sample.csv")
    ]


def seattle(shared: Path) -> list[Row]:
    path = shared / "wire" / "socrata_samples" / "seattle_fire_kzjm-xkqj.json"
    found: list[Row] = json.loads(path.read_text("utf-8"))
    return found


RECORDED: dict[tuple[str, str], tuple[Callable[[Path], list[Row]], int]] = {
    ("menlo-park", "menlo-park"): (menlo_park, 2000),
    ("menlo-park", "atherton"): (atherton, 1000),
    ("houston", "active"): (houston, 1000),
    ("berkeley", "calls"): (berkeley_rows, 8000),
    ("oakland", "crimewatch"): (crimewatch, 12_000),
    ("san-francisco", "requests"): (cases, 4000),
    ("seattle-fire", "calls"): (seattle, 1),
}


@pytest.mark.parametrize(("name", "source_id"), RECORDED)
def test_nothing_is_asked_of_a_recorded_feed(shared_data: Path, name: str, source_id: str) -> None:
    read, least = RECORDED[name, source_id]
    city = load_city(name)
    source, rules = city.source(source_id), Rules.of(city, bytes(32), Areas(city))
    rows = read(shared_data)
    for part in (rows, rows[:1000], rows[:200]):
        sample = SampleRows.of(source, city, rules, part, NOW)
        assert len(sample.rows) >= min(least, len(part)) * 0.9
        assert questions(sample) == []
