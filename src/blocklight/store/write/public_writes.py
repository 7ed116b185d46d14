"""What one transaction publishes, changes and takes back: rows, changes and their seqs."""

from collections import Counter

from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.store.read import lives
from blocklight.store.schema.object_ids import ObjectIds
from blocklight.store.schema.rows import CONTENT, Row, body, content, digest
from blocklight.store.write.coarsening import taken_back
from blocklight.store.write.hold_queue import HoldQueue
from blocklight.store.write.holding import PASSING
from blocklight.store.write.ledger_counts import LedgerCounts
from blocklight.store.write.place_marks import PlaceMarks
from blocklight.store.write.settled import Stored
from blocklight.store.write.statements import Statements
from blocklight.store.write.unwritten import Unwritten

_RECEIVED, _PLACE = CONTENT.index("received_at"), CONTENT.index("place_id")


class PublicWrites:
    """The rows of a transaction as they are decided, and where they leave the log; used once."""

    def __init__(self, at: int, ledger: LedgerCounts, queue: HoldQueue, place_marks: PlaceMarks) -> None:
        self._at = at
        self._ledger = ledger
        self._queue = queue
        self._place_marks = place_marks
        self.rows = Unwritten()
        self.tally: Counter[str] = Counter()
        self.head = self.drift = 0
        self.object_ids = ObjectIds(0, "")
        # What this batch published or found published, with its row where that is at hand.
        self.stored: dict[str, Stored | None] = {}
        # The places that an incident has left.
        self.left: set[int] = set()
        self.delays: list[float] = []
        self.taken_back: list[str] = []
        # Whether what is new comes from an import, so that when it was published tells nothing of it.
        self.is_import = False

    def publish(self, incident: PublicIncident, place_id: int | None, mark: Row | None) -> None:
        """Publish an incident that is not public now; *mark* is what kept it from that."""
        seq = self._log_put(incident.id, None, self._at, encoded := body(incident))
        values = content(incident, place_id)
        received = values[_RECEIVED]
        at = self._at
        medical_once = int(incident.id in self._queue.bounds)
        self.stored[incident.id] = Stored(incident, seq, at, place_id, 0, received, None, medical_once)
        before = (seq, incident.id, seq, received, at, at, digest(encoded), 0)
        self.rows.inserts.append(
            (*before, *values, None, medical_once, self.object_ids.give(), int(self.is_import) or None)
        )
        if mark is not None:
            self.rows.unmarked.append(incident.id)
        fate = self._fate_of_public(incident.id, mark)
        # Whether it was withheld before does not matter: the delay would tell.
        if not (incident.id in self._queue.waited or incident.delayed):
            self.delays.append((at - received) / 1000)
        self._ledger.count(fate, incident.source, areas=incident.areas)

    def _fate_of_public(self, id_: str, mark: Row | None) -> str:
        """What the ledger counts an incident as that is published now.

        What waits is counted once it is decided about: counted when it began to wait, those that turned out
        to be withheld would follow from those that were released.
        """
        waited = self._queue.waited.get(id_)
        if mark is not None or waited:
            return "released"
        return "published" if waited is None else "held"

    def update(self, before: Stored, new: PublicIncident, place_id: int | None, vanished: int = 0) -> None:
        """Publish another version; a coarser one after a retraction, so that the finer one is forgotten."""
        was = lives.difference(before.incident, new)
        if not was:
            self.stored[new.id] = before
            self.tally["unchanged"] += 1
            return
        first_seq = before.first_seq
        coarser = taken_back(before.incident, new)
        life = before.life
        if new.detail.step_min > before.incident.detail.step_min:
            before, life = self._published_in_steps(before, new.detail.step_min)
        # Followers forget the finer version as they forget a retracted incident, then learn this one.
        if coarser:
            self._log_retraction(new.id, first_seq)
            self.rows.scrubbed += lives.seqs(first_seq, before.life)
        seq = self._log_put(new.id, first_seq, before.released_at, encoded := body(new))
        values = content(new, place_id)
        life = lives.lengthened(life, seq, self._at, was)
        if coarser:
            life = lives.without(life, coarser)
            if "received_at" in coarser:
                self.rows.relisted.append((values[_RECEIVED], before.released_at, first_seq))
                before = before._replace(listed_at=values[_RECEIVED])
        vanished = vanished or int(bool(before.vanished) and new.closed_at == before.incident.closed_at)
        steady = (*values[:_PLACE], *values[_PLACE + 1 :])
        once = int(before.bound is not None or new.detail.masks(before.incident.detail))
        self.rows.updates.append((seq, self._at, digest(encoded), vanished, *steady, life, once, first_seq))
        if before.place_id != place_id:
            self._place_marks.keep(new.id, before.incident.place)
            self._place_marks.keep(new.id, new.place)
            self.rows.moves.append((place_id, first_seq))
            if before.place_id is not None:
                self.left.add(before.place_id)
        self.drift = max(self.drift, abs(values[_RECEIVED] - before.listed_at))
        self.stored[new.id] = before._replace(
            incident=new, place_id=place_id, vanished=vanished, life=life, medical_once=once
        )
        self._ledger.count("updated", new.source)

    def _published_in_steps(self, before: Stored, step_min: int) -> tuple[Stored, str | None]:
        """Move the moments of earlier versions to the ends of steps, as times that are cut now tell no more.

        Each was published some seconds after what it reports. None is moved beyond this moment.
        """

        def end_of_step(at: int) -> int:
            return min(-(-at // (step_ms := step_min * 60_000)) * step_ms, self._at)

        life = None if before.life is None else lives.moved(before.life, end_of_step)
        return before._replace(released_at=end_of_step(before.released_at)), life

    def withhold(self, new: Withheld, mark: Row | None, stored: Stored | None) -> None:
        """Mark an incident as withheld, and take it back where it is *stored* as public."""
        reason, sensitive, first_at = str(new.reason), int(new.sensitive), self._at
        itself = new.sensitive and not new.companion
        step_min = None
        if mark is not None:
            _, old_reason, was_sensitive, first_at, _, was_companion, step_min = mark
            reason = old_reason if was_sensitive else reason
            sensitive |= was_sensitive
            itself |= bool(was_sensitive and not was_companion)
        bound = self._queue.bounds.get(new.id) or (stored and stored.bound)
        step_min = (bound and bound.step_min) or step_min
        as_published = stored is not None and stored.incident.detail.as_published
        once = int((bound is not None or as_published) and not sensitive)
        if stored is None and sensitive and (mark is None or not mark[2]):
            self.taken_back.append(new.id)  # never shown, and from now on it never may be
        passing = new.reason in PASSING
        state = reason, sensitive, once, int(sensitive and not itself), step_min
        if not passing and (mark is None or state != (mark[1], mark[2], *mark[4:])):
            self.rows.marks.append((new.id, new.source, reason, sensitive, first_at, *state[2:]))
        self.tally["withheld"] += not passing
        if stored is not None:
            self._log_retraction(new.id, first_seq := stored.first_seq)
            self.rows.gone.append(first_seq)
            self.rows.scrubbed += lives.seqs(first_seq, stored.life)
            if sensitive:
                self._place_marks.drop(new.id)
            else:
                self._place_marks.keep(new.id, stored.incident.place)
            if stored.place_id is not None:
                self.left.add(stored.place_id)
            self._ledger.count("retracted", new.source, reason)
        elif mark is None and not self._queue.waited.get(new.id):
            self._ledger.count("withheld", new.source, reason, new.areas)

    def _log_put(self, id_: str, first_seq: int | None, released_at: int, encoded: bytes) -> int:
        self.head += 1
        self.rows.changes.append(
            (self.head, id_, first_seq or self.head, self._at, released_at, encoded.decode())
        )
        return self.head

    def _log_retraction(self, id_: str, first_seq: int) -> None:
        self.head += 1
        self.rows.changes.append((self.head, id_, first_seq, self._at, None, None))
        self.taken_back.append(id_)

    def write(self, cursor: DBAPICursor, sql: Statements) -> None:
        """Write the rows that were decided so far."""
        rows, self.rows = self.rows, Unwritten()
        rows.write(cursor, sql)
