"""The same answers as pages that a person can read in a browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import orjson
from jinja2 import Environment, PackageLoader, Template

from blocklight.config.city import City
from blocklight.standards.ogc.collections import Collection
from blocklight.standards.ogc.describing import ROOT, Json

# The columns of a table of items, of those that the collection has.
_SHOWN = ("category", "status", "received_at", "place_label", "priority", "name")


# Links that a page shows, which has the others in its trail and its list.
_LED_TO = {"next": "Next page", "alternate": "The same as JSON"}


class Entry(NamedTuple):
    """A line of a list of links."""

    name: str
    address: str
    text: str = ""


class Cell(NamedTuple):
    """A value of a table, and where it leads."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class PageWriter:
    """Writes pages of one city with the map's own style sheet."""

    city: City
    stylesheet: str

    def page(
        self, title: str, trail: Sequence[tuple[str, str]], links: Sequence[Json], **values: object
    ) -> bytes:
        """A page; *values* are what else the template shows."""
        html = _page_template().render(
            title=title,
            city=self.city.city.name,
            stylesheet=self.stylesheet,
            trail=[("OGC API", ROOT), *trail],
            links=[{**link, "title": _LED_TO[link["rel"]]} for link in links if link["rel"] in _LED_TO],
            **values,
        )
        return html.encode()

    def described(self, body: Json, trail: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> bytes:
        """A page of a description with a list."""
        return self.page(
            body.get("title", trail[-1][0] if trail else self.city.city.name),
            trail,
            body.get("links", ()),
            description=body.get("description", ""),
            attribution=body.get("attribution", ""),
            entries=entries,
        )

    def items(self, collection: Collection, body: Json, features: Sequence[bytes]) -> bytes:
        """A page of items as a table."""
        names = [name for name in _SHOWN if name in collection.fields]
        collection_path = f"{ROOT}/collections/{collection.id}"
        rows = [_table_row(orjson.loads(feature), names, collection_path) for feature in features]
        return self.page(
            collection.title,
            [
                ("Collections", f"{ROOT}/collections"),
                (collection.title, collection_path),
                ("Items", f"{collection_path}/items"),
            ],
            body["links"],
            description=collection.description,
            columns=["id", *names],
            table=rows,
            caption=f"{body['numberReturned']:,} of {body['numberMatched']:,}",
        )

    def item(self, collection: Collection, feature: bytes, links: Sequence[Json]) -> bytes:
        """A page of one feature."""
        document = orjson.loads(feature)
        collection_path = f"{ROOT}/collections/{collection.id}"
        rows = [(Cell(name), Cell(_shown_value(value))) for name, value in document["properties"].items()]
        return self.page(
            document["id"],
            [
                (collection.title, collection_path),
                (document["id"], f"{collection_path}/items/{document['id']}"),
            ],
            links,
            columns=["property", "value"],
            table=rows,
            caption="What is published of it",
        )


def _table_row(feature: Mapping[str, Any], names: Sequence[str], collection_path: str) -> list[Cell]:
    id_ = feature["id"]
    values = [Cell(_shown_value(feature["properties"].get(name))) for name in names]
    return [Cell(id_, f"{collection_path}/items/{id_}"), *values]


def _shown_value(value: object) -> str:
    return "–" if value is None else str(value)


@cache
def _page_template() -> Template:
    pages = Environment(loader=PackageLoader(__package__ or "", "templates"), autoescape=True)
    return pages.get_template("page.html")
