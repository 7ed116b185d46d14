"""Data and methods: how fresh and how complete it is, what is withheld and why, what the words mean."""

from typing import Annotated

import h3
from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from blocklight.api import ledger, policy, sources
from blocklight.api.ledger import LedgerParameters
from blocklight.api.plain.asking import Filled, as_given
from blocklight.api.plain.banner import pause_line
from blocklight.api.plain.page import Reader
from blocklight.api.schemas import Ledger
from blocklight.api.state import Public, public
from blocklight.config.city import City, default_call_types
from blocklight.config.policy import groups_of
from blocklight.config.table import comparable_words
from blocklight.errors import BadQuery, StoreError
from blocklight.model.ledger import LedgerDay
from blocklight.model.vocabulary import Category
from blocklight.store import SMALL, total

router = APIRouter(include_in_schema=False)

# Cells differ by more than this from each other, so finer figures would promise too much.
_ROUND_M = 50


@router.get("/data")
def data_page(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Data and methods, with the ledger of the days or the area asked for."""
    reader = Reader.of(request, state)
    filled = as_given(request.query_params)
    try:
        values = _everything(reader, filled)
        status = 200
    except BadQuery as error:
        try:
            values = _everything(reader, {})
        except StoreError:
            return reader.trouble(request, "plain.unavailable", 503)
        values |= {"trouble": reader.words("plain.notRead", name=error.parameter or "?"), "given": filled}
        status = 400
    except StoreError:
        return reader.trouble(request, "plain.unavailable", 503)
    address = f"{request.url.scheme}://{request.url.netloc}/"
    return reader.answer(
        request,
        "data.html",
        values | {"address": address},
        status=status,
        parameters=filled,
    )


def _everything(reader: Reader, filled: Filled) -> dict[str, object]:
    """What the page tells; raises ``BadQuery`` and ``StoreError``."""
    state, words = reader.state, reader.words
    known_areas = state.areas.by_kind.get(state.city.ledger_kind or "", ())
    return {
        "trouble": None,
        "given": filled,
        "sources": sources.health(state),
        "polls": {source.id: source.poll_s for source in state.city.sources},
        "labels": reader.labels,
        "precisions": {source.id: source.precision for source in state.city.sources},
        "pauses": [
            pause_line(pause, reader.labels, words, reader.formats, reader.now)
            for pause in state.publisher.pulse()["paused"]
        ],
        "small": SMALL,
        "ledger": _ledger(state, filled),
        "ledger_areas": [(f"{area.kind}:{area.id}", area.name) for area in known_areas],
        "ledger_label": next((layer.label for layer in state.city.areas), None),
        "reasons": list(words.table("plain.reasons")),
        "places": ledger.places(state),
        "policy": policy.policy_answer(state),
        "cells_m": {
            name: _across_m(getattr(state.city.policy, name)) for name in ("resolution", "medical_resolution")
        },
        "mapping": _type_mapping(state.city),
    }


def _ledger(state: Public, filled: Filled) -> Ledger:
    """The ledger that was asked for, without the days before anything was told; newest first."""
    try:
        parameters = LedgerParameters.model_validate(filled)
    except ValidationError as error:
        raise BadQuery("not understood", parameter=str(error.errors()[0]["loc"][0])[:80]) from None
    answer = ledger.ledger_answer(state, parameters)
    if "days" in answer:
        days = answer["days"]
        while days and not _tells(days[0]):
            days = days[1:]
        answer["days"], answer["total"] = days[::-1], total(days)
    return answer


def _tells(day: LedgerDay) -> bool:
    return bool(day["fetched"]["at_least"] or day["released"] or day["retracted"])


def _across_m(resolution: int) -> int:
    """How wide a hexagon of the grid is from corner to corner, about."""
    across_m = 2 * float(h3.average_hexagon_edge_length(resolution, unit="m"))
    return round(across_m / _ROUND_M) * _ROUND_M


def _type_mapping(city: City) -> list[dict[str, object]]:
    """Each category with the city's own types for it, sensitive ones left out, and its patterns.

    The agency's words are named only where the policy publishes them.
    """
    rules = (default_call_types(), city.call_types)
    sensitive = [(rule.match, rule.group) for types in rules for rule in types.sensitive]
    listed = []
    for category in Category:
        exact_types = sorted(text for text, mapped in city.call_types.exact.items() if mapped is category)
        types = [text for text in exact_types if not groups_of(comparable_words(text), sensitive)]
        patterns = sum(rule.category is category for ruleset in rules for rule in ruleset.patterns)
        named = types if city.policy.source_types else []
        listed.append({"category": category, "types": len(types), "named": named, "patterns": patterns})
    return listed
