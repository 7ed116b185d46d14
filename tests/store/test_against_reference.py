"""Any sequence of calls leaves the store as the reference says."""

from datetime import date, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from blocklight.errors import NotFound
from blocklight.model.outcomes import Outcome, Rejected, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Reason, Status
from blocklight.store import IncidentQuery
from blocklight.store.schema import tables
from store.databases import Database
from store.making import AROUND_HARBOUR, HARBOUR, HILL, START, call, minutes
from store.reference import Reference

_NUMBERS = range(5)
_times = st.none() | st.integers(0, 20).map(minutes)

_calls = st.builds(
    call,
    st.sampled_from(_NUMBERS),
    status=st.sampled_from(Status),
    category=st.sampled_from([Category.TRAFFIC, Category.TRAFFIC, Category.MEDICAL]),
    source_type=st.sampled_from([None, "FENDER BENDER"]),
    place=st.sampled_from([None, HARBOUR, HILL, AROUND_HARBOUR]),
    areas=st.sampled_from([{}, {"beat": "04X"}, {"beat": "07X", "council": "2"}]),
    received_at=st.integers(0, 20).map(minutes),
    on_scene_at=_times,
    closed_at=_times,
    units=st.none() | st.integers(1, 3),
)
_withheld = st.builds(
    lambda number, reason: Withheld(call(number).id, "dispatch", reason, reason is Reason.SENSITIVE),
    st.sampled_from(_NUMBERS),
    st.sampled_from([Reason.SENSITIVE, Reason.UNMAPPED, Reason.NO_PLACE]),
)
_rejected = st.builds(
    Rejected, st.sampled_from("rst"), st.just("dispatch"), st.sampled_from(["bad_time", "no_type"])
)
_present = st.none() | st.sets(st.sampled_from([call(number).id for number in _NUMBERS]))
_batches = st.lists(st.one_of(_calls, _calls, _calls, _withheld, _rejected), max_size=5)


class Machine(RuleBasedStateMachine):
    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.database.empty()
        self.store = self.database.open()
        self.reference = Reference()
        self.at = START

    def teardown(self) -> None:
        self.store.close()

    @rule(batch=_batches, cursor=st.none() | st.text("ab", max_size=2), present=_present, join=st.booleans())
    def apply(
        self, batch: list[Outcome], cursor: str | None, present: set[str] | None, *, join: bool
    ) -> None:
        self.at += timedelta(seconds=1)
        given = {"cursor": cursor, "present": present, "join_rows": join}
        applied = self.store.apply("dispatch", batch, at=self.at, **given)  # type: ignore[arg-type]  # named above
        self.reference.apply(batch, self.at, cursor, present, join_rows=join)
        assert applied.head == self.reference.head

    @rule(batch=_batches)
    def fail(self, batch: list[Outcome]) -> None:
        with pytest.raises(TypeError):
            self.store.apply("dispatch", [*batch, call(9, units=object())], at=self.at, cursor="lost")

    @rule(age=st.integers(0, 10), at_least=st.integers(0, 6))
    def compact(self, age: int, at_least: int) -> None:
        since = self.at - timedelta(seconds=age)
        self.store.compact(keep_since=since, keep_at_least=at_least)
        self.reference.compact(since, at_least)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.database.open()

    @invariant()
    def the_log_is_as_told(self) -> None:
        told = [(c.seq, c.id, c.first_seq, c.changed_at, c.incident) for c in self.store.changes(0)]
        assert told == [(seq, *entry) for seq, entry in sorted(self.reference.log.items())]
        assert (self.store.head(), self.store.tail()) == (self.reference.head, self.reference.tail)
        assert self.store.cursor("dispatch") == self.reference.cursor

    @invariant()
    def the_incidents_are_as_told(self) -> None:
        published = self.reference.published
        listed = sorted(published.values(), key=lambda p: (p.listed_at, p.first_seq), reverse=True)
        page = self.store.query(IncidentQuery())
        assert [
            (item.incident, item.first_seq, item.seq, item.released_at, item.updated_at)
            for item in page.items
        ] == [(p.now, p.first_seq, p.versions[-1][0], p.released_at, p.versions[-1][1]) for p in listed]
        assert self.store.open_ids("dispatch") == {
            id_ for id_, p in published.items() if p.now.status is Status.OPEN
        }

    @invariant()
    def every_life_is_as_told(self) -> None:
        for number in _NUMBERS:
            id_ = call(number).id
            if id_ not in self.reference.published:
                with pytest.raises(NotFound):
                    self.store.incident(id_)
                continue
            _, life = self.store.incident(id_)
            versions = _differing_versions(self.reference.published[id_].versions)
            assert [(event.seq, event.changed_at) for event in life] == [(s, at) for s, at, _ in versions]
            for event, (_, _, one), (_, _, two) in zip(life[1:], versions, versions[1:], strict=False):
                assert set(event.changed) == _differing(one, two)

    @invariant()
    def the_ledger_is_as_told(self) -> None:
        told = {(row.outcome, row.reason): row.n for row in self.store.ledger(date.min, date.max)}
        assert told == self.reference.ledger

    @invariant()
    def only_places_are_kept_at_which_an_incident_stands(self) -> None:
        now = [p.now for p in self.reference.published.values()]
        standing = {(i.place, tuple(sorted(i.areas.items()))) for i in now if i.place is not None}
        assert len(self.database.rows(tables.place)) == len(standing)
        assert len(self.database.rows(tables.place_area)) == sum(len(areas) for _, areas in standing)


def _differing_versions(
    versions: list[tuple[int, datetime, PublicIncident]],
) -> list[tuple[int, datetime, PublicIncident]]:
    """Leave out each version that is, after something was taken back, as the one before it."""
    pairs = zip([None, *versions], versions, strict=False)
    return [version for before, version in pairs if before is None or before[2] != version[2]]


def _differing(one: PublicIncident, two: PublicIncident) -> set[str]:
    return {name for name in PublicIncident.__struct_fields__ if getattr(one, name) != getattr(two, name)}


def test_any_sequence_of_calls_leaves_the_store_as_the_reference_says(database: Database) -> None:
    examples = 20 if database.is_sqlite else 8
    run_state_machine_as_test(
        type("MachineOnOneDatabase", (Machine,), {"database": database}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
