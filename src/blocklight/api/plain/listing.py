"""The list of incidents and the page of one of them, for those who cannot or will not run scripts."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.plain.asking import Question, agencies, as_given, local, read_question
from blocklight.api.plain.page import Reader
from blocklight.api.plain.usual import city_lines, usual_lines
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery, NotFound, StoreError
from blocklight.model.vocabulary import Kind, Origin, Status
from blocklight.publish.feature import iso

router = APIRouter(include_in_schema=False)

_ID = re.compile(r"[a-z2-7]{16}")


@router.get("/list")
def list_page(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Published incidents, newest first, narrowed by the same parameters as the API's."""
    reader = Reader.of(request, state)
    filled = as_given(request.query_params)
    try:
        question = read_question(filled, state.city.city.zone)
        page = state.store.query(question.parameters.query(state.city.city.zone))
        usual = city_lines(reader)
    except BadQuery as error:
        trouble = reader.words("plain.notRead", name=error.parameter or "?")
        values = _form(reader, filled) | {
            "rows": [],
            "older": None,
            "first": None,
            "usual": None,
            "trouble": trouble,
        }
        return reader.answer(request, "list.html", values, status=400, parameters=filled)
    except StoreError:
        return reader.trouble(request, "plain.unavailable", 503)
    teller = reader.teller
    values = _form(reader, filled) | {
        "rows": [teller.row(item.incident) for item in page.items],
        "older": page.next and reader.link("/list", {**filled, "cursor": page.next}),
        "first": _first(reader, question),
        "usual": usual,
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
    values: dict[str, Any] = {
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
        "shown_at": reader.formats.moment(stored.released_at, reader.now),
    }
    return reader.answer(request, "incident.html", values, incident_id=incident.id)


def _first(reader: Reader, question: Question) -> str | None:
    """The address of the first page, on any other."""
    if question.parameters.cursor is None:
        return None
    return reader.link("/list", {name: text for name, text in question.given.items() if name != "cursor"})


def _form(reader: Reader, filled: dict[str, Any]) -> dict[str, Any]:
    """What the filter form offers and what is filled in."""
    state, words = reader.state, reader.words
    zone = state.city.city.zone
    chosen = set(filled.get("category", ()))
    return {
        "given": filled,
        "narrowed": bool(set(filled) - {"cursor", "limit"}),
        "since": local(filled, "since", zone),
        "until": local(filled, "until", zone),
        "kinds": [(str(kind), words.of("kinds", kind)) for kind in Kind],
        "statuses": [(str(status), words.of("statuses", status)) for status in Status],
        "origins": [(str(origin), words.of("origins", origin)) for origin in Origin],
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
            (layer.label, [(f"{area.kind}:{area.id}", area.name) for area in state.areas.by_kind[layer.kind]])
            for layer in state.city.areas
        ],
        "as_of": reader.formats.moment(reader.now, reader.now),
        "pulse": state.publisher.pulse(),
    }
