"""The paths of the FeatureServer that show everything it has, and short ways to query it."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx2

from blocklight.config.city import City

# The layer without an end.
ALL = 3

Answer = dict[str, Any]
_COUNTS = [
    {"statisticType": "count", "onStatisticField": "OBJECTID", "outStatisticFieldName": "n"},
    {"statisticType": "max", "onStatisticField": "received_at", "outStatisticFieldName": "newest"},
    {"statisticType": "avg", "onStatisticField": "units", "outStatisticFieldName": "mean_units"},
]


def service_of(city: str) -> str:
    """Return the path of a city's service."""
    return f"/arcgis/rest/services/{city}/FeatureServer"


def geoservices_paths(city: City) -> list[str]:
    """Return the paths of the FeatureServer that show all of it, in every form of an answer."""
    service = service_of(city.city.id)
    asked: list[dict[str, str]] = [
        {"where": "1=1", "outFields": "*"},
        {"where": "1=1", "f": "geojson", "orderByFields": "OBJECTID"},
        {"f": "pbf"},
        {"returnCountOnly": "true"},
        {"returnIdsOnly": "true"},
        {"returnExtentOnly": "true"},
        {"outStatistics": json.dumps(_COUNTS), "groupByFieldsForStatistics": "category,place_label"},
        {"returnDistinctValues": "true", "outFields": "category,source_type,place_label"},
    ]
    others = [0, 4, *range(10, 10 + len(city.areas))]
    paths = ["/arcgis/rest/info", "/arcgis/rest/services", service, f"{service}/layers"]
    paths += [f"{service}/{ALL}/query?{urlencode(query)}" for query in asked]
    return paths + [f"{service}/{layer}/query?where=1%3D1" for layer in others]


class FeatureServer:
    """A served city's FeatureServer, as a client sees it."""

    def __init__(self, client: httpx2.Client, city: str = "smallville") -> None:
        self._client = client
        self._service = service_of(city)

    def get(self, path: str = "", **given: str | int) -> Answer:
        """Return an answer as JSON."""
        return _json(self._client.get(f"{self._service}{path}", params=given))

    def posted(self, layer: str | int, **given: str | int) -> Answer:
        """Return the answer of a query that is sent as a form."""
        return _json(self._client.post(f"{self._service}/{layer}/query", data=given))

    def query(self, layer: str | int = ALL, **given: str | int) -> Answer:
        """Return the answer of a query, which is no error."""
        answer = self.get(f"/{layer}/query", **given)
        assert "error" not in answer, answer
        return answer

    def count(self, layer: str | int = ALL, **given: str | int) -> int:
        """Return how many a query finds."""
        found: int = self.query(layer, **given, returnCountOnly="true")["count"]
        return found

    def ids(self, layer: str | int = ALL, **given: str | int) -> set[str]:
        """Return the public ids that a query finds."""
        features = self.query(layer, **given)["features"]
        return {feature["attributes"]["id"] for feature in features}

    def mistake(self, layer: str | int = ALL, **given: str | int) -> Answer:
        """Return what is wrong with a query."""
        answer = self.get(f"/{layer}/query", **given)
        error: Answer = answer["error"]
        assert set(error) == {"code", "message", "details"}
        return error


def _json(response: httpx2.Response) -> Answer:
    assert response.status_code == httpx2.codes.OK
    answer: Answer = response.json()
    return answer
