"""Reads the list's filter form: the parameters of the API, as a browser without scripts sends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.datastructures import QueryParams

from blocklight.api.incidents import IncidentParameters
from blocklight.config.city import City
from blocklight.errors import BadQuery
from blocklight.model.vocabulary import Section

ROWS = 50
# The API gives more, but a page of HTML has to be laid out by a telephone too.
MOST_ROWS = 200

_LOCAL = "%Y-%m-%dT%H:%M"


# What a form was filled in with, by the names of its fields.
Filled = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader asked for: as the form shows it, and as the API reads it."""

    filled: Filled
    parameters: IncidentParameters
    """With the section that is listed."""


def as_given(query: QueryParams) -> Filled:
    """What was filled in; a form sends the fields that were left empty as well."""
    filled: Filled = {name: text for name, text in query.items() if text and name != "lang"}
    for name in ("category", "subcategory"):
        if chosen := [text for text in query.getlist(name) if text]:
            filled[name] = chosen
    return filled


def is_narrowed(filled: Filled) -> bool:
    """Whether anything is left out of a section."""
    return bool(set(filled) - {"cursor", "limit", "section"})


def read_question(filled: Filled, zone: ZoneInfo, usual: Section) -> Question:
    """Check what was filled in; raises ``BadQuery`` that names the parameter.

    Times without an offset, which is how a form's own field for them writes, are those of the city. Without a
    section the *usual* one is listed; addresses from before there were sections name a kind or an origin.
    """
    wanted = {"section": usual} | filled
    if wanted["section"] == "all" or ("section" not in filled and filled.keys() & {"kind", "origin"}):
        del wanted["section"]
    try:
        parameters = IncidentParameters.model_validate(
            {"limit": ROWS}
            | wanted
            | {name: aware(filled[name], zone) for name in ("since", "until") if name in filled}
        )
    except ValidationError as error:
        parameter = str(error.errors()[0]["loc"][0])[:80]
        raise BadQuery("not understood", parameter=parameter) from None
    return Question(filled, parameters.model_copy(update={"limit": min(parameters.limit, MOST_ROWS)}))


def local(filled: Filled, name: str, zone: ZoneInfo) -> str:
    """A time as the form's field for it needs it, empty where it is none."""
    try:
        return datetime.fromisoformat(aware(filled[name], zone)).astimezone(zone).strftime(_LOCAL)
    except (KeyError, ValueError, OverflowError):
        return ""


def aware(text: str, zone: ZoneInfo) -> str:
    """A time as ISO 8601 with an offset, read as the city's where it has none; any other text as it is."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if time.tzinfo else time.replace(tzinfo=zone).isoformat()


def agencies(city: City) -> list[str]:
    """The agencies that the city's sources can name."""
    return sorted({agency for source in city.sources for agency in _words_of_field(source.fields.agency)})


def _words_of_field(field: Any) -> Iterable[str]:  # noqa: ANN401 - a field of a source, or none
    return (str(name) for name in (*(field.map or {}).values(), field.default) if name is not None)
