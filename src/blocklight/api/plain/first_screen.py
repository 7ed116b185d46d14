"""Writes the first screen of the map page, which stands until the page's scripts have drawn the same.

Its styles are ``web/src/first-screen.css``; a browser test holds its rows to where the scripts put them.
"""

from dataclasses import dataclass
from datetime import timedelta

import orjson
from fastapi import Request
from markupsafe import escape

from blocklight.api.encoding import PublicFile
from blocklight.api.plain.banner import banner
from blocklight.api.plain.page import Reader, rendered
from blocklight.api.plain.sections import knowledge, main_section, sections
from blocklight.api.state import Public
from blocklight.model.vocabulary import Section
from blocklight.publish.first_rows import FirstRows, first_rows

# The range of a page whose address names none.
_HOURS = 24
# As many as a high screen shows.
_MOST_ROWS = 14
# What an address may say without changing what is listed; the language is read apart from it.
_USUAL = {"range": str(_HOURS)}
_APP = '<div id="app"></div>'


@dataclass(frozen=True, slots=True)
class _Number:
    """One of the two numbers that matter, with its words."""

    text: str
    words: str


def first_screen(request: Request, state: Public, document: str) -> PublicFile | None:
    """The page with its first screen in it; ``None`` without a place for one, or while nothing stays."""
    if _APP not in document:
        return None
    reader = Reader.of(request, state)
    given = {name: value for name, value in request.query_params.items() if name != "lang"}
    # Rows that the address narrows are the scripts' to find: what is said before them must be true as well.
    is_usual = all(_USUAL.get(name) == value for name, value in given.items())
    return state.kept_pages.get(
        f"{reader.words.language}:{is_usual}",
        lambda: state.publisher.retractions,
        lambda: _made(reader, document, listed=is_usual),
    )


def _made(reader: Reader, document: str, *, listed: bool) -> PublicFile:
    words, city = reader.words, reader.state.city
    pulse = reader.state.publisher.pulse()
    values: dict[str, object] = {
        "w": words,
        "f": reader.formats,
        "city": city.city,
        "catalogue": reader.catalogue,
        "banner": banner(pulse, reader.labels, words, reader.formats, reader.now),
        "pulse": orjson.dumps(pulse).decode(),
        "listed": listed,
    }
    if listed:
        values |= _listed(reader)
    description = f"{words('embedTitle', city=city.city.name)}. {words('notACrime')}"
    for plain, own in (
        ('<html lang="en">', f'<html lang="{words.language}">'),
        ("<title>Blocklight</title>", f"<title>{escape(city.city.name)} · Blocklight</title>"),
        ("Live public map of a city's calls for service.", str(escape(description))),
        (_APP, rendered("first_screen.html", values) + _APP),
    ):
        document = document.replace(plain, own, 1)
    # As the list without scripts, which holds the same rows.
    return PublicFile(document.encode(), "text/html; charset=utf-8", "public, max-age=1", quality=4)


def _listed(reader: Reader) -> dict[str, object]:
    """The numbers, switches, tabs and rows of what most people come for."""
    state, words, number = reader.state, reader.words, reader.formats.number
    section = main_section(state.city)
    rows = first_rows(state.publisher.columns, section, reader.now - timedelta(hours=_HOURS), _MOST_ROWS)
    known = knowledge(state.city, state.publisher.sources_pulse(reader.now), section)
    short, long = words.of("range", _HOURS), words.of("rangeLong", _HOURS)
    # What nobody reports is a dash: a zero would be a number that somebody counted.
    is_open = number(rows.open) if known.present and known.ends != "none" else "–"
    parts = [
        ("happening", words("happening", count=number(rows.open)), rows.happening),
        (
            "over",
            words.of("endedList", known.ends, range=long.lower(), count=number(rows.closed)),
            rows.ended,
        ),
    ]
    return {
        "numbers": [
            _Number(is_open, words.of("openIn", section, count=rows.open)),
            _Number(
                number(rows.closed) if known.present else "–", words.of("endedIn", known.ends, range=short)
            ),
        ],
        "chips": _chips(reader, rows),
        "tabs": _tabs(reader, rows, section),
        "parts": [
            (name, heading, [reader.teller.row(incident) for incident in incidents])
            for name, heading, incidents in parts
            if incidents
        ],
    }


def _chips(reader: Reader, rows: FirstRows) -> list[tuple[str, str, str]]:
    """Each group that is listed: its id, its name and how many."""
    counts = dict.fromkeys(reader.catalogue.groups, 0)
    for category, count in rows.categories.items():
        counts[reader.catalogue.group(category)] += count
    return [
        (group, reader.words.of("groups", group), reader.formats.number(count))
        for group, count in counts.items()
        if count
    ]


def _tabs(reader: Reader, rows: FirstRows, main: Section) -> list[tuple[str, str, bool]]:
    """Each section that the page has a tab for: its name, how many, and whether it is listed."""
    return [
        (
            reader.words.of("sectionNames", section),
            reader.formats.number(rows.sections[section]),
            section is main,
        )
        for section in sections(reader.state.city)
        if section is not Section.OFFICER or rows.sections[section]
    ]
