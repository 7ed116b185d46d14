"""Says what an incident is, in the words that list, card and screen reader of the map page use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blocklight.api.plain.formats import Formats
from blocklight.api.plain.words import Catalogue, Words
from blocklight.areas import Areas
from blocklight.model import Kind, LifeEvent, Place, PublicIncident, Stage, Status
from blocklight.publish.feature import iso

_BARS = {Stage.RECEIVED: 1, Stage.DISPATCHED: 2, Stage.EN_ROUTE: 2, Stage.ON_SCENE: 3, Stage.CLOSED: 4}
_TOLD_FIELDS = {
    "status": "statuses",
    "category": "category",
    "disposition": "dispositions",
    "agency": "agencies",
    "origin": "origins",
    "kind": "kinds",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One incident as a list shows it: plain text only, of *bars* stages *reached* are behind it."""

    id: str
    group: str
    open: bool
    title: str
    where: str
    stage: str
    age: str
    time: str
    exact: str | None
    bars: int
    reached: int


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of an incident's life and when it was reached, ``None`` when it was not or is not told."""

    name: str
    time: str | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells incidents in one language, as of one moment."""

    words: Words
    formats: Formats
    catalogue: Catalogue
    areas: Areas
    now: datetime

    def row(self, incident: PublicIncident) -> Row:
        """Return an incident as a row of the list."""
        bars, reached = _bars(incident)
        received = incident.received_at
        return Row(
            id=incident.id,
            group=self.catalogue.group(incident.category),
            open=incident.status is Status.OPEN,
            title=self.words.of("category", incident.category),
            where=self.where(incident),
            stage=self.stage(incident),
            age=self.formats.span((self.now - received).total_seconds()),
            time=self.formats.moment(received, self.now),
            exact=iso(received),
            bars=bars,
            reached=reached,
        )

    def where(self, incident: PublicIncident, *, all_areas: bool = False) -> str:
        """Return the label of its place and the area that most people know, or all of its areas."""
        if incident.place is None:
            return self.words("noPlace")
        parts = [incident.place.label] if incident.place.label else []
        kinds = [kind for kind in self.areas.by_kind if kind in incident.areas]
        known = sorted(kinds, key=lambda kind: not kind.startswith("neighb"))
        parts += [self.area(kind, incident.areas[kind]) for kind in (known if all_areas else known[:1])]
        return " · ".join(parts) or self.words("unnamedPlace")

    def area(self, kind: str, area_id: str) -> str:
        """Return an area's name, with its kind where the name is no more than a number."""
        name = next((area.name for area in self.areas.by_kind.get(kind, ()) if area.id == area_id), area_id)
        is_number = name == area_id and any(letter.isdigit() for letter in name)
        return f"{self.words.of('areaKind', kind)} {area_id}" if is_number else name

    def stage(self, incident: PublicIncident) -> str:
        """Return the stage of an open incident, or how a closed one ended."""
        if incident.status is Status.OPEN or incident.disposition is None:
            return self.words.of("stageTitles", incident.stage)
        ending = self.words.of("dispositions", incident.disposition)
        return self.words("closedAs", disposition=ending)

    def steps(self, incident: PublicIncident) -> list[Step]:
        """Return the stages of its life; nobody is sent to a request."""
        bars, reached = _bars(incident)
        times = [
            ("dispatched", incident.dispatched_at, 1),
            ("on_scene", incident.on_scene_at, 2),
            ("closed", incident.closed_at, 3),
        ]
        if incident.dispatched_at is None and incident.en_route_at is not None:
            times[0] = ("en_route", incident.en_route_at, 1)
        shown = times if bars > 2 else times[2:]  # noqa: PLR2004 - a request is received and closed
        steps = [Step("received", self.formats.moment(incident.received_at, self.now), passed=True)]
        for name, at, before in shown:
            after = None if at is None else (at - incident.received_at).total_seconds()
            told = None if after is None else f"+{self.formats.span(after)}"
            steps.append(Step(name, told, reached > before or incident.status is Status.CLOSED))
        return steps

    def facts(self, incident: PublicIncident) -> list[str]:
        """Return what else is known of it."""
        facts = [self.words.of("agencies", incident.agency)]
        if incident.priority is not None:
            facts.append(self.words("priorityIs", priority=self.formats.number(incident.priority)))
        if incident.units:
            facts.append(self.words("unitsAssigned", count=incident.units))
        facts.append(self.stage(incident))
        return facts

    def masked(self, place: Place | None) -> str:
        """Return what was done to a place."""
        if place is None:
            return self.words("placeWithheld")
        if str(place.kind) not in self.words.table("placeKinds"):
            return self.words.of("plain.placeKinds", place.kind)
        return self.words.of("placeKinds", place.kind, metres=self.formats.metres(place.radius_m))

    def changed(self, event: LifeEvent) -> str:
        """Return what one published change set."""
        names: dict[str, str] = self.words.table("fields")
        parts = [
            self.words("changedTo", field=names[field], value=self._said(field, value))
            for field, value in event.changed.items()
            if field in names and value is not None and not isinstance(value, dict | list)
        ]
        return " · ".join(parts)

    def _said(self, field: str, value: Any) -> str:  # noqa: ANN401 - any published value
        if field.endswith("_at"):
            return self.formats.time(datetime.fromisoformat(str(value)))
        table = _TOLD_FIELDS.get(field)
        return self.words.of(table, value) if table else str(value)


def _bars(incident: PublicIncident) -> tuple[int, int]:
    if incident.kind is Kind.REQUEST:
        return 2, 2 if incident.status is Status.CLOSED else 1
    return 4, _BARS[incident.stage]
