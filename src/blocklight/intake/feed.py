"""Reads what one source said: normalises, places and redacts its rows, and remembers them by digest alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import datetime
from typing import Any

from blocklight.config.city import City, SourceSpec
from blocklight.errors import RecordRejected
from blocklight.geo.exact import SourceKey, key_text
from blocklight.intake.binding import Binding, BoundBatch, restraint_of, restraint_of_rest
from blocklight.intake.claims import Claims, moved
from blocklight.intake.companions import Companions
from blocklight.intake.digests import digest_of
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.latest_answer import LatestAnswer
from blocklight.intake.lookup import lookup_of
from blocklight.intake.normalise import Normaliser, join_unit_rows
from blocklight.intake.past import NOTHING_KNOWN, Past
from blocklight.intake.record import Connector, Incident, Lookup, Placed, RawRecord, Unreadable
from blocklight.intake.redact import Rules, as_sensitive, is_sensitive, judge, redact, reject
from blocklight.intake.remains import remains_of
from blocklight.intake.same_key import bound_by_key
from blocklight.intake.tally import Tally
from blocklight.intake.withheld_watch import WithheldWatch
from blocklight.intake.zone_mistakes import whole_hours_off
from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.store import WriteStore
from blocklight.store.write.restraint import NOTHING

_REMEMBERED = 200_000
# What can happen to an answer or a push: stored, refused as wrong, or failed with the database.
BATCH_OUTCOMES = ("stored", "refused", "failed")
# Reasons to reject a row that may be over at the next fetch, though the row is the same.
_PASSING = frozenset({"absurd_time"})


class Feed:
    """One source with all that is needed to read it: its connector, its field map and the city's rules."""

    def __init__(
        self,
        source: SourceSpec,
        city: City,
        connector: Connector,
        rules: Rules,
        *,
        clock_rate: float = 1,
        geocoder: Geocoder | None = None,
        claims: Claims | None = None,
        companions: Companions | None = None,
        watch: Callable[[RawRecord, Incident], None] | None = None,
        reads_once: bool = False,
        shows_past: bool = False,
        settles_s: float = 0.0,
    ) -> None:
        """*watch* is passed each row that is understood, with what was understood of it.

        *reads_once* says that no row comes again, as in a file of history: then none is remembered; with
        *shows_past* its old calls are public as soon as they are stored. No answer is judged and stored
        sooner than *settles_s* seconds after it came, whether or not anything in it is new: who knows when it
        came would otherwise see how many withheld rows were worked out.
        """
        self.source = source
        self.settles_s = settles_s
        self._watch = watch
        self.late_after_s = source.lateness_s * clock_rate
        self.connector = connector
        self.rules = rules
        self.cursor: str | None = None
        self.cursor_known = False
        # How many answers and pushes had each of ``BATCH_OUTCOMES`` since the start.
        self.batches: Counter[str] = Counter()
        self.withheld_watch = WithheldWatch(source.id)
        self._normalise = Normaliser.of(source, city)
        self._geocoder = geocoder
        self._claims = claims
        self._companions = companions
        self._binding = Binding.of(source, city, rules)
        self._shows_past = shows_past
        self._latest = None if reads_once else LatestAnswer()
        self._looked_for: dict[str, bool] = {}
        self._zone = city.city.zone
        self._zone_seen = False

    def outcomes(
        self,
        records: Sequence[RawRecord],
        at: datetime,
        tally: Tally,
        unreadable: Sequence[Unreadable] = (),
        *,
        past: Past = NOTHING_KNOWN,
    ) -> list[Outcome]:
        """Normalise and redact *records*; one that cannot be read is rejected alone.

        After their outcomes come the marks of earlier calls that may not be published because of them.
        """
        known_companions = len(tally.companions)
        tally.records += len(records) + len(unreadable)
        if self.source.rows != "incident":
            outcomes = self._by_unit(records, at, tally, past)
        elif self._latest is None:
            outcomes = self._each(records, at, tally, past)
        else:
            outcomes = self._each_new_or_changed(self._latest, records, at, tally, past)
        outcomes += [reject(self.source.id, row.identity, row.reason, self.rules) for row in unreadable]
        tally.count(outcomes)
        return outcomes + tally.companions[known_companions:]

    def _each(self, records: Sequence[RawRecord], at: datetime, tally: Tally, past: Past) -> list[Outcome]:
        """What becomes of each row, in their order."""
        rows = [self._understood(raw, at, tally) for raw in records]
        incidents = [row for row in rows if isinstance(row, Incident)]
        decided = iter(self._decided(incidents, at, tally, past)[1])
        return _equally_strict([row if isinstance(row, Rejected) else next(decided) for row in rows])

    def _each_new_or_changed(
        self, latest: LatestAnswer, records: Sequence[RawRecord], at: datetime, tally: Tally, past: Past
    ) -> list[Outcome]:
        """What becomes of each row; one that reads as in the latest answer is not worked out again."""
        outcomes: list[Outcome] = []
        known: dict[bytes, Outcome] = {}
        in_step: dict[bytes, tuple[datetime, PublicIncident]] = {}
        fresh: list[tuple[int, bytes]] = []
        incidents: list[Incident] = []
        for raw in records:
            digest = digest_of(raw)
            outcome = latest.outcome_of(digest, at)
            if outcome is not None:
                known[digest] = outcome
                self._ask_again(latest, outcome, tally)
            else:
                understood = self._understood(raw, at, tally)
                if isinstance(understood, Rejected):
                    outcome = understood
                else:
                    incidents.append(understood)
                    fresh.append((len(outcomes), digest))
            outcomes.append(outcome)  # type: ignore[arg-type]  # a gap is filled below
        incidents, decided = self._decided(incidents, at, tally, past)
        for (position, digest), incident, outcome in zip(fresh, incidents, decided, strict=True):
            outcomes[position] = outcome
            # What was impossible by the clock, or could not be looked for yet, may be possible later.
            if incident.repaired or incident.placed is Placed.LATER:
                tally.passing = True
            elif not isinstance(outcome, Held):
                known[digest] = outcome
            # What waits may come to stand beside a sensitive call, so it is judged again until it is public;
            # bound by other sources, it is public when more than the clock says so.
            elif self._binding is None and (public_from := latest.public_from(digest, outcome, at)):
                in_step[digest] = public_from, outcome.incident
        self._compare(latest, incidents, decided, tally, past)
        outcomes = _equally_strict(outcomes)
        latest.replace(known, in_step, outcomes, dict(tally.asked))
        return outcomes

    def _ask_again(self, latest: LatestAnswer, outcome: Outcome, tally: Tally) -> None:
        """Carry over the restraint of an unchanged row to this answer."""
        asks = latest.restraints.get(outcome.id) if latest.restraints and self._binding is not None else None
        if asks is not None:
            tally.asked[outcome.id] = asks.with_other(tally.asked.get(outcome.id, NOTHING))

    def _by_unit(self, records: Sequence[RawRecord], at: datetime, tally: Tally, past: Past) -> list[Outcome]:
        understood = [self._understood(raw, at, tally) for raw in records]
        rows = [row for row in understood if isinstance(row, Incident)]
        rejected: list[Outcome] = [row for row in understood if isinstance(row, Rejected)]
        joined = join_unit_rows(rows, are_units=self.source.rows == "unit")
        incidents, decided = self._decided(joined, at, tally, past)
        of_key = Counter(key_text(row.source_key) for row in rows)
        tally.joined.update(
            {
                outcome.id: of_key[key_text(incident.source_key)]
                for incident, outcome in zip(incidents, decided, strict=True)
            }
        )
        tally.passing |= any(one.repaired or one.placed is Placed.LATER for one in incidents)
        return rejected + decided

    def _decided(
        self, incidents: list[Incident], at: datetime, tally: Tally, past: Past
    ) -> tuple[list[Incident], list[Outcome]]:
        """Return *incidents*, placed where they may be shown, and what becomes of each."""
        if incidents and not self._zone_seen:  # a mistake in the city file: one warning is enough
            self._zone_seen = True
            received = (incident.received_at for incident in incidents)
            tally.zone_mistake = whole_hours_off(received, at, self._zone)
        if self._geocoder is not None:
            incidents = self._placed(incidents, self._geocoder.placing(), at, past)
        outcomes: list[Outcome] = []
        for incident in incidents:
            if incident.repaired:
                tally.repaired.update(incident.repaired)
            outcomes.append(self._redacted(incident, tally))
        if self._companions is not None:
            outcomes = self._once_sensitive(incidents, outcomes, past)
            outcomes = self._companions.judged(incidents, outcomes, self.rules, at, past)
            tally.companions += self._companions.not_public_yet(
                incidents, outcomes, self.rules, at, past, shows_past=self._shows_past
            )
        for incident, outcome in zip(incidents, outcomes, strict=True):
            if incident.placed is not None:
                self._note_place(incident, outcome, tally)
        return incidents, outcomes

    def _redacted(self, incident: Incident, tally: Tally) -> PublicIncident | Held | Withheld:
        if self._binding is None:
            return redact(incident, self.rules)
        judgement = judge(incident, self.rules)
        outcome = redact(incident, self.rules, judgement)
        asks = restraint_of(incident, judgement, self.rules)
        if asks != NOTHING:
            before = tally.asked.get(outcome.id, NOTHING)
            tally.asked[outcome.id] = asks.with_other(before)
        return outcome

    def _placed(
        self,
        incidents: list[Incident],
        place: Callable[[Incident, Lookup], Incident],
        at: datetime,
        past: Past,
    ) -> list[Incident]:
        """Look up the places of those that have none and may be shown; of the others nobody is asked."""
        lookups = {
            number: lookup
            for number, incident in enumerate(incidents)
            if incident.point is None and (lookup := lookup_of(incident, self.rules)) is not Lookup.NOWHERE
        }
        public_id, source = self.rules.public_id, self.source.id
        ids = {number: public_id(source, incidents[number].source_key) for number in lookups}
        hidden = set(past.once_sensitive(list(ids.values()))) if ids else set()
        if self._companions is not None and ids:
            asked_for = {id_: incidents[number] for number, id_ in ids.items()}
            hidden |= self._companions.unplaced(self._sensitive(incidents, past), asked_for, at, past)
        placed = list(incidents)
        for number, lookup in lookups.items():
            if ids[number] not in hidden:
                placed[number] = place(incidents[number], lookup)
        return placed

    def _once_sensitive(
        self, incidents: Sequence[Incident], outcomes: Sequence[Outcome], past: Past
    ) -> list[Outcome]:
        """Return *outcomes* with incidents withheld that were sensitive before this process read them.

        The database would withhold them in any case; but their companions are known by their places, here.
        """
        ids = [one.id for one in outcomes if not (isinstance(one, Withheld) and one.sensitive)]
        again = past.itself_sensitive(ids) if ids else ()
        if not again:
            return list(outcomes)
        return [
            as_sensitive(outcome.id, incident, self.rules) if outcome.id in again else outcome
            for incident, outcome in zip(incidents, outcomes, strict=True)
        ]

    def _sensitive(self, incidents: Sequence[Incident], past: Past) -> list[Incident]:
        """Return the incidents that are sensitive, or were."""
        ids = [self.rules.public_id(self.source.id, one.source_key) for one in incidents]
        again = past.itself_sensitive(ids)
        pairs = zip(ids, incidents, strict=True)
        return [one for id_, one in pairs if id_ in again or is_sensitive(one, self.rules)]

    def _understood(self, raw: RawRecord, at: datetime, tally: Tally) -> Incident | Rejected:
        """Return what a row says; one that cannot be read is rejected, unless the rest of it is sensitive."""
        try:
            incident = self._normalise(raw, at, self._normalise.source_key(raw, at))
        except RecordRejected as error:
            identity = SourceKey(f"rejected\x1f{key_text(_identity(raw, self.source))}")
            rest = remains_of(raw, at, self._normalise, identity)
            if rest is not None and is_sensitive(rest, self.rules):
                return rest
            return self._rejected(raw, at, error, tally, rest)
        if self._watch is not None:
            self._watch(raw, incident)
        return incident

    def _compare(
        self,
        latest: LatestAnswer,
        incidents: list[Incident],
        outcomes: list[Outcome],
        tally: Tally,
        past: Past,
    ) -> None:
        """Count which published incidents moved since the last fetch, and which another source has too."""
        pairs = zip(incidents, outcomes, strict=True)
        shown = [(one, outcome) for one, outcome in pairs if isinstance(outcome, PublicIncident)]
        if not shown:
            return
        before = latest.published()
        redrawn = [one.id for _, one in shown if one.id in before and moved(before[one.id], one)]
        fresh = [pair for pair in shown if pair[1].id not in before] if self._claims is not None else []
        ids = [*redrawn, *(outcome.id for _, outcome in fresh)]
        hidden = past.once_sensitive(ids) if ids else ()
        if redrawn := [id_ for id_ in redrawn if id_ not in hidden]:
            tally.noticed["places_redrawn"] += len(redrawn)
        for incident, outcome in fresh:
            if outcome.id not in hidden and self._has_another(incident):
                tally.noticed["told_twice"] += 1

    def _has_another(self, incident: Incident) -> bool:
        key = digest_of(key_text(incident.source_key)).hex()
        return self._claims is not None and self._claims.told_twice(self.source, key)

    def binder(self, tally: Tally) -> BoundBatch | None:
        """Return what combines a batch with what else is known, ``None`` if nothing else can be."""
        if self._binding is None and not tally.asked:
            return None
        binding = self._binding or Binding.of_unreadable(self.source.id, self.rules)
        return binding.of_batch(tally.asked)

    def hidden(self, store: WriteStore) -> Callable[[Sequence[str]], AbstractSet[str]]:
        """Return a function that finds ids that stay withheld whatever this source says of them now."""
        binding = self._binding
        if binding is None:
            return store.once_sensitive
        own = "" if binding.joins_rows else self.source.id
        return lambda ids: store.once_sensitive(ids) | store.withheld_elsewhere(ids, own)

    def _note_place(self, incident: Incident, outcome: Outcome, tally: Tally) -> None:
        """Count an address that was looked for, once; what is withheld for another reason is not told of."""
        told = not isinstance(outcome, Withheld) or outcome.reason is Reason.NO_PLACE
        if not told or incident.placed is Placed.LATER:
            return
        found = incident.placed is Placed.FOUND
        before = self._looked_for.get(outcome.id)
        if len(self._looked_for) >= _REMEMBERED:
            self._looked_for.clear()
        self._looked_for[outcome.id] = found
        tally.noticed["places_sought"] += before is None
        tally.noticed["places_found"] += found - (before or False)

    def _rejected(
        self, raw: RawRecord, at: datetime, error: RecordRejected, tally: Tally, rest: Incident | None
    ) -> Rejected:
        """The mark of a row of which only the *rest* can be read; that binds its incident."""
        tally.unread_columns = {*(tally.unread_columns or ()), *raw}
        tally.passing |= error.reason in _PASSING
        binds = None
        with suppress(RecordRejected):
            id_ = self.rules.public_id(self.source.id, self._normalise.source_key(raw, at))
            tally.unread.add(id_)
            if (asks := restraint_of_rest(rest, self.rules)) != NOTHING:
                tally.asked[id_] = asks.with_other(tally.asked.get(id_, NOTHING))
                binds = id_
        return reject(self.source.id, _identity(raw, self.source), error.reason, self.rules, binds=binds)


def _identity(raw: RawRecord, source: SourceSpec) -> SourceKey:
    """Return what tells one unreadable record from another, the same at every fetch."""
    parts: list[Any] = [raw.get(column) for column in source.key]
    if any(part not in (None, "") for part in parts):
        return SourceKey(repr(parts))
    return SourceKey(repr(sorted(raw.items(), key=lambda item: item[0])))


def _equally_strict(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes of one answer's rows; those of one incident are as strict as the strictest of them."""
    if len({outcome.id for outcome in outcomes}) < len(outcomes):
        outcomes = bound_by_key(outcomes)
    return outcomes
