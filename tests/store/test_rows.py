"""Incidents through the database and back."""

import json
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category
from blocklight.store.schema import tables
from blocklight.store.schema.rows import body, digest, from_ms, incident_of_body, storable, to_ms
from blocklight.store.write.coarsening import taken_back
from blocklight.store.write.statements import INSERTED
from store.databases import Database
from store.making import START, call
from store.strategies import incidents, times


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_millisecond_of_nine_thousand_years_is_kept(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


@given(times)
def test_a_time_loses_only_what_lies_below_a_millisecond(time: datetime) -> None:
    kept = from_ms(to_ms(time))
    assert kept == time.replace(microsecond=time.microsecond // 1000 * 1000)
    assert kept.tzinfo is UTC


@given(incidents(st.just("a")), incidents(st.just("a")))
def test_a_body_reads_back_and_its_digest_tells_incidents_apart(
    one: PublicIncident, two: PublicIncident
) -> None:
    assert incident_of_body(body(one).decode()) == one
    assert (digest(body(one)) == digest(body(two))) is (one == two)


def test_every_field_of_a_public_incident_has_its_column() -> None:
    columns = {column.name for column in tables.incident.c}
    elsewhere = {"place": "place_id", "areas": "place_id"}
    missing = [name for name in PublicIncident.__struct_fields__ if elsewhere.get(name, name) not in columns]
    assert missing == []
    assert sorted(INSERTED) == sorted(columns)  # named, so that a column's place in its table does not matter


def test_the_order_of_areas_does_not_count() -> None:
    there = body(call(1, areas={"beat": "1", "council": "2"}))
    assert there == body(call(1, areas={"council": "2", "beat": "1"}))


@settings(max_examples=25)
@given(batch=st.lists(incidents(st.uuids().map(str)), max_size=8, unique_by=lambda i: i.id))
def test_whatever_is_published_is_read_back_alike_everywhere(
    database: Database, batch: list[PublicIncident]
) -> None:
    expected = {incident.id: storable(incident) for incident in batch}
    with database.emptied() as store:
        store.apply("dispatch", batch, at=START)
        told = {change.id: change.incident for change in store.changes(0)}
        window = {
            s.incident.id: s.incident
            for block in store.window(datetime(1980, 1, 1, tzinfo=UTC))
            for s in block
        }
        assert told == window == expected
        for id_, incident in expected.items():
            assert store.incident(id_)[0].incident == incident
        assert store.apply("dispatch", batch, at=START).unchanged == len(batch)


@settings(max_examples=25)
@given(versions=st.lists(incidents(st.just("a")), min_size=1, max_size=6))
def test_a_life_adds_up_to_what_is_published_now(database: Database, versions: list[PublicIncident]) -> None:
    with database.emptied() as store:
        for version in versions:
            store.apply("dispatch", [version], at=START)
        stored, life = store.incident("a")
        changes = store.changes(0)
    built: dict[str, object] = {"id": "a"}
    for event in life:
        assert event.changed
        built |= event.changed
    told = {name: value for name, value in built.items() if value is not None}
    assert incident_of_body(json.dumps(told)) == stored.incident
    if any(version.category is Category.MEDICAL for version in versions):
        return  # it gets no finer afterwards: tests/privacy/test_reclassified.py
    if any(version.detail.as_published for version in versions):
        return  # its first point stays: tests/privacy/test_publisher_points.py
    if any(version.place != versions[0].place for version in versions):
        return  # where it was shown decides where it may be shown: tests/privacy/test_one_place.py
    assert stored.incident == storable(versions[-1])
    if not any(taken_back(one, two) for one, two in pairwise(versions)):
        assert [event.seq for event in life] == [change.seq for change in changes]
