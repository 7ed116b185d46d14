"""What both renderings of a record must say; ``web/tests/sentences.test.ts`` holds the map page to the same.

Run as a script, it writes ``tests/golden/sentences.json`` anew from the server's side.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from living_city import an_incident
from small_city import small_city

from blocklight.api.plain.banner import banner
from blocklight.api.plain.formats import Formats, formats
from blocklight.api.plain.telling import Teller
from blocklight.api.plain.usual import usual_sentences
from blocklight.api.plain.words import Words, catalogue
from blocklight.api.state import web_root
from blocklight.api.usual import kind_answer
from blocklight.config.reported import EVERYTHING, Reported
from blocklight.geo.areas import Areas
from blocklight.insight.predictive import Range
from blocklight.insight.usual import LEAST_WEEKS, Missing, Part, Told, Verdict, Week
from blocklight.model.changes import LifeEvent
from blocklight.model.record import Place, PublicIncident
from blocklight.model.times import iso
from blocklight.model.vocabulary import (
    Category,
    Disposition,
    Kind,
    Origin,
    PauseScope,
    PlaceKind,
    Stage,
    Status,
    Subcategory,
)
from blocklight.publish.answers import PublicPause, Pulse, SourcePulse, SourceState
from blocklight.publish.feature import feature

GOLDEN = Path(__file__).parents[1] / "golden" / "sentences.json"
NOW = datetime(2026, 11, 28, 18, 0, 20, tzinfo=UTC)
ZONE = "America/Los_Angeles"
SOURCES = {
    "dispatch": EVERYTHING,
    "requests": Reported((Stage.RECEIVED, Stage.CLOSED), units=False),
    "active": Reported((Stage.RECEIVED, Stage.CLOSED), units=True),
    "sent": Reported((Stage.RECEIVED, Stage.DISPATCHED, Stage.EN_ROUTE, Stage.CLOSED), units=False),
    "reports": Reported((Stage.RECEIVED,), units=False),
}
LABELS = {
    "dispatch": "Dispatch",
    "requests": "311",
    "active": "Active calls",
    "sent": "Sent",
    "reports": "Reports",
}
CENTRE = (-95.5, 29.5)
AREAS = {
    "beat": {"01X": "01X", "02Y": "Beat Two", "03Z": "Beat 3Z"},
    "neighborhood": {"7": "Old Quay"},
    "council_district": {"5": "District 5"},
}

_NUMBERS = (0, 7, 999, 1234, 12_345, 1_234_567, 38.4, 1234.5)
_SPANS_S = (0, 12, 59, 60, 3599, 3600, 129_599, 129_600, 864_000, 86_400 * 1500)
_METRES = (1, 201, 1234, 12_345)
_AGES_S = (0, 3600, 36_000, *(day * 86_400 for day in (1, 2, 3, 4, 5, 6, 10, 330, 400)), -7200)


def _before(**span: float) -> datetime:
    return NOW - timedelta(**span)


def _place(kind: PlaceKind, radius_m: int, label: str | None = None) -> Place:
    return Place(-95.45, 29.55, kind, radius_m, label)


def _place_at(lon: float, lat: float) -> Place:
    return Place(lon, lat, PlaceKind.GRID, 201)


def records() -> list[PublicIncident]:
    """Return incidents of every sort that is said differently."""
    received = _before(minutes=42)
    closed = {"status": Status.CLOSED, "closed_at": received + timedelta(minutes=30, seconds=20)}
    return [
        an_incident(1, received_at=_before(seconds=30)),
        an_incident(
            2,
            received_at=received,
            dispatched_at=received + timedelta(seconds=95),
            priority=2,
            units=1,
            origin=Origin.OFFICER,
            place=_place(PlaceKind.INTERSECTION, 1234, "Quay St & 5th Ave"),
            areas={"beat": "02Y", "neighborhood": "7"},
        ),
        an_incident(
            3, received_at=received, en_route_at=received + timedelta(seconds=200), units=12, agency="harbour"
        ),
        an_incident(4, received_at=received, disposition=Disposition.ARREST, on_scene_at=received, **closed),
        an_incident(5, received_at=_before(days=1), category=Category.FIRE, status=Status.CLOSED),
        an_incident(
            6,
            received_at=_before(days=3).replace(minute=0, second=0),
            category=Category.MEDICAL,
            place=_place(PlaceKind.GRID, 530),
            areas={},
            time_step_min=5,
            delayed=True,
            dispatched_at=_before(days=3).replace(minute=5, second=0),
            status=Status.CLOSED,
            closed_at=_before(days=3).replace(minute=45, second=0),
        ),
        an_incident(
            7,
            kind=Kind.REQUEST,
            source="requests",
            agency="public_works",
            category=Category.STREET_AND_LIGHTS,
            received_at=_before(days=400),
            place=None,
            areas={},
            status=Status.CLOSED,
            closed_at=_before(days=10),
            disposition=Disposition.COMPLETED,
        ),
        an_incident(
            8,
            kind=Kind.REQUEST,
            source="requests",
            received_at=_before(days=10),
            place=_place(PlaceKind.BLOCK, 90),
        ),
        an_incident(
            9,
            received_at=received,
            place=_place(PlaceKind.PUBLISHER, 120),
            category=Category.NOISE,
            subcategory=Subcategory.LOUD_PARTY,
            source_type="LOUD PARTY",
        ),
        an_incident(10, received_at=received, place=_place(PlaceKind.AREA, 2000), areas={"beat": "01X"}),
        an_incident(11, source="active", received_at=received, units=2),
        an_incident(12, source="active", received_at=received, disposition=Disposition.ADVISED, **closed),
        an_incident(13, source="sent", received_at=received, en_route_at=received + timedelta(seconds=80)),
        an_incident(14, source="reports", received_at=received, status=Status.CLOSED),
        an_incident(15, received_at=received, units=3),
        an_incident(
            40,
            received_at=received,
            areas={"beat": "03Z", "council_district": "5"},
            place=_place(PlaceKind.INTERSECTION, 90, "Main St near 2nd Ave"),
        ),
        *(
            an_incident(16 + number, received_at=received, areas={}, place=_place_at(*point))
            for number, point in enumerate(
                [(-95.5, 29.501), (-95.5, 29.506), (-95.46, 29.51), (-95.7, 29.3), (-95.501, 29.47)]
            )
        ),
    ]


def changes() -> list[LifeEvent]:
    """Return published changes of every field that has a name, and of some that have none."""
    changed: dict[str, object] = {
        "status": "closed",
        "category": "fire",
        "priority": 1200,
        "units": 3,
        "disposition": "arrest",
        "agency": "ems",
        "origin": "community",
        "source_type": "FIRE – SMOKE",
        "closed_at": "2026-11-28T07:05:00Z",
        "time_step_min": 5,
        "place": {"label": None},
        "areas": {"beat": "01X"},
        "on_scene_at": None,
    }
    return [LifeEvent(2, NOW, changed), LifeEvent(3, NOW, {"delayed": True})]


def comparisons() -> list[Told]:
    """Return a kind's present beside its past, with every verdict."""

    def week(number: int, count: int | None) -> Week:
        start = _before(days=7 * number + 1)
        missing = Missing.OUTAGE if count is None else None
        return Week(start, start + timedelta(days=1), count, missing)

    def told(kind: Kind, part: Part, weeks: int, end: datetime | None) -> Told:
        return Told(kind, None if end is None else end - timedelta(days=1), end, weeks, 41.3, (part,))

    past = tuple(week(number, count) for number, count in enumerate((9, 12, None, 1234), 1))
    usual, today = Range(2, 1300), _before(minutes=20)
    community = Part(Origin.COMMUNITY, 1410, past, 418.33, usual, Verdict.MORE)
    return [
        told(Kind.CALL, community, 11, today),
        told(Kind.CALL, Part(Origin.OFFICER, 1, past, 20.0, usual, Verdict.FEWER), 3, _before(days=2)),
        told(Kind.REQUEST, Part(None, 9, past, 9.96, usual, Verdict.USUAL), 12, today),
        told(Kind.CALL, Part(None, 9, past, None, None, Verdict.TOO_FEW_WEEKS), 0, today),
        told(Kind.CALL, Part(None, 9, past, 7.5, None, Verdict.INCOMPLETE), 3, today),
        told(Kind.CALL, Part(None, 9, past, 7.5, usual, Verdict.INCOMPLETE), 8, today),
        told(Kind.CALL, Part(None, 0, (), None, None, Verdict.TOO_FEW_WEEKS), 0, None),
    ]


def pulses() -> list[Pulse]:
    """Return what the live feed says while things are paused, late, or both."""

    def source(name: str, state: SourceState, **heard: float) -> SourcePulse:
        at = iso(_before(**heard)) if heard else None
        late = {"late_s": int(timedelta(**heard).total_seconds())} if heard else {}
        return {"id": name, "state": state, "last_success_at": at, "reason": None, **late}  # type: ignore[typeddict-item]

    def pause(scope: PauseScope, value: str, **since: float) -> PublicPause:
        return {"scope": scope, "value": value, "reason": "Works <on> it", "since": iso(_before(**since))}

    def pulse(sources: list[SourcePulse], *paused: PublicPause) -> Pulse:
        told = {"now": iso(NOW), "clock_rate": 1.0, "seq": 1, "open": 0, "closed_today": 0}
        return {**told, "sources": sources, "paused": list(paused)}  # type: ignore[typeddict-item]

    well = source("requests", "ok", seconds=5)
    return [
        pulse([well]),
        pulse([source("dispatch", "late", minutes=13), well, source("sent", "failing", hours=30)]),
        pulse([source("active", "waiting"), source("elsewhere", "failing"), source("sent", "short", days=9)]),
        pulse([source("dispatch", "paused", minutes=2), well], pause("source", "dispatch", hours=2)),
        pulse([source("dispatch", "paused"), source("requests", "paused")], pause("city", "", days=3)),
        pulse(
            [source("sent", "unstored", minutes=1), source("dispatch", "late", minutes=9), well],
            pause("category", "fire", minutes=50),
            pause("area", "", hours=20),
            pause("category", "harbour", minutes=1),
        ),
        pulse(
            [source("sent", "unstored", minutes=1), well, source("active", "waiting")],
            *[pause("area", "", hours=1)] * 2,
        ),
    ]


def _areas(folder: Path) -> Areas:
    layers = []
    for kind, named in AREAS.items():
        features = [
            {
                "type": "Feature",
                "properties": {"id": area_id, "name": name},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [
                            [-95.9 + 0.1 * n, 29.2],
                            [-95.8 + 0.1 * n, 29.2],
                            [-95.8 + 0.1 * n, 29.3],
                            [-95.9 + 0.1 * n, 29.2],
                        ]
                    ],
                },
            }
            for n, (area_id, name) in enumerate(named.items())
        ]
        collection = {"type": "FeatureCollection", "features": features}
        (folder / f"{kind}.geojson").write_text(json.dumps(collection))
        layers.append({"kind": kind, "label": kind, "file": f"{kind}.geojson"})
    return Areas(small_city(folder, top={"areas": layers}))


def _of_record(teller: Teller, incident: PublicIncident) -> dict[str, Any]:
    row = teller.row(incident)
    return {
        "title": row.title,
        "ending": row.ending,
        "where": row.where,
        "progress": row.progress,
        "time": row.time,
        "age": row.age,
        "card_where": teller.where(incident, all_areas=True),
        "steps": [[step.name, step.text, step.reached] for step in teller.steps(incident)],
        "facts": teller.facts(incident),
        "notes": teller.notes(incident),
    }


def _formatted(form: Formats) -> dict[str, str]:
    return {
        **{f"number {number}": form.number(number) for number in _NUMBERS},
        **{f"span {span_s}": form.span(span_s) for span_s in _SPANS_S},
        **{f"metres {metres}": form.metres(metres) for metres in _METRES},
        **{f"distance {metres}": form.distance(metres) for metres in (50, 950, 1000, 1200, 12_000)},
        **{f"time {age_s}": form.time(NOW - timedelta(seconds=age_s)) for age_s in _AGES_S},
        **{f"moment {age_s}": form.moment(NOW - timedelta(seconds=age_s), NOW) for age_s in _AGES_S},
    }


def _of_comparison(words: Words, form: Formats, told: Told) -> list[str]:
    (part,) = told.parts
    return [words.of("usual.verdicts", part.verdict), *usual_sentences(words, form, told, part, NOW)]


def golden() -> dict[str, Any]:
    """Return the records, and what the server's pages say of them in every language."""
    known = catalogue(web_root())
    with tempfile.TemporaryDirectory() as folder:
        areas = _areas(Path(folder))
    sentences: dict[str, Any] = {}
    for language, words in known.languages.items():
        form = formats(language, ZoneInfo(ZONE))
        teller = Teller(words, form, known, areas, NOW, SOURCES, LABELS, CENTRE)
        sentences[language] = {
            "formats": _formatted(form),
            "records": [_of_record(teller, incident) for incident in records()],
            "changes": [teller.changed(event) for event in changes()],
            "banners": [banner(pulse, LABELS, words, form, NOW) for pulse in pulses()],
            "comparisons": [_of_comparison(words, form, told) for told in comparisons()],
        }
    written = {
        "now": iso(NOW),
        "time_zone": ZONE,
        "areas": AREAS,
        "centre": CENTRE,
        "sources": [
            {
                "id": source,
                "label": LABELS[source],
                "reports": {"stages": list(known.stages), "units": known.units},
            }
            for source, known in SOURCES.items()
        ],
        "least_weeks": LEAST_WEEKS,
        "features": [feature(incident, first_seq=n, seq=n) for n, incident in enumerate(records(), 1)],
        "changes": [
            {"seq": event.seq, "changed_at": iso(event.changed_at), "changed": event.changed}
            for event in changes()
        ],
        "pulses": pulses(),
        "comparisons": [kind_answer(told) for told in comparisons()],
        "sentences": sentences,
    }
    plain: dict[str, Any] = orjson.loads(orjson.dumps(written))
    return plain


def main() -> int:
    """Write the file."""
    GOLDEN.write_bytes(orjson.dumps(golden(), option=orjson.OPT_INDENT_2) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
