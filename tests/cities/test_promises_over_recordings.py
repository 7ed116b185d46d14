"""What docs/privacy.md promises, over records of every recording, with marks in every column of them."""

import asyncio
import csv
import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import h3
import pytest
from account import EXPORTS, FEEDS, Export, Feed, export_rows
from exact_calls import address_of, changed, lon_lat
from hypothesis import given, settings
from hypothesis import strategies as st
from town import KEY, Town, name_epoch

from blocklight.app.sampling import one_page
from blocklight.config.city import City, SourceSpec, load_city
from blocklight.config.policy import Rule
from blocklight.errors import RecordRejected
from blocklight.geo.exact import degrees, key_text
from blocklight.intake.connectors.recording import replay_lines
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident, RawRecord
from blocklight.intake.redact import Rules, redact
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Status
from blocklight.store import Store

pytestmark = pytest.mark.anyio

ENOUGH = 60
# Within the hour that Californian clocks show twice.
AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)

RECORDS, SHORTEST, EVERY = 4, 6, 100
SENSITIVE = ("DOMESTIC VIOLENCE", "SUICIDE ATTEMPT", "JUVENILE RUNAWAY", "STALKING", "OVERDOSE")
HOUSTON = "cad/houston/houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
SF_FIRE = "cad/sf_fire/Fire_Department_Calls_for_Service_2020.csv"
EIDO = "schemas/eido/Samples/Sample_call_transfer_EIDO.json"
NAMES = [f"{one.city} {one.source} {n}" for n, one in enumerate(FEEDS)]
NAMES += [f"{one.city} {one.source} {n}" for n, one in enumerate(EXPORTS, len(FEEDS))]
NAMES += ["houston active", "san-francisco-fire"]


@dataclass(frozen=True)
class Recording:
    """Some records of a recording that are understood, with the city file that understands them."""

    city: City
    source: SourceSpec
    raws: tuple[RawRecord, ...]
    incidents: tuple[Incident, ...]

    def read(self, raw: RawRecord) -> Incident | None:
        try:
            return Normaliser.of(self.source, self.city)(raw, AT)
        except RecordRejected:
            return None

    def rules(self, *rules: Rule, key: bytes = KEY) -> Rules:
        policy = self.city.policy.model_copy(update={"rules": rules} if rules else {})
        return Rules.of(self.city.model_copy(update={"policy": policy}), key)


def _of_feed(feed: Feed, shared: Path) -> tuple[City, str, Iterator[RawRecord]]:
    city = _with_source(load_city(feed.city), feed.own)
    source = city.source(feed.source).model_copy(update={"token_url": None})

    def records() -> Iterator[RawRecord]:
        for (_, body), count, _ in islice(feed.polls(shared), 0, 8_000, EVERY):
            if count > 0:
                yield from asyncio.run(one_page(source, city, body))[1].records

    return city, feed.source, records()


def _of_export(export: Export, shared: Path) -> tuple[City, str, Iterator[RawRecord]]:
    return _with_source(load_city(export.city), export.own), export.source, export_rows(export, shared)


def _of_houston(shared: Path) -> tuple[City, str, Iterator[RawRecord]]:
    city = load_city("houston")
    body = next(body for _, body in replay_lines(shared / HOUSTON) if b'"features"' in body)
    records = asyncio.run(one_page(city.source("active"), city, body))[1].records
    return city, "active", iter(records)


def _of_sf_fire(shared: Path) -> tuple[City, str, Iterator[RawRecord]]:
    city = load_city("san-francisco-fire")
    with (shared / SF_FIRE).open(encoding="utf-8", newline="") as file:
        rows = list(islice(csv.DictReader(file), 400))
    return city, city.sources[0].id, map(_as_the_portal_tells, rows)


def _as_the_portal_tells(row: dict[str, str]) -> RawRecord:
    named: dict[str, Any] = {name.lower().replace(" ", "_"): text for name, text in row.items() if text}
    for name, text in named.items():
        if name.endswith("_dttm"):
            named[name] = datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").isoformat()  # noqa: DTZ007 - local there too
    lat, lon = named["location"].strip("()").split(", ")
    return named | {"location": {"latitude": lat, "longitude": lon}}


def _with_source(city: City, own: dict[str, Any] | None) -> City:
    return city if own is None else city.model_copy(update={"sources": (SourceSpec.model_validate(own),)})


@cache
def recording(name: str, shared: Path) -> Recording:
    """Read a recording until some of its records, spread over it, are published."""
    number = NAMES.index(name)
    if number < len(FEEDS):
        city, source_id, raws = _of_feed(FEEDS[number], shared)
    elif number < len(FEEDS) + len(EXPORTS):
        city, source_id, raws = _of_export(EXPORTS[number - len(FEEDS)], shared)
    else:
        city, source_id, raws = _of_houston(shared) if name == "houston active" else _of_sf_fire(shared)
    found = Recording(city, city.source(source_id), (), ())
    rules, kept = found.rules(), []
    for raw in islice(raws, 0, 4000):
        incident = found.read(raw)
        if incident is not None and not isinstance(redact(incident, rules), Withheld):
            kept.append((raw, incident))
        if len(kept) >= ENOUGH:
            break
    spread = kept[:: max(1, len(kept) // RECORDS)][:RECORDS]
    assert len(spread) >= 3, (name, len(kept))
    return replace(found, raws=tuple(r for r, _ in spread), incidents=tuple(i for _, i in spread))


@pytest.fixture(scope="module", params=NAMES)
def recorded(request: pytest.FixtureRequest, shared_data: Path) -> Recording:
    return recording(request.param, shared_data)


@contextmanager
def town_of(recorded: Recording) -> Iterator[Town]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/city.sqlite3", recorded.city.city.id) as store,
    ):
        name_epoch(store)
        yield Town(recorded.city, store)


def told(recorded: Recording, *batches: Sequence[Outcome]) -> dict[str, bytes]:
    """Return every public byte after some batches, a minute apart."""
    with town_of(recorded) as town:
        for minute, batch in enumerate(batches):
            town.store.apply(recorded.source.id, batch, at=AT + timedelta(minutes=minute))
        return asyncio.run(town.public(AT + timedelta(minutes=len(batches))))


def leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield every text and number in a document that is long enough to be told from others."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    else:
        yield from (text for text in {str(value), *str(value).split()} if len(text) >= SHORTEST)


def test_a_mark_in_any_column_of_a_recorded_record_reaches_no_public_byte(
    recorded: Recording, shared_data: Path
) -> None:
    secrets = sorted(set(leaves(json.loads((shared_data / EIDO).read_text("utf-8-sig")))))
    assert len(secrets) > 60
    rules, outcomes, used = recorded.rules(), [], []
    for number, raw in enumerate(recorded.raws):
        columns = [*raw, "narrative", "caller", "remarks"]
        for place, column in enumerate(columns):
            secret = secrets[(number * 37 + place * 11) % len(secrets)]
            incident = recorded.read({**raw, column: secret})
            used.append(secret)
            if incident is not None:
                outcomes.append(redact(changed(incident, source_key=f"{number}-{place}"), rules))
    assert sum(not isinstance(one, Withheld) for one in outcomes) >= 3
    plain = b" ".join(told(recorded, [redact(one, rules) for one in recorded.incidents]).values())
    for path, body in told(recorded, outcomes).items():
        assert not [one for one in used if one.encode() in body and one.encode() not in plain], path


def test_neither_key_nor_address_nor_exact_place_of_a_recorded_record_is_public(recorded: Recording) -> None:
    rules = recorded.rules()
    bodies = told(recorded, [redact(one, rules) for one in recorded.incidents])
    borders = b" ".join(
        told(recorded, []).values()
    )  # of areas: a corner may have a number of a call by chance
    for one in recorded.incidents:
        exact = [f"{number:.6f}".rstrip("0") for number in lon_lat(one) or ()]
        secrets = [text for text in (key_text(one.source_key), address_of(one)[0]) if len(text) >= SHORTEST]
        for secret in [*exact, *secrets]:
            # A number that a longer one begins with by chance is another number.
            whole = re.compile(re.escape(secret.encode()) + (rb"(?!\d)" if secret in exact else b""))
            if secret in exact and whole.search(borders):
                continue
            assert len(secret) < SHORTEST or not [p for p, body in bodies.items() if whole.search(body)]


@settings(max_examples=10)
@given(data=st.data())
def test_a_recorded_record_is_judged_as_promised_whatever_is_done_to_it(
    data: st.DataObject, recorded: Recording
) -> None:
    rules = recorded.rules()
    one = data.draw(st.sampled_from(recorded.incidents))
    # 4 and 3: sensitive under its own or any further type, unmapped, outside.
    bad = data.draw(st.sampled_from(SENSITIVE))
    for named in (changed(one, source_type=bad), changed(one, other_types=(*one.other_types, bad))):
        outcome = redact(named, rules)
        assert isinstance(outcome, Withheld)
        assert outcome.sensitive
    unmapped = data.draw(st.text("qwxz", min_size=7, max_size=9))
    assert isinstance(redact(changed(one, source_type=unmapped), rules), Withheld)
    assert isinstance(redact(changed(one, lon=10.0, lat=10.0), rules), Withheld)
    # 8 and 9: the centre of a cell, the same for all who share it, the coarser one for a patient.
    public = shown(redact(one, rules))
    again = redact(changed(one, source_key=data.draw(st.text(min_size=1))), rules)
    assert shown(again).place == public.place
    if public.place is not None:
        assert one.point is not None
        lon, lat = degrees(one.point)
        finest = 8 if public.category is Category.MEDICAL else 9
        at = public.place.lat, public.place.lon
        cell = next(r for r in range(5, 10) if _is_centre(at, r))
        assert cell <= finest
        fine = h3.latlng_to_cell(lat, lon, 9)
        assert h3.cell_to_parent(fine, cell) == h3.latlng_to_cell(*at, cell)
    # 10: another key, another id.
    assert redact(one, recorded.rules(key=KEY[::-1])).id != public.id
    # 7 and 13: held for a time, until closed, and at whole steps.
    minutes = data.draw(st.integers(1, 300))
    waits = redact(one, recorded.rules(Rule(name="hold", action="hold", for_min=minutes)))
    assert isinstance(waits, Held)
    assert waits.release_at == one.received_at + timedelta(minutes=minutes)
    still = changed(one, status=Status.OPEN, closed_at=None)
    waits = redact(still, recorded.rules(Rule(name="hold", action="hold", until_closed=True)))
    assert isinstance(waits, Held)
    assert waits.release_at is None
    stepped = shown(redact(one, recorded.rules(Rule(name="step", action="publish", time_step_min=30))))
    for name in ("received_at", "dispatched_at", "on_scene_at", "closed_at"):
        time = getattr(stepped, name)
        assert time is None or (time.minute % 30, time.second) == (0, 0)


def test_recorded_calls_that_turn_sensitive_leave_every_surface_and_change_no_other_byte(
    recorded: Recording,
) -> None:
    rules = recorded.rules()
    public = [redact(one, rules) for one in recorded.incidents]
    hidden = [
        redact(
            changed(one, source_key=f"{key_text(one.source_key)}-{n}", source_type=SENSITIVE[n % 5]), rules
        )
        for one in recorded.incidents
        for n in range(17)
    ]
    assert len(hidden) >= 50
    assert told(recorded, public, public) == told(recorded, [*hidden[:20], *public], [*public, *hidden])
    turned = [redact(changed(recorded.incidents[0], source_type=SENSITIVE[0]), rules), *public[1:]]
    gone = public[0].id.encode()
    for path, body in told(recorded, public, turned, public).items():
        assert (gone in body) is (path == "live" and isinstance(public[0], PublicIncident)), path


def test_how_far_recorded_places_were_moved_is_told_as_worked_out_from_the_grid(recorded: Recording) -> None:
    rules = recorded.rules()
    expected: Counter[int] = Counter()
    for one in recorded.incidents:
        assert one.point is not None
        lon, lat = degrees(one.point)
        medical = rules.category(one.source_type) is Category.MEDICAL
        cell = h3.latlng_to_cell(lat, lon, 8 if medical else 9)
        centre, corners = h3.cell_to_latlng(cell), h3.cell_to_boundary(cell)
        expected[math.ceil(max(h3.great_circle_distance(centre, c, unit="m") for c in corners))] += 1
    body = told(recorded, [shown(redact(one, rules)) for one in recorded.incidents])["/api/v1/ledger"]
    places = json.loads(body[body.index(b'{"from"') :])["places"]
    found = Counter({one["radius_m"]: one["n"] for one in places["masked"]})
    assert places["without"] == 0
    assert found.total() == expected.total() >= 3
    for radius_m, n in expected.items():
        assert sum(found[near] for near in range(radius_m - 1, radius_m + 2)) >= n


def test_the_times_of_recorded_medical_calls_are_cut_to_five_minutes(recorded: Recording) -> None:
    rules = recorded.rules()
    for one in recorded.incidents:
        public = shown(redact(one, rules))
        medical = rules.category(one.source_type) is Category.MEDICAL
        assert (public.time_step_min == 5) is medical
        if medical:
            times = (public.received_at, public.dispatched_at, public.en_route_at, public.on_scene_at)
            assert all(time is None or time.timestamp() % 300 == 0 for time in times)


def shown(outcome: Outcome) -> PublicIncident:
    assert isinstance(outcome, PublicIncident | Held)
    return outcome.incident if isinstance(outcome, Held) else outcome


def _is_centre(at: tuple[float, float], resolution: int) -> bool:
    lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(*at, resolution))
    return (round(lat, 6), round(lon, 6)) == at
