"""The share of records whose type waits for a person is what the documentation says, feed by feed."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from blocklight.config.city import CallTypes
from blocklight.intake.call_types import CallMeanings
from blocklight.model.vocabulary import Reason

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-city.md"
_ROW = re.compile(
    r"^\| (.+?) \| ([\d,]+) \| [\d.]+ % \| ([\d.]+) % \| [\d.]+ % \| ([\d.]+) % \|$", re.MULTILINE
)
CASES = "requests_311/san_francisco/cases_sample.csv"


def column(file: str, *names: str) -> Callable[[Path], list[str]]:
    """Read the first of some columns that a row fills, from CSV or Parquet."""

    def read(shared: Path) -> list[str]:
        path = shared / file
        if path.suffix == ".parquet":
            return [text for text in pq.read_table(path, columns=[*names])[names[0]].to_pylist() if text]
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            rows = csv.DictReader(lines)
            return [text for row in rows if (text := next(filter(None, map(row.get, names)), None))]

    return read


FEEDS = {
    "San Francisco, 311 categories": column(CASES, "Category"),
    "San Francisco, 311 request types": column(CASES, "Request.Type"),
    "Berkeley, police calls": column("cad/berkeley/Berkeley_PD_-_Calls_for_Service_lab03.csv", "OFFENSE"),
    "Oakland, crime reports": column(
        "crime/oakland/crimewatch_past90days_2024-08.csv", "CRIMETYPE", "DESCRIPTION"
    ),
    "San Francisco, fire": column(
        "cad/sf_fire/Fire_Department_Calls_for_Service_2020.csv", "Call Type", "call_type"
    ),
    "Houston, fire and traffic": column(
        "cad/houston/houston_calls_full_2025-09_2025-10.parquet", "type_first"
    ),
    "San Mateo County, fire": column(
        "cad/san_mateo_fire/incidents_2022-04_2024-09.parquet", "category_first"
    ),
}


def test_the_page_names_every_feed() -> None:
    assert {row[1] for row in _ROW.finditer(PAGE.read_text("utf-8"))} == set(FEEDS)


@pytest.mark.parametrize("feed", FEEDS)
def test_no_more_waits_than_the_page_says_and_no_less_is_sensitive(shared_data: Path, feed: str) -> None:
    told = {row[1]: row.groups()[1:] for row in _ROW.finditer(PAGE.read_text("utf-8"))}[feed]
    meanings, counted = CallMeanings(CallTypes(), ()), Counter(FEEDS[feed](shared_data))
    found: Counter[object] = Counter()
    for text, count in counted.items():
        found[meanings.of(text).category] += count
    total = counted.total()
    assert f"{total:,}" == told[0]
    assert 100 * found[Reason.UNMAPPED] / total < float(told[1]) + 0.06
    assert 100 * found[Reason.SENSITIVE] / total > float(told[2]) - 0.06
