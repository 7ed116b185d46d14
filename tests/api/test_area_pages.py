"""The pages about the past, and a recount of their figures from what anybody can download."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from archived import build_all, downloaded_rows
from languages import LANGUAGES
from living_city import START
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.model.vocabulary import Disposition, Kind, Status

ZONE = ZoneInfo("America/Los_Angeles")
PAGES = ("/area", "/area/beat/01X", "/response-times", "/response-times?by=area:beat&stage=queue")


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    with public_side(folder) as side:
        incidents = [
            replace(
                incident,
                received_at=incident.received_at - timedelta(days=number % 40),
                dispatched_at=incident.received_at - timedelta(days=number % 40) + timedelta(seconds=number),
                disposition=Disposition.ADVISED if incident.status is Status.CLOSED else None,
            )
            for number, incident in enumerate(some_incidents(400))
        ]
        side.store.apply("dispatch", incidents, at=START)
        side.follow()
        build_all(side.archive)
        yield side


@pytest.fixture(scope="module")
def rows(side: PublicSide) -> list[dict[str, str]]:
    """Every row that can be downloaded."""
    every = downloaded_rows(side.client)
    assert len(every) == 400
    return every


def local(row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(row["received_at"]).astimezone(ZONE)


def is_call(row: dict[str, str]) -> bool:
    return row["kind"] == Kind.CALL and row["origin"] != "officer" and row["category"] != "officer_activity"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_every_language(side: PublicSide, path: str, language: str) -> None:
    answer = side.client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.text.count("<h1") == 1
    assert not re.search(r"\{\w+\}", re.sub(r"<[^>]*>", "", answer.text))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/area/beat/99Z", 404),
        ("/area/ward/1", 404),
        ("/response-times?by=nothing", 400),
        ("/response-times?stage=never", 400),
        ("/api/v1/areas/beat/99Z/summary", 404),
        ("/api/v1/stats?by=nothing", 400),
        ("/api/v1/stats?by=hour&by=day&by=month&by=week", 400),
        ("/api/v1/stats?q=main", 400),
        ("/api/v1/stats?area=ward:1", 400),
        ("/api/v1/archive/1999-01.csv", 404),
        ("/api/v1/archive/2026-01.exe", 404),
    ],
)
def test_what_there_is_not_is_refused_in_words(side: PublicSide, path: str, status: int) -> None:
    answer = side.client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_an_empty_city_says_that_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as side:
        assert side.client.get("/area").status_code == 404
        assert side.get("stats?by=category").json()["rows"] == []
        assert side.get("stats").json()["rows"] == [{"n": 0}]
        assert side.get("response-times").json()["rows"] == []
        assert side.get("city/series").json()["points"] == []


def test_a_span_in_the_future_or_turned_around_holds_nothing(side: PublicSide) -> None:
    assert side.get("stats?since=2030-01-01T00:00:00Z").json()["rows"] == [{"n": 0}]
    turned = "since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z"
    assert side.get(f"stats?{turned}").json()["rows"] == [{"n": 0}]
    assert side.get(f"city/series?{turned}").json()["points"] == []


def test_counts_by_any_groups_are_those_of_the_downloads(
    side: PublicSide, rows: list[dict[str, str]]
) -> None:
    groups: dict[str, Callable[[dict[str, str]], object]] = {
        "category": lambda row: row["category"],
        "hour": lambda row: local(row).hour,
        "weekday": lambda row: local(row).weekday(),
        "month": lambda row: f"{local(row):%Y-%m}",
        "week": lambda row: f"{local(row) - timedelta(days=local(row).weekday()):%Y-%m-%d}",
        "area:beat": lambda row: row["area_beat"] or None,
        "origin": lambda row: row["origin"] or None,
    }
    for name, value in groups.items():
        expected = Counter((value(row), row["status"]) for row in rows)
        answer = side.get(f"stats?by={name}&by=status").json()["rows"]
        assert Counter({(row[name], row["status"]): row["n"] for row in answer}) == expected, name


def test_filters_narrow_counts_as_they_narrow_the_list(side: PublicSide) -> None:
    for query in (
        "section=calls",
        "section=officer",
        "area=beat:01X&status=closed",
        "hours=18-23.0-1",
        "weekdays=5-6&kind=call",
        "bbox=-122.26,37.7,-122.2,37.8",
        "category=noise&category=fire&priority=2",
    ):
        listed = side.get(f"incidents?limit=1000&{query}").json()["features"]
        assert listed, query
        assert side.get(f"stats?{query}").json()["rows"] == [{"n": len(listed)}], query


def test_the_figures_of_an_areas_page_are_those_of_the_downloads(
    side: PublicSide, rows: list[dict[str, str]]
) -> None:
    own = [row for row in rows if row["area_beat"] == "01X"]
    summary = side.get("areas/beat/01X/summary").json()
    for span in summary["spans"]:
        since, until = (datetime.fromisoformat(span[name]) for name in ("since", "until"))
        within = [row for row in own if since <= datetime.fromisoformat(row["received_at"]) < until]
        assert span["calls"] == sum(map(is_call, within))
        assert span["requests"] == sum(row["kind"] == Kind.REQUEST for row in within)
        assert span["calls"] + span["requests"] + span["officer"] == len(within)
    assert summary["spans"][2]["calls"] > 10
    calls = [row for row in own if is_call(row) and datetime.fromisoformat(row["received_at"]) < NOW]
    hours = Counter((local(row).weekday(), local(row).hour) for row in calls)
    assert {(d, h): n for d, row in enumerate(summary["week_hours"]) for h, n in enumerate(row) if n} == hours
    closed = Counter(row["disposition"] for row in calls if row["status"] == Status.CLOSED)
    assert summary["endings"] == closed
    page = side.client.get("/area/beat/01X").text
    assert re.findall(r'class="large">(\d+) calls?<', page) == [
        str(span["calls"]) for span in summary["spans"]
    ]
    cells = [int(text) for text in re.findall(r'<td class="h\d">(\d+)</td>', page)]
    assert cells == [n for row in summary["week_hours"] for n in row]


def test_a_series_has_every_period_and_says_which_are_whole(
    side: PublicSide, rows: list[dict[str, str]]
) -> None:
    points = side.get("city/series?period=day").json()["points"]
    days = Counter(f"{local(row):%Y-%m-%d}" for row in rows)
    assert {point["start"]: point["n"] for point in points if point["n"]} == days
    assert [point["complete"] for point in points].count(
        False
    ) == 1  # it begins at some hour, and ends at midnight
    starts = [datetime.fromisoformat(point["start"]) for point in points]
    assert all(later - earlier == timedelta(days=1) for earlier, later in itertools.pairwise(starts))


def test_every_answer_has_a_tag_and_is_not_sent_twice(side: PublicSide) -> None:
    for path in ("archive", "stats?by=hour", "response-times", "city/summary", "archive/2026-01.parquet"):
        first = side.get(path)
        again = side.get(path, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304, path


def test_a_file_is_sent_in_ranges(side: PublicSide) -> None:
    whole = side.get("archive/2026-01.parquet")
    part = side.get(
        "archive/2026-01.parquet", headers={"range": "bytes=0-3", "if-range": whole.headers["etag"]}
    )
    assert (part.status_code, part.content) == (206, b"PAR1")


def test_every_download_that_a_page_links_to_is_there(side: PublicSide) -> None:
    links = set()
    for path in ("/area", "/area/beat/01X", "/response-times"):
        links |= {
            link.replace("&amp;", "&")
            for link in re.findall(r'href="(/api/[^"]+)"', side.client.get(path).text)
        }
    assert len(links) > 8
    for link in links:
        assert side.client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("view", "back"),
    [
        ("", "/?area=beat%3A01X"),
        ("range=168&area=beat:01X&q=a%26b", "/?range=168&amp;area=beat%3A01X&amp;q=a%26b"),
        ("range=168&next=//evil.example&onload=x", "/?range=168"),
        ('q="><script>', "/?q=%22%3E%3Cscript%3E"),
        ("&".join(["q=a"] * 60), "/?area=beat%3A01X"),
        ("q=" + "a" * 2000, "/?area=beat%3A01X"),
        ("//evil.example", "/?area=beat%3A01X"),
    ],
)
def test_an_areas_page_leads_back_to_the_view_of_the_map_that_led_to_it(
    side: PublicSide, view: str, back: str
) -> None:
    page = side.client.get("/area/beat/01X", params={"map": view} if view else {})
    assert page.status_code == 200
    assert f'<a href="{back}">' in page.text
    assert "evil.example" not in page.text
    assert "<script" not in page.text


def test_a_series_leaves_counts_by_its_period_as_they_are(side: PublicSide) -> None:
    assert side.get("city/series?period=day").status_code == 200
    assert side.get("stats?by=day").status_code == 200
