"""A policy acts on the past when its fingerprint moves: so everything that decides has to move it."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from grid_town import BORDER, WEST, collection, feature, grid_town, square
from small_city import TABLE, rules_of, small_city

from blocklight.app.policy_change import apply_policy, fingerprint
from blocklight.config.call_type_words import shipped_words
from blocklight.config.city import City, default_call_types
from blocklight.config.policy import Allow, CompanionsShown, MedicalDetail, Policy, Rule
from blocklight.config.table import Table
from blocklight.intake.redact import Rules
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin, PlaceKind, Status
from blocklight.store import IncidentQuery, Store

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
REASON = "The dispatch centre publishes it by law"

# A value for every field that may be left out, so that each can be changed by itself.
FILLED: dict[type[Table], dict[str, Any]] = {
    Rule: {
        "kind": Kind.CALL,
        "match": "NOISE",
        "status": Status.OPEN,
        "origin": Origin.OFFICER,
        "time_of_day": "22:00-06:00",
        "for_min": 30,
        "place": "cell",
        "resolution": 8,
        "area_kind": "beat",
        "time_step_min": 15,
    },
    Allow: {"match": "DEATH"},
    Policy: {
        "medical_time_step_min": 15,
        "medical": MedicalDetail(show=("priority", "units"), reason=REASON),
        "companions": CompanionsShown(show=True, reason=REASON),
    },
}

# What each field of Rules, of which redaction is a function, is in the fingerprint; or why it is not there.
PARTS_OF_RULES = {
    "policy": "policy",
    "source_types": "policy",
    "areas": "areas",
    "meanings": "call_types",
    "decider": "policy",
    "masks": "city.bounds, areas and places",
    "passed": "masked_by_publisher",
    "never_closing": "never_closing",
    "known_choices": "it is worked out of the others",
    "blocks": "what has a label keeps it, and no call without one gets one by itself",
    "city_id": "a store belongs to one city",
    "ids": "a store refuses another key",
    "ledger_kind": "it decides what is counted, not what is published",
    "same": "it decides which source's record counts from the next fetch on",
}


def a_filled_city() -> City:
    """Return a city whose decisive tables have a line of each sort."""
    top = {
        "policy": {
            "rules": [{"name": "r", "action": "withhold", "category": "noise"}],
            "allow": [{"group": "death", "types": ["DEATH REPORT"], "reason": REASON}],
        },
        "call_types": {**TABLE["call_types"], "patterns": [{"match": "PARTY", "category": "noise"}]},
    }
    line = {"radius_m": 120, "reason": REASON}
    return small_city(top=top, masked_by_publisher=line)


def filled(table: Table) -> Table:
    """Return a table with a value for each field; without checks, as some of them exclude each other."""
    return table.model_copy(
        update={k: v for k, v in FILLED.get(type(table), {}).items() if _is_empty(table, k)}
    )


def _is_empty(table: Table, name: str) -> bool:
    return getattr(table, name) is None


def changed(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - whatever a city file may hold
    """Yield copies of a value in which exactly one thing is another, each with its name."""
    if isinstance(value, Table):
        whole = filled(value)
        for name in type(value).model_fields:
            for where, other in changed(getattr(whole, name), f"{path}.{name}"):
                yield where, whole.model_copy(update={name: other})
    elif isinstance(value, tuple):
        yield f"{path} (fewer)" if value else f"{path} (more)", value[:-1] or ("x",)
        if value and isinstance(value[0], Table):
            yield from ((where, (other, *value[1:])) for where, other in changed(value[0], path))
    elif isinstance(value, dict):
        yield (
            f"{path} (fewer)" if value else f"{path} (more)",
            dict(list(value.items())[1:] or [("X", "noise")]),
        )
        for key in list(value)[:1]:
            yield from ((where, value | {key: new}) for where, new in changed(value[key], f"{path}.{key}"))
    else:
        yield path, another(value, path)


def another(value: Any, path: str) -> object:  # noqa: ANN401 - see above
    """Return another value of the same kind."""
    match value:
        case Enum():
            return next(member for member in type(value) if member is not value)
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}x"
        case date():
            return value + timedelta(days=1)
    pytest.fail(f"{path} is {value!r}: give it a value in FILLED, so that this test can change it")


def with_(city: City, part: str, value: Any) -> City:  # noqa: ANN401 - one of the city's tables
    """Return a city with another table for one of its decisive parts."""
    if part == "city.bounds":
        return city.model_copy(update={"city": city.city.model_copy(update={"bounds": value})})
    if part == "masked_by_publisher":
        source = city.sources[0].model_copy(update={"masked_by_publisher": value})
        return city.model_copy(update={"sources": (source,)})
    return city.model_copy(update={part: value})


def variants() -> Iterator[tuple[str, City, City]]:
    """Yield pairs of cities that differ in one thing that decides, with its name."""
    city = a_filled_city()
    parts = {
        "policy": city.policy,
        "call_types": city.call_types,
        "city.bounds": city.city.bounds,
        "masked_by_publisher": city.sources[0].masked_by_publisher,
    }
    for part, table in parts.items():
        assert isinstance(table, Table)
        for where, other in changed(table, part):
            yield where, with_(city, part, table), with_(city, part, other)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_each_thing_that_decides_moves_the_fingerprint() -> None:
    rules = rules_of(a_filled_city())
    names = set()
    for where, before, after in variants():
        assert fingerprint(before, rules) != fingerprint(after, rules), where
        names.add(where)
    for wanted in ("policy.medical_resolution", "policy.rules.for_min", "policy.rules.time_step_min"):
        assert wanted in names
    for wanted in ("call_types.exact.NOISE", "call_types.sensitive.match", "city.bounds.west"):
        assert wanted in names
    assert {"policy.allow.reason", "masked_by_publisher.radius_m"} <= names
    assert len(names) > 40


def test_every_field_that_redaction_reads_is_in_the_fingerprint_or_says_why_not() -> None:
    assert {field.name for field in dataclasses.fields(Rules)} == set(PARTS_OF_RULES)


def test_the_fingerprint_of_the_same_city_stays() -> None:
    one, two = a_filled_city(), a_filled_city()
    assert fingerprint(one, rules_of(one)) == fingerprint(two, rules_of(two))


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_stricter_call_types_that_come_with_an_upgrade_move_the_fingerprint() -> None:
    city = a_filled_city()
    rules, shipped = rules_of(city), default_call_types()
    assert fingerprint(city, rules, shipped) == fingerprint(city, rules)
    found = [where for where, other in changed(shipped, "shipped") if _moves(city, rules, other)]
    assert found == [where for where, _ in changed(shipped, "shipped")]
    assert {"shipped.patterns.match", "shipped.sensitive.match", "shipped.sensitive.group"} <= set(found)


def test_stricter_words_that_come_with_an_upgrade_move_the_fingerprint() -> None:
    city = a_filled_city()
    rules, shipped = rules_of(city), shipped_words()
    assert fingerprint(city, rules, known_words=shipped) == fingerprint(city, rules)
    parts = list(changed(shipped, "words"))
    assert len(parts) > 10
    assert all(fingerprint(city, rules, known_words=other) != fingerprint(city, rules) for _, other in parts)


def _moves(city: City, rules: Rules, shipped: Any) -> bool:  # noqa: ANN401 - the shipped table, changed
    return fingerprint(city, rules, shipped) != fingerprint(city, rules)


def test_another_border_and_another_time_zone_move_the_fingerprint(tmp_path: Path) -> None:
    city, rules = grid_town(tmp_path), rules_of(a_filled_city())
    assert city.areas
    before = fingerprint(city, rules)
    zone = city.model_copy(update={"city": city.city.model_copy(update={"time_zone": "America/Denver"})})
    assert fingerprint(zone, rules) != before
    beats = [feature("Polygon", square(WEST - 0.01, 29.4, BORDER + 0.001, 29.6), id="W", name="West")]
    city.path(city.areas[0].file).write_text(collection(beats))
    assert fingerprint(city, rules) != before


def at(lon: float, number: int) -> PublicIncident:
    place = Place(lon, 29.5, PlaceKind.GRID, 200)
    return PublicIncident(
        f"call{number:012}", "calls", Kind.CALL, "police", Category.NOISE, Status.OPEN, NOW, place=place
    )


def test_narrower_bounds_take_back_what_lies_outside_them(tmp_path: Path) -> None:
    city = small_city()
    narrow = small_city(top={"city": TABLE["city"] | {"bounds": TABLE["city"]["bounds"] | {"west": -95.5}}})
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        apply_policy(city, rules_of(city), store, NOW)
        outside, just_outside, inside = at(-95.7, 1), at(-95.501, 2), at(-95.4, 3)
        store.apply("calls", [outside, just_outside, inside], at=NOW)
        change = apply_policy(narrow, rules_of(narrow), store, NOW)
        assert change is not None
        assert change.total["vanish"] == 2
        left = {item.incident.id for item in store.query(IncidentQuery(limit=9)).items}
        assert left == {inside.id}  # the public point decides, not how far the true one may be from it
        assert store.withheld() == {"outside_city": 2}
