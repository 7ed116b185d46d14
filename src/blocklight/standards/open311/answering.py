"""Writes published service requests as GeoReport has them."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from blocklight.model.times import iso
from blocklight.query.encoded import FlatRow, Points
from blocklight.query.encoded import Form as RowForm
from blocklight.query.fields import incident_fields
from blocklight.standards.city_view import CityView
from blocklight.standards.open311.documents import Form, Value, document, encoded
from blocklight.standards.open311.parameters import RequestsQuestion
from blocklight.standards.open311.services import name_of

_NAMES = (
    *("id", "status", "category", "subcategory", "source_type", "agency"),
    *("received_at", "updated_at", "place_label"),
)
# Of degrees; a sixth of them is a decimetre, finer than any public point is meant.
_DIGITS = 6


def requests_document(view: CityView, question: RequestsQuestion, form: Form) -> tuple[bytes, int]:
    """The document with the requests of a question, and how many it holds."""
    fields = incident_fields(area.kind for area in view.city.areas)
    rows = view.features.encoded(question.selection, question.part, _row_form(form), fields).rows
    return document(form, "service_requests", rows), len(rows)


def _row_form(form: Form) -> RowForm:
    def encode(rows: Sequence[FlatRow], points: Points) -> list[bytes]:
        return [
            encoded(form, "request", _request(dict(zip(_NAMES, row, strict=True)), lon, lat))
            for row, (lon, lat) in zip(rows, points.tolist(), strict=True)
        ]

    return RowForm(("open311", form), _NAMES, encode)


def _request(values: Mapping[str, Any], lon: float, lat: float) -> dict[str, Value]:
    """A request with all fields of the specification: what nobody publishes is null."""
    code = str(values["subcategory"] or values["category"])
    is_placed = not math.isnan(lon)
    return {
        "service_request_id": values["id"],
        "status": values["status"],
        "status_notes": None,
        "service_name": name_of(code),
        "service_code": code,
        "description": values["source_type"],
        "agency_responsible": values["agency"],
        "service_notice": None,
        "requested_datetime": _time(values["received_at"]),
        "updated_datetime": _time(values["updated_at"]),
        "expected_datetime": None,
        "address": values["place_label"],
        "address_id": None,
        "zipcode": None,
        "lat": round(lat, _DIGITS) if is_placed else None,
        "long": round(lon, _DIGITS) if is_placed else None,
        "media_url": None,
    }


def _time(ms: int) -> str:
    return iso(datetime.fromtimestamp(ms / 1000, UTC))
