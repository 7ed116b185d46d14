"""Rates per 1,000 residents: beside every count where the city file has a population, and nowhere else."""

import csv
import re
from collections.abc import Iterator
from typing import Any

import pytest
from archived import build_all
from living_city import START
from public_side import PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.config.population import Population

POPULATION = Population(year=2020, source="A count of Smallville", city=12_000, areas={"beat": {"01X": 4000}})


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    with public_side(folder, tables={"population": POPULATION}) as side:
        side.store.apply("dispatch", some_incidents(300), at=START)
        side.follow()
        build_all(side.archive)
        yield side


def body(side: PublicSide, path: str) -> Any:  # noqa: ANN401 - JSON
    return side.get(path).json()


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("by=category", 12_000),
        ("by=hour&area=beat:01X", 4000),
        ("by=hour&area=beat:02Y", None),
        ("by=category&bbox=-122.3,37.7,-122.2,37.8", None),
        ("by=area:beat&area=beat:01X", None),
    ],
)
def test_a_count_has_the_rate_of_the_place_that_it_is_of(
    side: PublicSide, query: str, people: int | None
) -> None:
    answer = body(side, f"stats?{query}")
    assert answer["rows"]
    for row in answer["rows"]:
        assert row["residents"] == people
        assert row["per_1000"] == (
            None if people is None else pytest.approx(row["n"] / people * 1000, abs=1e-5)
        )
    assert "as counted in 2020 (A count of Smallville)" in answer["definition"]


def test_groups_of_areas_have_the_residents_of_each(side: PublicSide) -> None:
    rows = body(side, "stats?by=area:beat&by=status")["rows"]
    assert {row["area:beat"]: row["residents"] for row in rows} == {"01X": 4000, "02Y": None, None: None}
    lines = list(csv.DictReader(side.get("stats?by=area:beat&by=status&format=csv").text.splitlines()))
    assert [line["per_1000"] for line in lines] == [
        "" if row["per_1000"] is None else str(row["per_1000"]) for row in rows
    ]


def test_summaries_series_and_comparisons_have_rates_beside_their_counts(side: PublicSide) -> None:
    summary = body(side, "areas/beat/01X/summary")
    assert summary["residents"] == 4000
    for span in summary["spans"]:
        assert span["calls_per_1000"] == pytest.approx(span["calls"] / 4, abs=1e-5)
    series = body(side, "city/series?period=day")
    assert series["residents"] == 12_000
    assert [point["per_1000"] for point in series["points"]] == pytest.approx(
        [point["n"] / 12 for point in series["points"]], abs=1e-5
    )
    compared = body(side, "compare?areas=beat:01X,beat:02Y,city")
    assert [column["residents"] for column in compared["columns"]] == [4000, None, 12_000]
    by_measure = {
        name: [row for row in compared["rows"] if row["measure"] == name]
        for name in ("calls_a_week", "calls_a_week_per_1000")
    }
    for count, rate in zip(*by_measure.values(), strict=True):
        people = compared["columns"][rate["column"]]["residents"]
        assert rate["n"] == count["n"]
        for name in ("value", "low", "high"):
            assert rate[name] == (
                None if people is None else pytest.approx(count[name] / people * 1000, abs=1e-4)
            )


def test_pages_have_rates_with_their_year_and_source(side: PublicSide) -> None:
    for language in ("en", "es", "vi", "zh", "zh-Hant"):
        for path in ("/area", "/area/beat/01X", "/compare?areas=beat:01X,city"):
            page = side.client.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text
            assert "A count of Smallville" in page
            assert not re.search(r"past\.rate|\{\w+\}", re.sub(r"<[^>]*>", "", page))
    page = side.client.get("/area/beat/01X").text
    assert "4,000 residents (2020, A count of Smallville)" in page
    calls = body(side, "areas/beat/01X/summary")["spans"][2]["calls"]
    assert f"{round(calls / 4, 2):g} per 1,000 residents" in page
    assert "per 1,000" not in side.client.get("/area/beat/02Y").text


def test_without_a_population_there_are_no_rates(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", some_incidents(20), at=START)
        side.follow()
        build_all(side.archive)
        assert set(body(side, "stats?by=kind")["rows"][0]) == {"kind", "n"}
        assert body(side, "city/summary")["residents"] is None
        measures = {row["measure"] for row in body(side, "compare?areas=beat:01X,city")["rows"]}
        assert "calls_a_week_per_1000" not in measures
        assert "per 1,000" not in side.client.get("/area").text
