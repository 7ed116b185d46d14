from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exact_calls import an_incident, changed, opened
from hypothesis import given
from hypothesis import strategies as st
from small_city import ROW, small_city

from blocklight.errors import RecordRejected
from blocklight.geo.exact import key_text
from blocklight.intake.normalise import Normaliser, join_unit_rows
from blocklight.intake.record import Incident
from blocklight.model.vocabulary import Disposition, Kind, Origin, Status

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _normaliser(**source: Any) -> Normaliser:  # noqa: ANN401 - the fields of a source
    city = small_city(**source)
    return Normaliser.of(city.source("calls"), city)


def _read(normaliser: Normaliser | None = None, /, **changes: Any) -> Incident:  # noqa: ANN401 - a source's values
    return (normaliser or _normaliser())(ROW | changes, NOW)


def _reason(normaliser: Normaliser | None = None, /, **changes: Any) -> str:  # noqa: ANN401 - a source's values
    with pytest.raises(RecordRejected) as caught:
        _read(normaliser, **changes)
    return caught.value.reason


def test_a_row_in_the_sources_words_becomes_an_incident_in_ours() -> None:
    assert opened(_read()) == opened(
        an_incident(
            source="calls",
            source_key="P26-000117",
            kind=Kind.CALL,
            agency="police",
            source_type="NOISE",
            status=Status.OPEN,
            received_at=RECEIVED,
            lon=-95.5,
            lat=29.5,
            address="1412 MAIN ST APT 5",
            cross_street="2ND ST",
            priority=3,
            origin=Origin.COMMUNITY,
            units=2,
            disposition=Disposition.GONE_ON_ARRIVAL,
            dispatched_at=RECEIVED + timedelta(minutes=1),
            en_route_at=RECEIVED + timedelta(minutes=2),
            on_scene_at=RECEIVED + timedelta(minutes=8),
        )
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": None}, "no_key"),
        ({"number": ""}, "no_key"),
        ({"received": None}, "no_time"),
        ({"received": "yesterday"}, "bad_time"),
        ({"received": {}}, "bad_time"),
        ({"received": "2104-05-06T07:08:00Z"}, "absurd_time"),
        ({"received": "2914-07-01T00:00:00Z"}, "absurd_time"),
        ({"received": "1901-01-01T00:00:00Z"}, "absurd_time"),
        ({"received": "2026-03-01T14:00:01Z"}, "absurd_time"),
        ({"agency": None}, "no_agency"),
        ({"agency": "SHERIFF"}, "no_agency"),
        ({"agency": ["PD"]}, "bad_agency"),
        ({"type": None}, "no_source_type"),
        ({"type": "  "}, "no_source_type"),
        ({"type": {"code": 5}}, "bad_source_type"),
        ({"type": "NOISE " * 40}, "bad_source_type"),
    ],
)
def test_a_record_that_cannot_be_read_is_rejected_with_a_class_of_reason(
    changes: dict[str, Any], reason: str
) -> None:
    assert _reason(**changes) == reason


def test_a_record_without_any_column_is_rejected() -> None:
    with pytest.raises(RecordRejected):
        _normaliser()({}, NOW)


@pytest.mark.parametrize(
    ("status", "reason"), [(None, "no_status"), ("HOLD", "unknown_status"), ([], "bad_status")]
)
def test_a_status_that_is_missing_or_unknown_is_not_guessed(status: object, reason: str) -> None:
    assert _reason(_normaliser(closes="status", fields={"status": "status"}), status=status) == reason


@pytest.mark.parametrize(
    ("changes", "repaired"),
    [
        ({"dispatched": "soon"}, ("dispatched_at",)),
        ({"on_scene": "2914-07-01T00:00:00Z"}, ("on_scene_at",)),
        ({"on_scene": "2026-03-01T11:59:59Z"}, ("on_scene_at",)),
        ({"en_route": "0001-01-01T00:00:00+14:00"}, ("en_route_at",)),
        ({"lon": "REDACTED"}, ("point",)),
        ({"lat": True}, ("point",)),
        ({"priority": "high"}, ("priority",)),
        ({"priority": -1}, ("priority",)),
        ({"priority": 10_000}, ("priority",)),
        ({"units": ",".join(["E1"] * 501)}, ("units",)),
        ({"origin": []}, ("origin",)),
        ({"address": {"street": "MAIN ST"}}, ("address",)),
        ({"disposition": []}, ("disposition",)),
    ],
)
def test_a_field_that_is_unreadable_or_impossible_is_left_out_and_named(
    changes: dict[str, Any], repaired: tuple[str, ...]
) -> None:
    incident = _read(**changes)
    assert incident.repaired == repaired
    for name in repaired:
        assert opened(incident)["lon" if name == "point" else name] is None


@pytest.mark.parametrize(
    "column", ["dispatched", "lon", "priority", "units", "origin", "address", "disposition"]
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_field_that_is_empty_is_no_repair(column: str, nothing: str | None) -> None:
    assert _read(**{column: nothing}).repaired == ()


def test_a_disposition_that_the_city_does_not_name_is_none() -> None:
    assert _read(disposition="PT DECEASED").disposition is None


columns = st.fixed_dictionaries(
    {},
    optional={
        name: st.none()
        | st.text()
        | st.integers()
        | st.floats()
        | st.booleans()
        | st.lists(st.integers(), max_size=2)
        | st.just(value)
        for name, value in ROW.items()
    },
)


@given(columns, st.sampled_from(["vanish", "time", "never"]), st.sampled_from(["iso", "epoch_ms", "local"]))
def test_any_row_is_read_or_rejected_and_what_is_read_is_in_order(
    row: dict[str, Any], closes: str, convert: str
) -> None:
    normalise = _normaliser(closes=closes, fields={"received_at": {"from": "received", "convert": convert}})
    try:
        incident = normalise(ROW | row, NOW)
    except RecordRejected:
        return
    assert incident.received_at <= NOW + timedelta(hours=1)
    for stage in (incident.dispatched_at, incident.en_route_at, incident.on_scene_at, incident.closed_at):
        assert stage is None or incident.received_at <= stage <= NOW + timedelta(hours=1)
    assert incident.status is Status.CLOSED or incident.closed_at is None


def test_a_source_that_closes_by_a_time_is_open_until_it_has_one() -> None:
    normalise = _normaliser(closes="time")
    closed = "2026-03-01T12:30:00Z"
    assert _read(normalise, closed=None).status is Status.OPEN
    assert _read(normalise, closed=closed).status is Status.CLOSED
    assert _read(normalise, closed=closed).closed_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert _read(normalise, closed="2026-03-02T12:30:00Z").status is Status.OPEN, "it lies in the future"


def test_a_source_that_closes_by_a_status_needs_no_time_and_ignores_one_while_open() -> None:
    spec = {"from": "status", "map": {"O": "open", "C": "closed"}}
    normalise = _normaliser(closes="status", fields={"status": spec})
    assert _read(normalise, status="c", closed=None).status is Status.CLOSED
    reopened = _read(normalise, status="O", closed="2026-03-01T12:30:00Z")
    assert (reopened.status, reopened.closed_at) == (Status.OPEN, None)


def test_a_source_that_closes_by_dropping_calls_holds_open_ones_only() -> None:
    incident = _read(closed="2026-03-01T12:30:00Z")
    assert (incident.status, incident.closed_at) == (Status.OPEN, None)


def test_a_source_that_never_tells_holds_closed_ones_only() -> None:
    assert _read(_normaliser(closes="never")).status is Status.CLOSED


def test_columns_are_tried_in_order_and_a_constant_stands_where_none_has_a_value() -> None:
    spec = {"from": ["final", "initial"], "default": "UNKNOWN"}
    normalise = _normaliser(fields={"source_type": spec})
    assert _read(normalise, final="THEFT", initial="NOISE").source_type == "THEFT"
    assert _read(normalise, final="", initial="NOISE").source_type == "NOISE"
    assert _read(normalise).source_type == "UNKNOWN"


def test_key_parts_that_are_missing_keep_their_place() -> None:
    normalise = _normaliser(key=["number", "agency"])
    keys = [normalise.source_key({column: "a"}, NOW) for column in ("number", "agency")]
    assert key_text(keys[0]) != key_text(keys[1])


stages = st.none() | st.integers(0, 3000).map(lambda s: RECEIVED + timedelta(seconds=s))


@st.composite
def unit_rows(draw: st.DrawFn) -> list[Incident]:
    rows = []
    for number in range(draw(st.integers(1, 6))):
        closed = draw(stages)
        rows.append(
            changed(
                _read(),
                source_key=draw(st.sampled_from(["A", "B"])),
                source_type=draw(st.sampled_from(["NOISE", "THEFT", "HUSH"])),
                lon=-95.5 - number / 100,
                received_at=RECEIVED - timedelta(seconds=draw(st.integers(0, 30))),
                dispatched_at=draw(stages),
                en_route_at=draw(stages),
                on_scene_at=draw(stages),
                closed_at=closed,
                status=Status.OPEN if closed is None else Status.CLOSED,
                disposition=draw(st.sampled_from([None, *Disposition])),
                units=None,
            )
        )
    return rows


@given(unit_rows(), st.randoms())
def test_rows_of_units_join_alike_in_any_order(rows: list[Incident], chance: Any) -> None:  # noqa: ANN401 - hypothesis' random
    shuffled = list(rows)
    chance.shuffle(shuffled)
    by_key = {key_text(incident.source_key): opened(incident) for incident in join_unit_rows(rows)}
    again = {key_text(incident.source_key): opened(incident) for incident in join_unit_rows(shuffled)}
    assert again == by_key


@given(unit_rows())
def test_a_joined_incident_has_the_first_stages_and_is_closed_when_every_unit_is(
    rows: list[Incident],
) -> None:
    joined = join_unit_rows(rows)
    assert len(joined) == len({key_text(row.source_key) for row in rows})
    for incident in joined:
        mine = [row for row in rows if key_text(row.source_key) == key_text(incident.source_key)]
        assert incident.units == len(mine)
        assert incident.received_at == min(row.received_at for row in mine)
        for name in ("dispatched_at", "en_route_at", "on_scene_at"):
            times = [getattr(row, name) for row in mine if getattr(row, name) is not None]
            assert getattr(incident, name) == min(times, default=None)
        ends = [row.closed_at for row in mine]
        assert (incident.status is Status.CLOSED) == (None not in ends)
        assert incident.closed_at == (None if None in ends else max(filter(None, ends)))
        assert {incident.source_type, *incident.other_types} == {row.source_type for row in mine}
