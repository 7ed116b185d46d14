"""Two sources, or two fetches of one, that say different things of one incident."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_city import FIELDS, ROW, TABLE, rules_of, small_city
from store.databases import Database

from blocklight.config.city import City, parse_city
from blocklight.errors import CityFileError
from blocklight.intake.claims import Claims
from blocklight.intake.connectors.push import Push
from blocklight.intake.record import Batch, RawRecord
from blocklight.intake.run import Feed, Tally, store_batch
from blocklight.model.record import PublicIncident
from blocklight.store import Store

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, "smallton")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.emptied() as store:
        yield store


def two(folder: Path, **second: Any) -> City:  # noqa: ANN401 - the keys of a source
    first = TABLE["sources"][0] | {"closes": "never"}
    other = first | {"id": "fire", "label": "Fire"} | second
    return parse_city(TABLE | {"sources": [first, other]}, file="smallton.toml", folder=folder)


def joining_city(folder: Path) -> City:
    more = {
        "closed_at": {"from": "closed", "convert": "iso"},
        "disposition": "ended",
        "units": {"from": "units", "convert": "units"},
    }
    first = TABLE["sources"][0]
    fields = {name: spec for name, spec in first["fields"].items() if name != "status"} | more
    first = first | {"closes": "time", "fields": fields}
    other = first | {"id": "fire", "label": "Fire", "same_as": "calls", "both": "join"}
    table = TABLE | {"sources": [first, other], "dispositions": {"Report": "report_taken"}}
    return parse_city(table, file="smallton.toml", folder=folder)


def feeds(city: City) -> list[Feed]:
    rules, claims = rules_of(city), Claims()
    return [Feed(one, city, Push(one, lambda: NOW), rules, claims=claims) for one in city.sources]


def tell(feed: Feed, store: Store, **changes: Any) -> Tally:  # noqa: ANN401 - a row may hold anything
    tally = Tally()
    row: RawRecord = ROW | changes
    store_batch(feed, store, Batch([row], NOW), tally)
    return tally


def shown(store: Store) -> list[PublicIncident]:
    with store.window_rows(datetime(2020, 1, 1, tzinfo=UTC)):
        pass
    return [stored.incident for block in store.window(datetime(2020, 1, 1, tzinfo=UTC)) for stored in block]


def test_without_a_rule_both_are_kept_and_counted(tmp_path: Path, store: Store) -> None:
    calls, fire = feeds(two(tmp_path))
    assert tell(calls, store).noticed["told_twice"] == 0
    assert tell(fire, store).noticed["told_twice"] == 1
    assert tell(fire, store, priority=1).noticed["told_twice"] == 0
    assert tell(fire, store, number="other").noticed["told_twice"] == 0
    assert len(shown(store)) == 3


@pytest.mark.parametrize("kind", ["HUSH", "WIZARDRY", "SUICIDE ATTEMPT"])
def test_what_is_withheld_is_not_counted_among_what_two_sources_report(
    tmp_path: Path, store: Store, kind: str
) -> None:
    calls, fire = feeds(two(tmp_path))
    assert tell(calls, store, type=kind).noticed["told_twice"] == 0
    assert tell(fire, store, type=kind).noticed["told_twice"] == 0
    assert tell(fire, store, type="NOISE").noticed["told_twice"] == 0  # nothing public was there before


@pytest.mark.parametrize(("both", "winner"), [("other", "calls"), ("this", "fire")])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0, 1), (1, 0, 1, 0)])
def test_where_a_rule_says_that_they_are_one_the_winner_stays(
    tmp_path: Path, store: Store, both: str, winner: str, order: tuple[int, ...]
) -> None:
    pair = feeds(two(tmp_path, same_as="calls", both=both))
    for turn in order:
        assert tell(pair[turn], store, priority=turn + 1).noticed["told_twice"] == 0
    [one] = shown(store)
    assert (one.source, one.priority) == (winner, 1 if winner == "calls" else 2)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1)])
def test_joined_the_others_record_has_what_only_this_one_knows(
    tmp_path: Path, store: Store, order: tuple[int, ...]
) -> None:
    pair = feeds(two(tmp_path, same_as="calls", both="join"))
    rows: list[dict[str, Any]] = [
        {"priority": 3, "on_scene": None},
        {"priority": 1, "on_scene": "2026-03-01T12:05:00+00:00"},
    ]
    for turn in order:
        tell(pair[turn], store, **rows[turn])
    [one] = shown(store)
    assert (one.source, one.priority) == ("calls", 3)
    assert one.on_scene_at == datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1), (0, 1, 0, 1)])
def test_joined_a_call_is_over_once_either_says_so_with_the_ending_that_one_knows(
    tmp_path: Path, store: Store, order: tuple[int, ...]
) -> None:
    pair = feeds(joining_city(tmp_path))
    rows: list[dict[str, Any]] = [
        {"priority": 3, "closed": None, "ended": None},
        {"priority": 1, "closed": "2026-03-01T12:40:00+00:00", "ended": "Report", "units": "E1, E2"},
    ]
    for turn in order:
        tell(pair[turn], store, **rows[turn])
    [one] = shown(store)
    assert (one.source, one.priority, one.status) == ("calls", 3, "closed")
    assert one.closed_at == datetime(2026, 3, 1, 12, 40, tzinfo=UTC)
    assert (one.disposition, one.units) == ("report_taken", 2)


def test_joined_a_call_that_goes_on_after_its_closing_is_open(tmp_path: Path, store: Store) -> None:
    calls, fire = feeds(joining_city(tmp_path))
    tell(fire, store, closed="2026-03-01T12:40:00+00:00")
    tell(calls, store, closed=None, on_scene="2026-03-01T12:50:00+00:00")
    [one] = shown(store)
    assert (one.status, one.closed_at) == ("open", None)


def answer(feed: Feed, store: Store, minute: int, *rows: dict[str, Any]) -> None:
    """A whole answer of a source at a minute after one o'clock."""
    at = NOW + timedelta(minutes=minute)
    store_batch(feed, store, Batch([ROW | row for row in rows], at, complete=True), Tally())


OTHER = {"number": "N2", "closed": None, "ended": None}
STATED = {"closed": "2026-03-01T12:40:00+00:00", "ended": "Report"}


def vanishing_pair(folder: Path) -> list[Feed]:
    city = joining_city(folder)
    first, second = city.sources
    calls = first.model_copy(update={"closes": "vanish"})
    return feeds(city.model_copy(update={"sources": (calls, second)}))


@pytest.mark.parametrize("first", ["inferred", "stated"])
def test_joined_a_closing_that_one_source_states_counts_before_one_inferred_from_vanishing(
    tmp_path: Path, store: Store, first: str
) -> None:
    calls, fire = vanishing_pair(tmp_path)
    answer(calls, store, 0, {"closed": None, "ended": None}, OTHER)
    if first == "stated":
        answer(fire, store, 1, STATED)
    answer(calls, store, 4, OTHER)
    if first == "inferred":
        [one] = (one for one in shown(store) if one.status == "closed")
        assert one.closed_at == NOW + timedelta(minutes=4)
        answer(fire, store, 5, STATED)
    [one] = (one for one in shown(store) if one.status == "closed")
    assert one.closed_at == datetime(2026, 3, 1, 12, 40, tzinfo=UTC)
    answer(calls, store, 6, OTHER)
    [one] = (one for one in shown(store) if one.status == "closed")
    assert (one.closed_at, one.disposition) == (datetime(2026, 3, 1, 12, 40, tzinfo=UTC), "report_taken")


def test_joined_a_call_that_vanished_stays_over_while_the_other_source_lists_it(
    tmp_path: Path, store: Store
) -> None:
    calls, fire = vanishing_pair(tmp_path)
    answer(calls, store, 0, {"closed": None, "ended": None}, OTHER)
    answer(calls, store, 4, OTHER)
    for minute, units in ((5, 2), (6, 3)):
        names = ", ".join(f"E{number}" for number in range(units))
        answer(fire, store, minute, {"closed": None, "ended": None, "units": names})
        answer(calls, store, minute, OTHER)
        [one] = (one for one in shown(store) if one.status == "closed")
        assert one.closed_at == NOW + timedelta(minutes=4)
        assert one.units == units
    answer(calls, store, 7, {"closed": None, "ended": None}, OTHER)
    assert [one.status for one in shown(store)] == ["open", "open"], "its own source has it again"


@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("heard", [True, False])
def test_joined_a_call_is_opened_again_by_the_source_that_ended_it(
    tmp_path: Path, store: Store, who: int, *, heard: bool
) -> None:
    pair = feeds(joining_city(tmp_path))
    tell(pair[0], store, closed=None)
    if heard:
        tell(pair[1], store, closed=None, units="E1")
    tell(pair[who], store, closed="2026-03-01T12:40:00+00:00")
    assert [one.status for one in shown(store)] == ["closed"]
    tell(pair[who], store, closed=None, priority=2)
    [one] = shown(store)
    assert (one.status, one.closed_at) == ("open", None)


def test_joined_a_call_that_one_source_ended_is_not_opened_by_the_other(tmp_path: Path, store: Store) -> None:
    pair = feeds(joining_city(tmp_path))
    tell(pair[0], store, closed=None)
    tell(pair[1], store, closed="2026-03-01T12:40:00+00:00")
    for priority in (1, 2):
        tell(pair[0], store, closed=None, priority=priority)
        [one] = shown(store)
        assert (one.status, one.closed_at) == ("closed", datetime(2026, 3, 1, 12, 40, tzinfo=UTC))
        assert one.priority == priority


@pytest.mark.parametrize("both", ["other", "this", "join"])
@pytest.mark.parametrize("who", [0, 1])
def test_what_either_withholds_as_sensitive_is_withheld(
    tmp_path: Path, store: Store, both: str, who: int
) -> None:
    pair = feeds(two(tmp_path, same_as="calls", both=both))
    tell(pair[1 - who], store)
    tell(pair[who], store, type="HUSH")
    tell(pair[1 - who], store, priority=1)
    assert shown(store) == []


def test_a_source_that_yields_does_not_take_the_others_record_back(tmp_path: Path, store: Store) -> None:
    calls, fire = feeds(two(tmp_path, same_as="calls"))
    tell(calls, store)
    tell(fire, store, lon=None)
    assert len(shown(store)) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"same_as": "nobody"}, "same_as must name another source"),
        ({"same_as": "fire"}, "same_as must name another source"),
        ({"same_as": "calls", "kind": "request"}, "a source of the same kind"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(CityFileError, match=reason):
        two(tmp_path, **changes)


def drawn(n: int) -> dict[str, float]:
    return {"lon": -95.5 + n / 100, "lat": 29.5}


def test_a_redrawn_place_is_counted_and_stays_where_it_was_first(tmp_path: Path, store: Store) -> None:
    city = small_city(tmp_path, closes="never", freeze_place=True)
    [feed] = feeds(city)
    tell(feed, store, **drawn(0))
    [first] = shown(store)
    assert sum(tell(feed, store, **drawn(n)).noticed["places_redrawn"] for n in range(1, 6)) == 5
    assert tell(feed, store, **drawn(5)).noticed["places_redrawn"] == 0
    [after_a_restart] = feeds(city)
    tell(after_a_restart, store, **drawn(7), priority=1)
    [now] = shown(store)
    assert (now.place, now.areas, now.priority) == (first.place, first.areas, 1)


def test_a_place_that_becomes_coarser_is_not_kept_finer(tmp_path: Path, store: Store) -> None:
    [feed] = feeds(small_city(tmp_path, closes="never", freeze_place=True))
    tell(feed, store, **drawn(0))
    [first] = shown(store)
    tell(feed, store, **drawn(1), type="SICK PERSON")
    assert shown(store) == []
    store.release(NOW + timedelta(minutes=5))
    [now] = shown(store)
    assert first.place is not None
    assert now.place is not None
    assert now.place.radius_m > 2 * first.place.radius_m


def test_without_the_key_a_place_may_be_corrected_and_is_counted(tmp_path: Path, store: Store) -> None:
    [feed] = feeds(small_city(tmp_path, closes="never", fields=FIELDS))
    tell(feed, store, **drawn(0))
    [first] = shown(store)
    assert tell(feed, store, **drawn(1)).noticed["places_redrawn"] == 1
    [now] = shown(store)
    assert now.place != first.place
