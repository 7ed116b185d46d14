"""Writes the newest of a filter as Atom (RFC 4287, with GeoRSS) and as JSON Feed 1.1.

What was taken back is no longer in it, and nothing says that it was: an entry that says so in a filtered feed
would tell the area and the category of what was taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypedDict
from xml.etree import ElementTree as ET

import orjson

from blocklight.model.described import Time, meaning
from blocklight.model.record import PublicIncident
from blocklight.model.times import iso
from blocklight.publish.xml_text import xml_safe

ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"
_NAMESPACES = {"": "http://www.w3.org/2005/Atom", "georss": "http://www.georss.org/georss"}


class FeedAuthor(TypedDict):
    """Who a feed is credited to."""

    name: Annotated[str, meaning("The name", "City of Oakland")]


class FeedItem(TypedDict):
    """One incident in a JSON Feed; it keeps its id while it changes."""

    id: Annotated[str, meaning("Its id in every feed", "urn:blocklight:oakland:k3x7m2qa5tzw4bne")]
    url: Annotated[str, meaning("Its page", "https://map.example/list/k3x7m2qa5tzw4bne")]
    title: Annotated[str, meaning("What and where", "Noise · 1400 block of Broadway")]
    content_text: Annotated[str, meaning("What, how far and where", "Noise · On scene · Broadway")]
    date_published: Annotated[Time | None, meaning("When it was first published", "2026-01-31T05:02:04Z")]
    date_modified: Annotated[Time | None, meaning("When it last changed here", "2026-01-31T05:31:03Z")]
    tags: Annotated[list[str], meaning("Its category and its status", ["noise", "open"])]
    _point: Annotated[
        list[float] | None, meaning("Longitude and latitude of its public point", [-122.27121, 37.80438])
    ]


class JsonFeed(TypedDict):
    """The newest incidents of a filter as JSON Feed 1.1."""

    version: Annotated[str, meaning("The version of the format", "https://jsonfeed.org/version/1.1")]
    title: Annotated[str, meaning("The city", "Oakland")]
    home_page_url: Annotated[str, meaning("The same as a page", "https://map.example/list")]
    feed_url: Annotated[str, meaning("This feed", "https://map.example/api/v1/incidents.jsonfeed")]
    language: Annotated[str, meaning("The language of titles", "en")]
    authors: Annotated[list[FeedAuthor], meaning("Whom the city credits")]
    items: Annotated[list[FeedItem], meaning("Newest received first, at most 100")]


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident as a feed shows it."""

    incident: PublicIncident
    title: str
    text: str
    link: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A filter's newest incidents."""

    id: str
    title: str
    attribution: str
    language: str
    home: str
    address: str
    now: datetime
    entries: Sequence[Entry]

    @property
    def updated_at(self) -> datetime:
        """When the newest entry changed; of an empty feed, today's beginning, so that it stays the same."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return max((entry.updated_at for entry in self.entries), default=midnight)


def entry_id(city: str, incident_id: str) -> str:
    """The id that an entry keeps while it changes."""
    return f"urn:blocklight:{city}:{incident_id}"


def write_atom(feed: Feed, city: str) -> bytes:
    """Write a feed as Atom."""
    for prefix, name in _NAMESPACES.items():
        ET.register_namespace(prefix, name)
    root = _feed_element(None, "feed", **{"{http://www.w3.org/XML/1998/namespace}lang": feed.language})
    _feed_element(root, "id", feed.id)
    _feed_element(root, "title", feed.title)
    _feed_element(root, "updated", iso(feed.updated_at))
    _feed_element(root, "link", rel="self", href=feed.address, type="application/atom+xml")
    _feed_element(root, "link", rel="alternate", href=feed.home, type="text/html")
    _feed_element(_feed_element(root, "author"), "name", feed.attribution or feed.title)
    for entry in feed.entries:
        element = _feed_element(root, "entry")
        _feed_element(element, "id", entry_id(city, entry.incident.id))
        _feed_element(element, "title", entry.title)
        _feed_element(element, "published", iso(entry.published_at))
        _feed_element(element, "updated", iso(entry.updated_at))
        _feed_element(element, "link", rel="alternate", href=entry.link, type="text/html")
        _feed_element(element, "category", term=str(entry.incident.category))
        _feed_element(element, "content", entry.text, type="text")
        if entry.incident.place is not None:
            point = ET.SubElement(element, f"{{{_NAMESPACES['georss']}}}point")
            point.text = f"{entry.incident.place.lat} {entry.incident.place.lon}"
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def write_json_feed(feed: Feed, city: str) -> bytes:
    """Write a feed as JSON Feed."""
    body: JsonFeed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "language": feed.language,
        "authors": [{"name": feed.attribution or feed.title}],
        "items": [_item(entry, city) for entry in feed.entries],
    }
    return orjson.dumps(body)


def _item(entry: Entry, city: str) -> FeedItem:
    place = entry.incident.place
    return {
        "id": entry_id(city, entry.incident.id),
        "url": entry.link,
        "title": entry.title,
        "content_text": entry.text,
        "date_published": iso(entry.published_at),
        "date_modified": iso(entry.updated_at),
        "tags": [str(entry.incident.category), str(entry.incident.status)],
        "_point": None if place is None else [place.lon, place.lat],
    }


def _feed_element(parent: ET.Element | None, name: str, text: str = "", **attributes: str) -> ET.Element:
    tag = f"{{{_NAMESPACES['']}}}{name}"
    safe = {key: xml_safe(value) for key, value in attributes.items()}
    element = ET.Element(tag, safe) if parent is None else ET.SubElement(parent, tag, safe)
    element.text = xml_safe(text) or None
    return element
