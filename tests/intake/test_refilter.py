"""What a changed policy makes of what is published: it takes back, delays and coarsens, never the reverse."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from exact_calls import changed
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_city import ROW, rules_of, small_city

from blocklight.app.policy_change import Difference, apply_policy
from blocklight.config.city import City
from blocklight.geo.hexagons import BLOCK_BEYOND_M
from blocklight.intake.geomask import mask_point
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident
from blocklight.intake.redact import redact
from blocklight.intake.refilter import Again, refilter, vocabulary
from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Reason, Status
from blocklight.store import IncidentQuery, Store

Table = dict[str, Any]

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
CITY = small_city()
CALL = Normaliser.of(CITY.source("calls"), CITY)(ROW, NOW)


def a_city(*rules: Table, **top: Any) -> City:  # noqa: ANN401 - tables of a city file
    named = [{"name": f"rule{number}", **rule} for number, rule in enumerate(rules)]
    policy = {"rules": named, **top.pop("policy", {})}
    return small_city(top={"policy": policy, **deepcopy(top)})


def published(incident: Incident, city: City = CITY) -> PublicIncident:
    """Return an incident as a city shows it, a medical one once its time step is over."""
    outcome = redact(incident, rules_of(city))
    if isinstance(outcome, Held) and outcome.incident.category is Category.MEDICAL:
        return outcome.incident
    assert isinstance(outcome, PublicIncident)
    return outcome


def again(public: PublicIncident, new: City, old: City = CITY, now: datetime = NOW) -> Again:
    return refilter(public, rules_of(new), vocabulary(old.call_types, old.policy.allow), now)


def test_the_same_policy_changes_nothing() -> None:
    for text in ("NOISE", "THEFT", "SICK PERSON", "ALARM"):
        assert again(published(replace(CALL, source_type=text)), CITY) == Again(None)


@pytest.mark.parametrize(
    "rule",
    [
        {"category": "noise"},
        {"agency": "police", "priority": 3},
        {"time_of_day": "05:00-07:00"},
        {"types": ["noise"]},
        {"match": "^NOI"},
    ],
)
def test_what_a_new_rule_withholds_is_taken_back(rule: Table) -> None:
    told = again(published(CALL), a_city({"action": "withhold", **rule}))
    assert told.certain
    assert isinstance(told.outcome, Withheld)
    assert (told.outcome.reason, told.outcome.sensitive) == (Reason.POLICY, False)


def test_what_a_new_pattern_makes_sensitive_is_taken_back_for_ever() -> None:
    city = small_city(top={"call_types": {**CALL_TYPES, "sensitive": [{"match": "THEFT", "group": "g"}]}})
    told = again(published(replace(CALL, source_type="THEFT")), city)
    assert isinstance(told.outcome, Withheld)
    assert told.outcome.sensitive


CALL_TYPES: Table = {
    "exact": {"NOISE": "noise", "LOUD PARTY": "noise", "THEFT": "theft", "SICK PERSON": "medical"}
}


def test_where_only_the_words_would_tell_it_is_taken_back_and_said_to_be_uncertain() -> None:
    old = small_city(top={"call_types": CALL_TYPES})
    rule = {"name": "parties", "action": "withhold", "types": ["LOUD PARTY"]}
    new = small_city(top={"call_types": CALL_TYPES, "policy": {"rules": [rule]}})
    told = again(published(CALL, old), new, old)
    assert isinstance(told.outcome, Withheld)
    assert not told.certain
    verbatim = replace(published(CALL, old), source_type="NOISE")
    kept = small_city(top={"call_types": CALL_TYPES, "policy": {"rules": [rule], "source_types": True}})
    assert again(verbatim, kept, old) == Again(None)


WORDS = ("ALARM TONE", "NOISE", "YELLING")


@pytest.mark.parametrize("strictest", WORDS)
def test_of_several_words_it_may_have_been_the_one_with_the_coarsest_place_counts(strictest: str) -> None:
    types = {"exact": dict.fromkeys(WORDS, "noise")}
    old = small_city(top={"call_types": types})
    rules = [
        {
            "name": f"r{number}",
            "action": "publish",
            "types": [word],
            "resolution": 6 if word == strictest else 8,
        }
        for number, word in enumerate(WORDS)
    ]
    new = small_city(top={"call_types": types, "policy": {"rules": rules}})
    told = again(published(CALL, old), new, old).outcome
    assert isinstance(told, PublicIncident)
    assert told.place is not None
    assert told.place == mask_point(told.place.lon, told.place.lat, 6)


@pytest.mark.parametrize("strictest", WORDS)
def test_of_several_words_it_may_have_been_the_one_with_the_longest_wait_counts(strictest: str) -> None:
    types = {"exact": dict.fromkeys(WORDS, "noise")}
    old = small_city(top={"call_types": types})
    rules: list[Table] = [
        {"name": f"r{number}", "action": "hold", "types": [word], "for_min": 9000, "resolution": 6}
        for number, word in enumerate(WORDS)
    ]
    rules[WORDS.index(strictest)] |= {"for_min": 90_000, "resolution": 9}
    new = small_city(top={"call_types": types, "policy": {"rules": rules}})
    told = again(published(CALL, old), new, old).outcome
    assert isinstance(told, Held)
    assert told.release_at == CALL.received_at + timedelta(minutes=90_000)
    assert told.incident.place is not None
    assert told.incident.place.radius_m > 3000


def test_a_coarser_mask_acts_on_what_is_published_and_a_finer_one_does_not() -> None:
    public = published(CALL)
    assert public.place is not None
    told = again(public, a_city(policy={"resolution": 7})).outcome
    assert isinstance(told, PublicIncident)
    assert told.place == mask_point(public.place.lon, public.place.lat, 7)
    assert told.place == published(CALL, a_city(policy={"resolution": 7})).place
    assert again(told, CITY) == Again(None)
    hidden = again(public, a_city({"action": "publish", "category": "noise", "place": "none"})).outcome
    assert isinstance(hidden, PublicIncident)
    assert (hidden.place, hidden.areas) == (None, {})


@pytest.mark.parametrize("resolution", [5, 6, 7])
def test_a_coarser_mask_for_medical_calls_acts_on_those_of_the_past_and_on_no_other(resolution: int) -> None:
    stricter = a_city(policy={"medical_resolution": resolution})
    medical = published(replace(CALL, source_type="SICK PERSON"))
    assert medical.place is not None
    told = again(medical, stricter).outcome
    assert isinstance(told, PublicIncident)
    assert told.place == mask_point(medical.place.lon, medical.place.lat, resolution)
    assert again(told, stricter) == Again(None)
    assert again(published(CALL), stricter) == Again(None)


def test_words_and_labels_that_are_no_longer_public_go() -> None:
    loose = a_city(policy={"labels": "hundred_block", "source_types": True})
    public = published(CALL, loose)
    assert public.place is not None
    assert (public.source_type, public.place.label) == ("NOISE", "1400 block of Main St")
    told = again(public, CITY, loose).outcome
    plain = published(CALL)
    assert plain.place is not None
    around = replace(plain.place, radius_m=plain.place.radius_m + BLOCK_BEYOND_M)
    assert told == replace(plain, place=around)  # it is the cell of its block's middle: it may be beyond


def test_a_new_delay_takes_back_only_what_would_still_be_held() -> None:
    rule = {"action": "hold", "for_min": 90}
    told = again(published(CALL), a_city(rule)).outcome
    assert isinstance(told, Held)
    assert told.release_at == CALL.received_at + timedelta(minutes=90)
    assert again(published(CALL), a_city(rule), now=NOW + timedelta(hours=1)) == Again(None)
    until_closed = a_city({"action": "hold", "until_closed": True})
    assert isinstance(again(published(replace(CALL, status=Status.OPEN)), until_closed).outcome, Held)
    done = published(replace(CALL, status=Status.CLOSED, closed_at=NOW))
    assert again(done, until_closed) == Again(None)


def test_times_are_cut_at_once_in_what_is_published_already() -> None:
    city = a_city({"action": "publish", "time_step_min": 60})
    told = again(published(CALL), city).outcome
    assert isinstance(told, PublicIncident)
    assert (told.time_step_min, told.received_at) == (60, CALL.received_at.replace(minute=0, second=0))
    assert again(told, city) == Again(None)
    finer = a_city({"action": "publish", "time_step_min": 15})
    assert again(told, finer) == Again(None)


def test_the_times_of_medical_calls_of_the_past_are_cut_at_once() -> None:
    cut_city = a_city()
    shown = {"show": ["times"], "reason": "The fire board publishes its run times"}
    uncut = published(replace(CALL, source_type="SICK PERSON"), a_city(policy={"medical": shown}))
    told = again(uncut, cut_city).outcome
    assert isinstance(told, PublicIncident)
    assert told == published(replace(CALL, source_type="SICK PERSON"), cut_city)
    assert told.time_step_min == 5
    assert again(published(CALL), cut_city) == Again(None)


resolutions = st.integers(5, 9)
rules = st.lists(
    st.fixed_dictionaries(
        {"action": st.sampled_from(["publish", "withhold"])},
        optional={
            "category": st.sampled_from(["noise", "theft", "medical"]),
            "priority": st.integers(1, 4),
            "types": st.sampled_from([["NOISE"], ["THEFT", "ALARM"]]),
        },
    ),
    max_size=3,
)


@settings(max_examples=100)
@given(
    old=resolutions,
    new=resolutions,
    rule=st.none() | st.fixed_dictionaries({"action": st.just("withhold"), "priority": st.integers(1, 4)}),
    text=st.sampled_from(["NOISE", "THEFT", "SICK PERSON", "ALARM"]),
    priority=st.integers(1, 4),
)
def test_a_policy_never_shows_more_of_what_is_published_and_asks_once(
    old: int, new: int, rule: Table | None, text: str, priority: int
) -> None:
    before = a_city(policy={"resolution": old})
    after = a_city(*([rule] if rule else []), policy={"resolution": new})
    public = published(replace(CALL, source_type=text, priority=priority), before)
    told = again(public, after, before).outcome
    if rule is not None and (rule["priority"] == priority or text == "SICK PERSON"):
        assert isinstance(told, Withheld)  # a patient's priority is not stored, so it may have been any
        return
    shown = told if isinstance(told, PublicIncident) else public
    assert told is None or isinstance(told, PublicIncident)
    assert shown.place is not None
    assert public.place is not None
    assert shown.place.radius_m >= public.place.radius_m
    assert again(shown, after, before) == Again(None)


# Applying


def shown(store: Store) -> dict[str, PublicIncident]:
    return {item.incident.id: item.incident for item in store.query(IncidentQuery(limit=100)).items}


def test_a_changed_policy_is_applied_once_and_noted(tmp_path: Path) -> None:
    texts = ("NOISE", "THEFT", "SICK PERSON")
    public = [published(changed(CALL, source_key=text, source_type=text)) for text in texts]
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        assert apply_policy(CITY, rules_of(CITY), store, NOW) is not None
        store.apply("calls", public, at=NOW)
        assert apply_policy(CITY, rules_of(CITY), store, NOW) is None
        strict = a_city({"action": "withhold", "category": "theft"}, policy={"resolution": 6})
        difference = apply_policy(strict, rules_of(strict), store, NOW)
        assert isinstance(difference, Difference)
        total = difference.total
        assert (difference.published, total["vanish"], total["coarser"]) == (3, 1, 2)
        left = shown(store)
        assert {incident.category for incident in left.values()} == {Category.NOISE, Category.MEDICAL}
        for one in public[::2]:  # masked from where they were shown, as nothing else is known
            assert one.place is not None
            assert left[one.id].place == mask_point(one.place.lon, one.place.lat, 6)
        assert public[1].id not in str([change for change in store.changes(0) if change.incident])
        assert apply_policy(strict, rules_of(strict), store, NOW) is None
        first, second = store.audit()
        assert (first.action, second.action) == ("policy", "policy")
        assert second.detail["changed"] == {"vanish": 1, "may vanish": 0, "delayed": 0, "coarser": 2}
        assert store.verify_audit().broken is None


def test_an_exact_line_that_an_upgrade_finds_sensitive_takes_back_what_it_published(tmp_path: Path) -> None:
    exact = {"exact": {"THEFT": "theft", "BURGLARY OF A (FV) HOME": "burglary"}}
    city = small_city(top={"call_types": exact})
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        assert apply_policy(city, rules_of(city), store, NOW) is not None
        [entry] = store.audit()
        assert entry.detail["published_types"] == {"theft": ["THEFT"]}
        older = {"theft": ["THEFT"], "burglary": ["BURGLARY OF A (FV) HOME"]}
        store.note(NOW, "policy", {**entry.detail, "fingerprint": "older", "published_types": older})
        texts = ("THEFT", "BURGLARY")
        store.apply(
            "calls", [published(changed(CALL, source_key=t, source_type=t), city) for t in texts], at=NOW
        )
        assert apply_policy(city, rules_of(city), store, NOW) is not None
        assert {incident.category for incident in shown(store).values()} == {Category.THEFT}


def test_a_looser_policy_brings_nothing_back_by_itself(tmp_path: Path) -> None:
    strict = a_city({"action": "withhold", "category": "theft"})
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        for text in ("THEFT", "NOISE"):
            outcome = redact(changed(CALL, source_key=text, source_type=text), rules_of(strict))
            store.apply("calls", [outcome], at=NOW)
        apply_policy(strict, rules_of(strict), store, NOW)
        before = shown(store)
        apply_policy(CITY, rules_of(CITY), store, NOW)
        assert shown(store) == before
        assert store.withheld() == {"policy": 1}
        store.apply("calls", [published(changed(CALL, source_key="THEFT", source_type="THEFT"))], at=NOW)
        assert len(shown(store)) == 2
