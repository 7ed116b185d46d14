"""Selections of published incidents: what SQL finds is what the rows themselves say, on both engines."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from living_city import START
from public_side import some_incidents

from blocklight.errors import BadQuery
from blocklight.query.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    FieldRef,
    IsNull,
    Like,
    Not,
    OneOf,
    Value,
    like_pattern,
    meets,
)
from blocklight.query.fields import OBJECT_ID, FieldType, incident_fields
from blocklight.query.region import Region, near_point, within_box, within_shape
from blocklight.query.selection import Order, Selection, Slice
from blocklight.query.statistics import Grouping, Statistic
from blocklight.store import Store
from blocklight.store.schema.rows import from_ms
from store.databases import Database

FIELDS = incident_fields(["beat"])
NAMES = tuple(FIELDS)
_EVERY = Slice(limit=10_000)
Rows = list[dict[str, Value | None]]


@pytest.fixture(scope="module")
def rows(database: Database) -> Rows:
    """All rows of a filled store, read without any condition."""
    with database.emptied() as store:
        store.apply("dispatch", some_incidents(200), at=START)
        return _read(store, Selection())


@pytest.fixture
def filled(database: Database, rows: Rows) -> Store:
    assert len(rows) == 200
    with database.shared() as store:
        return store


def _read(store: Store, selection: Selection, part: Slice = _EVERY) -> Rows:
    found = store.features().rows(selection, part, NAMES, FIELDS)
    return [{name: _value(name, value) for name, value in zip(NAMES, row, strict=True)} for row in found.rows]


def _value(name: str, value: Any) -> Value | None:  # noqa: ANN401 - a value of any field
    if FIELDS[name].type is FieldType.TIME and value is not None:
        return from_ms(value)
    known: Value | None = value
    return known


def _ids(found: Rows) -> list[Value | None]:
    return [row[OBJECT_ID] for row in found]


@st.composite
def _conditions(draw: st.DrawFn, known_values: "_Known") -> Condition:
    """Draw conditions on values that there are, and on some that there are not."""
    name = draw(st.sampled_from(NAMES))
    field = FIELDS[name]
    fold = draw(st.sampled_from([None, "upper", "lower"])) if field.type is FieldType.TEXT else None
    ref = FieldRef(name, fold)  # type: ignore[arg-type]  # one of the three
    values = st.sampled_from([*known_values.of[name], _OTHER[field.type]])
    sort = draw(st.sampled_from(["compare", "one_of", "null", "like"]))
    if sort == "null":
        return IsNull(ref)
    if sort == "one_of":
        return OneOf(ref, tuple(draw(st.lists(values, min_size=1, max_size=4))))
    if sort == "like" and field.type is FieldType.TEXT:
        text = str(draw(values))
        pattern = draw(
            st.sampled_from([text, f"%{text[2:]}", f"{text[:3]}%", "_" + text[1:], "%[a-z]*?%", "%%"])
        )
        return Like(ref, like_pattern(pattern, "\\"))
    return Comparison(ref, draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="])), draw(values))


class _Known:
    """The values of each field, without a long text of them in a report."""

    def __init__(self, rows: Rows) -> None:
        self.of = {name: _different(row[name] for row in rows) for name in NAMES}


def _different(values: Iterable[Value | None]) -> list[Value]:
    return sorted({value for value in values if value is not None}, key=str)


_OTHER: dict[FieldType, Value] = {
    FieldType.TEXT: "Nowhere 100%_[*?",
    FieldType.WHOLE: 7,
    FieldType.TIME: START + timedelta(hours=5),
}


def conditions(rows: Rows) -> st.SearchStrategy[Condition]:
    """Draw trees of conditions on the values of some rows."""
    return st.recursive(
        _conditions(_Known(rows)),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, max_size=3).map(lambda parts: AllOf(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        ),
        max_leaves=6,
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_sql_finds_what_the_rows_say(filled: Store, rows: Rows, data: st.DataObject) -> None:
    condition = data.draw(conditions(rows))
    expected = [row[OBJECT_ID] for row in rows if meets(row, condition)]
    selection = Selection(where=condition)
    assert _ids(_read(filled, selection)) == expected
    assert filled.features().count(selection, FIELDS) == len(expected)
    assert filled.features().numbers(selection, None, FIELDS) == expected


@pytest.mark.parametrize(
    "region",
    [
        within_box(-122.3, 37.7, -122.2, 37.76),
        within_box(-122.2, 37.7, -122.3, 37.8),  # over the antimeridian: all but the middle
        within_box(-1e5, -90, 1e5, 90),
        within_box(237.7, 37.7, 237.8, 37.76),
        near_point(-122.25, 37.75, 5_000),
        near_point(-122.25, 37.75, 1e9),
        within_shape(shapely.Polygon([(-122.3, 37.7), (-122.2, 37.7), (-122.25, 37.79)])),
        within_shape(shapely.box(-122.29, 37.71, -122.25, 37.75), border=False),
        within_shape(shapely.box(-122.29, 37.71, -122.25, 37.75), border=True),
        within_shape(shapely.Polygon()),
    ],
)
def test_a_region_is_looked_for_by_the_public_points_alone(filled: Store, region: Region) -> None:
    found = filled.features().rows(Selection(), _EVERY, [OBJECT_ID], FIELDS)
    placed = [
        (row[0], point) for row, point in zip(found.rows, found.points, strict=True) if point is not None
    ]
    assert 150 < len(placed) < 200
    expected = {number for number, point in placed if _lies_in(region, *point)}
    assert set(filled.features().numbers(Selection(region=region), None, FIELDS)) == expected


def _lies_in(region: Region, lon: float, lat: float) -> bool:
    in_box = any(west <= lon <= east and south <= lat <= north for west, south, east, north in region.boxes)
    return in_box and (region.holds is None or bool(region.holds(np.array([lon]), np.array([lat]))[0]))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_pages_in_any_order_are_the_whole_without_repetition(
    filled: Store, rows: Rows, name: str, *, descending: bool
) -> None:
    order = (Order(name, descending),)
    whole = _read(filled, Selection(), Slice(order=order, limit=200))
    pages = [_read(filled, Selection(), Slice(order=order, offset=at, limit=30)) for at in range(0, 210, 30)]
    assert _ids(whole) == _ids([row for page in pages for row in page])
    assert sorted(map(str, _ids(whole))) == sorted(map(str, _ids(rows)))
    values = [_sortable(row[name]) for row in whole]
    assert values == sorted(values, reverse=descending)


def _sortable(value: Value | None) -> tuple[bool, float, str]:
    number = (
        value.timestamp() if isinstance(value, datetime) else 0 if isinstance(value, str | None) else value
    )
    return value is not None, number, value if isinstance(value, str) else ""


def test_figures_of_groups_are_those_of_the_rows(filled: Store, rows: Rows) -> None:
    figures = (
        Statistic("count", OBJECT_ID, "n"),
        Statistic("sum", "priority", "total"),
        Statistic("avg", "priority", "mean"),
        Statistic("stddev", "priority", "spread"),
        Statistic("max", "received_at", "newest"),
    )
    shown = {"category": FIELDS["category"], "area_beat": FIELDS["area_beat"]}
    grouping = Grouping(by=("category", "area_beat"), figures=figures)
    found, more = filled.features().groups(Selection(), grouping, _EVERY, FIELDS, shown)
    assert not more
    assert {tuple(row[:2]): row[2] for row in found} == Counter(
        (row["category"], row["area_beat"]) for row in rows
    )
    for category, beat, _, total, mean, spread, newest in found:
        group = [row for row in rows if (row["category"], row["area_beat"]) == (category, beat)]
        numbers = [row["priority"] for row in group if isinstance(row["priority"], int)]
        assert total == sum(numbers)
        assert mean == pytest.approx(np.mean(numbers))
        assert spread == pytest.approx(np.std(numbers, ddof=1), abs=1e-6)
        assert from_ms(newest) == max(row["received_at"] for row in group)  # type: ignore[type-var]  # times


def test_too_many_ids_are_refused_and_not_cut_in_silence(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocklight.store.read.features.MOST_NUMBERS", 100)
    with pytest.raises(BadQuery, match="more than 100"):
        filled.features().numbers(Selection(), None, FIELDS)
