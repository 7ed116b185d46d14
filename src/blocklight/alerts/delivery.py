"""Delivers changes to webhooks: at least once, in order for each incident, never what was taken back."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from blocklight import net
from blocklight.alerts.messages import MEDIA_TYPE, Message, message_of, removal_of
from blocklight.alerts.signing import signed_headers
from blocklight.alerts.webhooks import Webhook, Webhooks
from blocklight.errors import SourceError
from blocklight.jobs import DELIVERING, Job
from blocklight.model.changes import StoredIncident
from blocklight.store import IncidentQuery, ReadStore
from blocklight.store.outbox import Entry, Outbox, Waiting

_log = logging.getLogger(__name__)

# How long after each failed attempt the next one is made: three days in all.
RETRIES_S = (5, 30, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)

# A day more than all attempts take together: what is that late is given up even if its attempts were fewer,
# as after an outage of ours.
_GIVEN_UP_AFTER_S = 4 * 86_400.0

_BATCH = 1_000
# As often as a live frame is sent: a receiver hears of a change as soon as a reader of the map.
_EVERY_S = 0.25

# More in one turn would be a burst for a receiver that comes back after an outage.
_AT_ONCE = 8

_CONNECT_S = 5.0
_ANSWER_S = 15.0
# A body that was read longer ago than this when its request could begin is not sent, but read anew.
_FRESH_S = 2.0

# However long a receiver asks us to wait, a day later it is tried again.
_LONGEST_WAIT_S = 86_400.0

# With this status a receiver says that it is gone for good: nothing is tried again.
_GONE = 410

_IS_GONE = "gone"
_REQUEST_BEGINS = "send_request_headers.started"


class _Stale(Exception):
    """Connecting took so long that what is to be sent may no longer be published."""


def client_to(webhook: Webhook) -> net.AsyncClient:
    """A client that reaches public hosts, and the receiver's own wherever it is if the webhook says so."""
    return net.client(net.outbound({webhook.host} if webhook.allow_private else ()))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What became of one request: *failure* is a class of reason, without anything that the receiver said."""

    failure: str | None = None
    retry_after_s: float | None = None


class Delivery:
    """Follows the change log for each webhook and sends what its filter matches.

    *query_of* reads a filter. *begins_anew_since* is from when on the past is sent again where the log was
    replaced or cut. *epoch_s* is the wall's clock in Unix seconds, by which attempts are made, whatever the
    city's clock shows.
    """

    def __init__(
        self,
        city: str,
        store: ReadStore,
        webhooks: Webhooks,
        outbox_file: Path,
        query_of: Callable[[str], IncidentQuery],
        *,
        begins_anew_since: Callable[[], datetime],
        epoch_s: Callable[[], float] = time.time,
        client_of: Callable[[Webhook], net.AsyncClient] = client_to,
    ) -> None:
        self._city = city
        self._store = store
        self._webhooks = webhooks
        self._outbox_file = outbox_file
        self._query_of = query_of
        self._begins_anew_since = begins_anew_since
        self._epoch_s = epoch_s
        self._client_of = client_of
        self._clients: dict[str, net.AsyncClient] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        # Requests by webhook and outcome: ``delivered`` or a class of failure.
        self.attempts: Counter[tuple[str, str]] = Counter()

    def job(self) -> Job:
        """What delivers, for the process whose turn it is to write."""
        return Job(DELIVERING, self.turn, every_s=_EVERY_S)

    @cached_property
    def _outbox(self) -> Outbox:
        return Outbox(self._outbox_file)

    async def turn(self) -> None:
        """Note what changed, and see that each webhook with anything due is being sent it."""
        webhooks = await asyncio.to_thread(self._note_changes)
        for gone in self._clients.keys() - {webhook.id for webhook in webhooks}:
            await self._clients.pop(gone).aclose()
        for webhook in webhooks:
            task = self._sending.get(webhook.id)
            if task is None or task.done():
                self._sending[webhook.id] = asyncio.create_task(self._send_due(webhook))

    def sending(self) -> list[asyncio.Task[None]]:
        """What is being sent at this moment, a task for each webhook."""
        return list(self._sending.values())

    async def close(self) -> None:
        """End what is being sent; it is sent again later."""
        tasks = [task for task in self._sending.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self._clients:
            await self._clients.popitem()[1].aclose()
        if "_outbox" in self.__dict__:
            self._outbox.close()
            del self._outbox

    def waiting(self) -> dict[str, Waiting]:
        """What waits, and what was given up, by webhook."""
        return {webhook.id: self._outbox.waiting(webhook.id) for webhook in self._webhooks.all()}

    def _note_changes(self) -> list[Webhook]:
        webhooks = self._webhooks.all()
        if webhooks or self._outbox_file.exists():
            self._outbox.keep_only({webhook.id for webhook in webhooks})
        for webhook in webhooks:
            while self._follow(webhook):
                pass
        return webhooks

    def _follow(self, webhook: Webhook) -> bool:
        """Note one part of the change log for a webhook; whether there may be more."""
        followed = self._outbox.followed(webhook.id)
        log = self._store.follow(0 if followed is None else followed[1], _BATCH)
        now = self._epoch_s()
        if followed is None:  # from now on: what was published before is there to be fetched
            self._outbox.take(webhook.id, log.epoch, log.head, {}, now)
            return False
        epoch, seq = followed
        if log.epoch != epoch or not log.tail <= seq <= log.head:
            self._begin_anew(webhook, log.epoch, log.head)
            return False
        if not log.changes:
            return False
        latest = {change.id: change.seq for change in log.changes}
        shown = {stored.incident.id for stored in self._matching(webhook, list(latest))}
        sent = self._outbox.sent_of(webhook.id, list(latest))
        noted = {id_: seq for id_, seq in latest.items() if id_ in shown or id_ in sent}
        self._outbox.take(
            webhook.id,
            epoch,
            log.changes[-1].seq,
            noted,
            now,
            at_once=[id_ for id_ in noted if id_ not in shown],
        )
        return len(log.changes) == _BATCH

    def _begin_anew(self, webhook: Webhook, epoch: str, head: int) -> None:
        """Send what the receiver may hold, and the recent past, again: the log is another one, or was cut."""
        query = replace(self._query_of(webhook.filter), cursor=None, limit=_BATCH)
        query = replace(query, since=max(filter(None, (query.since, self._begins_anew_since()))))
        ids = dict.fromkeys(self._outbox.every_sent(webhook.id), head)
        while True:
            page = self._store.query(query)
            ids |= {stored.incident.id: stored.seq for stored in page.items}
            if page.next is None:
                break
            query = replace(query, cursor=page.next)
        self._outbox.take(webhook.id, epoch, head, ids, self._epoch_s())

    def _matching(self, webhook: Webhook, ids: Sequence[str]) -> list[StoredIncident]:
        return self._store.matching(self._query_of(webhook.filter), ids)

    async def _send_due(self, webhook: Webhook) -> None:
        """Send what is due until nothing is, or the receiver does not answer."""
        try:
            while self._epoch_s() >= self._not_before.get(webhook.id, 0.0):
                entries = await asyncio.to_thread(self._outbox.due, webhook.id, self._epoch_s(), _AT_ONCE)
                if not entries:
                    return
                await self._send(webhook, entries)
        except Exception as error:  # noqa: BLE001 - it must not end the others, and a later turn tries again
            self._note_outcome(webhook, [_Attempt(type(error).__name__)])

    async def _send(self, webhook: Webhook, entries: Sequence[Entry]) -> None:
        read_at = time.monotonic()
        messages, removed = await asyncio.to_thread(self._messages, webhook, entries)
        attempts = await asyncio.gather(
            *(self._post(webhook, messages[entry.id], read_at) for entry in entries if entry.id in messages)
        )
        of_id = dict(zip([entry.id for entry in entries if entry.id in messages], attempts, strict=True))
        taken = [entry for entry in entries if of_id.get(entry.id, _Attempt()).failure is None]
        taken_ids = {entry.id for entry in taken}
        await asyncio.to_thread(self._outbox.delivered, webhook.id, taken, removed & taken_ids)
        for entry in entries:
            if entry.id not in taken_ids:
                await asyncio.to_thread(self._put_off, webhook, entry, of_id[entry.id])
        self._note_outcome(webhook, list(attempts))

    def _messages(self, webhook: Webhook, entries: Sequence[Entry]) -> tuple[dict[str, Message], set[str]]:
        """The message for each entry as its incident is published now, and which of them are removals."""
        ids = [entry.id for entry in entries]
        shown = {stored.incident.id: stored for stored in self._matching(webhook, ids)}
        held_by_receiver = self._outbox.sent_of(webhook.id, ids)
        self._outbox.note_sending(webhook.id, shown.keys() - held_by_receiver)
        messages = {id_: message_of(self._city, stored) for id_, stored in shown.items()}
        removed = held_by_receiver - shown.keys()
        messages |= {
            entry.id: removal_of(self._city, entry.id, entry.seq) for entry in entries if entry.id in removed
        }
        return messages, removed

    async def _post(self, webhook: Webhook, message: Message, read_at: float) -> _Attempt:
        async def begins_fresh(event: str, _: object) -> None:
            if event.endswith(_REQUEST_BEGINS) and time.monotonic() - read_at > _FRESH_S:
                raise _Stale

        sent_at = self._epoch_s()
        keys = webhook.keys(datetime.fromtimestamp(sent_at, UTC))
        headers = {**signed_headers(keys, message.id, int(sent_at), message.body), "content-type": MEDIA_TYPE}
        try:
            async with (
                asyncio.timeout(_ANSWER_S),
                self._client(webhook).stream(
                    "POST",
                    webhook.url,
                    content=message.body,
                    headers=headers,
                    timeout=(_CONNECT_S, _ANSWER_S, _CONNECT_S, _CONNECT_S),
                    extensions={"trace": begins_fresh},
                ) as response,
            ):
                return _judged(response.status_code, response.headers.get("retry-after"))
        except _Stale:
            return _Attempt("connecting took too long")
        except TimeoutError:
            return _Attempt("timed out")
        except SourceError as error:
            return _Attempt(str(error))
        except net.HTTPError as error:
            return _Attempt(net.describe(error))

    def _client(self, webhook: Webhook) -> net.AsyncClient:
        if webhook.id not in self._clients:
            self._clients[webhook.id] = self._client_of(webhook)
        return self._clients[webhook.id]

    def _put_off(self, webhook: Webhook, entry: Entry, attempt: _Attempt) -> None:
        now = self._epoch_s()
        if (
            entry.attempts >= len(RETRIES_S)
            or now - entry.since > _GIVEN_UP_AFTER_S
            or attempt.failure == "gone"
        ):
            self._outbox.failed(webhook.id, entry, None)
            return
        pause_s = RETRIES_S[entry.attempts] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load
        pause_s = max(pause_s, min(attempt.retry_after_s or 0.0, _LONGEST_WAIT_S))
        self._outbox.failed(webhook.id, entry, now + pause_s)

    def _note_outcome(self, webhook: Webhook, attempts: Sequence[_Attempt]) -> None:
        """Count, say once in the log when a receiver fails and when it works again, and leave it alone."""
        for attempt in attempts:
            self.attempts[webhook.id, attempt.failure or "delivered"] += 1
        failures = [attempt.failure for attempt in attempts if attempt.failure is not None]
        if attempts and len(failures) == len(attempts):
            if not self._failures[webhook.id]:
                _log.warning("webhook %s: not delivered (%s); tried again later", webhook.id, failures[0])
            self._failures[webhook.id] += 1
            pause_s = min(300.0, 2.0 ** self._failures[webhook.id])
            self._not_before[webhook.id] = self._epoch_s() + pause_s
        elif attempts:
            if self._failures.pop(webhook.id, 0):
                _log.info("webhook %s: delivered again", webhook.id)
            self._not_before.pop(webhook.id, None)


def _judged(status: int, retry_after: str | None) -> _Attempt:
    if 200 <= status < 300:  # noqa: PLR2004 - any success
        return _Attempt()
    if status == _GONE:
        return _Attempt(_IS_GONE)
    wait_s = float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
    return _Attempt(f"HTTP {status}", wait_s)
