"""A companion is withheld for good unless the public has seen it: then it stays as it is."""

from datetime import timedelta

import sqlalchemy as sa

from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.store import Pause, Store
from blocklight.store.schema.tables import ledger
from store.making import START, call, closed, minutes, withheld


def companion(number: int) -> Withheld:
    return Withheld(call(number).id, "dispatch", Reason.SENSITIVE, sensitive=True, companion=True)


def shown(store: Store) -> list[PublicIncident]:
    return [stored.incident for block in store.window(START) for stored in block]


def test_a_companion_is_never_published_whatever_is_said_of_it_later(store: Store) -> None:
    store.apply("dispatch", [companion(1)], at=minutes(1))
    store.apply("dispatch", [call(1)], at=minutes(2))
    assert store.once_sensitive([call(1).id]) == {call(1).id}
    assert (shown(store), store.head()) == ([], 0)


def test_a_mark_says_whether_a_call_was_sensitive_itself_or_only_beside_one(store: Store) -> None:
    ids = [call(number).id for number in range(1, 5)]
    store.apply("dispatch", [companion(1), companion(2), withheld(3, sensitive=True)], at=minutes(1))
    store.apply("dispatch", [call(1), call(4)], at=minutes(2))
    assert (store.once_sensitive(ids), store.itself_sensitive(ids)) == (set(ids[:3]), {ids[2]})
    store.apply("dispatch", [withheld(2, sensitive=True), companion(3)], at=minutes(3))
    assert store.itself_sensitive(ids) == {ids[1], ids[2]}
    store.apply("dispatch", [companion(2), withheld(1, sensitive=False)], at=minutes(4))
    assert (store.once_sensitive(ids), store.itself_sensitive(ids)) == (set(ids[:3]), {ids[1], ids[2]})


def test_a_companion_takes_nothing_back_that_is_public(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=minutes(1))
    assert store.already_public([call(1).id, call(2).id]) == {call(1).id}
    applied = store.apply("dispatch", [companion(1), companion(2)], at=minutes(2))
    assert (applied.retracted, applied.withheld, store.head()) == (0, 1, 1)
    store.apply("dispatch", [closed(1)], at=minutes(3))
    assert shown(store) == [closed(1)]


def test_what_was_public_and_waits_is_no_companion(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=minutes(1))
    store.pause(Pause("city", "", "a search", minutes(2)))
    assert shown(store) == []
    assert store.already_public([call(1).id]) == {call(1).id}
    store.apply("dispatch", [companion(1)], at=minutes(3))
    store.resume("city", "", minutes(4))
    store.release(minutes(4))
    assert shown(store) == [call(1)]


def test_what_waits_and_was_never_public_is_withheld_as_a_companion(store: Store) -> None:
    held = Held(call(1, delayed=True), release_at=minutes(30))
    store.apply("dispatch", [held], at=minutes(1))
    assert store.already_public([call(1).id]) == set()
    store.apply("dispatch", [companion(1)], at=minutes(2))
    store.apply("dispatch", [held], at=minutes(3))
    store.release(minutes(31) + timedelta(days=1))
    assert (shown(store), store.head()) == ([], 0)


def test_what_was_only_withheld_before_it_waits_is_withheld_as_a_companion(store: Store) -> None:
    held = Held(call(1, delayed=True), release_at=minutes(30))
    store.apply("dispatch", [withheld(1, sensitive=False)], at=START)
    store.apply("dispatch", [held], at=minutes(1))
    assert store.already_public([call(1).id]) == set()
    assert [one.id for one in store.never_shown()] == [call(1).id]
    store.apply("dispatch", [companion(1)], at=minutes(2))
    store.apply("dispatch", [held], at=minutes(3))
    store.release(minutes(31))
    assert (shown(store), store.head()) == ([], 0)


def test_a_source_withholds_what_waits_of_another(store: Store) -> None:
    store.apply("dispatch", [Held(call(1, delayed=True), release_at=minutes(30))], at=minutes(1))
    store.apply("requests", [companion(1)], at=minutes(2))
    store.release(minutes(31))
    assert (shown(store), store.head(), store.held()) == ([], 0, 0)
    with store.engines.read.begin() as connection:
        counted = connection.execute(sa.select(ledger.c.source, ledger.c.outcome, ledger.c.n)).all()
    assert counted == [("dispatch", "withheld", 1)]


def test_what_was_public_and_waits_is_not_among_what_was_never_shown(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=minutes(1))
    store.pause(Pause("city", "", "a search", minutes(2)))
    store.apply("dispatch", [call(2)], at=minutes(3))
    assert store.held() == 2
    assert [one.id for one in store.never_shown()] == [call(2).id]
