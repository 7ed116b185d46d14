"""Says what an incident is, in the words that list, card and screen reader of the map page use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from blocklight.api.plain.formats import Formats
from blocklight.api.plain.near import CENTRE_M, Point, roughly, seen_from
from blocklight.api.plain.words import Catalogue, Words
from blocklight.config.reported import EVERYTHING, Reported
from blocklight.geo.areas import Areas
from blocklight.model.changes import LifeEvent
from blocklight.model.record import Place, PublicIncident
from blocklight.model.times import iso
from blocklight.model.vocabulary import Category, Disposition, Kind, Stage, Status, Subcategory

_ON_THE_WAY = {Stage.EN_ROUTE: Stage.DISPATCHED}
# With two stages alone, reported and ended, "closed" would name a stage that the source does not report.
_TWO = 2
# How `intake` labels a hundred block.
_BLOCK = re.compile(r"(\d+) block of (.+)")
# How it labels a street near another one.
_NEAR = re.compile(r"(.+) near (.+)")

_NUMBERED = re.compile(r"(\D+) (\S*\d\S*)")
_TOLD_FIELDS = {
    "status": "statuses",
    "category": "category",
    "subcategory": "subcategory",
    "disposition": "dispositions",
    "agency": "agencies",
    "origin": "origins",
    "kind": "kinds",
}


class Listed(Protocol):
    """What a row says of an incident, whether that comes from the store or from the columns in memory."""

    @property
    def id(self) -> str:
        """Its public id."""

    @property
    def source(self) -> str:
        """The id of its source."""

    @property
    def category(self) -> Category:
        """What it is about."""

    @property
    def subcategory(self) -> Subcategory | None:
        """The same, within its category."""

    @property
    def status(self) -> Status:
        """Whether it is open."""

    @property
    def stage(self) -> Stage:
        """The furthest stage reached."""

    @property
    def disposition(self) -> Disposition | None:
        """How it ended."""

    @property
    def place(self) -> Place | None:
        """Where it is shown."""

    @property
    def areas(self) -> Mapping[str, str]:
        """The areas of that place."""

    @property
    def received_at(self) -> datetime:
        """When it came in."""

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed."""


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
    sources: Mapping[str, Reported]
    """What each source reports."""
    labels: Mapping[str, str]
    """What people call each source."""
    centre: Point
    """Of the city."""

    def row(self, incident: Listed) -> Row:
        """An incident as a row of the list."""
        bars, reached = self.bars(incident)
        received = incident.received_at
        return Row(
            id=incident.id,
            group=self.catalogue.group(incident.category),
            open=incident.status is Status.OPEN,
            title=self.title(incident),
            ending=self.ending(incident),
            where=self.where(incident),
            progress=self.progress(incident),
            age=self.formats.span(_whole_seconds(received, self.now)),
            time=self.formats.moment(received, self.now),
            exact=iso(received),
            bars=bars,
            reached=reached,
        )

    def title(self, incident: Listed) -> str:
        """What it is about, as closely as that is published."""
        if incident.subcategory is not None:
            return self.words.of("subcategory", incident.subcategory)
        return self.words.of("category", incident.category)

    def where(self, incident: Listed, *, all_areas: bool = False) -> str:
        """The label of its place and the area that most people know, or all of its areas."""
        if incident.place is None:
            return self.words("noPlace")
        parts = [self._label(incident.place.label)] if incident.place.label else []
        kinds = [kind for kind in self.areas.by_kind if kind in incident.areas]
        ordered = sorted(kinds, key=lambda kind: not kind.startswith("neighb"))
        parts += [self.area(kind, incident.areas[kind]) for kind in (ordered if all_areas else ordered[:1])]
        return " · ".join(parts) or self._from_centre(incident.place)

    def _label(self, label: str) -> str:
        """The label of a place; a hundred block, and a street near another, as the language says it."""
        if block := _BLOCK.fullmatch(label):
            return self.words("blockOf", number=block[1], street=block[2])
        near = _NEAR.fullmatch(label)
        return self.words("nearStreet", street=near[1], crossed=near[2]) if near else label

    def _from_centre(self, place: Place) -> str:
        """Where a place lies that has no name and is in no area."""
        metres, direction = seen_from(self.centre, (place.lon, place.lat))
        if metres < CENTRE_M:
            return self.words("nearCentre")
        distance = self.formats.distance(roughly(metres, place.radius_m))
        return self.words("fromCentre", distance=distance, direction=self.words.of("directions", direction))

    def area(self, kind: str, area_id: str) -> str:
        """An area's name, with its kind where the name is no more than a number."""
        name = next((area.name for area in self.areas.by_kind.get(kind, ()) if area.id == area_id), area_id)
        is_number = name == area_id and any(letter.isdigit() for letter in name)
        return f"{self.words.of('areaKind', kind)} {area_id}" if is_number else self._in_words(name)

    def _in_words(self, name: str) -> str:
        """Say "Beat 4X" in another language than English, where what it is has a word there."""
        numbered = _NUMBERED.fullmatch(name)
        if numbered is None:
            return name
        english: dict[str, str] = self.catalogue.english.table("areaKind")
        kinds = [kind for kind, word in english.items() if word.lower() == numbered[1].lower()]
        own = self.words.of("areaKind", kinds[0]) if kinds else None
        return name if own is None or own == english[kinds[0]] else f"{own} {numbered[2]}"

    def ending(self, incident: Listed) -> str | None:
        """How a closed incident ended, where that is known."""
        if incident.status is Status.OPEN or incident.disposition is None:
            return None
        return self.words.of("dispositions", incident.disposition)

    def stage(self, incident: Listed) -> str:
        """The stage of an open incident, or how a closed one ended."""
        ending, title = self.ending(incident), self.stage_title(incident)
        return title if ending is None else self.words("endedAs", stage=title, disposition=ending)

    def reported(self, incident: Listed) -> Reported:
        """What the incident's source reports."""
        return self.sources.get(incident.source, EVERYTHING)

    def stage_title(self, incident: Listed) -> str:
        """The name of the stage that its source reports: no end where that reports none."""
        stage = incident.stage
        if stage is Stage.CLOSED and Stage.CLOSED not in self.reported(incident).stages:
            stage = Stage.RECEIVED
        return self.words.of("stageTitles", self.stage_name(incident, stage))

    def stage_name(self, incident: Listed, stage: Stage) -> str:
        """Which word a stage has: reported and ended, where nothing lies between."""
        if len(self.reported(incident).bars) > _TWO:
            return stage
        return {Stage.RECEIVED: "reported", Stage.CLOSED: "ended"}.get(stage, stage)

    def bars(self, incident: Listed) -> tuple[int, int]:
        """How many stages are drawn, and how many of them are behind it."""
        bars = self.reported(incident).bars
        stage = _ON_THE_WAY.get(incident.stage, incident.stage)
        order = list(Stage)
        if stage not in bars:  # one that its source does not report, such as an end
            return len(bars), 1 if stage is Stage.CLOSED else sum(
                order.index(b) < order.index(stage) for b in bars
            )
        return len(bars), bars.index(stage) + 1

    def progress(self, incident: Listed) -> str:
        """After how many minutes it was closed, rounded up as in the window, or else its stage."""
        closed_at = None if incident.status is Status.OPEN else incident.closed_at
        took_s = 0 if closed_at is None else _whole_seconds(incident.received_at, closed_at)
        if took_s <= 0:
            return self.stage_title(incident)
        key = "closedIn" if len(self.reported(incident).bars) > _TWO else "endedAfter"
        return self.words(key, span=self.formats.span(-(-took_s // 60) * 60))

    def steps(self, incident: PublicIncident) -> list[Step]:
        """The stages that its source reports. Cut times are marked as about right."""
        reached = self.bars(incident)[1]
        about = "≈\u00a0" if incident.time_step_min else ""
        moment = self.formats.moment(incident.received_at, self.now)
        steps = [Step(self.stage_name(incident, Stage.RECEIVED), f"{about}{moment}", reached=True)]
        for before, bar in enumerate(self.reported(incident).bars[1:], 1):
            stage, at = _stage_reached(incident, bar)
            passed = reached > before or incident.status is Status.CLOSED
            text = "–" if passed else "…"
            if at is not None:
                text = f"{about}+{self.formats.span(_whole_seconds(incident.received_at, at))}"
            steps.append(Step(self.stage_name(incident, stage), text, reached=at is not None))
        return steps

    def facts(self, incident: PublicIncident) -> list[str]:
        """What else is known of it."""
        facts = [self.words.of("agencies", incident.agency)]
        if incident.subcategory is not None:
            facts.insert(0, self.words.of("category", incident.category))
        if incident.priority is not None:
            facts.append(self.words("priorityIs", priority=self.formats.number(incident.priority)))
        if incident.units:
            facts.append(self.words("unitsAssigned", count=incident.units))
        # A call that units are assigned to is past being received, also where nobody reports since when.
        if not incident.units or incident.stage is not Stage.RECEIVED:
            facts.append(self.stage(incident))
        return facts

    def notes(self, incident: PublicIncident) -> list[str]:
        """What was done to its place and its times before anybody saw them."""
        words, place = self.words, incident.place
        notes = [words("placeWithheld")]
        if place is not None:
            notes = [words.of("placeKinds", place.kind, metres=self.formats.metres(place.radius_m))]
        if incident.source_type is not None:
            notes.append(words("reportedAs", text=incident.source_type))
        notes += self.unreported(incident)
        if incident.delayed:
            notes.append(words("delayed"))
        if incident.time_step_min:
            notes.append(words("timeStep", minutes=self.formats.number(incident.time_step_min)))
        return notes

    def unreported(self, incident: PublicIncident) -> list[str]:
        """What the incident's source does not report."""
        stages, source = self.reported(incident).stages, self.labels.get(incident.source, incident.source)
        notes = []
        if incident.kind is Kind.CALL and Stage.ON_SCENE not in stages:
            notes.append(self.words("noArrivals", source=source))
        if Stage.CLOSED not in stages:
            notes.append(self.words("noEnds", source=source))
        return notes

    def changed(self, event: LifeEvent) -> str:
        """What one published change set."""
        names: dict[str, str] = self.words.table("fields")
        parts = [
            self.words("changedTo", field=names[field], value=self._said(field, value))
            for field, value in event.changed.items()
            if field in names and value is not None and not isinstance(value, dict | list)
        ]
        return " · ".join(parts)

    def _said(self, field: str, value: object) -> str:
        if field.endswith("_at"):
            return self.formats.time(datetime.fromisoformat(str(value)))
        table = _TOLD_FIELDS.get(field)
        return self.words.of(table, value) if table else str(value)


def _whole_seconds(start: datetime, end: datetime) -> int:
    """The seconds between two times, each cut to whole seconds, as the map page has them."""
    return int(end.timestamp()) - int(start.timestamp())


def _stage_reached(incident: PublicIncident, bar: Stage) -> tuple[Stage, datetime | None]:
    """The stage that a bar stands for in an incident, and when it was reached."""
    if bar is Stage.DISPATCHED and incident.dispatched_at is None and incident.en_route_at is not None:
        return Stage.EN_ROUTE, incident.en_route_at
    times = {Stage.DISPATCHED: incident.dispatched_at, Stage.ON_SCENE: incident.on_scene_at}
    return bar, times.get(bar, incident.closed_at)
