"""What every route may use: the public side of one running city."""

from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path

from fastapi import Request
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.export_places import ExportPlaces
from blocklight.api.kept_pages import KeptPages
from blocklight.api.limits import Admission, Limits
from blocklight.api.request_figures import RequestFigures
from blocklight.archive.engine import Engine
from blocklight.config.city import City
from blocklight.errors import NotFound
from blocklight.geo.areas import Areas
from blocklight.geo.sketch import Sketch
from blocklight.insight.past import Past
from blocklight.insight.usual import Usual
from blocklight.publish.publisher import Publisher
from blocklight.store import ReadStore


class GeoJson(Response):
    """What the OpenAPI document names as the type of GeoJSON answers (RFC 7946)."""

    media_type = "application/geo+json"


def web_root() -> Path:
    """The folder of the built web app inside the package."""
    return Path(str(resources.files("blocklight"))) / "assets"


@dataclass(frozen=True)
class Public:
    """The city, its store opened for reading, and the publisher that follows it."""

    city: City
    store: ReadStore
    publisher: Publisher
    areas: Areas
    style_url: str | None = None
    web: Path = field(default_factory=web_root)
    files: dict[str, PublicFile] = field(default_factory=dict)
    admission: Admission = field(default_factory=lambda: Admission(Limits()))
    requests: RequestFigures = field(default_factory=RequestFigures)
    exports: ExportPlaces = field(default_factory=ExportPlaces)
    kept_pages: KeptPages = field(default_factory=KeptPages)
    archive: Engine | None = None
    """What reads the month files, where this process keeps any."""

    @cached_property
    def past(self) -> Past:
        """What answers questions about the past; raises ``NotFound`` where no archive is kept."""
        if self.archive is None:
            raise NotFound("this server keeps no archive")
        return Past(self.city, self.archive)

    @cached_property
    def sketch(self) -> Sketch:
        """The ground of the city as the small map of the list draws it."""
        return Sketch.of(self.city, self.areas)

    @cached_property
    def usual(self) -> Usual:
        """What compares an area's present with its past."""
        return Usual(self.city, self.store)


def public(request: Request) -> Public:
    """The state of the application that answers *request*."""
    state: Public = request.app.state.public
    return state
