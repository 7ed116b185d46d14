"""The list of incidents and the page of one of them, for those who cannot or will not run scripts."""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.incidents import IncidentParameters
from blocklight.api.plain.asking import (
    MOST_ROWS,
    Filled,
    Question,
    agencies,
    as_given,
    is_narrowed,
    local,
    read_question,
)
from blocklight.api.plain.page import Reader
from blocklight.api.plain.sections import knowledge, main_section, sections
from blocklight.api.plain.small_map import SmallMark, small_marks
from blocklight.api.plain.telling import Row
from blocklight.api.plain.usual import city_lines, usual_lines
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery, NotFound, StoreError
from blocklight.model.record import PublicIncident
from blocklight.model.times import iso
from blocklight.model.vocabulary import Status

router = APIRouter(include_in_schema=False)

_ID = re.compile(r"[a-z2-7]{16}")


@router.get("/list")
def list_page(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """What is happening now above what has ended, narrowed by the same parameters as the API's."""
    reader = Reader.of(request, state)
    filled = as_given(request.query_params)
    try:
        question = read_question(filled, state.city.city.zone, main_section(state.city))
        parts = _parts(reader, question)
        usual = city_lines(reader)
    except BadQuery as error:
        trouble = reader.words("plain.notRead", name=error.parameter or "?")
        values = _filter_form(reader, filled) | {
            "parts": [],
            "older": None,
            "first": None,
            "usual": None,
            "sketch": None,
            "marked": [],
            "trouble": trouble,
        }
        return reader.answer(request, "list.html", values, status=400, parameters=filled)
    except StoreError:
        return reader.trouble(request, "plain.unavailable", 503)
    values = _filter_form(reader, filled) | {
        "parts": parts,
        "older": next((part.more for part in parts if part.paged), None),
        "first": _first_page_url(reader, question),
        "usual": usual,
        "sketch": state.sketch if state.sketch.paths and parts[0].marks is not None else None,
        "marked": parts[0].marks or [],
        "trouble": None,
    }
    return reader.answer(request, "list.html", values, parameters=filled)


@router.get("/list/{incident_id}")
def incident_page(request: Request, incident_id: str, state: Annotated[Public, Depends(public)]) -> Response:
    """One incident: what it is, its life so far, and what was done to its place."""
    reader = Reader.of(request, state)
    teller = reader.teller
    if not _ID.fullmatch(incident_id):
        return reader.trouble(request, "plain.missing", 404)
    try:
        stored, life = state.store.incident(incident_id)
        usual = usual_lines(reader, stored.incident)
    except NotFound:
        return reader.trouble(request, "plain.missing", 404)
    except StoreError:
        return reader.trouble(request, "plain.unavailable", 503)
    incident = stored.incident
    values: dict[str, object] = {
        "row": teller.row(incident),
        "incident": incident,
        "where": teller.where(incident, all_areas=True),
        "steps": teller.steps(incident),
        "facts": teller.facts(incident),
        "notes": teller.notes(incident),
        "changes": [
            (
                iso(event.changed_at),
                reader.formats.moment(event.changed_at, reader.now),
                teller.changed(event),
            )
            for event in life[1:]
        ],
        "usual": usual,
        "areas": [] if state.archive is None else _area_pages(reader, incident),
        "shown_at": reader.formats.moment(stored.released_at, reader.now),
    }
    return reader.answer(request, "incident.html", values, incident_id=incident.id)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two lists: its heading, its rows, and where there are more of them."""

    heading: str
    rows: list[Row]
    more: str | None
    paged: bool
    """Whether `more` is the next page; else it is the address of this list alone."""
    marks: list[SmallMark] | None = None
    """Where they are on the small map, of those that are happening now."""


def _parts(reader: Reader, question: Question) -> list[Part]:
    """What is happening now, on the first page alone, and what has ended; raises ``StoreError``."""
    parameters = question.parameters
    if parameters.status is not None:
        return [_part(reader, question, parameters, alone=True)]
    now = parameters.model_copy(update={"status": Status.OPEN, "limit": MOST_ROWS})
    ended = _part(reader, question, parameters.model_copy(update={"status": Status.CLOSED}))
    if parameters.cursor is not None:
        return [ended]
    return [_part(reader, question, now), ended]


def _part(reader: Reader, question: Question, parameters: IncidentParameters, *, alone: bool = False) -> Part:
    state, words = reader.state, reader.words
    page = state.store.query(parameters.query(state.city.city.zone))
    known = knowledge(state.city, state.publisher.sources_pulse(reader.now), parameters.section)
    is_open, teller = parameters.status is Status.OPEN, reader.teller
    rows = [teller.row(item.incident) for item in page.items]
    heading = words.of("plain.ended", known.ends)
    if is_open:
        count = f"{reader.formats.number(len(rows))}{'+' if page.next else ''}"
        # What nobody tells is a dash: a zero would be a number that somebody counted.
        is_known = bool(rows) or (known.present and known.ends != "none")
        heading = words("happening", count=count if is_known else "–")
    paged = alone or not is_open
    narrower = {"cursor": page.next} if paged else {"status": Status.OPEN}
    marks = None
    if is_open and parameters.cursor is None:
        marks = small_marks(state.sketch, (item.incident for item in page.items), reader.catalogue)
    more = page.next and reader.link("/list", question.filled | narrower)
    return Part(heading, rows, more, paged, marks)


def _area_pages(reader: Reader, incident: PublicIncident) -> list[tuple[str, str]]:
    """The pages of the areas that an incident lies in, with their names."""
    return [
        (f"/area/{kind}/{quote(area)}", reader.teller.area(kind, area))
        for kind, area in incident.areas.items()
    ]


def _first_page_url(reader: Reader, question: Question) -> str | None:
    """The address of the first page, on any other."""
    if question.parameters.cursor is None:
        return None
    return reader.link("/list", {name: text for name, text in question.filled.items() if name != "cursor"})


def _filter_form(reader: Reader, filled: Filled) -> dict[str, object]:
    """What the filter form offers and what is filled in."""
    state, words = reader.state, reader.words
    zone = state.city.city.zone
    chosen = set(filled.get("category", ()))
    return {
        "given": filled,
        "narrowed": is_narrowed(filled),
        "tabs": _tabs(reader, filled),
        "since": local(filled, "since", zone),
        "until": local(filled, "until", zone),
        "statuses": [(str(status), words.of("statuses", status)) for status in Status],
        "agencies": [(agency, words.of("agencies", agency)) for agency in agencies(state.city)],
        "groups": [
            (
                group,
                words.of("groups", group),
                [(word, words.of("category", word), word in chosen) for word in members],
            )
            for group, members in reader.catalogue.groups.items()
        ],
        "area_kinds": [
            (
                layer.label,
                [
                    (f"{area.kind}:{area.id}", reader.teller.area(area.kind, area.id))
                    for area in state.areas.by_kind[layer.kind]
                ],
            )
            for layer in state.city.areas
        ],
        "as_of": reader.formats.moment(reader.now, reader.now),
    }


def _tabs(reader: Reader, filled: Filled) -> list[tuple[str, str, bool]]:
    """Each section's name, its address under the same filter, and whether it is listed."""
    city = reader.state.city
    kept = {
        name: value for name, value in filled.items() if name not in {"cursor", "kind", "origin", "section"}
    }
    listed = filled.get("section", None if filled.keys() & {"kind", "origin"} else main_section(city))
    return [
        (
            reader.words.of("sectionNames", section),
            reader.link("/list", kept | ({} if section is main_section(city) else {"section": section})),
            section == listed,
        )
        for section in sections(city)
    ]
