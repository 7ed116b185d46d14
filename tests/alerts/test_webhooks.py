"""Webhooks deliver each change, signed, in order, at least once, and never what was taken back."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import standardwebhooks
from delivering import Delivering, delivering
from living_city import START, an_incident, incident_id
from msgspec.structs import replace
from receiver import Receiver, receiving

from blocklight.alerts.delivery import RETRIES_S
from blocklight.app.webhooks import outbox_file
from blocklight.errors import BlocklightError
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Category, Reason, Status
from blocklight.publish.feature import stored_feature
from blocklight.store import Pause
from blocklight.store.outbox import Outbox, Waiting


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Delivering]:
    with delivering(tmp_path) as side:
        yield side


def _gone(number: int, reason: Reason = Reason.SENSITIVE) -> Withheld:
    return Withheld(incident_id(number), "dispatch", reason, sensitive=reason is Reason.SENSITIVE)


def _waiting(side: Delivering, webhook: str) -> Waiting:
    outbox = Outbox(outbox_file(side.folder))
    try:
        return outbox.waiting(webhook)
    finally:
        outbox.close()


def test_what_is_published_and_changes_is_sent_as_signed_cloud_events(
    side: Delivering, receiver: Receiver
) -> None:
    webhook = side.add(receiver.url)
    side.apply(an_incident(1))
    side.deliver()
    side.apply(an_incident(1, status=Status.CLOSED, closed_at=START + timedelta(minutes=9)))
    side.deliver()
    assert receiver.kinds() == [("published", incident_id(1)), ("updated", incident_id(1))]
    library = standardwebhooks.Webhook(webhook.secrets[0].key)
    for posted in receiver.posted:
        event = library.verify(posted.body, dict(posted.headers))
        assert event["specversion"] == "1.0"
        assert event["source"] == "urn:blocklight:smallville"
        assert event["id"] == posted.headers["webhook-id"]
        assert posted.headers["content-type"] == "application/cloudevents+json"
    stored, _ = side.store.incident(incident_id(1))
    assert (
        receiver.held()[incident_id(1)]["properties"]["status"]
        == stored_feature(stored)["properties"]["status"]
    )
    assert _waiting(side, webhook.id) == Waiting()


def test_a_receiver_is_sent_what_changes_after_it_was_added(side: Delivering, receiver: Receiver) -> None:
    side.apply(an_incident(1))
    side.add(receiver.url)
    side.apply(an_incident(2))
    side.deliver()
    assert receiver.kinds() == [("published", incident_id(2))]


@pytest.mark.parametrize(
    "query", ["category=fire", "area=beat:02Y&category=fire", "bbox=-122.2,37.6,-122.1,37.9&q=fire"]
)
def test_a_filter_chooses_and_what_leaves_it_goes_by_its_id_alone(
    side: Delivering, receiver: Receiver, query: str
) -> None:
    side.add(receiver.url, query)
    east = an_incident(2).place
    assert east is not None
    inside = {"category": Category.FIRE, "place": replace(east, lon=-122.15), "areas": {"beat": "02Y"}}
    side.apply(an_incident(1), an_incident(2, **inside), an_incident(3, **inside))
    side.deliver()
    assert sorted(receiver.held()) == [incident_id(2), incident_id(3)]
    side.apply(an_incident(2), _gone(3), _gone(1))
    side.deliver()
    assert receiver.held() == {}
    left, retracted = receiver.events[2:]
    for event in (left, retracted):
        assert event["data"] == {"id": event["subject"]}
        assert set(event) == {"specversion", "id", "source", "subject", "type", "data"}
    assert {left["subject"], retracted["subject"]} == {incident_id(2), incident_id(3)}
    assert left["type"] == retracted["type"]


def test_a_failed_delivery_is_made_again_with_what_is_published_then(
    side: Delivering, receiver: Receiver
) -> None:
    webhook = side.add(receiver.url)
    receiver.status = lambda _: 503
    side.apply(an_incident(1))
    side.deliver()
    side.deliver()
    assert len(receiver.posted) == 1  # left alone for a while
    side.apply(an_incident(1, status=Status.CLOSED))
    assert _waiting(side, webhook.id) == Waiting(pending=1)
    receiver.status = lambda _: 204
    side.deliver(later_s=RETRIES_S[0] * 1.3)
    assert [event["data"]["properties"]["status"] for event in receiver.events] == ["open", "closed"]
    assert _waiting(side, webhook.id) == Waiting()


def test_what_is_taken_back_while_it_waits_is_never_sent(side: Delivering, receiver: Receiver) -> None:
    webhook = side.add(receiver.url)
    receiver.status = lambda _: 500
    side.apply(an_incident(1))
    side.deliver()
    side.apply(an_incident(2))
    side.apply(_gone(1), _gone(2))
    receiver.status = lambda _: 204
    side.deliver(later_s=90_000)
    # The first may have arrived, whatever the receiver answered; of the second nobody ever heard.
    assert receiver.kinds() == [("published", incident_id(1)), ("removed", incident_id(1))]
    assert _waiting(side, webhook.id) == Waiting()


def test_the_outbox_holds_ids_and_nothing_that_is_published_of_them(
    side: Delivering, receiver: Receiver
) -> None:
    webhook = side.add(receiver.url)
    receiver.status = lambda _: 500
    side.apply(an_incident(1, source_type="SECRETLY NAMED"))
    side.deliver()
    assert _waiting(side, webhook.id) == Waiting(pending=1)
    files = list(side.folder.glob("webhooks.sqlite3*"))
    assert files
    content = b"".join(file.read_bytes() for file in files)
    assert incident_id(1).encode() in content
    for word in (b"SECRETLY", b"Main St", b"noise", b"01X", b"-122"):
        assert word not in content
    assert {
        stat.S_IMODE(file.stat().st_mode) & 0o077 for file in (side.folder / "webhooks.json", files[0])
    } == {0}


def test_after_days_of_failures_a_change_is_given_up_and_sent_again_on_request(
    side: Delivering, receiver: Receiver
) -> None:
    webhook = side.add(receiver.url)
    receiver.status = lambda _: 500
    side.apply(an_incident(1))
    side.deliver()
    for pause_s in RETRIES_S:
        assert _waiting(side, webhook.id) == Waiting(pending=1)
        side.deliver(later_s=pause_s * 1.3)
    assert len(receiver.posted) == len(RETRIES_S) + 1
    assert len({posted.headers["webhook-id"] for posted in receiver.posted}) == 1
    assert _waiting(side, webhook.id) == Waiting(dead=1)
    side.deliver(later_s=10 * 86_400)
    assert len(receiver.posted) == len(RETRIES_S) + 1
    receiver.status = lambda _: 204
    outbox = Outbox(outbox_file(side.folder))
    assert outbox.retry(webhook.id, 0.0) == 1
    outbox.close()
    side.deliver()
    assert _waiting(side, webhook.id) == Waiting()
    assert sorted(receiver.held()) == [incident_id(1)]


def test_a_change_that_was_given_up_is_taken_back_like_any_other(
    side: Delivering, receiver: Receiver
) -> None:
    webhook = side.add(receiver.url)
    receiver.status = lambda _: 410
    side.apply(an_incident(1))
    side.deliver()
    assert _waiting(side, webhook.id) == Waiting(dead=1)
    receiver.status = lambda _: 204
    side.apply(_gone(1))
    side.deliver(later_s=600)
    assert receiver.kinds()[-1] == ("removed", incident_id(1))


def test_a_receiver_that_says_when_to_come_back_is_left_alone_until_then(
    side: Delivering, receiver: Receiver
) -> None:
    side.add(receiver.url)
    receiver.status, receiver.headers = lambda _: 429, {"retry-after": "3600"}
    side.apply(an_incident(1))
    side.deliver()
    receiver.status = lambda _: 204
    side.deliver(later_s=3_500)
    assert len(receiver.posted) == 1
    side.deliver(later_s=200)
    assert len(receiver.posted) == 2


def test_one_receiver_that_fails_keeps_nothing_from_another(side: Delivering, receiver: Receiver) -> None:
    with receiving() as other:
        other.status = lambda _: 500
        side.add(other.url)
        side.add(receiver.url)
        side.apply(an_incident(1))
        side.deliver()
        assert receiver.kinds() == other.kinds() == [("published", incident_id(1))]


def test_while_a_secret_is_rotated_both_sign(side: Delivering, receiver: Receiver) -> None:
    old = side.add(receiver.url).secrets[0].key
    webhook = side.webhooks.rotate(side.webhooks.all()[0].id, datetime.now(UTC))
    new = webhook.secrets[0].key
    assert old != new
    side.apply(an_incident(1))
    side.deliver()
    posted = receiver.posted[-1]
    for key in (old, new):
        standardwebhooks.Webhook(key).verify(posted.body, dict(posted.headers))
    side.apply(an_incident(2))
    side.deliver(later_s=25 * 3600)
    assert len(receiver.posted[-1].headers["webhook-signature"].split()) == 1
    assert webhook.keys(datetime.now(UTC) + timedelta(hours=25)) == [new]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_no_receiver_in_a_private_network_is_reached_unless_that_is_allowed(
    side: Delivering, receiver: Receiver, host: str
) -> None:
    port = receiver.url.rpartition(":")[2]
    webhook = side.webhooks.add(f"https://{host}:{port}", "", START)
    side.deliver()
    side.apply(an_incident(1))
    delivery = side.deliver()
    assert receiver.posted == []
    assert delivery.attempts == {(webhook.id, "leads to an address that is not allowed"): 1}


def test_a_redirect_is_not_followed(side: Delivering, receiver: Receiver) -> None:
    with receiving() as other:
        webhook = side.add(receiver.url)
        receiver.status, receiver.headers = lambda _: 307, {"location": other.url}
        side.apply(an_incident(1))
        delivery = side.deliver()
        assert other.posted == []
        assert delivery.attempts == {(webhook.id, "HTTP 307"): 1}


def test_what_was_read_long_before_the_connection_stood_is_not_sent(
    side: Delivering, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = side.add(receiver.url)
    side.apply(an_incident(1))
    monkeypatch.setattr("blocklight.alerts.delivery._FRESH_S", -1.0)
    delivery = side.deliver()
    assert receiver.posted == []
    assert delivery.attempts == {(webhook.id, "connecting took too long"): 1}


def test_a_pause_takes_back_what_is_open_and_nothing_new_is_sent(
    side: Delivering, receiver: Receiver
) -> None:
    side.add(receiver.url)
    side.apply(an_incident(1))
    side.deliver()
    side.store.pause(Pause("city", "", "Officers are in danger", side.at))
    side.apply(an_incident(2))
    side.deliver()
    assert receiver.kinds() == [("published", incident_id(1)), ("removed", incident_id(1))]


def test_after_the_log_was_replaced_a_receiver_is_told_what_is_there_and_what_is_not(
    side: Delivering, receiver: Receiver
) -> None:
    side.add(receiver.url, "category=noise")
    side.apply(an_incident(1), an_incident(2))
    side.deliver()
    side.apply(_gone(1), an_incident(3), an_incident(4, category=Category.FIRE))
    side.store.renew_epoch()
    side.deliver()
    assert sorted(receiver.held()) == [incident_id(2), incident_id(3)]


@pytest.mark.parametrize(
    "url",
    ["", "newsroom", "ftp://newsroom.example/", "http://newsroom.example/", "https://u:p@newsroom.example/"],
)
def test_an_address_of_no_use_is_refused(side: Delivering, url: str) -> None:
    with pytest.raises(BlocklightError, match="the receiver's address"):
        side.webhooks.add(url, "", START)
    assert side.webhooks.all() == []


def test_what_is_kept_of_a_removed_webhook_is_nothing(side: Delivering, receiver: Receiver) -> None:
    webhook = side.add(receiver.url)
    receiver.status = lambda _: 500
    side.apply(an_incident(1))
    side.deliver()
    side.webhooks.remove(webhook.id)
    side.deliver()
    assert _waiting(side, webhook.id) == Waiting()
    outbox = Outbox(outbox_file(side.folder))
    assert outbox.every_sent(webhook.id) == []
    outbox.close()
