"""The ledger over HTTP: it adds up, leaves out what is small, and tells nothing of today."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from living_city import a_city, an_incident, incident_id
from public_side import NOW, PublicSide, public_side

from blocklight.api.ledger import LedgerParameters, ledger_answer
from blocklight.api.state import Public
from blocklight.errors import BadQuery
from blocklight.geo.areas import Areas
from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.vocabulary import Reason
from blocklight.store import FetchReport

YESTERDAY = NOW - timedelta(days=1)


def hidden(numbers: range, reason: Reason = Reason.SENSITIVE, **areas: str) -> list[Outcome]:
    sensitive = reason is Reason.SENSITIVE
    return [Withheld(incident_id(n), "dispatch", reason, sensitive, areas) for n in numbers]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("ledger"), follow=False) as side:
        side.store.ledger_kind = "beat"
        held = [Held(an_incident(100 + n, delayed=True), YESTERDAY + timedelta(hours=1)) for n in range(7)]
        waiting = [Held(an_incident(150 + n, delayed=True), NOW + timedelta(days=9)) for n in range(9)]
        side.store.apply(
            "dispatch",
            [
                *(an_incident(n) for n in range(20)),
                *held,
                *waiting,
                *hidden(range(200, 212), beat="01X"),
                *hidden(range(300, 303), beat="02Y"),
                *hidden(range(400, 402), Reason.UNMAPPED),
                *(Rejected(f"r{n}", "dispatch", "bad_time") for n in range(6)),
            ],
            at=YESTERDAY,
        )
        side.store.release(YESTERDAY + timedelta(hours=1))
        side.store.apply("dispatch", hidden(range(500, 600)), at=NOW)
        yield side


def ledger(side: PublicSide, **parameters: str) -> dict[str, Any]:
    answer = side.get("ledger", params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_day_adds_up(side: PublicSide) -> None:
    body = ledger(side, **{"from": "2026-02-01", "to": "2026-02-01"})
    (day,) = body["days"]
    assert (day["published"], day["held"], day["rejected"]) == (20, 7, {"bad_time": 6, "other": None})
    assert (day["withheld"]["sensitive"], day["withheld"]["unmapped"]) == (15, None)
    assert day["fetched"] == {"at_least": 48, "at_most": 48 + 4 * 5}
    assert day["fetched"]["at_least"] <= 50 <= day["fetched"]["at_most"]
    assert body["total"]["fetched"] == day["fetched"]


def test_today_is_not_told_before_it_is_over(side: PublicSide) -> None:
    body = ledger(side, to="2026-12-31")
    assert (body["to"], len(body["days"])) == ("2026-02-01", 28)
    assert body["total"]["withheld"]["sensitive"]["at_least"] == 15


def test_an_area_is_told_by_whole_months(side: PublicSide) -> None:
    whole = {"from": "2026-01-01", "to": "2026-01-31"}
    assert ledger(side, **whole, area="beat:01X")["months"][0]["withheld"]["sensitive"] is None
    assert ledger(side, **{"from": "2026-01-02", "to": "2026-02-01"}, area="beat:01X")["months"] == []


def test_how_far_incidents_were_moved_is_told(side: PublicSide) -> None:
    side.publisher.load()
    assert ledger(side)["places"] == {"without": 0, "masked": [{"kind": "grid", "radius_m": 201, "n": 27}]}


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2020-01-01"}, "from"),
        ({"area": "district:1"}, "area"),
        ({"area": "beat:99Z"}, "area"),
        ({"area": "beat"}, "area"),
        ({"source": "dispatch"}, "source"),
    ],
)
def test_what_cannot_be_answered_is_a_bad_query(
    side: PublicSide, parameters: dict[str, str], parameter: str
) -> None:
    answer = side.get("ledger", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter


def test_areas_of_a_second_kind_have_no_ledger_though_their_ids_are_the_same(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as side:
        city = a_city(tmp_path)
        more = city.areas[0].model_copy(update={"kind": "district"})
        city = city.model_copy(update={"areas": (*city.areas, more)})
        state = Public(city, side.store, side.publisher, Areas(city))
        whole = {"from": "2026-01-01", "to": "2026-01-31"}
        first = ledger_answer(state, LedgerParameters.model_validate({**whole, "area": "beat:01X"}))
        assert len(first["months"]) == 1
        assert state.areas.by_kind["district"][0].id == "01X"
        with pytest.raises(BadQuery, match="the ledger is kept by beat"):
            ledger_answer(state, LedgerParameters.model_validate({**whole, "area": "district:01X"}))


def test_a_withheld_incident_changes_no_byte_of_the_ledger_until_the_day_is_over(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as other:
        before = other.get("ledger").content, other.get("city").content
        other.store.apply("dispatch", hidden(range(50), beat="01X"), at=NOW)
        assert (other.get("ledger").content, other.get("city").content) == before


def test_what_is_stored_after_midnight_of_an_answer_before_it_is_seen_to_change_nothing(
    tmp_path: Path,
) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    told = "ledger", "city", "sources"
    with public_side(tmp_path, follow=False, now=midnight + timedelta(seconds=5)) as side:
        side.store.record_fetch(FetchReport("dispatch", midnight - timedelta(minutes=1), 300))
        side.publisher.load()
        before = [side.get(path).content for path in told]
        at = midnight - timedelta(seconds=2)
        report = FetchReport("dispatch", at - timedelta(seconds=58), 300, noticed={"places_sought": 50})
        side.store.apply("dispatch", hidden(range(50), beat="01X"), at=at, report=report)
        side.publisher.load()
        assert [side.get(path).content for path in told] == before
        day = side.store.ledger_days(at.date(), at.date())[0]
        assert day["withheld"]["sensitive"] == 50


def test_a_day_is_told_a_quarter_of_an_hour_after_its_end(tmp_path: Path) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    for minutes, newest in ((14, "2026-01-31"), (15, "2026-02-01")):
        now, folder = midnight + timedelta(minutes=minutes), tmp_path / newest
        folder.mkdir()
        with public_side(folder, follow=False, now=now) as side:
            side.store.apply("dispatch", hidden(range(50)), at=midnight - timedelta(hours=1))
            assert ledger(side)["to"] == side.get("city").json()["ledger_yesterday"]["day"] == newest
