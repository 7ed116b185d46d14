import string
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import h3
import msgspec
import pytest
from exact_calls import changed, opened, public_place
from grid_town import BORDER, SOUTH, grid_town
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_city import KEY, ROW, TABLE, rules_of, small_city

import blocklight
from blocklight.config.city import default_call_types
from blocklight.geo.exact import SourceKey, degrees
from blocklight.geo.hexagons import cell_at
from blocklight.intake.geomask import mask_point
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, redact, reject
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident, cut
from blocklight.model.vocabulary import Category, Disposition, Kind, Origin, Reason, Status
from blocklight.store import Store

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
CITY = small_city()
RULES = rules_of(CITY)
OPEN_RULES = rules_of(small_city(top={"policy": {"labels": "hundred_block", "source_types": True}}))
BASE = Normaliser.of(CITY.source("calls"), CITY)(ROW, NOW)
MARK = "Zq7Xv"

# What may pass from an incident to the public as it is; everything else is worked out anew or left behind.
PASSED_ON = {
    "source",
    "kind",
    "agency",
    "status",
    "received_at",
    "priority",
    "origin",
    "units",
    "disposition",
}
PASSED_ON |= {"dispatched_at", "en_route_at", "on_scene_at", "closed_at"}

times = st.none() | st.integers(0, 3000).map(lambda s: BASE.received_at + timedelta(seconds=s))
types = st.sampled_from(
    ["NOISE", "THEFT", "SICK PERSON", "ALARM", "HUSH", "DOMESTIC", "SUICIDE ATTEMPT", "QWERTY"]
)
incidents = st.builds(
    changed,
    st.just(BASE),
    source_key=st.text(min_size=1, max_size=12),
    source_type=types,
    status=st.sampled_from(Status),
    lon=st.none() | st.floats(-97, -94),
    lat=st.none() | st.floats(28, 31),
    address=st.none() | st.text(string.printable, max_size=30),
    priority=st.none() | st.integers(0, 9),
    origin=st.none() | st.sampled_from(Origin),
    units=st.none() | st.integers(0, 9),
    disposition=st.none() | st.sampled_from(Disposition),
    dispatched_at=times,
    on_scene_at=times,
    closed_at=times,
)


def _public(incident: Incident, rules: Rules = RULES) -> PublicIncident:
    outcome = redact(incident, rules)
    public = outcome.incident if isinstance(outcome, Held) else outcome
    assert isinstance(public, PublicIncident)
    return public


def _reason(incident: Incident, rules: Rules = RULES) -> Reason:
    outcome = redact(incident, rules)
    assert isinstance(outcome, Withheld)
    return outcome.reason


def test_the_public_record_is_made_field_by_field() -> None:
    assert _public(BASE) == PublicIncident(
        id=RULES.public_id("calls", SourceKey("P26-000117")),
        source="calls",
        kind=Kind.CALL,
        agency="police",
        category=Category.NOISE,
        status=Status.OPEN,
        received_at=BASE.received_at,
        place=mask_point(-95.5, 29.5, 9),
        priority=3,
        origin=Origin.COMMUNITY,
        units=2,
        disposition=Disposition.GONE_ON_ARRIVAL,
        dispatched_at=BASE.dispatched_at,
        en_route_at=BASE.en_route_at,
        on_scene_at=BASE.on_scene_at,
    )


def _seeded() -> Iterator[tuple[str, Incident]]:
    """Yield the incident once for each of its fields that may not be passed on, with the marker in it."""
    for name, value in opened(BASE).items():
        if name in PASSED_ON | {"source_type", "other_types", "repaired"}:
            continue
        if name in ("lon", "lat"):
            yield name, changed(BASE, **{name: value + 0.0001234567})
        else:
            yield name, changed(BASE, **{name: f"1412 {MARK} {name}"})
    yield "repaired", replace(BASE, repaired=(MARK,))


@pytest.mark.parametrize("rules", [RULES, OPEN_RULES], ids=["default", "open"])
def test_a_marker_in_any_private_field_reaches_no_byte_of_the_public_record(rules: Rules) -> None:
    seeded = dict(_seeded())
    assert seeded.keys() == {
        "source_key",
        "lon",
        "lat",
        "address",
        "cross_street",
        "repaired",
        "placed",
    }
    for name, incident in seeded.items():
        encoded = msgspec.json.encode(_public(incident, rules)).decode()
        assert MARK not in encoded, name
        assert "12345" not in encoded, name
        assert "1412" not in encoded, name


def test_a_further_type_that_is_unknown_is_on_no_byte_either() -> None:
    outcome = redact(replace(BASE, other_types=(MARK,)), OPEN_RULES)
    assert isinstance(outcome, Withheld)
    assert MARK not in msgspec.json.encode(outcome).decode()


def test_a_marker_in_any_raw_column_reaches_no_byte_of_the_public_record() -> None:
    city = small_city(top={"policy": {"labels": "hundred_block"}})
    normalise, rules = Normaliser.of(city.source("calls"), city), rules_of(city)
    columns = [*ROW, "caller", "phone", "narrative", "__lon", "UNITS", "id"]
    published = 0
    for column in columns:
        for value in (
            MARK,
            f"{ROW.get(column, '')}{MARK}",
            f"{MARK} {ROW.get(column, '')}",
            {"x": MARK},
            [MARK],
        ):
            outcome: Outcome
            try:
                outcome = redact(normalise(ROW | {column: value}, NOW), rules)
            except blocklight.errors.RecordRejected as rejected:
                outcome = reject("calls", SourceKey(str(value)), rejected.reason, rules)
            published += isinstance(outcome, PublicIncident)
            assert MARK.casefold() not in msgspec.json.encode(outcome).decode().casefold(), column
    assert published > 50


@settings(max_examples=200)
@given(incidents)
def test_only_named_fields_are_passed_on_and_the_point_is_a_cells_centre(incident: Incident) -> None:
    outcome = redact(incident, OPEN_RULES)
    if isinstance(outcome, Withheld):
        told = msgspec.to_builtins(outcome)
        assert set(told) == {"id", "source", "reason", "sensitive", "areas", "companion"}
        assert told["areas"] == {}  # a city without areas
        return
    outcome = outcome.incident if isinstance(outcome, Held) else outcome
    assert isinstance(outcome, PublicIncident)
    assert outcome.place is not None
    assert incident.point is not None
    exact_lon, exact_lat = degrees(incident.point)
    resolution = 8 if outcome.category is Category.MEDICAL else 9
    finest = h3.latlng_to_cell(exact_lat, exact_lon, 9)
    lat, lon = h3.cell_to_latlng(h3.cell_to_parent(finest, resolution))
    assert (outcome.place.lon, outcome.place.lat) == (round(lon, 6), round(lat, 6))
    assert outcome.category is not None
    assert CITY.city.bounds.contains(outcome.place.lon, outcome.place.lat)
    hidden = {"priority", "units"} if outcome.category is Category.MEDICAL else set()
    assert all(getattr(outcome, name) is None for name in hidden)
    for name in PASSED_ON - {"disposition"} - hidden:
        value = getattr(incident, name)
        if outcome.category is Category.MEDICAL and isinstance(value, datetime):
            value = cut(value, 5)
        assert getattr(outcome, name) == value


@given(incidents, incidents)
def test_two_calls_at_one_place_differ_in_nothing_that_was_not_named(one: Incident, two: Incident) -> None:
    twin = replace(one, address=two.address, repaired=("lon",), source_key=one.source_key)
    assert redact(twin, RULES) == redact(one, RULES)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source_type": "QWERTY"}, Reason.UNMAPPED),
        ({"source_type": "NOISE HUSH"}, Reason.SENSITIVE),
        ({"source_type": "DOMESTIC VIOLENCE"}, Reason.SENSITIVE),
        ({"lon": None, "lat": None}, Reason.NO_PLACE),
        ({"lon": None}, Reason.NO_PLACE),
        ({"lon": 0.0, "lat": 0.0}, Reason.OUTSIDE_CITY),
        ({"lon": 29.5, "lat": -95.5}, Reason.OUTSIDE_CITY),
        ({"lon": -95.5, "lat": 30.003}, Reason.OUTSIDE_CITY),
        ({"other_types": ("NOISE", "HUSH")}, Reason.SENSITIVE),
        ({"other_types": ("NOISE", "QWERTY")}, Reason.UNMAPPED),
        ({"other_types": ("SICK PERSON", "QWERTY")}, Reason.UNMAPPED),
        ({"source_type": "SICK PERSON", "other_types": ("QWERTY",)}, Reason.UNMAPPED),
        ({"source_type": "QWERTY", "other_types": ("HUSH",)}, Reason.SENSITIVE),
    ],
)
def test_what_may_not_be_shown_is_withheld_with_a_class_of_reason(
    changes: dict[str, Any], reason: Reason
) -> None:
    assert _reason(changed(BASE, **changes)) is reason


def test_only_sensitive_withholding_is_for_ever() -> None:
    hush, unmapped = (redact(replace(BASE, source_type=text), RULES) for text in ("HUSH", "QWERTY"))
    assert isinstance(hush, Withheld)
    assert isinstance(unmapped, Withheld)
    assert (hush.sensitive, unmapped.sensitive) == (True, False)


def test_a_city_cannot_map_a_sensitive_type_by_naming_it_exactly() -> None:
    words = {
        "DOMESTIC VIOLENCE": "disturbance",
        "SUICIDE": "welfare",
        "JUVENILE": "other",
        "RAPE": "violence",
    }
    city = small_city(
        top={
            "call_types": {
                "exact": words,
                "patterns": [{"match": "..RTY|VIOLE|SUIC|JUV|RAPE", "category": "other"}],
            }
        }
    )
    rules = rules_of(city)
    assert {_reason(replace(BASE, source_type=word), rules) for word in words} == {Reason.SENSITIVE}
    assert _reason(replace(BASE, source_type="QWERTY"), rules) is Reason.UNMAPPED


def test_a_sensitive_type_is_sensitive_in_any_case_and_spacing() -> None:
    for text in ("Domestic   Violence", "domestic_violence", "DOMESTIC\tVIOLENCE", " domestic violence "):
        assert _reason(replace(BASE, source_type=text)) is Reason.SENSITIVE


def test_shipped_rules_hold_under_every_city() -> None:
    groups = {rule.group for rule in default_call_types().sensitive}
    assert groups >= {
        "domestic_violence", "sexual_offence", "child_abuse", "juvenile", "suicide_mental_health", "overdose",
        "elder_abuse", "stalking", "tactical_officer_safety",
    }  # fmt: skip
    assert len(RULES.meanings.sensitive) == len(default_call_types().sensitive) + 1


def test_a_medical_call_is_shown_as_medical_and_nothing_more() -> None:
    sick = changed(BASE, source_type="SICK PERSON", address="1412 MAIN ST", disposition=Disposition.HANDLED)
    for rules in (RULES, OPEN_RULES):
        shown = _public(sick, rules)
        assert shown.category is Category.MEDICAL
        assert (shown.source_type, shown.disposition) == (None, None)
        assert shown.place == mask_point(-95.5, 29.5, 8)
        assert shown.place.label is None


def test_a_label_and_the_sources_words_are_shown_only_where_the_policy_says_so() -> None:
    assert _public(BASE).source_type is None
    shown = _public(BASE, OPEN_RULES)
    assert shown.source_type == "NOISE"
    assert shown.place is not None
    assert shown.place.label == "1400 block of Main St"
    place = _public(BASE).place
    assert place is not None
    assert place.label is None


def test_what_is_read_of_a_call_shows_nothing_of_it_in_a_log() -> None:
    text = f"{BASE!r} {BASE}"
    plain = opened(BASE)
    for private in ("source_key", "source_type", "address", "cross_street", "lon", "lat"):
        assert str(plain[private]) not in text


def test_areas_are_those_of_the_public_point() -> None:
    for lon in (-95.5, -95.5001, -95.4999):
        place = _public(changed(BASE, lon=lon)).place
        assert place is not None
        assert _public(changed(BASE, lon=lon)).areas == RULES.areas.areas_of_public(place)


def test_a_call_has_the_areas_of_its_cell_also_where_a_border_cuts_the_cell(tmp_path: Path) -> None:
    rules = rules_of(grid_town(tmp_path, policy={"place": "cell"}))
    beyond = 0
    for east, north in product(range(-12, 13), range(11)):
        lon, lat = BORDER + east * 0.0005, SOUTH + north * 0.001
        public = _public(changed(BASE, lon=lon, lat=lat), rules)
        assert public.place is not None
        assert public.areas == rules.areas.areas_of_public(public.place)
        beyond += public.areas != rules.areas.areas_of_public(public_place(lon, lat))
    assert beyond >= 1


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_ids_are_stable_and_differ_by_source_and_identity(one: str, two: str, source: str) -> None:
    assert RULES.public_id(source, SourceKey(one)) == rules_of(CITY).public_id(source, SourceKey(one))
    assert (RULES.public_id(source, SourceKey(one)) == RULES.public_id(source, SourceKey(two))) == (
        one == two
    )
    assert RULES.public_id("a", SourceKey(one)) != RULES.public_id("b", SourceKey(one))
    id_ = RULES.public_id(source, SourceKey(one))
    assert len(id_) == 16
    assert set(id_) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_ids_say_nothing_of_order_and_nothing_without_the_key() -> None:
    ids = [RULES.public_id("calls", SourceKey(f"P26-{number:06}")) for number in range(2000)]
    other = [
        rules_of(CITY, KEY[::-1]).public_id("calls", SourceKey(f"P26-{number:06}")) for number in range(2000)
    ]
    assert len({*ids, *other}) == 4000
    rising = sum(one < two for one, two in pairwise(ids))
    assert 900 < rising < 1100, "neighbours in the source are in no order here"


def test_two_cities_with_one_key_have_no_id_in_common() -> None:
    other = rules_of(small_city(top={"city": TABLE["city"] | {"id": "otherton"}}))
    for number in range(200):
        assert RULES.public_id("calls", SourceKey(f"P26-{number:06}")) != other.public_id(
            "calls", SourceKey(f"P26-{number:06}")
        )
    ids = [
        redact(replace(BASE, source_type=text), rules).id
        for rules in (RULES, other)
        for text in ("NOISE", "HUSH")
    ]
    assert len(set(ids)) == 2


def test_the_ledgers_area_of_a_withheld_call_is_that_of_its_cell_and_not_of_its_exact_place(
    tmp_path: Path,
) -> None:
    rules = rules_of(grid_town(tmp_path, policy={"place": "cell"}))
    assert rules.ledger_kind == "beat"
    exact: dict[str, set[str]] = {}
    counted: dict[str, set[str]] = {}
    for east in range(-12, 13):
        for north in range(11):
            lon, lat = BORDER + east * 0.0005, SOUTH + north * 0.001
            cell = cell_at(lon, lat, rules.policy.medical_resolution)
            outcome = redact(changed(BASE, source_type="HUSH", lon=lon, lat=lat), rules)
            assert isinstance(outcome, Withheld)
            exact.setdefault(cell, set()).update(rules.areas.areas_of_public(public_place(lon, lat)).values())
            counted.setdefault(cell, set()).update(outcome.areas.values())
    cut = [cell for cell, areas in exact.items() if len(areas) == 2]
    assert len(cut) >= 2
    assert [len(counted[cell]) for cell in cut] == [1] * len(cut)


def test_the_key_is_not_printed_with_the_rules() -> None:
    assert repr(KEY) not in repr(RULES)
    assert KEY.hex() not in repr(RULES)


def _stored(folder: Path, outcomes: Sequence[Sequence[Outcome]]) -> tuple[bytes, bytes, int]:
    with Store.open(f"sqlite:///{folder / 'record.sqlite3'}", "smallton") as store:
        for minute, batch in enumerate(outcomes):
            store.apply("calls", batch, at=NOW + timedelta(minutes=minute))
        window = [incident for block in store.window(NOW - timedelta(days=400)) for incident in block]
        return (
            msgspec.json.encode(store.changes(0)),
            msgspec.json.encode(sorted(window, key=lambda stored: stored.first_seq)),
            store.head(),
        )


@settings(max_examples=10)
@given(
    st.lists(st.sampled_from(["HUSH", "DOMESTIC", "QWERTY", "JUVENILE"]), min_size=100, max_size=100),
    st.randoms(),
)
def test_a_hundred_withheld_calls_leave_every_public_byte_identical(
    tmp_path_factory: pytest.TempPathFactory,
    hidden: list[str],
    chance: Any,  # noqa: ANN401 - hypothesis' random
) -> None:
    shown = [
        [
            redact(changed(BASE, source_key=f"{n}", units=minute, lon=-95.5 + n / 500), RULES)
            for n in range(20)
        ]
        for minute in range(3)
    ]
    with_hidden: list[list[Outcome]] = [list(batch) for batch in shown]
    for number, source_type in enumerate(hidden):
        call = redact(changed(BASE, source_key=f"hidden {number}", source_type=source_type), RULES)
        assert isinstance(call, Withheld)
        batch = chance.choice(with_hidden)
        batch.insert(chance.randrange(len(batch)), call)
    folder = tmp_path_factory.mktemp("stores")
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    without = _stored(folder / "a", shown)
    assert without[2] == 60
    assert _stored(folder / "b", with_hidden) == without


def test_a_medical_call_has_neither_priority_nor_units_unless_a_line_with_a_reason_says_so() -> None:
    sick = replace(BASE, source_type="SICK PERSON")
    told = _public(sick)
    assert (told.category, told.priority, told.units) == (Category.MEDICAL, None, None)
    line = {"show": ["units"], "reason": "The fire district publishes its staffing"}
    loosened = _public(sick, rules_of(small_city(top={"policy": {"medical": line}})))
    assert (loosened.priority, loosened.units) == (None, 2)
    other = redact(BASE, RULES)
    assert isinstance(other, PublicIncident)
    assert (other.priority, other.units) == (3, 2)
