"""Calls beside a sensitive one are withheld with it; what is public already goes on as before."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from small_city import ROW, rules_of, small_city

from blocklight.geo.exact import ExactPoint
from blocklight.geo.hexagons import mask_point
from blocklight.intake import companions, waiting_calls
from blocklight.intake.bulk import History, understand
from blocklight.intake.companions import Companions
from blocklight.intake.connectors.push import Push
from blocklight.intake.feed import Feed
from blocklight.intake.geocode.addresses import Reading
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.past import Past
from blocklight.intake.tally import Tally
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason

NOW = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
LON, LAT = -95.5, 29.5
_METRE_LAT = 1 / 111_195
SHOW = {"policy": {"companions": {"show": True, "reason": "The council wants every alarm shown"}}}


def row(number: str, what: str = "NOISE", *, metres: float = 0, minutes: float = 0, **cells: Any) -> Any:  # noqa: ANN401 - a row
    """Return a row so many metres north of the first place and minutes after the first call."""
    received = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)
    stages = dict.fromkeys(("dispatched", "en_route", "on_scene"))
    place = {"lat": LAT + metres * _METRE_LAT, "lon": LON}
    return ROW | stages | place | {"number": number, "type": what, "received": received.isoformat()} | cells


def a_feed(tmp_path: Path, memory: Companions | None = None, **more: Any) -> Feed:  # noqa: ANN401 - settings
    city = small_city(tmp_path, top=more.pop("top", None), **more.pop("source", {}))
    source = city.sources[0]
    memory = memory if memory is not None else Companions.of(city)
    return Feed(source, city, Push(source, lambda: NOW), rules_of(city), companions=memory, **more)


def outcomes_of(feed: Feed, *rows: Any, at: datetime = NOW, past: Past | None = None) -> list[Outcome]:  # noqa: ANN401 - rows
    return feed.outcomes(rows, at, Tally(), past=past or Past())


def fates(outcomes: Sequence[Outcome]) -> list[str]:
    """Return what became of each: shown, sensitive, companion or other."""
    return [
        "shown" if isinstance(one, PublicIncident | Held)
        else ("companion" if one.companion else str(one.reason)) if isinstance(one, Withheld)
        else "rejected"
        for one in outcomes
    ]  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_a_call_beside_a_sensitive_one_is_withheld_in_whatever_order_they_come(
    tmp_path: Path, order: int
) -> None:
    rows = [row("hidden", "STALKING"), row("beside", metres=35, minutes=20), row("far", metres=400)]
    assert (
        fates(outcomes_of(a_feed(tmp_path), *rows[::order])) == ["sensitive", "companion", "shown"][::order]
    )


@pytest.mark.parametrize(
    ("metres", "minutes", "fate"),
    [
        (0, 0, "companion"),
        (40, 30, "companion"),
        (-40, -30, "companion"),
        (0, 46, "shown"),
        (200, 0, "shown"),
    ],
)
def test_beside_is_within_forty_metres_and_half_an_hour(
    tmp_path: Path, metres: float, minutes: float, fate: str
) -> None:
    feed = a_feed(tmp_path)
    outcomes_of(feed, row("hidden", "STALKING"))
    assert fates(outcomes_of(feed, row("later", metres=metres, minutes=minutes))) == [fate]


def test_forty_metres_in_any_direction_are_beside_wherever_in_its_cell_the_sensitive_call_was(
    tmp_path: Path,
) -> None:
    for number in range(40):
        feed = a_feed(tmp_path)
        start = 7 * number
        east = 40 * _METRE_LAT / 0.87
        rows = [row("hidden", "STALKING", metres=start)]
        rows += [row(f"n{d}", metres=start + d) for d in (40, -40)]
        rows += [row(f"e{d}", metres=start, lon=LON + d * east) for d in (1, -1)]
        assert fates(outcomes_of(feed, *rows)) == ["sensitive", *["companion"] * 4]


@pytest.mark.parametrize(
    ("hidden", "beside"),
    [
        ("120 MAIN ST, APT 4", "120 MAIN ST, APT 4"),
        ("120 MAIN ST", "120 MAIN STREET"),
        ("1XX N MAIN ST", "MAIN ST 100 BLOCK"),
        ("CITY HALL: 120 MAIN ST", "120 MAIN"),
        ("MAIN ST & SECOND AVE", "2ND/MAIN"),
        ("MAIN ST X SECOND AVE", "2ND AVE, MAIN ST"),
        ("I-80 & OAK ST", "OAK ST AND INTERSTATE 80"),
        ("29.50010,-95.50010", "LL(-95:30:00.4,29:30:00.3)"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_calls_without_points_are_companions_however_their_address_is_written(
    tmp_path: Path, hidden: str, beside: str, order: int
) -> None:
    rows = [
        row("hidden", "STALKING", lon=None, lat=None, address=hidden),
        row("beside", lon=None, lat=None, address=beside),
        row("elsewhere", lon=None, lat=None, address="900 OAK ST"),
    ]
    seen = fates(outcomes_of(a_feed(tmp_path), *rows[::order]))[::order]
    assert seen[:2] == ["sensitive", "companion"]
    assert seen[2] != "companion"


def test_a_companion_is_marked_for_good_and_counts_as_sensitive(tmp_path: Path) -> None:
    tally = Tally()
    feed = a_feed(tmp_path)
    outcomes = feed.outcomes([row("hidden", "STALKING"), row("beside")], NOW, tally)
    hidden, beside = outcomes
    assert isinstance(hidden, Withheld)
    assert isinstance(beside, Withheld)
    assert (beside.reason, beside.sensitive, beside.areas) == (hidden.reason, hidden.sensitive, hidden.areas)
    assert tally.withheld == {Reason.SENSITIVE: 2}


@pytest.mark.parametrize(
    ("what", "place"),
    [("WIZARDRY", {}), ("FIGHT", {}), ("NOISE", {"lat": 45.0}), ("NOISE", {"lat": None, "lon": None})],
    ids=["unknown", "by a rule", "outside the city", "without a place"],
)
def test_what_is_withheld_beside_a_sensitive_call_for_now_is_its_companion_too(
    tmp_path: Path, what: str, place: dict[str, Any]
) -> None:
    rule = {"name": "no-fights", "match": "FIGHT", "action": "withhold"}
    feed = a_feed(tmp_path, top={"policy": {"rules": [rule]}})
    cells = place | {"address": "1432 MAIN ST"}
    outcomes = outcomes_of(feed, row("hidden", "STALKING", **cells), row("beside", what, **cells))
    assert fates(outcomes) == ["sensitive", "companion"]


def test_a_call_that_waits_is_compared_again_with_what_comes_beside_it(tmp_path: Path) -> None:
    rule = {"name": "later", "match": "NOISE", "action": "hold", "for_min": 60}
    feed = a_feed(tmp_path, top={"policy": {"rules": [rule]}})
    beside = row("beside")
    assert isinstance(outcomes_of(feed, beside)[0], Held)
    assert fates(outcomes_of(feed, row("hidden", "STALKING"), beside)) == ["sensitive", "companion"]


HOLD = {"policy": {"rules": [{"name": "later", "match": "NOISE", "action": "hold", "for_min": 60}]}}


def ids(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.id for one in outcomes]


@pytest.mark.parametrize("what", ["NOISE", "WIZARDRY"], ids=["held", "withheld for now"])
def test_a_call_that_is_not_public_yet_is_withheld_by_a_sensitive_one_that_another_source_reports_later(
    tmp_path: Path, what: str
) -> None:
    memory = Companions()
    pushed, other = (a_feed(tmp_path, memory, top=HOLD) for _ in range(2))
    waiting = outcomes_of(pushed, row("beside", what, metres=35), row("far", what, metres=400))
    assert "companion" not in fates(waiting)
    later = outcomes_of(other, row("hidden", "STALKING", minutes=20), at=NOW + timedelta(minutes=20))
    assert fates(later) == ["sensitive", "companion"]
    assert later[1].id == waiting[0].id
    again = outcomes_of(other, row("hidden too", "STALKING", minutes=20), at=NOW + timedelta(minutes=20))
    assert fates(again) == ["sensitive"]


@pytest.mark.parametrize(("metres", "minutes"), [(0, 46), (200, 0)])
def test_what_waits_elsewhere_or_at_another_time_waits_on(
    tmp_path: Path, metres: float, minutes: float
) -> None:
    feed = a_feed(tmp_path, top=HOLD)
    outcomes_of(feed, row("waiting", metres=metres, minutes=-minutes))
    assert fates(outcomes_of(feed, row("hidden", "STALKING"))) == ["sensitive"]


def test_what_waited_and_is_public_by_now_is_no_companion(tmp_path: Path) -> None:
    feed = a_feed(tmp_path, top=HOLD)
    waiting = outcomes_of(feed, row("beside"))
    past = Past(already_public=set)
    assert ids(waiting)
    assert fates(outcomes_of(feed, row("hidden", "STALKING"), past=past)) == ["sensitive"]


@pytest.mark.parametrize(
    ("days", "shows_past", "fates_then"),
    [
        (30, True, ["sensitive"]),
        (30, False, ["sensitive", "companion"]),  # something is paused, and may wait however old it is
        (0, True, ["sensitive", "companion"]),
    ],
)
def test_what_a_file_of_history_shows_at_once_is_not_remembered_as_waiting(
    tmp_path: Path, *, days: int, shows_past: bool, fates_then: list[str]
) -> None:
    feed = a_feed(tmp_path, top=HOLD, reads_once=True, shows_past=shows_past)
    minutes = -days * 1440
    outcomes_of(feed, row("beside", minutes=minutes))
    assert fates(outcomes_of(feed, row("hidden", "STALKING", minutes=minutes))) == fates_then


def test_calls_that_wait_without_a_point_are_compared_by_their_block(tmp_path: Path) -> None:
    feed = a_feed(tmp_path, top=HOLD)
    outcomes_of(feed, row("beside", address="1418 MAIN ST"), row("other", address="900 OAK ST", metres=300))
    hidden = row("hidden", "STALKING", lon=None, lat=None, address="1432 MAIN ST")
    assert fates(outcomes_of(feed, hidden)) == ["sensitive", "companion"]


@pytest.mark.parametrize(
    ("metres", "minutes", "is_placed", "fate"),
    [(0, 0, True, ["companion"]), (200, 40, True, ["companion"]), (500, 0, True, []), (0, 61, True, []),
     (0, 0, False, [])],
)  # fmt: skip
def test_after_a_restart_what_waits_is_compared_by_all_of_the_ground_that_its_place_stands_for(
    tmp_path: Path,
    metres: float,
    minutes: float,
    is_placed: bool,  # noqa: FBT001 - a case
    fate: list[str],
) -> None:
    (held,) = outcomes_of(a_feed(tmp_path, top=HOLD), row("beside"))
    assert isinstance(held, Held)
    place = mask_point(LON, LAT, 9)
    assert 150 < place.radius_m < 250
    stored = msgspec.structs.replace(held.incident, place=place if is_placed else None)
    hidden = row("hidden", "STALKING", lat=place.lat + metres * _METRE_LAT, lon=place.lon, minutes=minutes)
    after = outcomes_of(a_feed(tmp_path, top=HOLD), hidden, past=Past(never_shown=lambda: [stored]))
    assert fates(after) == ["sensitive", *fate]
    assert [one.id for one in after[1:]] == [held.id] * len(fate)


def test_after_a_restart_a_point_in_place_of_an_address_counts_as_the_sensitive_calls_own(
    tmp_path: Path,
) -> None:
    (held,) = outcomes_of(a_feed(tmp_path, top=HOLD), row("beside"))
    assert isinstance(held, Held)
    hidden = row("hidden", "STALKING", lat=None, lon=None, address=f"{LAT:.6f}, {LON:.6f}")
    after = outcomes_of(a_feed(tmp_path, top=HOLD), hidden, past=Past(never_shown=lambda: [held.incident]))
    assert fates(after) == ["sensitive", "companion"]


def test_of_a_call_that_is_remembered_the_exact_place_decides_and_not_the_stored_one(tmp_path: Path) -> None:
    feed = a_feed(tmp_path, top=HOLD)
    (held,) = outcomes_of(feed, row("beside", metres=150))
    assert isinstance(held, Held)
    past = Past(never_shown=lambda: [held.incident])
    assert fates(outcomes_of(feed, row("hidden", "STALKING"), past=past)) == ["sensitive"]


def test_the_memory_of_what_waits_is_bounded_by_number_and_by_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_calls, "_MOST_CALLS", 2)
    feed = a_feed(tmp_path, top=HOLD)
    outcomes_of(feed, *(row(f"n{number}", metres=10 * number) for number in range(3)))
    assert len(outcomes_of(feed, row("hidden", "STALKING"))) == 1 + 2
    feed = a_feed(tmp_path, top=HOLD)
    outcomes_of(feed, row("old"))
    assert len(outcomes_of(feed, row("hidden", "STALKING"), at=NOW + timedelta(hours=25))) == 1


def test_a_companion_has_no_companions_of_its_own(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    rows = [row("hidden", "STALKING"), row("beside", metres=40), row("beyond", metres=160)]
    assert fates(outcomes_of(feed, *rows)) == ["sensitive", "companion", "shown"]
    assert fates(outcomes_of(feed, row("beyond", "THEFT", metres=160))) == ["shown"]


def test_calls_that_are_withheld_for_other_reasons_have_no_companions(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    rows = [row("unknown", "WIZARDRY"), row("patient", "SICK PERSON"), row("beside")]
    assert fates(outcomes_of(feed, *rows)) == ["unmapped", "shown", "shown"]
    assert "hidden" not in repr(feed)


def test_what_is_public_already_stays_and_goes_on(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    (first,) = outcomes_of(feed, row("beside"))
    asked: list[str] = []

    def already_public(ids: Sequence[str]) -> AbstractSet[str]:
        asked.extend(ids)
        return {first.id}

    past = Past(already_public=already_public)
    later = outcomes_of(feed, row("hidden", "STALKING"), row("beside", "THEFT"), row("new"), past=past)
    assert fates(later) == ["sensitive", "shown", "companion"]
    assert sorted(asked) == sorted([first.id, later[2].id])


def test_an_hour_after_it_was_read_a_call_is_forgotten_and_no_sooner(tmp_path: Path) -> None:
    memory = Companions()
    feed = a_feed(tmp_path, memory)
    outcomes_of(feed, row("hidden", "STALKING"))
    soon, late = NOW + timedelta(minutes=60), NOW + timedelta(minutes=61)
    assert fates(outcomes_of(feed, row("soon"), at=soon)) == ["companion"]
    assert fates(outcomes_of(feed, row("late"), at=late)) == ["shown"]
    assert len(memory) == 0


def test_a_call_that_is_read_again_is_remembered_from_then_on(tmp_path: Path) -> None:
    feed = a_feed(tmp_path)
    outcomes_of(feed, row("hidden", "STALKING", priority=1))
    outcomes_of(feed, row("hidden", "STALKING", priority=2), at=NOW + timedelta(minutes=30))
    assert fates(outcomes_of(feed, row("late"), at=NOW + timedelta(minutes=80))) == ["companion"]


def test_one_memory_serves_all_sources_of_a_city(tmp_path: Path) -> None:
    memory = Companions()
    one, other = a_feed(tmp_path, memory), a_feed(tmp_path, memory)
    outcomes_of(one, row("hidden", "STALKING"))
    assert fates(outcomes_of(other, row("beside"))) == ["companion"]


def test_the_memory_is_bounded_and_drops_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "_MOST_MARKS", 200)
    memory = Companions()
    feed = a_feed(tmp_path, memory)
    outcomes_of(feed, *(row(f"h{n}", "STALKING", metres=500 * n) for n in range(20)))
    assert len(memory) == 200
    assert fates(outcomes_of(feed, row("old"), row("new", metres=500 * 19))) == ["shown", "companion"]


def test_a_city_may_publish_companions_with_a_reason_and_then_nothing_is_remembered(tmp_path: Path) -> None:
    assert Companions.of(small_city(tmp_path, top=SHOW)) is None
    feed = a_feed(tmp_path, top=SHOW)
    assert fates(outcomes_of(feed, row("hidden", "STALKING"), row("beside"))) == ["sensitive", "shown"]


def test_calls_without_points_are_compared_by_their_block(tmp_path: Path) -> None:
    asked: list[str] = []

    class Locator:
        def find(self, address: Reading, deadline: float) -> ExactPoint:  # noqa: ARG002 - a protocol's
            asked.append(repr(address))
            return ExactPoint(LON, LAT)

    bounds = small_city(tmp_path).city.bounds
    blank: dict[str, Any] = {"lon": None, "lat": None}
    feed = a_feed(tmp_path, geocoder=Geocoder([Locator()], bounds, patience_s=5))
    rows = [row("hidden", "STALKING", **blank), row("beside", **blank, address="1418 MAIN ST"),
            row("point", address="1420 MAIN ST"), row("other", **blank, address="900 OAK ST")]  # fmt: skip
    assert fates(outcomes_of(feed, *rows)) == ["sensitive", "companion", "companion", "shown"]
    assert len(asked) == 1, "nobody is asked for the place of a companion"
    placed = a_feed(tmp_path, geocoder=Geocoder([Locator()], bounds, patience_s=5))
    rows = [row("hidden", "STALKING", address="1400 MAIN ST"), rows[1], row("far", metres=200)]
    assert fates(outcomes_of(placed, *rows)) == ["sensitive", "companion", "shown"]


def on_streets(tmp_path: Path, *, with_lines: bool = True) -> Feed:
    """Return a feed of a city with the 1400 and 1500 blocks of Main Street, of a hundred metres each."""
    ends = [LON - 0.00103, LON, LON + 0.00103]
    lines = [
        {
            "type": "Feature",
            "properties": {"name": "Main St", "lo": number, "hi": number + 99},
            "geometry": {"type": "LineString", "coordinates": [[west, LAT], [east, LAT]]},
        }
        for number, west, east in ((1400, *ends[:2]), (1500, *ends[1:]))
    ]
    cross = {"type": "LineString", "coordinates": [[LON, LAT - 0.01], [LON, LAT + 0.01]]}
    lines.append({"type": "Feature", "properties": {"name": "Oak St"}, "geometry": cross})
    (tmp_path / "lines.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": lines}))
    top = {"geocoder": {"streets": {"file": "lines.geojson", "ranges": ["lo", "hi"]}}}
    city = small_city(tmp_path, top=top)
    geocoder = Geocoder.of(city)
    memory = Companions.of(city) if with_lines else Companions()
    return a_feed(tmp_path, memory, top=top, geocoder=geocoder)


NO_POINT: dict[str, Any] = {"lon": None, "lat": None, "cross": None}


@pytest.mark.parametrize(
    ("hidden", "beside", "fate"),
    [
        ("1498 MAIN ST", "1500 MAIN ST", "companion"),
        ("1498 MAIN ST, APT 4", "1502 MAIN STREET", "companion"),
        ("1498 MAIN ST", "MAIN ST & OAK ST", "companion"),
        ("OAK ST / MAIN ST", "1503 MAIN ST", "companion"),
        ("14XX MAIN ST", "1510 MAIN ST", "companion"),
        ("1498 MAIN ST", "1500 BLOCK OF MAIN ST", "companion"),
        ("1410 MAIN ST", "1590 MAIN ST", "shown"),
        ("1402 MAIN ST", "MAIN ST & OAK ST", "shown"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_on_the_citys_own_streets_calls_without_points_are_compared_by_distance(
    tmp_path: Path, hidden: str, beside: str, fate: str, order: int
) -> None:
    rows = [row("hidden", "STALKING", **NO_POINT, address=hidden), row("beside", **NO_POINT, address=beside)]
    assert fates(outcomes_of(on_streets(tmp_path), *rows[::order]))[::order] == ["sensitive", fate]


@pytest.mark.parametrize(("east_m", "fate"), [(5, "companion"), (-5, "companion"), (200, "shown")])
def test_a_sensitive_call_with_an_address_alone_is_compared_with_points(
    tmp_path: Path, east_m: float, fate: str
) -> None:
    beside = row("beside", lon=LON + east_m * _METRE_LAT / 0.87, address="7 OTHER RD")
    hidden = row("hidden", "STALKING", **NO_POINT, address="1498 MAIN ST")
    assert fates(outcomes_of(on_streets(tmp_path), hidden, beside)) == ["sensitive", fate]
    hidden, beside = row("hidden", "STALKING"), row("beside", **NO_POINT, address="1498 MAIN ST")
    assert fates(outcomes_of(on_streets(tmp_path), hidden, beside)) == ["sensitive", "companion"]


def test_after_a_restart_the_street_lines_say_what_waits_close_to_a_sensitive_address(tmp_path: Path) -> None:
    (held,) = outcomes_of(a_feed(tmp_path, top=HOLD), row("beside"))
    assert isinstance(held, Held)
    past = Past(never_shown=lambda: [held.incident])
    hidden = row("hidden", "STALKING", **NO_POINT, address="1498 MAIN ST")
    assert fates(outcomes_of(on_streets(tmp_path), hidden, past=past)) == ["sensitive", "companion"]
    assert fates(outcomes_of(on_streets(tmp_path, with_lines=False), hidden, past=past)) == ["sensitive"]


def test_no_outside_service_is_asked_for_a_call_that_the_street_lines_place_beside_a_sensitive_one(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    class Locator:
        def find(self, address: Reading, deadline: float) -> ExactPoint:  # noqa: ARG002 - a protocol's
            asked.append(repr(address))
            return ExactPoint(LON, LAT)

    feed = on_streets(tmp_path)
    bounds = small_city(tmp_path).city.bounds
    feed._geocoder = Geocoder([Locator()], bounds, patience_s=5)  # noqa: SLF001 - as a city with a service has
    rows = [row("hidden", "STALKING", **NO_POINT, address="1498 MAIN ST")]
    rows += [row("beside", **NO_POINT, address="1500 MAIN ST")]
    assert fates(outcomes_of(feed, *rows)) == ["sensitive", "companion"]
    assert asked == []


@pytest.mark.parametrize(
    ("broken", "rows"),
    [
        ({"received": "soon"}, "incident"),
        ({"received": None}, "incident"),
        ({"received": "2199-01-01T00:00:00+00:00"}, "incident"),
        ({"agency": "XX"}, "incident"),
        ({"number": None}, "incident"),
        ({"received": "soon"}, "unit"),
    ],
)
def test_a_sensitive_row_that_cannot_be_read_is_withheld_with_what_is_beside_it(
    tmp_path: Path, broken: dict[str, Any], rows: str
) -> None:
    feed = a_feed(tmp_path, source={"rows": rows})
    tally = Tally()
    answer = [row("hidden", "STALKING") | broken, row("beside", minutes=1), row("far", metres=400)]
    assert fates(feed.outcomes(answer, NOW, tally)) == ["sensitive", "companion", "shown"]
    assert (tally.rejected, tally.unread_columns) == ({}, None)
    harmless = [row("harmless", "THEFT") | broken, row("beside", metres=900)]
    assert fates(outcomes_of(a_feed(tmp_path, source={"rows": rows}), *harmless)) == ["rejected", "shown"]


def test_a_call_that_was_sensitive_before_a_restart_has_companions_whatever_it_is_called_now(
    tmp_path: Path,
) -> None:
    rows = [row("hidden", "THEFT"), row("beside", metres=35), row("far", metres=400)]
    hidden = outcomes_of(a_feed(tmp_path), rows[0])[0].id
    past = Past(itself_sensitive=lambda ids: {hidden} & set(ids))
    assert fates(outcomes_of(a_feed(tmp_path), *rows, past=past)) == ["sensitive", "companion", "shown"]
    assert fates(outcomes_of(a_feed(tmp_path, top=SHOW), *rows, past=past)) == ["shown"] * 3
    waits = a_feed(tmp_path, top=HOLD)
    outcomes_of(waits, rows[1])
    assert fates(outcomes_of(waits, rows[0], past=past)) == ["sensitive", "companion"]


def test_nobody_is_asked_for_what_is_beside_a_call_that_was_sensitive_once(tmp_path: Path) -> None:
    asked: list[str] = []

    class Locator:
        def find(self, address: Reading, deadline: float) -> ExactPoint:  # noqa: ARG002 - a protocol's
            asked.append(repr(address))
            return ExactPoint(LON, LAT)

    bounds = small_city(tmp_path).city.bounds
    hidden = outcomes_of(a_feed(tmp_path), row("hidden"))[0].id
    past = Past(itself_sensitive=lambda ids: {hidden} & set(ids))
    feed = a_feed(tmp_path, geocoder=Geocoder([Locator()], bounds, patience_s=5))
    rows = [row("hidden"), row("beside", **NO_POINT, address="1418 MAIN ST")]
    assert fates(outcomes_of(feed, *rows, past=past)) == ["sensitive", "companion"]
    assert asked == []


def test_no_public_figure_counts_the_place_of_a_companion(tmp_path: Path) -> None:
    class Locator:
        def find(self, address: Reading, deadline: float) -> ExactPoint:  # noqa: ARG002 - a protocol's
            return ExactPoint(LON, LAT)

    bounds = small_city(tmp_path).city.bounds
    feed = a_feed(tmp_path, geocoder=Geocoder([Locator()], bounds, patience_s=5))
    tally = Tally()
    blank: dict[str, Any] = {"lon": None, "lat": None}
    rows = [row("hidden", "STALKING"), row("beside", **blank, address="900 OAK ST")]
    assert fates(feed.outcomes(rows, NOW, tally)) == ["sensitive", "companion"]
    assert not tally.noticed


def test_a_file_of_history_withholds_companions_too(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    file = tmp_path / "past.csv"
    rows = [row("hidden", "STALKING"), row("beside", metres=30, minutes=5), row("far", metres=400)]
    heading = [*rows[0]]
    lines = [
        ",".join(heading),
        *(",".join(str(one[name] or "").replace(",", ";") for name in heading) for one in rows),
    ]
    file.write_text("\n".join(lines))
    history = History(file, city, city.sources[0], bytes(32), lambda: NOW)
    (block,) = understand(history)
    assert fates(block.outcomes) == ["sensitive", "companion", "shown"]


def test_the_memory_shows_nothing_of_what_it_holds(tmp_path: Path) -> None:
    memory = Companions()
    outcomes_of(a_feed(tmp_path, memory), row("hidden", "STALKING"))
    assert len(memory) > 7
    assert repr(memory) == str(memory) == "Companions()"
