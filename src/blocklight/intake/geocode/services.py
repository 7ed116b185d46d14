"""Asks the US Census geocoder or a Nominatim where a block is, slowly and with bounds, if a city says so."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

import orjson

from blocklight import net
from blocklight.config.city import Bounds, GeocoderSpec
from blocklight.errors import SourceChanged
from blocklight.geo.exact import ExactPoint
from blocklight.intake.geocode.addresses import Block, Reading
from blocklight.intake.geocode.place import NotNow

CENSUS = "https://geocoding.geo.census.gov/geocoder/locations/onelineaddress"
NOMINATIM = "https://nominatim.openstreetmap.org/search"
_MAX_BYTES = 262_144
# Calls wait meanwhile: a place that comes late is worth less than the call.
_TIMEOUT_S = 5.0
# How long a service that failed is left alone.
_REST_S = 60.0

_MIDDLE = 50

Sleep = Callable[[float], None]
Clock = Callable[[], float]


class Service:
    """One service, asked for one block at a time, no faster than the city file allows.

    It is asked for blocks alone: neither service knows crossings. Sent is a number in the middle of the
    block, never the house's own, unless the city file says ``send = "address"``.
    """

    def __init__(
        self,
        spec: GeocoderSpec,
        bounds: Bounds,
        client: net.SyncClient,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._spec = spec
        self._bounds = bounds
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._pause_s = 1 / spec.per_second
        self._next_at = 0.0
        self._turn = Lock()
        census = spec.service == "census"
        self._url = spec.url or (CENSUS if census else NOMINATIM)
        self._question, self._answer = (self._ask_census, _census) if census else (self._ask_osm, _nominatim)

    def find(self, reading: Reading, deadline: float) -> ExactPoint | None:
        """Where the service says a block is; raises ``NotNow`` when there is no time or no answer."""
        if not isinstance(reading, Block):
            return None
        with self._turn:
            wait = self._next_at - self._clock()
            if self._clock() + max(wait, 0) > deadline:
                raise NotNow
            if wait > 0:
                self._sleep(wait)
            self._next_at = self._clock() + self._pause_s
            try:
                return self._answer(self._ask(self._question(self._words(reading))))
            except (net.HTTPError, SourceChanged, ValueError, KeyError, TypeError, IndexError):
                self._next_at = self._clock() + _REST_S
                raise NotNow from None

    def _words(self, block: Block) -> str:
        whole = self._spec.send == "address" and block.exact is not None
        number = block.exact if whole else block.number + _MIDDLE
        return f"{number} {block.street}, {self._spec.locality}"

    def _ask_census(self, words: str) -> dict[str, str]:
        return {"address": words, "benchmark": "Public_AR_Current", "format": "json"}

    def _ask_osm(self, words: str) -> dict[str, str]:
        box = self._bounds
        inside = f"{box.west},{box.south},{box.east},{box.north}"
        further = {"format": "jsonv2", "addressdetails": "1", "limit": "2"}
        return {"q": words, "viewbox": inside, "bounded": "1", **further}

    def _ask(self, params: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
        """The document; raises ``net.HTTPError``, ``SourceChanged`` or ``ValueError``."""
        headers = {"accept": "application/json", "user-agent": "blocklight"}
        request = {"params": params, "headers": headers, "timeout": _TIMEOUT_S, "follow_redirects": False}
        body = bytearray()
        started_at = self._clock()
        with self._client.stream("GET", self._url, **request) as response:  # type: ignore[arg-type]  # one dict
            if response.status_code != HTTPStatus.OK:
                raise ValueError("no answer")
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES or self._clock() - started_at > 2 * _TIMEOUT_S:
                    raise ValueError("more than an answer")
        return orjson.loads(bytes(body))


def _census(document: Any) -> ExactPoint | None:  # noqa: ANN401 - any JSON value
    """The only match: https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html."""
    matches = document["result"]["addressMatches"]
    if len(matches) != 1:
        return None
    position = matches[0]["coordinates"]
    return ExactPoint(float(position["x"]), float(position["y"]))


def _nominatim(document: Any) -> ExactPoint | None:  # noqa: ANN401 - any JSON value
    """The first match that is a house and not a street, a suburb or the whole town."""
    for match in document:
        if match["address"].get("house_number"):
            return ExactPoint(float(match["lon"]), float(match["lat"]))
    return None
