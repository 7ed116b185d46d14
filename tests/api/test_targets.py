"""The share of calls within the city's targets: recounted from the downloads, on pages and in CSV."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from archived import build_all, downloaded_rows
from living_city import START
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.config.targets import Target
from blocklight.model.vocabulary import Category, StageTime, Status

NEW = date(2025, 12, 20)
TARGETS = (
    Target(stage=StageTime.RESPONSE, seconds=300, share=0.9, since=NEW, priority=(1, 2)),
    Target(stage=StageTime.RESPONSE, seconds=500, share=0.8, since=date(2025, 1, 1), priority=(1, 2)),
    Target(stage=StageTime.RESPONSE, seconds=700, share=0.5, since=NEW, category=(Category.FIRE,)),
)
UNTIL = f"until={NOW:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    reports = ("dispatched_at", "on_scene_at")
    with public_side(folder, reports=reports, tables={"targets": TARGETS}) as side:
        incidents = []
        for number, incident in enumerate(some_incidents(700)):
            received_at = incident.received_at - timedelta(days=number % 60)
            reached = incident.status is Status.CLOSED and number % 5
            incidents.append(
                replace(
                    incident,
                    received_at=received_at,
                    dispatched_at=received_at + timedelta(seconds=30) if number % 7 else None,
                    on_scene_at=received_at + timedelta(seconds=60 + number) if reached else None,
                    closed_at=received_at + timedelta(seconds=900) if incident.closed_at else None,
                )
            )
        side.store.apply("dispatch", incidents, at=START)
        side.follow()
        build_all(side.archive)
        yield side


def own_target(row: dict[str, str]) -> float | None:
    """The first target of the file that fits a downloaded row."""
    day = datetime.fromisoformat(row["received_at"]).astimezone(ZoneInfo("America/Los_Angeles")).date()
    for target in TARGETS:
        if day < target.since or (target.category and row["category"] not in target.category):
            continue
        if not target.priority or row["priority"] in map(str, target.priority):
            return target.seconds
    return None


def share_in_time(rows: list[dict[str, str]], *, missing: str) -> float:
    """Aalen and Johansen's share by 1 of calls whose time is divided by their target, one call at a time."""
    cases = []
    for row in rows:
        at = {n: datetime.fromisoformat(row[n]) for n in row if n.endswith("_at") and row[n]}
        since, target = at["received_at"], own_target(row)
        assert target is not None
        if "on_scene_at" in at:
            cases.append(((at["on_scene_at"] - since).total_seconds() / target, "served"))
        elif row["status"] == "open":
            cases.append(((NOW - since).total_seconds() / target, "waits"))
        elif "dispatched_at" not in at:
            cases.append(((at["closed_at"] - since).total_seconds() / target, "nobody"))
        elif missing != "left out":
            cases.append((0.0, {"at once": "served", "never": "nobody"}[missing]))
    left, served = 1.0, 0.0
    for time in sorted({time for time, _ in cases if time <= 1}):
        at_risk = sum(other >= time for other, _ in cases)
        now = [end for other, end in cases if other == time]
        served += left * now.count("served") / at_risk
        left *= 1 - (now.count("served") + now.count("nobody")) / at_risk
    return served


def answer(side: PublicSide, path: str) -> Any:  # noqa: ANN401 - JSON
    return side.get(path).json()


@pytest.mark.parametrize("area", ["01X", "02Y"])
def test_the_share_in_time_is_that_of_the_downloads(side: PublicSide, area: str) -> None:
    rows = [
        row
        for row in downloaded_rows(side.client)
        if (row["area_beat"], row["kind"], row["source"]) == (area, "call", "dispatch")
        and datetime.fromisoformat(row["received_at"]) < NOW
    ]
    found = answer(side, f"areas/beat/{area}/response-times?by=priority&{UNTIL}")["rows"]
    assert [row["group"]["priority"] for row in found] == [1, 2, 3, None]
    for row in found:
        priority = "" if row["group"]["priority"] is None else str(row["group"]["priority"])
        own = [one for one in rows if one["priority"] == priority and own_target(one) is not None]
        within = row["within_target"]
        if len([one for one in own if one["on_scene_at"]]) < 5:
            assert within is None
            continue
        assert within["calls"] == len(own)
        assert within["value"] == pytest.approx(share_in_time(own, missing="left out"), abs=1e-5)
        assert within["if_missing_at_once"] == pytest.approx(share_in_time(own, missing="at once"), abs=1e-5)
        assert within["if_missing_never"] == pytest.approx(share_in_time(own, missing="never"), abs=1e-5)
        assert within["low"] <= within["value"] <= within["high"]
        waits = [
            (datetime.fromisoformat(one["on_scene_at"]) - datetime.fromisoformat(one["received_at"]), one)
            for one in own
            if one["on_scene_at"]
        ]
        in_time = [took.total_seconds() <= (own_target(one) or 0) for took, one in waits]
        naive = sum(in_time) / len(in_time)
        assert (within["naive"], row["naive"]["within_target"]) == pytest.approx((naive, naive), abs=1e-5)
    assert any(row["within_target"] is not None for row in found)


def test_calls_before_a_target_changed_keep_the_one_of_their_time(side: PublicSide) -> None:
    changed = datetime(2025, 12, 20, 8, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    old = answer(side, f"response-times?priority=1&until={changed}")["rows"][0]["within_target"]
    new = answer(side, f"response-times?priority=1&since={changed}")["rows"][0]["within_target"]
    assert (old["seconds"], old["goal"]) == (500, 0.8)
    assert (new["seconds"], new["goal"]) == (300, 0.9)
    both = answer(side, "response-times?priority=1")["rows"][0]["within_target"]
    assert (both["seconds"], both["goal"]) == (None, None)
    assert both["calls"] == old["calls"] + new["calls"]


def test_the_answer_says_which_targets_and_its_csv_has_the_same_figures(side: PublicSide) -> None:
    body = answer(side, "response-times?by=priority")
    assert [line["seconds"] for line in body["targets"]] == [300, 500, 700]
    assert "0.9 of calls within 300 s, priority 1, 2, received from 2025-12-20 on" in body["definition"]
    lines = list(csv.DictReader(side.get("response-times?by=priority&format=csv").text.splitlines()))
    shown = [row["within_target"] and str(row["within_target"]["value"]) for row in body["rows"]]
    assert [line["within_target_value"] or None for line in lines] == shown
    assert answer(side, "response-times?stage=queue")["targets"] == []


def test_a_target_that_is_asked_for_takes_the_place_of_the_citys(side: PublicSide) -> None:
    body = answer(side, "response-times?target_s=400")
    assert [(line["seconds"], line["share"]) for line in body["targets"]] == [(400, None)]
    within = body["rows"][0]["within_target"]
    assert (within["seconds"], within["goal"], within["calls"]) == (400, None, body["rows"][0]["calls"])


@pytest.mark.parametrize("language", ["en", "es", "vi", "zh", "zh-Hant"])
@pytest.mark.parametrize("path", ["/area/beat/01X", "/response-times", "/compare?areas=beat:01X,city"])
def test_pages_have_the_share_with_its_interval(side: PublicSide, path: str, language: str) -> None:
    page = side.client.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text
    assert not re.search(r"past\.target|\{\w+\}", re.sub(r"<[^>]*>", "", page))
    if language == "en":
        assert "Within the target" in page
        assert "90% within 5 min, from Dec 20, 2025 on." in page


def test_a_comparison_sets_the_shares_side_by_side(side: PublicSide) -> None:
    rows = [
        row
        for row in answer(side, "compare?areas=beat:01X,beat:02Y")["rows"]
        if row["measure"] == "within_target_share"
    ]
    assert [row["column"] for row in rows] == [0, 1]
    for row, area in zip(rows, ("01X", "02Y"), strict=True):
        own = answer(side, f"areas/beat/{area}/response-times?section=calls&{UNTIL}")["rows"][0][
            "within_target"
        ]
        assert [row[name] for name in ("value", "low", "high")] == pytest.approx(
            [own[name] for name in ("value", "low", "high")]
        )
        assert row["n"] == own["calls"]
    assert rows[1]["difference"] == pytest.approx(rows[1]["value"] - rows[0]["value"], abs=2e-5)
