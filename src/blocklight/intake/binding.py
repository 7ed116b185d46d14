"""Applies the strictest of all sources and rows of an incident to the whole of it.

Whose record is shown is one question, how much of it another: all sources and rows together answer that.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce

from msgspec.structs import replace

from blocklight.config.city import City, SourceSpec
from blocklight.geo.hexagons import coarsened, known_resolution
from blocklight.intake.claims import Standing, standing
from blocklight.intake.masking import Placing
from blocklight.intake.record import Incident
from blocklight.intake.redact import Judgement, Rules, areas_of, judge, release_of, withheld_record
from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import COARSER, Bound, Place, PublicIncident
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status
from blocklight.store.write.joining import joined, joined_by_another
from blocklight.store.write.restraint import NOTHING, BySource, Combined, Earlier, Restraint

# The release time of an incident that waits until another source reports it closed: never.
_UNTIL_TOLD = datetime.max.replace(tzinfo=UTC, microsecond=0)
# Reasons that apply to the whole incident. A missing place does not: another source or row may have one.
_BINDING = frozenset({Reason.UNMAPPED, Reason.POLICY})


def restraint_of(incident: Incident, judgement: Judgement, rules: Rules) -> Restraint:
    """What one source's or row's version of an incident requires for the whole incident."""
    meaning, placing = judgement
    if isinstance(meaning.category, Reason):
        return NOTHING if meaning.category is Reason.SENSITIVE else Restraint(reason=meaning.category)
    decision = placing.decision
    if decision.action == "withhold":
        return NOTHING if decision.reason is Reason.SENSITIVE else Restraint(reason=decision.reason)
    mask = _mask_of(placing, rules, medical=meaning.category is Category.MEDICAL)
    if decision.action != "hold" and decision.time_step_min is None:
        return mask
    wait_s = decision.for_min * 60
    return replace(
        mask,
        release_at=release_of(incident, decision),
        until_closed=decision.until_closed,
        is_open=decision.until_closed and incident.status is Status.OPEN,
        after_close_s=wait_s if decision.until_closed else 0,
        after_seen_s=0 if decision.until_closed else wait_s,
        step_min=decision.time_step_min,
    )


def restraint_of_rest(rest: Incident | None, rules: Rules) -> Restraint:
    """What a row that cannot be read requires by its *rest*: one that has no type may be anything."""
    if rest is None:
        return Restraint(reason=Reason.UNMAPPED)
    return restraint_of(rest, judge(rest, rules), rules)


def _mask_of(placing: Placing, rules: Rules, *, medical: bool) -> Restraint:
    """The mask that an incident requires, ``NOTHING`` for the city's usual one."""
    decision, place = placing
    if not medical and not decision.masked:
        return NOTHING
    unlabelled = medical or decision.plain or decision.place != "cell"
    coarse = Restraint(medical=medical, unlabelled=unlabelled)
    if decision.place == "nearest":
        return coarse
    if decision.place == "area":
        if not isinstance(place, Place):
            return replace(coarse, place="none")
        if place.kind is PlaceKind.AREA:
            return replace(coarse, place="area", bound=Bound(place, areas_of(place, decision, rules)))
    mask = "none" if decision.place == "none" else "cell"
    return replace(coarse, place=mask, resolution=decision.resolution)


@dataclass(frozen=True, slots=True)
class Binding:
    """How one source's outcomes are combined with what is known of their incidents."""

    source: str
    standing: Standing | None
    freeze_place: bool
    joins_rows: bool
    rules: Rules = field(repr=False)
    keeps: bool = True
    """Whether what it requires is kept for later: only one that is asked again could take it back."""

    @classmethod
    def of(cls, source: SourceSpec, city: City, rules: Rules) -> "Binding | None":
        """The binding of a source, ``None`` for most, which need none."""
        stands, joins_rows = standing(source, city), source.rows != "incident"
        if stands is None and not source.freeze_place and not joins_rows:
            return None
        return cls(source.id, stands, source.freeze_place, joins_rows, rules)

    @classmethod
    def of_unreadable(cls, source: str, rules: Rules) -> "Binding":
        """The binding of a source for which nothing counts but its rows that cannot be read."""
        return cls(source, None, freeze_place=False, joins_rows=False, rules=rules, keeps=False)

    @property
    def joins_another(self) -> bool:
        """Whether its records and those of another source are joined."""
        return self.standing in (Standing.ADDS, Standing.IS_ADDED_TO)

    def of_batch(self, restraints: Mapping[str, Restraint]) -> "BoundBatch":
        """The binder of one batch; *restraints* are its restraints by public id."""
        return BoundBatch(self, restraints)


@dataclass(frozen=True, slots=True)
class BoundBatch:
    """Combines one batch of a source with what is known; a ``store.restraint.Binder``."""

    binding: Binding
    asked: Mapping[str, Restraint] = field(repr=False)

    def __call__(self, outcomes: Collection[Outcome], earlier: Earlier) -> Combined:
        """Combine *outcomes* with what is known of their incidents.

        A sensitive outcome of any source is always stored, and nothing later loosens it.
        """
        combined: list[Outcome] = []
        changed: dict[str, Restraint] = {}
        unreadable = _unreadable(outcomes)
        stored = earlier.read(self._needed(outcomes, earlier.restraints) | unreadable)
        versions: list[Outcome] = [*outcomes, *(stored[id_] for id_ in sorted(unreadable & stored.keys()))]
        for outcome in versions:
            if isinstance(outcome, Rejected) or (isinstance(outcome, Withheld) and outcome.sensitive):
                combined.append(outcome)
                continue
            before = earlier.restraints.get(outcome.id, {})
            own_before, stored_record = before.get(self.binding.source, NOTHING), stored.get(outcome.id)
            restraint = self._own(outcome, own_before, earlier.at)
            if outcome.id in unreadable:  # whether it says that the call is over cannot be read either
                restraint = replace(restraint, ended=own_before.ended)
            restraints = {**before, self.binding.source: restraint}
            if outcome.id not in unreadable:
                stored_record = self._as_stated(outcome, stored_record, restraints, earlier.inferred)
            if restraint != own_before and self.binding.keeps:
                changed[outcome.id] = restraint
            settled = self._settled(outcome, stored_record, restraints)
            if settled is not None:
                combined.append(settled)
        return Combined(combined, changed)

    def _needed(self, outcomes: Collection[Outcome], restraints: Mapping[str, BySource]) -> AbstractSet[str]:
        """The ids whose stored records matter: with joined rows, only those under a restraint."""
        ids = {outcome.id for outcome in outcomes if not isinstance(outcome, Rejected)}
        if self.binding.standing is not None or self.binding.freeze_place:
            return ids
        unplaced = {
            withheld.id
            for withheld in outcomes
            if isinstance(withheld, Withheld) and withheld.reason not in _BINDING
        }
        return ids & (self.asked.keys() | restraints.keys() | unplaced)

    def _own(self, outcome: PublicIncident | Held | Withheld, before: Restraint, at: datetime) -> Restraint:
        """What the source requires now; with joined rows, all that any row ever required."""
        now = self.asked.get(outcome.id, NOTHING)
        if self.binding.joins_another:
            now = replace(now, ended=_is_closed(outcome, before))
        if self.binding.joins_rows and before != NOTHING:
            now = now.with_other(before)
            if now.until_closed and not isinstance(outcome, Withheld):
                incident = outcome.incident if isinstance(outcome, Held) else outcome
                now = replace(now, is_open=incident.status is Status.OPEN)
        if now.until_closed and not now.is_open and now.release_at is None:
            until = before.release_at if before.until_closed and not before.is_open else None
            now = now.closed(at) if until is None else replace(now, release_at=until)
        return now

    def _as_stated(
        self,
        outcome: PublicIncident | Held | Withheld,
        stored: PublicIncident | None,
        restraints: Mapping[str, Restraint],
        inferred: AbstractSet[str],
    ) -> PublicIncident | None:
        """The stored record of joined sources without a closing that none of them states any more.

        A closing that was inferred stays, until a source states another or its own source has the call again.
        """
        if stored is None or stored.status is Status.OPEN or not self.binding.joins_another:
            return stored
        if outcome.id in inferred:
            states = stored.source == self.binding.source or restraints[self.binding.source].ended
        else:
            states = not any(
                restraint.ended for name, restraint in restraints.items() if name != self.binding.source
            )
        return replace(stored, status=Status.OPEN, closed_at=None) if states else stored

    def _settled(
        self,
        outcome: PublicIncident | Held | Withheld,
        stored: PublicIncident | None,
        restraints: Mapping[str, Restraint],
    ) -> Outcome | None:
        """An outcome restricted by all that is known, ``None`` if the stored record stays as it is."""
        record = self._record(outcome, stored)
        if record is None:
            return outcome
        owner = restraints.get(record.source, NOTHING)
        further = reduce(
            Restraint.with_other,
            (restraint for name, restraint in restraints.items() if name != record.source),
            NOTHING,
        )
        if owner == further == NOTHING:
            if record is stored:
                return None
            return replace(outcome, incident=record) if isinstance(outcome, Held) else record
        bound = bound_by(record, owner, further, self.binding.rules)
        return None if record is stored and bound == stored else bound

    def _record(
        self, outcome: PublicIncident | Held | Withheld, stored: PublicIncident | None
    ) -> PublicIncident | None:
        """The record to show, joined if both complete each other; ``None`` if there is none."""
        binding = self.binding
        is_foreign = stored is not None and stored.source != binding.source
        stays = is_foreign and binding.standing in (Standing.YIELDS, Standing.ADDS)
        if isinstance(outcome, Withheld):
            # If one lacks a place, the other source or an earlier row may have one.
            return stored if stays or (binding.joins_rows and outcome.reason not in _BINDING) else None
        new = outcome.incident if isinstance(outcome, Held) else outcome
        if stored is None or new is stored:
            return new
        if stays:
            return stored if binding.standing is Standing.YIELDS else joined_by_another(stored, new)
        if binding.joins_another:
            new = joined_by_another(new, stored)
        elif binding.joins_rows and not is_foreign:
            new = joined(stored, new)
        return _frozen(new, stored) if binding.freeze_place else new


def _is_closed(outcome: PublicIncident | Held | Withheld, before: Restraint) -> bool:
    if isinstance(outcome, Withheld):
        return before.ended
    incident = outcome.incident if isinstance(outcome, Held) else outcome
    return incident.status is Status.CLOSED


def _unreadable(outcomes: Collection[Outcome]) -> set[str]:
    """The incidents that are bound by a row that cannot be read, and have no other row among these."""
    readable = {outcome.id for outcome in outcomes if not isinstance(outcome, Rejected)}
    return {one.binds for one in outcomes if isinstance(one, Rejected) and one.binds} - readable


def bound_by(
    record: PublicIncident, owner: Restraint, further: Restraint, rules: Rules
) -> PublicIncident | Held | Withheld:
    """A record restricted by its *owner*, the source of it, and by the *further*."""
    all_of_them = owner.with_other(further)
    if all_of_them.reason is not None:
        return withheld_record(record, all_of_them.reason, rules)
    public = _masked(record, all_of_them, rules)
    if public.place is not None and not rules.masks.bounds.contains(public.place.lon, public.place.lat):
        return withheld_record(record, Reason.OUTSIDE_CITY, rules)
    if all_of_them.medical:
        shows = rules.policy.shows
        public = replace(
            public,
            category=Category.MEDICAL,
            subcategory=None,
            source_type=None,
            priority=public.priority if shows("priority", Category.MEDICAL) else None,
            units=public.units if shows("units", Category.MEDICAL) else None,
            disposition=None,
        )
    return _held(public, owner, further) if all_of_them.delays else public


def _masked(record: PublicIncident, restraint: Restraint, rules: Rules) -> PublicIncident:
    """A record at a place as coarse as *restraint* requires, computed from its public place alone."""
    place, areas = record.place, record.areas
    if place is None:
        return record
    if restraint.place == "none":
        return replace(record, place=None, areas={})
    if restraint.place == "area" and place.kind is not PlaceKind.AREA:
        area = restraint.bound or Bound()
        if area.place is None or not area.place.reaches(place):
            area = Bound()
        return replace(record, place=area.place, areas=area.areas)
    is_coarse = place.kind is PlaceKind.AREA or (
        place.kind is PlaceKind.GRID and known_resolution(place) <= restraint.resolution
    )
    if restraint.place == "cell" and not is_coarse:
        place = coarsened(place, restraint.resolution)
        areas = rules.areas.areas_of_public(place)
    if restraint.unlabelled and place.label is not None:
        place = replace(place, label=None)
    return replace(record, place=place, areas=areas)


def _held(public: PublicIncident, owner: Restraint, further: Restraint) -> Held:
    """A record that waits for the longest hold of its owner and the others."""
    combined = owner.with_other(further)
    public = replace(public.with_times_cut(combined.step_min or 0), delayed=True)
    release_at = combined.release_at
    if further.is_open:
        release_at = _UNTIL_TOLD
    elif owner.until_closed and public.status is Status.OPEN:
        release_at = None
    elif owner.until_closed and public.closed_at is not None:
        closed = public.closed_at + timedelta(seconds=combined.after_close_s)
        release_at = max(closed, release_at or closed)
    return Held(
        public,
        release_at=release_at,
        after_close_s=combined.after_close_s,
        step_min=combined.step_min,
        after_seen_s=combined.after_seen_s,
    )


def _frozen(new: PublicIncident, stored: PublicIncident) -> PublicIncident:
    """*new* at the place where it was first published, or at its own if that is coarser."""
    if new.place is None or stored.place is None or new.place.radius_m > COARSER * stored.place.radius_m:
        return new
    return replace(new, place=stored.place, areas=stored.areas)
