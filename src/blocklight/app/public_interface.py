"""Puts our own interface and other people's together, over one city's public side."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from blocklight.api.app import Lifespan, create_app
from blocklight.api.document import Standard
from blocklight.api.encoding import PublicFile
from blocklight.api.plain.words import catalogue
from blocklight.api.push import Inbox
from blocklight.api.state import Public
from blocklight.config.city import City
from blocklight.errors import NotFound
from blocklight.geo.areas import Areas
from blocklight.publish.held_features import HeldFeatures
from blocklight.query.fields import incident_fields
from blocklight.standards.answer import Answer
from blocklight.standards.geoservices import openapi as geoservices_openapi
from blocklight.standards.geoservices.routes import GeoServices
from blocklight.standards.ogc import openapi as ogc_openapi
from blocklight.standards.ogc.routes import OgcApi
from blocklight.standards.open311 import openapi as open311_openapi
from blocklight.standards.open311.routes import Open311

# Of brotli, for answers that are made for one client.
_QUALITY = 4


@dataclass(frozen=True)
class PublishedCity:
    """What the standards' interfaces see of a city."""

    side: Public

    @property
    def city(self) -> City:
        """The city file."""
        return self.side.city

    @property
    def areas(self) -> Areas:
        """The polygons that people know."""
        return self.side.areas

    @cached_property
    def features(self) -> HeldFeatures:
        """The published incidents."""
        return HeldFeatures(self.side.publisher, incident_fields(area.kind for area in self.city.areas))

    @cached_property
    def stylesheet(self) -> str:
        """The address of the style sheet of pages without scripts, empty where none is built."""
        try:
            return catalogue(self.side.web).style
        except NotFound:
            return ""

    def generation(self) -> Hashable | None:
        """What changes whenever anything published does; ``None`` while the change log is not followed."""
        publisher = self.side.publisher
        return (publisher.window.epoch, publisher.window.seq) if publisher.follows_closely else None

    def now(self) -> datetime:
        """The city's time."""
        return self.side.publisher.now()

    def sources(self) -> Sequence[Mapping[str, str | datetime | None]]:
        """Id, label, kind, state and last_success_at of each source, as the public reads them."""
        pulses = {pulse["id"]: pulse for pulse in self.side.publisher.sources_pulse(self.now())}
        return [
            {
                "id": source.id,
                "label": source.label,
                "kind": str(source.kind),
                "state": pulses[source.id]["state"],
                "last_success_at": _parsed_time(pulses[source.id]["last_success_at"]),
            }
            for source in self.city.sources
        ]


def _parsed_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def respond(request: Request, answer: Answer) -> Response:
    """Answer with a tag, in an encoding that the client takes, and with 304 where it has it already."""
    file = PublicFile(answer.body, answer.media_type, answer.cache_control, quality=_QUALITY)
    return file.respond(request, answer.headers)


def create_public_app(side: Public, lifespan: Lifespan | None = None, inbox: Inbox | None = None) -> Any:  # noqa: ANN401 - an ASGI application
    """The ASGI application of one city with every interface; an *inbox* takes pushed records."""
    published = PublishedCity(side)
    standards = [
        Standard(
            GeoServices(published, respond).router(), geoservices_openapi.PATHS, geoservices_openapi.SCHEMAS
        ),
        Standard(OgcApi(published, respond).router(), ogc_openapi.PATHS, ogc_openapi.SCHEMAS),
        Standard(Open311(published, respond).router(), open311_openapi.PATHS, open311_openapi.SCHEMAS),
    ]
    return create_app(side, lifespan, inbox, standards=standards)
