"""How calls ended and what work they were: a recount from the downloads, the page, and what is refused."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from archived import build_all, downloaded_rows
from languages import LANGUAGES
from living_city import START
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.insight.intervals import share_interval
from blocklight.model.vocabulary import Disposition, Kind, Status

ZONE = ZoneInfo("America/Los_Angeles")
ENDINGS = (Disposition.ADVISED, Disposition.CITED, None)
PATHS = ("areas/beat/01X", "areas/beat/02Y", "city")


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    with public_side(folder, reports=("dispatched_at", "on_scene_at", "units")) as side:
        incidents = []
        for number, incident in enumerate(some_incidents(1500)):
            received_at = incident.received_at - timedelta(days=number % 60)
            sent_at = received_at + timedelta(seconds=20 + number % 400)
            is_closed = incident.status is Status.CLOSED
            incidents.append(
                replace(
                    incident,
                    received_at=received_at,
                    dispatched_at=sent_at if number % 5 else None,
                    on_scene_at=sent_at + timedelta(minutes=number % 80) if number % 3 else None,
                    closed_at=received_at + timedelta(hours=2) if is_closed else None,
                    units=number % 4 or None,
                    disposition=ENDINGS[number % 7 % 3] if is_closed else None,
                )
            )
        side.store.apply("dispatch", incidents, at=START)
        side.follow()
        build_all(side.archive)
        yield side


@pytest.fixture(scope="module")
def rows(side: PublicSide) -> list[dict[str, str]]:
    """Every call that can be downloaded."""
    every = downloaded_rows(side.client)
    assert len(every) == 1500
    return [row for row in every if row["kind"] == Kind.CALL]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def is_officers(row: dict[str, str]) -> bool:
    return row["origin"] == "officer" or row["category"] == "officer_activity"


def of_path(rows: list[dict[str, str]], path: str) -> list[dict[str, str]]:
    """The calls of an area or the city that were received before what the archive holds was published."""
    own = [row for row in rows if at(row["received_at"]) < NOW]
    return own if path == "city" else [row for row in own if row["area_beat"] == path[-3:]]


def band(row: dict[str, str]) -> str | None:
    if not row["on_scene_at"]:
        return None
    minutes = (at(row["on_scene_at"]) - at(row["received_at"])).total_seconds() / 60
    ends = (0, 5, 10, 20, 60, 1440)
    return next(f"{low:02}-{high:02}" for low, high in pairwise(ends) if minutes < high)


@pytest.mark.parametrize("path", PATHS)
def test_endings_by_any_group_are_those_of_the_downloads(
    side: PublicSide, rows: list[dict[str, str]], path: str
) -> None:
    closed = [row for row in of_path(rows, path) if row["status"] == Status.CLOSED and not is_officers(row)]
    assert len(closed) > 30
    for by, group in (
        ("category", lambda row: row["category"]),
        ("wait", band),
        ("area:beat", lambda row: row["area_beat"] or None),
        ("weekday", lambda row: at(row["received_at"]).astimezone(ZONE).weekday()),
    ):
        body = side.get(f"{path}/outcomes?by={by}").json()
        expected = Counter((group(row), row["disposition"] or None) for row in closed)
        assert {(row["group"], row["disposition"]): row["n"] for row in body["rows"]} == expected, by
        of = Counter(group(row) for row in closed)
        for row in body["rows"]:
            assert row["of"] == of[row["group"]]
            share = share_interval(row["n"], row["of"])
            assert share is not None
            assert [row[name] for name in ("share", "low", "high")] == pytest.approx(share, abs=1e-5)


def test_the_csv_of_endings_has_the_same_rows(side: PublicSide) -> None:
    body = side.get("city/outcomes?by=wait").json()
    table = list(csv.DictReader(side.get("city/outcomes?by=wait&format=csv").text.splitlines()))
    assert [(row["wait"] or None, row["disposition"] or None, int(row["n"])) for row in table] == [
        (row["group"], row["disposition"], row["n"]) for row in body["rows"]
    ]
    assert len({row["wait"] for row in table}) == 6
    assert "not mean solved" in table[0]["definition"]


@pytest.mark.parametrize("path", PATHS)
def test_the_work_of_each_hour_is_that_of_the_downloads(
    side: PublicSide, rows: list[dict[str, str]], path: str
) -> None:
    body = side.get(f"{path}/work").json()
    since = at(body["since"])
    held: dict[tuple[bool, int, int], float] = defaultdict(float)
    counted: Counter[str] = Counter()
    for row in of_path(rows, path):
        if row["source"] != "dispatch":
            continue  # the other does not report when units are sent
        signs = [at(row[name]) for name in ("dispatched_at", "on_scene_at") if row[name]]
        end = NOW if row["status"] == Status.OPEN else at(row["closed_at"])
        if not signs:
            counted["no_start"] += 1
            continue
        start = min(signs)
        if not timedelta(0) <= end - start <= timedelta(days=1):
            counted["contradicting"] += 1
            continue
        counted["officer" if is_officers(row) else "community"] += 1
        counted["one_unit"] += not row["units"]
        # Minute by minute would take long: the parts between full hours.
        while start < end:
            local = start.astimezone(ZONE)
            following = min(end, start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
            hours = (following - start).total_seconds() / 3600
            if start >= since:
                held[is_officers(row), local.weekday(), local.hour] += hours * int(row["units"] or 1)
            start = following
    assert {name: body[name] for name in counted} == counted
    assert counted["community"] > 20
    assert len(body["rows"]) == 168
    for row in body["rows"]:
        for name, officer in (("unit_hours_community", False), ("unit_hours_officer", True)):
            expected = held[officer, row["weekday"], row["hour"]]
            assert row[name] == pytest.approx(expected, abs=0.002), (row["weekday"], row["hour"])
    observed = sum(row["hours"] for row in body["rows"])
    assert observed == pytest.approx((NOW - since).total_seconds() / 3600, abs=0.1)
    table = list(csv.DictReader(side.get(f"{path}/work?format=csv").text.splitlines()))
    assert [float(row["waiting"]) for row in table] == [row["waiting"] for row in body["rows"]]


def test_queues_are_listed_the_longest_first_one_a_day(side: PublicSide) -> None:
    queues = side.get("city/work").json()["queues"]
    assert 1 < len(queues) <= 10
    assert [queue["waiting"] for queue in queues] == sorted(
        (queue["waiting"] for queue in queues), reverse=True
    )
    days = [at(queue["at"]).astimezone(ZONE).date() for queue in queues]
    assert len(set(days)) == len(days)


def test_a_city_that_does_not_report_units_says_so_instead_of_zeros(tmp_path: Path) -> None:
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", some_incidents(50), at=START)
        side.follow()
        build_all(side.archive)
        body = side.get("city/work").json()
        assert (body["reported"], body["rows"], body["queues"]) == (False, [], [])
        assert "Not reported: no source says both" in side.client.get("/area").text


def test_spans_without_data_are_empty_and_long_ones_are_bounded(side: PublicSide) -> None:
    future = "since=2030-01-01T00:00:00Z&until=2031-01-01T00:00:00Z"
    assert side.get(f"city/work?{future}").json()["rows"] == []
    assert side.get(f"city/outcomes?{future}").json()["rows"] == []
    ages = side.get("city/work?since=0001-01-02T00:00:00Z&until=9998-01-01T00:00:00Z").json()
    assert sum(row["hours"] for row in ages["rows"]) < 24 * 100


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("areas/beat/99Z/work", 404, None),
        ("areas/ward/1/outcomes", 404, None),
        ("areas/beat/01X/work?area=beat:02Y", 400, "area"),
        ("city/work?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 400, "until"),
        ("city/outcomes?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 400, "until"),
        ("city/outcomes?by=nothing", 400, "by"),
        ("city/outcomes?by=disposition", 400, "by"),
        ("city/outcomes?status=open", 400, "status"),
        ("city/work?colour=red", 400, "colour"),
    ],
)
def test_what_there_is_not_is_refused_in_words(
    side: PublicSide, path: str, status: int, parameter: str | None
) -> None:
    answer = side.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert answer.json().get("parameter") == parameter


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_both_in_every_language(side: PublicSide, language: str) -> None:
    for path in ("/area", "/area/beat/01X"):
        page = side.client.get(f"{path}?lang={language}")
        assert page.status_code == 200
        assert 'id="work"' in page.text
        assert page.text.count('class="community"') == page.text.count('class="officer"') == 1
        assert not re.search(r"\{\w+\}|None|nan", re.sub(r"<[^>]*>", "", page.text))
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/api/[^"]+)"', page.text)]
        assert sum("/outcomes?" in link for link in links) >= 4
        assert sum("/work?" in link for link in links) == 2
        if language == "en":
            assert {side.client.get(link).status_code for link in links} == {200}


def test_the_table_of_hours_says_the_means_of_the_api(side: PublicSide) -> None:
    body = side.get("areas/beat/01X/work").json()
    page = side.client.get("/area/beat/01X?lang=en").text
    table = page[page.index('id="work"') :]
    shown = re.findall(r'<th scope="row">(\d+)</th><td class="n">([\d.]+)</td>', table)[:24]
    assert [int(hour) for hour, _ in shown] == list(range(24))
    for hour, units in shown:
        own = [row for row in body["rows"] if row["hour"] == int(hour)]
        mean = sum(row["unit_hours_community"] for row in own) / sum(row["hours"] for row in own)
        assert float(units) == pytest.approx(mean, abs=0.006)
