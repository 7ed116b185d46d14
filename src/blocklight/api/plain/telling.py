"""Says what an incident is, in the words that list, card and screen reader of the map page use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blocklight.api.plain.formats import Formats
from blocklight.api.plain.words import Catalogue, Words
from blocklight.geo.areas import Areas
from blocklight.model.changes import LifeEvent
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Kind, Stage, Status
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
    ending: str | None
    where: str
    progress: str
    age: str
    time: str
    exact: str | None
    bars: int
    reached: int


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of an incident's life: when it was reached or how long after it came in, else a mark."""

    name: str
    text: str
    reached: bool


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
            ending=self.ending(incident),
            where=self.where(incident),
            progress=self.progress(incident),
            age=self.formats.span(_seconds(received, self.now)),
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

    def ending(self, incident: PublicIncident) -> str | None:
        """Return how a closed incident ended, where that is known."""
        if incident.status is Status.OPEN or incident.disposition is None:
            return None
        return self.words.of("dispositions", incident.disposition)

    def stage(self, incident: PublicIncident) -> str:
        """Return the stage of an open incident, or how a closed one ended."""
        ending = self.ending(incident)
        if ending is None:
            return self.words.of("stageTitles", incident.stage)
        return self.words("closedAs", disposition=ending)

    def progress(self, incident: PublicIncident) -> str:
        """Return after how many minutes it was closed, rounded up as in the window, or else its stage."""
        closed_at = None if incident.status is Status.OPEN else incident.closed_at
        took_s = 0 if closed_at is None else _seconds(incident.received_at, closed_at)
        if took_s <= 0:
            return self.words.of("stageTitles", incident.stage)
        return self.words("closedIn", span=self.formats.span(-(-took_s // 60) * 60))

    def steps(self, incident: PublicIncident) -> list[Step]:
        """Return the stages of its life; nobody is sent to a request. Cut times are marked as about right."""
        bars, reached = _bars(incident)
        about = "≈\u00a0" if incident.time_step_min else ""
        times = [
            ("dispatched", incident.dispatched_at, 1),
            ("on_scene", incident.on_scene_at, 2),
            ("closed", incident.closed_at, 3),
        ]
        if incident.dispatched_at is None and incident.en_route_at is not None:
            times[0] = ("en_route", incident.en_route_at, 1)
        shown = times if bars > 2 else times[2:]  # noqa: PLR2004 - a request is received and closed
        moment = self.formats.moment(incident.received_at, self.now)
        steps = [Step("received", f"{about}{moment}", reached=True)]
        for name, at, before in shown:
            passed = reached > before or incident.status is Status.CLOSED
            text = "–" if passed else "…"
            if at is not None:
                text = f"{about}+{self.formats.span(_seconds(incident.received_at, at))}"
            steps.append(Step(name, text, reached=at is not None))
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

    def notes(self, incident: PublicIncident) -> list[str]:
        """Return what was done to its place and its times before anybody saw them."""
        words, place = self.words, incident.place
        notes = [words("placeWithheld")]
        if place is not None:
            notes = [words.of("placeKinds", place.kind, metres=self.formats.metres(place.radius_m))]
        if incident.source_type is not None:
            notes.append(words("reportedAs", text=incident.source_type))
        if incident.delayed:
            notes.append(words("delayed"))
        if incident.time_step_min:
            notes.append(words("timeStep", minutes=self.formats.number(incident.time_step_min)))
        return notes

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


def _seconds(start: datetime, end: datetime) -> int:
    """Return the seconds between two times, each cut to whole seconds, as the map page has them."""
    return int(end.timestamp()) - int(start.timestamp())


def _bars(incident: PublicIncident) -> tuple[int, int]:
    if incident.kind is Kind.REQUEST:
        return 2, 2 if incident.status is Status.CLOSED else 1
    return 4, _BARS[incident.stage]
