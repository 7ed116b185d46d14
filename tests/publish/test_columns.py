from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from living_city import START, an_incident, incident_id, incidents

from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Status
from blocklight.publish.columns import Columns

_NUMBERS = st.integers(0, 12)
_MOMENTS = st.integers(-1, 100_001).map(lambda s: START + timedelta(seconds=s))


def _told(columns: Columns, row: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a structured row
    return row["id"].decode(), int(row["first_seq"]), columns.words["category"].values[row["category"]]


class ColumnsAgreeWithADictionary(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.columns = Columns()
        self.model: dict[str, tuple[PublicIncident, int]] = {}
        self.seq = 0

    @rule(incident=incidents(_NUMBERS))
    def put(self, incident: PublicIncident) -> None:
        self.seq += 1
        first_seq = self.model.get(incident.id, (None, self.seq))[1]
        self.model[incident.id] = incident, first_seq
        self.columns.put_row(incident, first_seq)

    @rule(number=_NUMBERS)
    def remove(self, number: int) -> None:
        id_ = incident_id(number)
        assert self.columns.remove(id_) is (self.model.pop(id_, None) is not None)

    @rule(moment=_MOMENTS)
    def forget_before(self, moment: datetime) -> None:
        old = [
            id_
            for id_, (incident, _) in self.model.items()
            if incident.status is Status.CLOSED and incident.received_at < moment
        ]
        assert self.columns.forget_before(moment) == len(old)
        for id_ in old:
            del self.model[id_]

    @rule(moment=_MOMENTS)
    def since(self, moment: datetime) -> None:
        expected = sorted(
            (incident.received_at, first_seq, incident)
            for incident, first_seq in self.model.values()
            if incident.status is Status.OPEN or incident.received_at >= moment
        )
        rows = self.columns.since(moment)
        assert [_told(self.columns, row) for row in rows] == [
            (incident.id, first_seq, incident.category) for _, first_seq, incident in expected
        ]

    @rule(moment=_MOMENTS)
    def closed_since(self, moment: datetime) -> None:
        closed = [i.closed_at for i, _ in self.model.values() if i.status is Status.CLOSED]
        assert self.columns.closed_since(moment) == sum(at is not None and at >= moment for at in closed)

    @invariant()
    def counts_agree(self) -> None:
        counted = Counter(incident.status for incident, _ in self.model.values())
        assert self.columns.open == counted[Status.OPEN]
        assert len(self.columns) == counted.total()


TestColumns = ColumnsAgreeWithADictionary.TestCase
TestColumns.settings = settings(max_examples=40, stateful_step_count=25)


def test_columns_grow_past_their_first_size_and_keep_every_row() -> None:
    columns = Columns()
    for number in range(2_500):
        columns.put_row(an_incident(number), number + 1)
    rows = columns.since(START)
    assert rows["first_seq"].tolist() == list(range(1, 2_501))
    assert columns.open == 2_500


def test_a_freed_slot_is_used_again_and_carries_nothing_over() -> None:
    columns = Columns()
    columns.put_row(an_incident(1, priority=1, units=3, dispatched_at=START + timedelta(hours=1)), 1)
    columns.remove(incident_id(1))
    columns.put_row(an_incident(2), 2)
    (row,) = columns.since(START)
    assert row["id"] == incident_id(2).encode()
    assert (row["priority"], row["units"], row["dispatched_at"]) == (-1, -1, -1)


def test_a_stage_before_the_call_was_received_counts_as_reached_at_once() -> None:
    columns = Columns()
    columns.put_row(an_incident(1, dispatched_at=START - timedelta(hours=1)), 1)
    assert columns.since(START)["dispatched_at"].tolist() == [0]
