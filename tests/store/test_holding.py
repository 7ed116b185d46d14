"""What may not be public yet: on no surface of the store before its time, and then there at once."""

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from blocklight.errors import NotFound
from blocklight.model.changes import LifeEvent
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident, cut
from blocklight.model.vocabulary import Category, PauseScope, Reason, Status
from blocklight.store import IncidentQuery, Pause, Store
from blocklight.store.schema import tables
from store.databases import Database
from store.making import START, call, closed, minutes, withheld

_ALL_YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def shown(store: Store) -> dict[str, PublicIncident]:
    """Return what the public can read, which is the same on every surface of the store."""
    listed = {item.incident.id: item.incident for item in store.query(IncidentQuery(limit=1000)).items}
    window = {s.incident.id: s.incident for block in store.window(minutes(-1000)) for s in block}
    told: dict[str, PublicIncident] = {}
    for change in store.changes(0):
        told.pop(change.id, None)
        if change.incident is not None:
            told[change.id] = change.incident
    assert listed == window == told
    return listed


def events(store: Store) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in store.ledger(*_ALL_YEAR):
        counts[row.outcome] = counts.get(row.outcome, 0) + row.n
    return counts


def late(number: int, at: datetime | None = None, **fields: object) -> Held:
    return Held(call(number, delayed=True, **fields), release_at=at or minutes(60))


def test_a_held_incident_is_nowhere_until_its_time_and_takes_no_seq(store: Store, database: Database) -> None:
    store.apply("dispatch", [late(1), call(2)], at=START)
    assert set(shown(store)) == {call(2).id}
    assert (store.head(), store.held()) == (1, 1)
    with pytest.raises(NotFound):
        store.incident(call(1).id)
    assert store.open_ids("dispatch") == {call(2).id}
    public = (tables.incident, tables.change, tables.place)
    assert call(1).id not in "".join(str(database.rows(table)) for table in public)


def test_it_is_released_when_its_time_has_come_and_not_a_millisecond_before(store: Store) -> None:
    store.apply("dispatch", [late(1)], at=START)
    assert store.release(minutes(60) - timedelta(milliseconds=1)) is None
    assert shown(store) == {}
    released = store.release(minutes(60))
    assert released is not None
    assert (released.published, released.released, store.head(), store.held()) == (1, 1, 1, 0)
    stored, life = store.incident(call(1).id)
    assert stored.incident.delayed
    assert stored.released_at == minutes(60)
    assert life == [LifeEvent(1, minutes(60), life[0].changed)]
    assert store.release(minutes(61)) is None


def test_what_is_due_is_published_by_the_next_release_and_not_with_an_answer(store: Store) -> None:
    # Whether an answer is stored may depend on what is withheld in it alone.
    store.apply("dispatch", [late(1), late(3)], at=START)
    store.apply("dispatch", [late(1), withheld(2)], at=minutes(60))
    store.apply("requests", [withheld(4)], at=minutes(60.1))
    assert store.head() == 0
    store.release(minutes(60.2))
    assert {change.changed_at for change in store.changes(0)} == {minutes(60.2)}
    assert set(shown(store)) == {call(1).id, call(3).id}


def test_what_resumes_is_published_by_the_next_release_too(store: Store) -> None:
    store.apply("dispatch", [call(1), closed(2)], at=START)
    paused(store)
    store.apply("dispatch", [call(1), closed(2, units=3)], at=minutes(11))
    store.resume("city", "", minutes(12))
    store.apply("dispatch", [call(1), closed(2, units=3)], at=minutes(13))
    assert shown(store) == {call(2).id: closed(2)}
    store.release(minutes(13.1))
    assert shown(store) == {call(1).id: call(1), call(2).id: closed(2, units=3)}


def test_one_whose_time_is_past_is_published_at_once(store: Store) -> None:
    applied = store.apply("dispatch", [late(1)], at=minutes(61))
    assert (applied.published, store.held()) == (1, 0)


def test_a_clock_that_goes_back_shows_nothing_early_and_takes_nothing_back(store: Store) -> None:
    store.apply("dispatch", [late(1), late(2, minutes(90))], at=minutes(30))
    store.release(minutes(60))
    store.apply("dispatch", [late(1), late(2, minutes(90))], at=minutes(10))
    assert store.release(minutes(20)) is None
    assert set(shown(store)) == {call(1).id}


def test_waiting_survives_a_restart(database: Database) -> None:
    with database.emptied() as store:
        store.apply("dispatch", [late(1)], at=START)
    with database.open() as again:
        assert again.held() == 1
        assert again.release(minutes(59)) is None
        again.release(minutes(60))
        assert set(shown(again)) == {call(1).id}


def test_fetching_again_changes_nothing_while_it_waits_nor_after(store: Store) -> None:
    for minute in (0, 10, 59, 61, 70):
        store.apply("dispatch", [late(1)], at=minutes(minute))
        store.release(minutes(minute))
    assert store.head() == 1
    assert events(store) == {"held": 1}


def test_an_update_replaces_what_waits_and_only_the_last_version_is_ever_seen(
    store: Store, database: Database
) -> None:
    store.apply("dispatch", [late(1, units=71)], at=START)
    store.apply("dispatch", [late(1, units=3)], at=minutes(1))
    store.release(minutes(60))
    assert shown(store)[call(1).id].units == 3
    assert "71" not in str(database.rows(tables.change)).replace("T", " ")


def test_what_waits_and_becomes_withheld_was_never_public(store: Store, database: Database) -> None:
    store.apply("dispatch", [late(1)], at=START)
    store.apply("dispatch", [withheld(1)], at=minutes(1))
    assert (store.head(), store.held()) == (0, 0)
    assert store.release(minutes(90)) is None
    store.apply("dispatch", [late(1)], at=minutes(91))
    assert shown(store) == {}
    assert database.rows(tables.held) == []


def test_a_published_incident_that_has_to_wait_is_taken_back_until_then(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    store.apply("dispatch", [late(1)], at=minutes(1))
    assert shown(store) == {}
    assert [change.incident for change in store.changes(0)] == [None]
    store.release(minutes(60))
    assert set(shown(store)) == {call(1).id}
    assert events(store) == {"published": 1, "retracted": 1, "released": 1}


def test_a_hold_until_closed_ends_some_time_after_the_feed_says_so(store: Store) -> None:
    hold = Held(call(1, delayed=True), after_close_s=600)
    store.apply("dispatch", [hold], at=START)
    assert store.release(minutes(10_000)) is None
    done = closed(1, at=minutes(45), delayed=True)
    store.apply("dispatch", [Held(done, minutes(55), 600)], at=minutes(46))
    assert store.release(minutes(55)) is None
    store.release(minutes(56))  # ten minutes after it was seen closed
    assert shown(store)[call(1).id].closed_at == minutes(45)


def test_a_closing_without_a_time_counts_from_when_it_was_first_seen(store: Store) -> None:
    done = call(1, delayed=True, status=Status.CLOSED)
    store.apply("dispatch", [Held(call(1, delayed=True), after_close_s=600)], at=START)
    for minute in (20, 25, 29):
        store.apply("dispatch", [Held(done, after_close_s=600)], at=minutes(minute))
        assert shown(store) == {}
    store.release(minutes(30))
    assert set(shown(store)) == {call(1).id}


def test_a_hold_until_closed_ends_some_time_after_the_call_left_the_feed(store: Store) -> None:
    hold = Held(call(1, delayed=True), after_close_s=600)
    store.apply("dispatch", [hold, call(2)], at=START, present={call(1).id, call(2).id})
    for minute in (19, 20, 25):  # one answer without it is not believed
        store.apply("dispatch", [call(2)], at=minutes(minute), present={call(2).id})
        assert set(shown(store)) == {call(2).id}
    assert store.release(minutes(29)) is None
    assert set(shown(store)) == {call(2).id}
    store.release(minutes(30))
    incident = shown(store)[call(1).id]
    assert (incident.status, incident.closed_at) == (Status.CLOSED, minutes(20))


def test_a_call_that_comes_back_waits_again(store: Store) -> None:
    hold = Held(call(1, delayed=True))
    store.apply("dispatch", [hold, call(2)], at=START, present={call(1).id, call(2).id})
    store.apply("dispatch", [call(2)], at=minutes(20), present={call(2).id})
    store.apply("dispatch", [hold, call(2)], at=minutes(20), present={call(1).id, call(2).id})
    store.release(minutes(500))
    assert set(shown(store)) == {call(2).id}


def stepped(number: int, **fields: object) -> Held:
    return Held(call(number, delayed=True, time_step_min=15, **fields), call(number).received_at, step_min=15)


def test_cut_times_are_published_once_their_step_has_settled_and_each_update_too(store: Store) -> None:
    store.apply("dispatch", [stepped(1)], at=minutes(2))
    store.apply("dispatch", [stepped(1)], at=minutes(14))
    assert store.release(minutes(16.9)) is None
    store.release(minutes(17))
    assert set(shown(store)) == {call(1).id}
    store.apply("dispatch", [stepped(1, units=2)], at=minutes(18))
    assert shown(store)[call(1).id].units is None
    for minute in (20, 31, 32):
        store.apply("dispatch", [stepped(1, units=2)], at=minutes(minute))
        store.release(minutes(minute))
    assert shown(store)[call(1).id].units == 2
    assert [change.changed_at for change in store.changes(0)] == [minutes(17), minutes(32)]


def at_step(number: int, minute: float) -> Held:
    """Return a call that came in at a minute, with its times cut to a quarter of an hour."""
    received = cut(minutes(minute), 15)
    version = call(number, delayed=True, time_step_min=15, received_at=received)
    return Held(version, received, step_min=15)


def test_calls_of_one_step_appear_together_though_one_is_read_after_its_end(store: Store) -> None:
    # Read at the moment it appears, the second would be known to have come in just before the border.
    store.apply("dispatch", [at_step(1, 0.1)], at=minutes(0.2))
    store.apply("dispatch", [at_step(2, 14.9)], at=minutes(15.3))
    store.apply("dispatch", [at_step(3, 15.2)], at=minutes(15.4))
    assert store.release(minutes(16.9)) is None
    store.release(minutes(17))
    assert set(shown(store)) == {call(1).id, call(2).id}
    assert store.release(minutes(31.9)) is None
    store.release(minutes(32))
    assert set(shown(store)) == {call(1).id, call(2).id, call(3).id}


def test_a_closing_read_after_the_end_of_its_step_is_told_with_those_read_before(store: Store) -> None:
    store.apply("dispatch", [at_step(1, 0.1), at_step(2, 0.1)], at=minutes(0.2))
    store.release(minutes(17))
    for number, at in ((1, 28), (2, 30.5)):
        done = replace(
            at_step(number, 0.1).incident, status=Status.CLOSED, closed_at=minutes(15), delayed=True
        )
        store.apply("dispatch", [Held(done, done.received_at, step_min=15)], at=minutes(at))
    assert store.release(minutes(31.9)) is None
    store.release(minutes(32))
    assert {incident.status for incident in shown(store).values()} == {Status.CLOSED}


def test_a_call_of_which_much_is_told_does_not_wait_for_ever(store: Store) -> None:
    for minute in range(1, 17):
        units = minute % 7 + 1
        later = stepped(1, units=units, dispatched_at=cut(minutes(minute), 15))
        store.apply("dispatch", [later], at=minutes(minute))
    store.release(minutes(17))
    assert set(shown(store)) == {call(1).id}


def test_a_version_that_is_due_is_not_lost_to_one_of_the_next_step(store: Store) -> None:
    store.apply("dispatch", [stepped(1)], at=minutes(2))
    store.apply("dispatch", [stepped(1, units=2)], at=minutes(17.01))
    assert shown(store)[call(1).id].units is None
    assert store.release(minutes(31)) is None
    store.release(minutes(32))
    assert shown(store)[call(1).id].units == 2
    assert events(store) == {"held": 1, "updated": 1}


def test_a_version_that_is_due_is_never_shown_once_a_coarser_one_is_known(store: Store) -> None:
    store.apply("dispatch", [stepped(1, priority=2)], at=minutes(2))
    store.apply("dispatch", [stepped(1, category=Category.MEDICAL)], at=minutes(17.01))
    assert store.release(minutes(31)) is None
    store.release(minutes(32))
    assert [change.incident and change.incident.category for change in store.changes(0)] == [Category.MEDICAL]


def test_what_is_due_and_left_its_feed_is_shown_open_and_closed_by_the_next_answer(store: Store) -> None:
    store.apply("dispatch", [stepped(1), call(2)], at=minutes(2))
    present = {call(2).id}
    applied = store.apply("dispatch", [call(2)], at=minutes(17.01), present=present)
    assert (applied.doubtful, set(shown(store))) == (1, {call(2).id})
    store.release(minutes(17.02))
    assert shown(store)[call(1).id].status is Status.OPEN
    applied = store.apply("dispatch", [call(2)], at=minutes(18), present=present)
    assert applied.doubtful == 0
    store.release(minutes(32))
    assert shown(store)[call(1).id].status is Status.CLOSED


@pytest.mark.parametrize(
    "coarser",
    [
        {"category": Category.MEDICAL},
        {"place": None, "areas": {}},
        {"priority": None},
    ],
)
def test_what_is_published_is_taken_back_at_once_when_a_coarser_version_has_to_wait(
    store: Store, coarser: dict[str, object]
) -> None:
    store.apply("dispatch", [call(1, priority=2)], at=START)
    store.apply("dispatch", [stepped(1, **{"priority": 2} | coarser)], at=minutes(1))
    assert shown(store) == {}
    assert [change.incident for change in store.changes(0)] == [None]
    store.release(minutes(17))
    (incident,) = shown(store).values()
    assert incident.time_step_min == 15
    assert len(store.incident(incident.id)[1]) == 1
    store.apply("dispatch", [stepped(1, **{"priority": 2} | coarser, units=3)], at=minutes(18))
    assert set(shown(store)) == {call(1).id}  # an update that only waits leaves what is published


def test_leaving_the_feed_is_told_with_its_step_and_a_cut_time(store: Store) -> None:
    store.apply("dispatch", [stepped(1), call(2)], at=START)
    store.release(minutes(17))
    for minute in (18, 22, 29):
        store.apply("dispatch", [call(2)], at=minutes(minute), present={call(2).id})
    assert shown(store)[call(1).id].status is Status.OPEN
    store.release(minutes(32))
    incident = shown(store)[call(1).id]
    assert (incident.status, incident.closed_at) == (Status.CLOSED, minutes(15))


def test_rows_of_an_incident_that_waits_are_joined(store: Store) -> None:
    one = Held(call(1, delayed=True, dispatched_at=minutes(5)), minutes(60))
    two = Held(call(1, delayed=True, on_scene_at=minutes(9)), minutes(60))
    store.apply("dispatch", [one], at=START, join_rows=True)
    store.apply("dispatch", [two, two], at=minutes(1), join_rows=True)
    store.release(minutes(60))
    incident = shown(store)[call(1).id]
    assert (incident.dispatched_at, incident.on_scene_at) == (minutes(5), minutes(9))


@pytest.mark.parametrize("order", [1, -1])
def test_of_rows_joined_in_one_answer_all_wait_when_one_has_to(store: Store, order: int) -> None:
    rows: list[Outcome] = [Held(call(1, delayed=True), minutes(60)), call(1, on_scene_at=minutes(9))]
    store.apply("dispatch", rows[::order], at=minutes(10), join_rows=True)
    assert (shown(store), store.head()) == ({}, 0)
    store.release(minutes(60))
    assert shown(store)[call(1).id].on_scene_at == minutes(9)


def test_one_that_was_withheld_and_may_now_wait_keeps_no_mark(store: Store, database: Database) -> None:
    store.apply("dispatch", [withheld(1, sensitive=False)], at=START)
    store.apply("dispatch", [late(1)], at=minutes(1))
    assert database.rows(tables.withheld) == []
    assert events(store) == {"withheld": 1}


# Pauses


def paused(store: Store, scope: PauseScope = "city", value: str = "", minute: float = 10) -> None:
    store.pause(Pause(scope, value, "an officer may be in danger", minutes(minute)))


@pytest.mark.parametrize(
    ("scope", "value", "hidden"),
    [
        ("city", "", {1, 2, 3}),
        ("source", "dispatch", {1, 2}),
        ("category", "noise", {2}),
        ("area", "beat:04X", {1, 2}),
    ],
)
def test_what_is_paused_takes_its_open_incidents_back_and_shows_nothing_new(
    store: Store, scope: PauseScope, value: str, hidden: set[int]
) -> None:
    calls = [
        call(1),
        call(2, category=Category.NOISE),
        call(3, source="requests", areas={"beat": "05Y"}),
    ]
    store.apply("dispatch", calls[:1], at=START)
    paused(store, scope, value)
    store.apply("dispatch", calls[:2], at=minutes(11))
    store.apply("requests", calls[2:], at=minutes(11))
    store.release(minutes(12))
    assert {c.id for c in calls} - set(shown(store)) == {call(number).id for number in hidden}
    assert store.resume(scope, value, minutes(20))
    assert not store.resume(scope, value, minutes(20))
    store.release(minutes(20))
    assert set(shown(store)) == {c.id for c in calls}


def test_what_is_closed_when_a_pause_begins_stays_as_it_was(store: Store) -> None:
    store.apply("dispatch", [closed(1)], at=START)
    paused(store)
    store.apply("dispatch", [closed(1, units=4)], at=minutes(11))
    assert shown(store)[call(1).id] == closed(1)
    store.resume("city", "", minutes(12))
    store.release(minutes(12))
    assert shown(store)[call(1).id].units == 4


def test_a_retraction_is_not_paused(store: Store) -> None:
    store.apply("dispatch", [closed(1)], at=START)
    paused(store)
    store.apply("dispatch", [withheld(1)], at=minutes(11))
    assert shown(store) == {}


def test_a_hold_goes_on_during_a_pause_and_after_it(store: Store) -> None:
    paused(store, minute=0)
    store.apply("dispatch", [late(1)], at=minutes(1))
    store.release(minutes(70))
    assert shown(store) == {}
    store.resume("city", "", minutes(71))
    store.release(minutes(71))
    assert set(shown(store)) == {call(1).id}


def test_a_call_that_leaves_the_feed_during_a_pause_is_closed_after_it(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    paused(store)
    store.apply("dispatch", [call(2)], at=minutes(11), present={call(2).id})
    store.resume("city", "", minutes(30))
    store.release(minutes(30))
    assert shown(store)[call(1).id].closed_at == minutes(11)
    assert shown(store)[call(2).id].status is Status.OPEN


def test_pauses_are_listed_with_their_reason_and_survive_a_restart(database: Database) -> None:
    with database.emptied() as store:
        paused(store, "source", "dispatch")
    with database.open() as again:
        expected = Pause("source", "dispatch", "an officer may be in danger", minutes(10))
        assert again.pauses() == [expected]
        again.apply("dispatch", [call(1)], at=minutes(11))
        assert shown(again) == {}


# The audit log


def test_every_decision_is_in_the_audit_log_and_sealed(store: Store) -> None:
    paused(store)
    store.resume("city", "", minutes(20))
    store.note(minutes(30), "policy", {"retracted": 3})
    assert [entry.action for entry in store.audit()] == ["pause", "resume", "policy"]
    verdict = store.verify_audit()
    assert (verdict.entries, verdict.broken) == (3, None)
    assert verdict.head == store.audit()[-1].digest


@pytest.mark.parametrize("change", ["detail", "at", "action", "digest", "gone"])
def test_an_audit_log_that_was_changed_is_found_out(store: Store, database: Database, change: str) -> None:
    for number in range(3):
        store.note(minutes(number), "policy", {"retracted": number})
    audit = tables.audit
    with database.connection() as connection:
        if change == "gone":
            connection.execute(audit.delete().where(audit.c.number == 2))
        else:
            forged = {"detail": '{"retracted":0}', "at": 5, "action": "resume", "digest": "0" * 64}
            values = {change: forged[change]}
            connection.execute(audit.update().where(audit.c.number == 2).values(values))
    assert store.verify_audit().broken in (2, 3)


# The ledger


def test_every_incident_is_counted_once_by_what_became_of_it_first(store: Store) -> None:
    store.apply("dispatch", [call(1), late(2), withheld(3), withheld(4, sensitive=False)], at=START)
    store.apply("dispatch", [withheld(1), withheld(2), call(4)], at=minutes(1))
    counts = events(store)
    assert counts == {
        "published": 1,
        "withheld": 3,
        "retracted": 1,
        "released": 1,
    }


@pytest.mark.parametrize(
    ("fate", "counted"), [("released", {"held": 1}), ("withheld", {"withheld": 1}), ("waiting", {})]
)
def test_what_waits_is_counted_once_it_is_decided_about(
    store: Store, fate: str, counted: dict[str, int]
) -> None:
    for minute in (0, 10):
        store.apply("dispatch", [late(1)], at=minutes(minute))
    assert events(store) == {}
    if fate == "withheld":
        for minute in (20, 30):
            store.apply("dispatch", [withheld(1, sensitive=False)], at=minutes(minute))
    if fate != "waiting":
        store.release(minutes(60))
    assert events(store) == counted


def test_what_was_counted_before_it_waited_is_not_counted_again(store: Store) -> None:
    store.apply("dispatch", [call(1), withheld(2, sensitive=False), withheld(3, sensitive=False)], at=START)
    store.apply("dispatch", [late(1), late(2), late(3)], at=minutes(1))
    store.apply("dispatch", [late(1, units=2), late(2, units=2), withheld(3)], at=minutes(2))
    assert events(store) == {"published": 1, "withheld": 2, "retracted": 1}
    store.release(minutes(60))
    assert events(store) == {"published": 1, "withheld": 2, "retracted": 1, "released": 2}


def test_the_ledger_by_area_counts_where_the_masked_place_is(database: Database) -> None:
    with database.emptied() as store:
        store.ledger_kind = "beat"
        hidden = Withheld("w" * 16, "dispatch", Reason.SENSITIVE, sensitive=True, areas={"beat": "04X"})
        store.apply("dispatch", [call(1), late(2), hidden, call(3, areas={})], at=START)
        store.release(minutes(60))
        rows = {tuple(row) for row in database.rows(tables.area_ledger)}
        store.ledger_kind = None
    assert rows == {
        ("2026-01", "beat", "04X", "published", "", 1),
        ("2026-01", "beat", "04X", "held", "", 1),
        ("2026-01", "beat", "04X", "withheld", "sensitive", 1),
    }
