import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from living_city import a_put, a_retraction, an_incident, incident_id

from blocklight.model.changes import Change
from blocklight.model.vocabulary import Category, Status
from blocklight.publish.replay import ReplayLog, encode_change

_SCRIPTS = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 3)), max_size=30)


def _events(text: bytes) -> list[dict[str, Any]]:
    """Parse event text as a browser does."""
    events = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append(fields | {"data": json.loads(fields["data"])})
    return events


def _seq(event: dict[str, Any]) -> int:
    return int(event["id"].partition("-")[0])


def _changes(script: list[tuple[int, bool, int]], begin: int) -> list[Change]:
    """Return the changes of a script: who, published or taken back, and by how much the seq moves on."""
    seq = begin
    changes = []
    for number, taken_back, step in script:
        seq += step
        incident = an_incident(number, priority=seq % 5, category=Category.FIRE)
        changes.append(a_retraction(seq, incident.id) if taken_back else a_put(seq, incident))
    return changes


def _must_hear(changes: list[Change], after: int) -> list[int]:
    """Return the seqs that no client after *after* may miss: nothing of an incident before its retraction."""
    last_retraction = {change.id: change.seq for change in changes if change.incident is None}
    return [c.seq for c in changes if c.seq > after and c.seq >= last_retraction.get(c.id, 0)]


@settings(max_examples=150)
@given(script=_SCRIPTS, begin=st.integers(0, 50), capacity=st.integers(1, 12), seq=st.integers(-3, 160))
def test_a_client_hears_what_the_model_says_or_is_told_to_start_anew(
    script: list[tuple[int, bool, int]], begin: int, capacity: int, seq: int
) -> None:
    log = ReplayLog(capacity)
    log.begin(begin, "e")
    changes = _changes(script, begin)
    for change in changes:
        log.add(change)
    head = changes[-1].seq if changes else begin
    dropped = changes[:-capacity] if len(changes) > capacity else []
    tail = dropped[-1].seq if dropped else begin
    assert (log.tail, log.head) == (tail, head)
    missed = log.since(seq)
    if not tail <= seq <= head:
        assert missed is None
        return
    assert missed is not None
    heard = {_seq(event): event["event"] for event in _events(b"".join(missed))}
    assert list(heard) == sorted(heard)
    must = _must_hear(changes, seq)
    earlier_retractions = {c.seq for c in changes if c.incident is None and c.seq > seq}
    assert set(must) <= set(heard) <= set(must) | earlier_retractions


def test_a_retraction_says_the_id_and_nothing_else() -> None:
    (event,) = _events(encode_change(a_retraction(7, incident_id(3)), "3f9a1c20"))
    assert event == {"id": "7-3f9a1c20", "event": "retract", "data": {"id": incident_id(3)}}


def test_a_put_is_the_whole_feature_and_its_id_is_the_seq_in_its_epoch() -> None:
    (event,) = _events(encode_change(a_put(9, an_incident(3), first_seq=4), "3f9a1c20"))
    assert (event["id"], event["event"]) == ("9-3f9a1c20", "incident")
    data = event["data"]
    assert (data["type"], data["id"]) == ("Feature", incident_id(3))
    assert (data["properties"]["first_seq"], data["properties"]["seq"]) == (4, 9)


def test_nothing_of_a_retracted_incident_stays_in_the_log() -> None:
    log = ReplayLog()
    log.begin(0, "e")
    log.add(a_put(1, an_incident(1, source_type="CANARY")))
    log.add(a_put(2, an_incident(2)))
    log.add(a_put(3, an_incident(1, source_type="CANARY", priority=1), first_seq=1))
    log.add(a_retraction(4, incident_id(1)))
    missed = log.since(0)
    assert missed is not None
    assert b"CANARY" not in b"".join(missed)
    assert [_seq(event) for event in _events(b"".join(missed))] == [2, 4]


def test_what_comes_after_a_retraction_of_the_same_id_is_replayed() -> None:
    log = ReplayLog()
    log.begin(0, "e")
    log.add(a_put(1, an_incident(1, source_type="CANARY", category=Category.ALARM)))
    log.add(a_retraction(2, incident_id(1)))
    log.add(a_put(3, an_incident(1, category=Category.MEDICAL), first_seq=1))
    log.add(a_put(4, an_incident(1, category=Category.MEDICAL, status=Status.CLOSED), first_seq=1))
    missed = log.since(0)
    assert missed is not None
    assert b"CANARY" not in b"".join(missed)
    assert [_seq(event) for event in _events(b"".join(missed))] == [2, 3, 4]


def test_a_label_with_a_line_break_cannot_end_an_event() -> None:
    text = encode_change(a_put(1, an_incident(1, source_type="a\n\nevent: reset\r\rdata: {}")), "e")
    (event,) = _events(text)
    assert event["event"] == "incident"
    assert text.count(b"\n") == 4
    assert b"\r" not in text


def _filled(count: int, **settings: int) -> ReplayLog:
    log = ReplayLog(**settings)
    log.begin(0, "3f9a1c20")
    for seq in range(1, count + 1):
        log.add(a_put(seq, an_incident(seq)))
    return log


def test_replays_share_their_bytes_whatever_seq_they_resume_from() -> None:
    log = _filled(500)
    replays = [log.since(seq) for seq in range(100)]
    shared: set[int] = set()
    own = 0
    for missed in replays:
        assert missed is not None
        assert len(missed) > 3
        shared |= {id(piece) for piece in missed[1:]}
        own = max(own, len(missed[0]))
    assert len(shared) < 30
    assert own < 20_000


def test_no_more_bytes_are_held_than_anybody_is_sent() -> None:
    log = _filled(2_000, most_bytes=100_000)
    missed = log.since(log.tail)
    assert missed is not None
    assert 90_000 < sum(map(len, missed)) <= 100_000
    assert log.since(log.tail - 1) is None
