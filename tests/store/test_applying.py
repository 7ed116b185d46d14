"""What one call of ``apply`` does to the public record."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from blocklight.errors import NotFound
from blocklight.geo.hexagons import coarsened, mask_point
from blocklight.model.outcomes import Outcome, Rejected, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Operation, Reason, Status
from blocklight.store import IncidentQuery, LedgerRow, Store
from blocklight.store.schema import tables
from store.databases import Database
from store.making import HARBOUR, HILL, START, call, closed, minutes, withheld

_PUBLIC = (tables.place, tables.place_area, tables.incident, tables.change, tables.source)


def _ledger(store: Store) -> dict[tuple[str, str], int]:
    return {(row.outcome, row.reason): row.n for row in store.ledger(date(2026, 1, 1), date(2026, 12, 31))}


def _shown(store: Store) -> list[PublicIncident]:
    return [item.incident for item in store.query(IncidentQuery()).items]


def test_an_outcome_of_an_unknown_kind_is_refused_and_nothing_is_published(store: Store) -> None:
    class Unknown(msgspec.Struct):
        incident: PublicIncident
        id: str = "unknown"
        source: str = "dispatch"

    unknown: Any = Unknown(call(2))
    with pytest.raises(TypeError, match="cannot keep a Unknown"):
        store.apply("dispatch", [call(1), unknown], at=START)
    assert store.head() == 0


def test_a_new_incident_is_published_with_the_next_seq(store: Store) -> None:
    applied = store.apply("dispatch", [call(1), call(2)], at=START)
    assert (applied.published, applied.head) == (2, 2)
    assert [(change.seq, change.first_seq, change.incident) for change in store.changes(0)] == [
        (1, 1, call(1)),
        (2, 2, call(2)),
    ]


def test_applying_the_same_twice_changes_nothing(store: Store, database: Database) -> None:
    batch: list[Outcome] = [call(1), closed(2), withheld(3), Rejected("r", "dispatch", "bad_time")]
    store.apply("dispatch", batch, at=START, cursor="7")
    before = database.texts()
    again = store.apply("dispatch", batch, at=minutes(5), cursor="7")
    assert (again.unchanged, again.withheld, again.rejected, again.head) == (2, 1, 1, 2)
    assert database.texts() == before


def test_an_update_keeps_first_seq_and_takes_a_new_seq(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    store.apply("dispatch", [call(1, units=3)], at=minutes(5))
    stored, _ = store.incident(call(1).id)
    assert (stored.first_seq, stored.seq, stored.incident.units) == (1, 3, 3)
    assert (stored.released_at, stored.updated_at) == (START, minutes(5))
    (change,) = store.changes(2)
    assert (change.first_seq, change.changed_at, change.released_at) == (1, minutes(5), START)


def test_the_cursor_is_stored_with_the_batch_and_kept_when_none_is_given(store: Store) -> None:
    assert store.cursor("dispatch") is None
    store.apply("dispatch", [call(1)], at=START, cursor="a")
    store.apply("dispatch", [call(2)], at=START)
    assert store.cursor("dispatch") == "a"
    store.apply("dispatch", [], at=START, cursor="b")
    assert store.cursor("dispatch") == "b"
    assert store.cursor("elsewhere") is None


def test_of_two_records_of_one_id_the_last_is_published(store: Store) -> None:
    applied = store.apply("dispatch", [call(1, units=1), call(1, units=2)], at=START)
    assert (applied.published, applied.duplicates, applied.head) == (1, 1, 1)
    assert store.incident(call(1).id)[0].incident.units == 2


def test_a_closed_call_leaves_the_open_list(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    store.apply("dispatch", [closed(1)], at=minutes(31))
    assert store.open_ids("dispatch") == {call(2).id}
    assert store.open_ids("elsewhere") == set()
    counts = store.counts(closed_since=minutes(31))
    assert (counts.open, counts.closed) == (1, 1)
    assert store.counts(closed_since=minutes(32)).closed == 0


# Vanishing


def test_an_open_call_that_is_missing_from_the_source_is_closed_then(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2), closed(3), call(4)], at=START)
    applied = store.apply("dispatch", [call(2)], at=minutes(20), present={call(2).id})
    assert (applied.vanished, applied.updated) == (2, 2)
    for gone in (1, 4):
        assert store.incident(call(gone).id)[0].incident == closed(gone, minutes(20))
    assert store.incident(closed(3).id)[0].incident == closed(3)


def test_what_vanished_by_a_clock_that_was_ahead_is_closed_no_later_than_now(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2), call(3, closed_at=minutes(50))], at=START)
    store.apply("dispatch", [call(2)], at=minutes(5), present={call(2).id})
    assert store.close_no_later(minutes(10)).updated == 0
    store.apply("dispatch", [call(4)], at=minutes(125), present={call(4).id})
    assert store.close_no_later(minutes(10)).updated == 1
    shown = {item.incident.id: item.incident.closed_at for item in store.query(IncidentQuery(limit=10)).items}
    assert shown[call(1).id] == minutes(5)
    assert shown[call(2).id] == minutes(10)
    assert store.close_no_later(minutes(10)).updated == 0


def test_calls_of_another_source_do_not_vanish(store: Store) -> None:
    store.apply("fire", [call(1, source="fire")], at=START)
    assert store.apply("dispatch", [call(2)], at=START, present={call(2).id}).vanished == 0
    assert store.open_ids("fire") == {call(1).id}


def test_a_call_that_reappears_is_open_again_and_has_no_closing_time(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    store.apply("dispatch", [], at=minutes(20), present=set())
    store.apply("dispatch", [call(1)], at=minutes(40), present={call(1).id})
    assert store.incident(call(1).id)[0].incident == call(1)


def test_a_closing_time_that_we_inferred_gives_way_to_the_sources_own(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START, join_rows=True)
    store.apply("dispatch", [], at=minutes(40), present=set())
    store.apply("dispatch", [closed(1, minutes(30))], at=minutes(50), join_rows=True)
    assert store.incident(call(1).id)[0].incident.closed_at == minutes(30)


def test_an_incident_updated_and_missing_in_one_call_is_closed_last(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    store.apply("dispatch", [call(1, units=2)], at=minutes(9), present=set())
    stored, life = store.incident(call(1).id)
    assert stored.incident == closed(1, minutes(9), units=2)
    assert [sorted(event.changed) for event in life[1:]] == [["units"], ["closed_at", "status"]]


# Several rows of one incident


def test_rows_of_one_incident_are_joined_in_a_call_and_across_calls(store: Store) -> None:
    first = call(1, dispatched_at=minutes(3), units=1)
    second = call(1, dispatched_at=minutes(2), on_scene_at=minutes(9), units=2)
    third = call(1, dispatched_at=minutes(4), on_scene_at=minutes(8))
    applied = store.apply("dispatch", [first, second], at=START, join_rows=True)
    assert (applied.published, applied.duplicates) == (1, 0)
    store.apply("dispatch", [third], at=minutes(10), join_rows=True)
    expected = call(1, dispatched_at=minutes(2), on_scene_at=minutes(8), units=2)
    assert store.incident(call(1).id)[0].incident == expected
    assert store.apply("dispatch", [first, second, third], at=minutes(11), join_rows=True).unchanged == 1


# Withholding and retracting


def test_a_withheld_incident_takes_no_seq_and_is_not_found(store: Store) -> None:
    applied = store.apply("dispatch", [call(1), withheld(2), call(3)], at=START)
    assert (applied.withheld, applied.head) == (1, 2)
    with pytest.raises(NotFound):
        store.incident(call(2).id)
    assert [change.seq for change in store.changes(0)] == [1, 2]


def test_a_published_incident_that_is_withheld_is_retracted(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    applied = store.apply("dispatch", [withheld(1)], at=minutes(1))
    assert (applied.retracted, applied.withheld, applied.head) == (1, 1, 3)
    assert _shown(store) == [call(2)]
    tombstone = store.changes(0)[-1]
    assert (tombstone.seq, tombstone.id, tombstone.operation) == (3, call(1).id, Operation.RETRACT)
    assert tombstone.released_at is None


def test_a_retraction_scrubs_every_earlier_body_the_life_and_the_place(
    store: Store, database: Database
) -> None:
    secret = msgspec.structs.replace(HILL, label="CANARY Lane")
    for units in range(5):
        told = call(1, place=secret, areas={"beat": "CANARY"}, agency="CANARY", units=units)
        store.apply("dispatch", [told, call(2)], at=minutes(units))
    assert database.texts().count("CANARY") > 10
    store.apply("dispatch", [withheld(1)], at=minutes(9))
    assert "CANARY" not in database.texts()
    assert [change.seq for change in store.changes(0)] == [2, 7]


def test_a_call_that_becomes_medical_leaves_its_finer_place_nowhere_in_the_database(
    store: Store, database: Database
) -> None:
    fine = mask_point(HILL.lon, HILL.lat, 9)
    secret = msgspec.structs.replace(fine, label="CANARY Lane")
    for units in range(3):
        told = call(1, place=secret, areas={"beat": "CANARY"}, source_type="CANARY", units=units)
        store.apply("dispatch", [told, call(2)], at=minutes(units))
    assert database.texts().count("CANARY") > 6
    medical = call(1, place=mask_point(HILL.lon, HILL.lat, 8), areas={}, category=Category.MEDICAL)
    store.apply("dispatch", [medical], at=minutes(9))
    assert "CANARY" not in database.texts()
    assert str(fine.lat) not in database.texts()
    coarse = msgspec.structs.replace(medical, place=coarsened(secret, 8))
    assert [change.incident for change in store.changes(0)][-1] == coarse


def test_a_retracted_incidents_place_stays_where_others_stand(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    store.apply("dispatch", [withheld(1)], at=minutes(1))
    store.apply("dispatch", [call(3), call(4, place=HILL)], at=minutes(2))
    assert {incident.place for incident in _shown(store)} == {HARBOUR, HILL}


def test_a_place_dropped_by_another_process_is_stored_again(store: Store, database: Database) -> None:
    store.apply("dispatch", [call(1, place=HILL)], at=START)
    with database.open() as other:
        other.apply("dispatch", [withheld(1)], at=minutes(1))
        other.apply("dispatch", [call(2, place=HARBOUR)], at=minutes(2))
    store.apply("dispatch", [call(3, place=HILL)], at=minutes(3))
    assert [incident.place for incident in _shown(store)] == [HILL, HARBOUR]


def test_what_was_sensitive_once_is_never_published_again(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    store.apply("dispatch", [withheld(1)], at=minutes(1))
    for later in (withheld(1, sensitive=False), call(1), closed(1)):
        assert store.apply("dispatch", [later], at=minutes(2)).withheld == 1
    assert _shown(store) == []
    assert store.head() == 2


def test_a_sensitive_record_wins_over_every_other_record_of_its_id_in_the_same_call(store: Store) -> None:
    store.apply("dispatch", [call(1), withheld(1), call(1)], at=START)
    assert _shown(store) == []
    assert store.head() == 0


def test_what_was_withheld_for_another_reason_may_be_published_later(store: Store) -> None:
    store.apply("dispatch", [withheld(1, sensitive=False)], at=START)
    assert store.apply("dispatch", [call(1)], at=minutes(1)).published == 1
    store.apply("dispatch", [withheld(1, sensitive=False)], at=minutes(2))
    assert store.apply("dispatch", [call(1)], at=minutes(3)).published == 1
    assert [(change.seq, change.first_seq) for change in store.changes(0)] == [(2, 1), (3, 3)]


def test_a_hundred_withheld_calls_leave_every_public_row_identical(database: Database) -> None:
    told: list[list[str]] = []
    extras = [withheld(number, sensitive=number % 2 == 0) for number in range(100, 200)]
    for extra in ([], extras):
        with database.emptied() as store:
            for at in range(3):
                calls = [call(number, units=at) for number in range(10)]
                batch: list[Outcome] = [*extra[:50], *calls, *extra[50:]]
                store.apply("dispatch", batch, at=minutes(at), cursor=str(at))
            store.apply("dispatch", extra, at=minutes(9), present={call(3).id} | {e.id for e in extra})
            told.append([str(row) for table in _PUBLIC for row in database.rows(table)] + [str(store.head())])
    assert told[0] == told[1]
    assert len(told[0]) > 40


# The ledger


def test_the_ledger_counts_each_event_on_its_day_once(store: Store) -> None:
    rejected = Rejected("r1", "dispatch", "bad_time")
    batch: list[Outcome] = [call(1), call(2), withheld(3), withheld(4, sensitive=False), rejected]
    for hour in range(3):
        store.apply("dispatch", batch, at=START + timedelta(hours=hour))
    store.apply("dispatch", [withheld(2)], at=START + timedelta(days=1))
    assert _ledger(store) == {
        ("published", ""): 2,
        ("withheld", "sensitive"): 1,
        ("withheld", "unmapped"): 1,
        ("rejected", "bad_time"): 1,
        ("retracted", "sensitive"): 1,
    }
    (retracted,) = store.ledger(date(2026, 2, 1), date(2026, 2, 1))
    assert retracted == LedgerRow(date(2026, 2, 1), "retracted", "sensitive", 1)


def test_the_citys_ledger_is_the_sum_of_its_sources(store: Store, database: Database) -> None:
    for source, count in (("dispatch", 4), ("requests", 9)):
        batch: list[Outcome] = [call(n + 20 * count, source=source) for n in range(count)]
        lost = [Rejected(f"r{n}", source, "bad_time") for n in range(count)]
        store.apply(source, [*batch, *lost], at=START)
    assert _ledger(store) == {("published", ""): 13, ("rejected", "bad_time"): 13}
    assert len(database.rows(tables.ledger)) == 4
    assert len(database.rows(tables.city_ledger)) == 2


# Telling a life


def test_a_life_begins_with_what_was_published_first_and_ends_with_what_is_published_now(
    store: Store,
) -> None:
    store.apply("dispatch", [call(1, place=None)], at=START)
    store.apply("dispatch", [call(1, units=2, category=Category.HAZARD, place=HILL)], at=minutes(1))
    store.apply("dispatch", [closed(1, units=2, category=Category.HAZARD, place=HILL)], at=minutes(2))
    _, life = store.incident(call(1).id)
    assert [(event.seq, event.changed_at) for event in life] == [
        (1, START),
        (2, minutes(1)),
        (3, minutes(2)),
    ]
    assert life[0].changed["category"] == "traffic"
    assert life[0].changed["received_at"] == "2026-01-31T08:01:00Z"
    assert "closed_at" not in life[0].changed
    assert life[1].changed["place"] == msgspec.to_builtins(HILL)
    assert life[2].changed == {"status": "closed", "closed_at": "2026-01-31T08:31:00Z"}


def test_a_call_that_closes_frees_its_units_and_its_life_still_says_how_many_there_were(
    store: Store,
) -> None:
    store.apply("dispatch", [call(1, units=2)], at=START)
    store.apply("dispatch", [call(1, status=Status.CLOSED)], at=minutes(1))
    first, second = store.incident(call(1).id)[1]
    assert (first.changed["units"], second.changed["units"]) == (2, None)


def test_a_value_that_is_withdrawn_leaves_the_life_too(store: Store) -> None:
    store.apply("dispatch", [call(1, units=2, priority=1, areas={"beat": "04X"})], at=START)
    store.apply("dispatch", [call(1, place=None, areas={})], at=minutes(1))
    (first,) = store.incident(call(1).id)[1]
    assert not {"place", "areas", "units", "priority"} & first.changed.keys()


def test_a_call_whose_times_are_cut_is_listed_by_the_cut_one(store: Store, database: Database) -> None:
    store.apply("dispatch", [call(17)], at=minutes(20))
    store.apply("dispatch", [call(17, received_at=START, time_step_min=60)], at=minutes(21))
    (row,) = database.rows(tables.incident)
    assert row.listed_at == row.received_at == round(START.timestamp() * 1000)


def test_a_coarser_version_follows_a_retraction_of_the_finer_ones_in_the_log(store: Store) -> None:
    store.apply("dispatch", [call(1, source_type="LOUD")], at=START)
    store.apply("dispatch", [call(1, source_type="LOUDER")], at=minutes(1))
    applied = store.apply("dispatch", [call(1)], at=minutes(2))
    assert [(change.seq, change.incident) for change in store.changes(0)] == [(3, None), (4, call(1))]
    assert {change.first_seq for change in store.changes(0)} == {1}
    assert (applied.updated, applied.retracted) == (1, 0)
    assert store.incident(call(1).id)[0].incident == call(1)


def test_a_rejected_record_touches_nothing_but_its_mark(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    applied = store.apply("dispatch", [Rejected(call(1).id, "dispatch", "bad_time")], at=minutes(1))
    assert (applied.rejected, applied.head) == (1, 1)
    assert _shown(store) == [call(1)]


def test_a_withheld_reason_may_be_told_more_exactly_until_it_is_sensitive(
    store: Store, database: Database
) -> None:
    id_ = call(1).id
    for reason, sensitive in (
        (Reason.UNMAPPED, False),
        (Reason.NO_PLACE, False),
        (Reason.SENSITIVE, True),
        (Reason.UNMAPPED, False),
    ):
        store.apply("dispatch", [Withheld(id_, "dispatch", reason, sensitive)], at=START)
    ((_, _, reason, sensitive, *_),) = database.rows(tables.withheld)
    assert (reason, sensitive) == ("sensitive", 1)


def test_status_and_category_survive_as_members(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    incident = store.incident(call(1).id)[0].incident
    assert incident.status is Status.OPEN
    assert incident.category is Category.TRAFFIC
