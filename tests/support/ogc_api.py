"""The paths of the OGC API that show everything it has, and short ways to ask it."""

from typing import Any
from urllib.parse import urlencode

import httpx2

from blocklight.config.city import City

Answer = dict[str, Any]
ITEMS = "/ogc/collections/incidents/items"
TILES = "/ogc/collections/incidents/tiles/WebMercatorQuad"


def ogc_paths(city: City, tiles: list[tuple[int, int, int]]) -> list[str]:
    """The paths that show all of it, in both forms of an answer, with some *tiles* (zoom, row, column)."""
    collections = ["incidents", *(f"areas-{area.kind}" for area in city.areas)]
    paths = ["/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/tileMatrixSets"]
    for collection in collections:
        here = f"/ogc/collections/{collection}"
        paths += [f"{here}/queryables", f"{here}/tiles", f"{here}/tiles/WebMercatorQuad/tilejson"]
        paths += [f"{here}/items?f=json&limit=10000", f"{here}/items?f=html"]
        paths += [f"{here}/tiles/WebMercatorQuad/{zoom}/{row}/{column}" for zoom, row, column in tiles]
    filters = ("priority IS NULL", "geometry IS NULL", "NOT CASEI(source_type) LIKE '%a%'")
    return paths + [f"{ITEMS}?{urlencode({'filter': text})}" for text in filters]


class OgcClient:
    """A served city's OGC API, as a client sees it."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def get(self, path: str, **given: str | int) -> Answer:
        """An answer that is no error, as JSON."""
        response = self._client.get(path, params=given)
        assert response.status_code == httpx2.codes.OK, response.text
        answer: Answer = response.json()
        return answer

    def matched(self, **given: str | int) -> int:
        """How many incidents a request chooses."""
        found: int = self.get(ITEMS, **given, limit=1)["numberMatched"]
        return found

    def features(self, **given: str | int) -> list[Answer]:
        """The features that a request chooses, over all its pages."""
        features: list[Answer] = []
        page = self.get(ITEMS, **given)
        while True:
            features += page["features"]
            onwards = [link["href"] for link in page["links"] if link["rel"] == "next"]
            if not onwards:
                return features
            page = self._client.get(onwards[0]).json()

    def ids(self, **given: str | int) -> set[str]:
        """The ids that a request chooses, over all its pages, each once."""
        ids = [feature["id"] for feature in self.features(**given)]
        assert len(set(ids)) == len(ids)
        return set(ids)

    def mistake(self, **given: str | int) -> Answer:
        """What is wrong with a request for items."""
        response = self._client.get(ITEMS, params=given)
        assert response.status_code == httpx2.codes.BAD_REQUEST
        assert response.headers["content-type"] == "application/problem+json"
        problem: Answer = response.json()
        return problem
