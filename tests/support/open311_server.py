"""The paths of the Open311 interface that show all it has, and short ways to ask it."""

from typing import Any
from xml.etree import ElementTree as ET

import httpx2

ROOT = "/open311/v2"
Row = dict[str, Any]


def open311_paths() -> list[str]:
    """The paths that show all of it, in both forms of an answer."""
    asked = ("discovery", "services", "services/pothole", "requests")
    filtered = [
        f"{ROOT}/requests.json?{query}" for query in ("status=open", "service_code=noise&page_size=2")
    ]
    return [f"{ROOT}/{path}.{form}" for path in asked for form in ("json", "xml")] + filtered


class Open311Client:
    """A served city's Open311 interface, as a client sees it."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def rows(self, path: str = "requests", /, **parameters: str | int) -> list[Row]:
        """The rows of an answer in JSON."""
        response = self._client.get(f"{ROOT}/{path}.json", params=parameters)
        assert response.status_code == httpx2.codes.OK, response.text
        rows: list[Row] = response.json()
        return rows

    def ids(self, **parameters: str | int) -> list[str]:
        """The ids that a question chooses, in the order of the answer."""
        return [row["service_request_id"] for row in self.rows(**parameters)]

    def xml(self, path: str = "requests", /, **parameters: str | int) -> ET.Element:
        """The document of an answer in XML."""
        response = self._client.get(f"{ROOT}/{path}.xml", params=parameters)
        assert response.headers["content-type"].startswith("application/xml")
        return ET.fromstring(response.content)  # noqa: S314 - of our own server

    def failure(self, path: str = "requests", /, **parameters: str | int) -> tuple[int, str]:
        """Status and description of what cannot be answered."""
        response = self._client.get(f"{ROOT}/{path}.json", params=parameters)
        (error,) = response.json()
        assert error["code"] == response.status_code
        return response.status_code, error["description"]
