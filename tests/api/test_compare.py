"""Areas and periods side by side: a recount from the downloads, the page, and what is refused."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from archived import build_all, downloaded_rows
from languages import LANGUAGES
from living_city import START
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.insight.intervals import count_interval, dispersion, share_interval
from blocklight.model.vocabulary import Disposition, Kind, Status

ZONE = ZoneInfo("America/Los_Angeles")
PAIR = "areas=beat:01X,beat:02Y"
SPAN = "since=2025-12-01T08:00:00Z&until=2026-01-01T08:00:00Z"


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    with public_side(folder, reports=("dispatched_at", "on_scene_at")) as side:
        incidents = []
        for number, incident in enumerate(some_incidents(900)):
            received_at = incident.received_at - timedelta(days=number % 80)
            reached = incident.status is Status.CLOSED and number % 4
            incidents.append(
                replace(
                    incident,
                    received_at=received_at,
                    on_scene_at=received_at + timedelta(seconds=60 + number) if reached else None,
                    closed_at=received_at + timedelta(hours=1) if incident.closed_at else None,
                    disposition=(Disposition.ADVISED, Disposition.CITED, None)[number % 3]
                    if incident.status is Status.CLOSED
                    else None,
                )
            )
        side.store.apply("dispatch", incidents, at=START)
        side.follow()
        build_all(side.archive)
        yield side


@pytest.fixture(scope="module")
def calls(side: PublicSide) -> list[dict[str, str]]:
    """The community's calls of every file that can be downloaded."""
    rows = downloaded_rows(side.client)
    assert len(rows) == 900
    return [
        row
        for row in rows
        if row["kind"] == Kind.CALL and row["origin"] != "officer" and row["category"] != "officer_activity"
    ]


def figures(body: Any, measure: str, column: int) -> dict[str | None, Any]:  # noqa: ANN401 - JSON
    return {row["term"]: row for row in body["rows"] if (row["measure"], row["column"]) == (measure, column)}


def own_calls(calls: list[dict[str, str]], area: str) -> list[dict[str, str]]:
    """Those of a beat that were received before what the archive holds was published."""
    return [
        row for row in calls if row["area_beat"] == area and datetime.fromisoformat(row["received_at"]) < NOW
    ]


def test_every_figure_of_a_comparison_is_that_of_the_downloads(
    side: PublicSide, calls: list[dict[str, str]]
) -> None:
    body = side.get(f"compare?{PAIR}").json()
    begin = min(
        datetime.fromisoformat(month["first_received_at"]) for month in side.get("archive").json()["months"]
    )
    for number, area in enumerate(("01X", "02Y")):
        own = own_calls(calls, area)
        assert len(own) > 60
        assert body["columns"][number]["calls"] == len(own)
        days = (NOW - begin).total_seconds() / 86_400
        assert body["columns"][number]["days"] == pytest.approx(days, abs=0.001)
        by_day = Counter(datetime.fromisoformat(row["received_at"]).astimezone(ZONE).date() for row in own)
        last = NOW.astimezone(ZONE).date()
        weeks = [
            sum(by_day[last - timedelta(days=7 * week + day + 1)] for day in range(7))
            for week in range(int(days) // 7)
        ]
        expected = count_interval(len(own), dispersion(weeks))
        a_week = figures(body, "calls_a_week", number)[None]
        assert [a_week[name] for name in ("value", "low", "high")] == pytest.approx(
            [value * 7 / days for value in expected], abs=1e-4
        )
        for measure, column, rows in (
            ("category_share", "category", own),
            ("ending_share", "disposition", [row for row in own if row["status"] == Status.CLOSED]),
        ):
            counts = Counter(row[column] for row in rows)
            shown = figures(body, measure, number)
            assert {term: row["n"] for term, row in shown.items() if row["n"]} == counts
            for term, n in counts.items():
                share = share_interval(n, len(rows))
                assert share is not None
                assert [shown[term][name] for name in ("value", "low", "high")] == pytest.approx(
                    share, abs=1e-5
                )


def test_waits_are_those_of_the_areas_own_response_times(side: PublicSide) -> None:
    body = side.get(f"compare?{PAIR}").json()
    for number, area in enumerate(("01X", "02Y")):
        own = side.get(
            f"areas/beat/{area}/response-times?section=calls&until={NOW:%Y-%m-%dT%H:%M:%SZ}"
        ).json()["rows"]
        assert len(own) == 1
        half = figures(body, "half_wait_s", number)[None]
        assert own[0]["half"] == {name: half[name] for name in ("value", "low", "high")}
        assert half["n"] == own[0]["calls"]


def test_an_area_beside_itself_differs_by_chance_alone(side: PublicSide) -> None:
    day = "since=2025-12-01T08:00:00Z&until=2025-12-29T08:00:00Z"
    body = side.get(f"compare?areas=beat:01X&{day}&versus_{day.replace('&', '&versus_')}").json()
    assert [column["calls"] for column in body["columns"]] == [body["columns"][0]["calls"]] * 2
    beside = [row for row in body["rows"] if row["column"] == 1 and row["value"] is not None]
    assert len(beside) > 5
    assert {row["verdict"] for row in beside} == {"within_chance"}
    assert {row["difference"] for row in beside} == {0}


def test_half_the_calls_are_fewer_beyond_chance(side: PublicSide) -> None:
    body = side.get("compare?areas=city&areas=beat:01X").json()
    assert figures(body, "calls_a_week", 1)[None]["verdict"] == "less"
    assert figures(body, "calls_a_week", 0)[None]["verdict"] == "unknown"


def test_the_csv_has_the_same_rows(side: PublicSide) -> None:
    body = side.get(f"compare?{PAIR}").json()
    rows = list(csv.DictReader(side.get(f"compare?{PAIR}&format=csv").text.splitlines()))
    assert len(rows) == len(body["rows"]) > 12
    for row, same in zip(rows, body["rows"], strict=True):
        assert row["area"] == body["columns"][same["column"]]["area"]
        assert row["definition"] == body["definition"]
        assert [row[name] for name in ("measure", "verdict")] == [same["measure"], same["verdict"]]
        assert (float(row["value"]) if row["value"] else None) == same["value"]


def test_a_period_without_data_has_no_figures(side: PublicSide) -> None:
    body = side.get(
        "compare?areas=beat:01X&since=2030-01-01T00:00:00Z&until=2030-02-01T00:00:00Z"
        "&versus_since=2019-01-01T00:00:00Z"
    ).json()
    assert [(column["days"], column["calls"]) for column in body["columns"]] == [(0, 0), (0, 0)]
    assert {row["value"] for row in body["rows"]} == {None}
    page = side.client.get("/compare?areas=beat:01X&since=2030-01-01&until=2030-02-01")
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("areas=beat:01X", "areas"),
        ("", "areas"),
        (f"{PAIR},city,beat:03Z,beat:04Z,beat:05Z,beat:06Z", "areas"),
        (f"{PAIR}&versus_since=2025-01-01T00:00:00Z", "versus_since"),
        (f"{PAIR}&since=2026-01-01T00:00:00Z&until=2025-01-01T00:00:00Z", "until"),
        ("areas=city&versus_since=2026-01-01T00:00:00Z&versus_until=2025-01-01T00:00:00Z", "versus_until"),
        (f"{PAIR}&area=beat:01X", "area"),
        (f"{PAIR}&since=yesterday", "since"),
        (f"{PAIR}&colour=red", "colour"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(side: PublicSide, query: str, parameter: str) -> None:
    answer = side.get(f"compare?{query}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
    assert answer.json()["detail"]


def test_an_unknown_area_is_not_found(side: PublicSide) -> None:
    assert side.get("compare?areas=beat:01X,beat:99Z").status_code == 404
    assert side.client.get("/compare?areas=ward:1").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    ["", "areas=beat:01X", f"{PAIR},city", f"areas=beat:02Y&{SPAN}&versus_since=2025-11-01T08:00:00Z"],
)
def test_the_page_is_there_in_every_language(side: PublicSide, query: str, language: str) -> None:
    answer = side.client.get(f"/compare?lang={language}&{query}")
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert "<script" not in answer.text
    assert answer.text.count("<h1") == 1
    assert not re.search(r"\{\w+\}|None|undefined", re.sub(r"<[^>]*>", "", answer.text))


def test_the_page_says_the_figures_of_the_api(side: PublicSide) -> None:
    body = side.get(f"compare?{PAIR}").json()
    page = side.client.get(f"/compare?{PAIR}").text
    for number in range(2):
        assert f'<td class="n">{body["columns"][number]["calls"]}</td>' in page
    verdicts = Counter(re.findall(r'class="n verdict-(\w+)"', page))
    shares = [row["verdict"] for row in body["rows"] if row["measure"].endswith("share")]
    assert verdicts == Counter(shares)


def test_a_form_without_scripts_adds_an_area_and_sets_days_of_the_city(side: PublicSide) -> None:
    form = "areas=beat%3A01X&areas=city&since=2025-12-01&until=2026-01-01&versus_since=&versus_until="
    page = side.client.get(f"/compare?{form}")
    assert page.status_code == 200
    link = re.search(r'href="(/api/v1/compare\?[^"]*format=csv)"', page.text)
    assert link is not None
    assert "since=2025-12-01T08%3A00%3A00Z" in link[1]
    assert side.client.get(link[1].replace("&amp;", "&")).status_code == 200


def test_the_filter_stays_in_every_link_and_in_the_form(side: PublicSide) -> None:
    page = side.client.get(f"/compare?{PAIR}&category=noise&category=fire&priority=2").text
    for field in (
        'name="category" value="noise"',
        'name="category" value="fire"',
        'name="priority" value="2"',
    ):
        assert field in page
    assert re.search(r'href="/api/v1/compare\?[^"]*category=noise&amp;category=fire', page)


def test_refused_pages_say_what_was_not_read(side: PublicSide) -> None:
    answer = side.client.get(f"/compare?{PAIR}&since=2026-01-01&until=2025-01-01")
    assert answer.status_code == 400
    assert "until" in answer.text


def test_every_area_page_leads_to_its_comparison(side: PublicSide) -> None:
    for path in ("/area", "/area/beat/01X"):
        link = re.search(r'href="(/compare\?[^"]+)"', side.client.get(path).text)
        assert link is not None, path
        assert side.client.get(link[1].replace("&amp;", "&")).status_code == 200


def test_a_comparison_has_a_tag_and_is_not_sent_twice(side: PublicSide) -> None:
    first = side.get(f"compare?{PAIR}")
    again = side.get(f"compare?{PAIR}", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
