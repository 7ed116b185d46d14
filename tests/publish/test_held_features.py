"""What is answered from memory is what the database answers, and follows it at once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from living_city import START, an_incident, until
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side, some_incidents
from store.test_features import conditions

from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.publish import held_features
from blocklight.publish.held_features import HeldFeatures
from blocklight.query.encoded import FlatRow, Form, Points
from blocklight.query.fields import incident_fields
from blocklight.query.region import near_point, within_box
from blocklight.query.selection import Order, Selection, Slice
from blocklight.store.read.features import FeatureReader

FIELDS = incident_fields(["beat"])
NAMES = tuple(FIELDS)
EVERY = Slice(limit=10_000)
INCIDENTS = some_incidents(200)


def _encode(rows: list[FlatRow], points: Points) -> list[bytes]:
    return [
        orjson.dumps([*row, None if np.isnan(x) else [x, y]])
        for row, (x, y) in zip(rows, points.tolist(), strict=True)
    ]


FORM = Form("test", NAMES, _encode)  # type: ignore[arg-type]  # a list is a sequence


class Side:
    """A city that is followed, and the same selections answered from memory and from its database."""

    def __init__(self, served: PublicSide, **settings: int) -> None:
        self.served = served
        self.store = served.store
        self.held = HeldFeatures(served.publisher, FIELDS, **settings)
        served.follow()
        self.held.load()

    def apply(self, *outcomes: PublicIncident | Withheld) -> None:
        """Store outcomes, and wait until they are published."""
        self.store.apply("dispatch", outcomes, at=START + timedelta(hours=1))
        self.served.follow()

    @property
    def stored(self) -> FeatureReader:
        return self.store.features()

    def rows(self, selection: Selection, part: Slice = EVERY) -> list[bytes]:
        """Return the rows in memory, which are those of the database."""
        held = self.held.encoded(selection, part, FORM, FIELDS)
        stored = self.stored.encoded(selection, part, FORM, FIELDS)
        assert held.rows == stored.rows
        assert np.array_equal(held.points, stored.points, equal_nan=True)
        assert held.has_more == stored.has_more
        return held.rows

    def ids(self) -> set[str]:
        """Return the public ids of all that is in memory."""
        return {orjson.loads(row)[NAMES.index("id")] for row in self.rows(Selection())}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    with public_side(tmp_path_factory.mktemp("held")) as served:
        served.store.apply("dispatch", INCIDENTS, at=START)
        yield Side(served)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Side]:
    with public_side(tmp_path) as served:
        served.store.apply("dispatch", INCIDENTS, at=START)
        yield Side(served)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_memory_finds_what_the_database_finds(side: Side, data: st.DataObject) -> None:
    rows = [dict(zip(NAMES, orjson.loads(row), strict=False)) for row in side.rows(Selection())]
    assert len(rows) == 200
    selection = Selection(where=data.draw(conditions(rows)))
    found = side.rows(selection)
    assert side.held.count(selection, FIELDS) == len(found)
    assert side.held.numbers(selection, None, FIELDS) == side.stored.numbers(selection, None, FIELDS)
    assert side.held.extent(selection, FIELDS) == side.stored.extent(selection, FIELDS)
    assert side.held.is_held


@pytest.mark.parametrize(
    "selection",
    [
        Selection(since=START + timedelta(hours=3), until=START + timedelta(hours=20)),
        Selection(region=within_box(-122.3, 37.7, -122.2, 37.76)),
        Selection(region=within_box(-122.2, 37.7, -122.3, 37.8)),
        Selection(region=near_point(-122.25, 37.75, 5_000)),
        Selection(object_ids=(1, 2, 3)),
    ],
)
def test_memory_bounds_a_selection_as_the_database_does(side: Side, selection: Selection) -> None:
    assert len(side.rows(selection)) < 200


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_memory_has_the_order_of_the_database(side: Side, name: str, *, descending: bool) -> None:
    part = Slice(order=(Order(name, descending), Order("category")), offset=7, limit=120)
    assert len(side.rows(Selection(), part)) == 120


def test_an_answer_of_memory_does_not_ask_the_database(own: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = own.held.count(Selection(), FIELDS)
    monkeypatch.setattr("blocklight.store.read_store.ReadStore.features", None)
    assert own.held.count(Selection(), FIELDS) == expected == 200


def test_what_is_taken_back_changed_or_new_is_so_in_the_next_answer(own: Side) -> None:
    own.rows(Selection())  # everything is encoded once
    gone = [Withheld(i.id, i.source, Reason.SENSITIVE, sensitive=True) for i in INCIDENTS[:20]]
    changed = [replace(i, units=77) for i in INCIDENTS[20:40]]
    own.apply(*gone, *changed, an_incident(9_000))
    assert own.ids() == {i.id for i in INCIDENTS[20:]} | {an_incident(9_000).id}
    units = [orjson.loads(row)[NAMES.index("units")] for row in own.rows(Selection())]
    assert units.count(77) == len(changed)
    assert own.held.is_held


def test_an_incident_that_comes_back_is_a_new_one_at_the_end(own: Side) -> None:
    first = INCIDENTS[5]
    before = own.held.numbers(Selection(), None, FIELDS)
    own.apply(Withheld(first.id, first.source, Reason.POLICY))
    own.apply(first)
    after = own.held.numbers(Selection(), None, FIELDS)
    assert after[:-1] == [number for at, number in enumerate(before) if at != 5]
    assert after[-1] not in before
    assert own.rows(Selection())


def test_nothing_is_answered_from_memory_while_the_log_is_not_followed(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as served:
        served.store.apply("dispatch", INCIDENTS, at=START)
        held = HeldFeatures(served.publisher, FIELDS)
        held.load()
        assert held.is_held
        gone = [Withheld(i.id, i.source, Reason.SENSITIVE, sensitive=True) for i in INCIDENTS]
        served.store.apply("dispatch", gone, at=START)
        assert held.count(Selection(), FIELDS) == 0


def test_another_history_of_the_log_is_read_anew(own: Side) -> None:
    epoch = own.served.publisher.window.epoch
    own.store.rename(lambda id_: id_[::-1], START, "ids renewed", {})
    until(lambda: own.served.publisher.window.epoch != epoch)
    assert own.ids() == {i.id[::-1] for i in INCIDENTS}
    until(lambda: own.held.count(Selection(), FIELDS) and own.held.is_held)
    assert own.ids() == {i.id[::-1] for i in INCIDENTS}


def test_of_more_than_fit_the_newest_days_are_held_and_the_rest_is_stored(tmp_path: Path) -> None:
    recent = [i for i in INCIDENTS if i.received_at >= NOW - timedelta(days=2)]
    known = {i.id for i in INCIDENTS}
    old = [_earlier(i) for i in some_incidents(150, seed=9) if i.id not in known]
    with public_side(tmp_path) as served:
        served.store.apply("dispatch", [*INCIDENTS, *old], at=START)
        side = Side(served, most_rows=len(INCIDENTS) + 10)
        assert side.held.is_held
        assert len(side.rows(Selection())) == 200 + len(old) > 300
        since = NOW - timedelta(days=2)
        assert len(side.rows(Selection(since=since))) == len(recent) > 0
        side.apply(_earlier(INCIDENTS[0]))
        assert len(side.rows(Selection(since=since))) == len(recent) - 1


def _earlier(incident: PublicIncident) -> PublicIncident:
    back = timedelta(days=400)
    closed = incident.closed_at
    return replace(
        incident, received_at=incident.received_at - back, closed_at=None if closed is None else closed - back
    )


def test_a_table_that_outgrows_its_room_is_read_anew(own: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[int] = []

    def load() -> None:
        loaded.append(1)
        own_load()

    own_load = own.held.load
    monkeypatch.setattr(own.held, "load", load)
    monkeypatch.setattr(held_features, "_GROWTH", 0.0)
    own.apply(an_incident(9_000))
    assert len(own.rows(Selection())) == 201
    assert own.held.count(Selection(), FIELDS) == 201
    assert loaded
