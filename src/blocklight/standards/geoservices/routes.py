"""The paths of the FeatureServer, answered from what is published."""

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from blocklight.errors import BadQuery, StoreError
from blocklight.standards.answer import Answer
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices import describing
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.layers import Layer, layer_of, layers_of
from blocklight.standards.geoservices.parameters import Parameters
from blocklight.standards.geoservices.query_request import parse_format
from blocklight.standards.geoservices.querying import answer_query, json_answer

ROOT = "/arcgis"
_SERVICE = ROOT + "/rest/services/{city}/FeatureServer"
# A polygon with as many corners as are allowed has about so many bytes.
_LARGEST_BODY = 1_000_000

_MOST_PARAMETERS = 200
_FORM = "application/x-www-form-urlencoded"
_OFTEN = "public, max-age=60"

Respond = Callable[[Request, Answer], Response]
Work = Callable[[Parameters], Answer]


async def _request_parameters(request: Request) -> Parameters | GeoServicesError:
    """Read the parameters of a GET, or of a POST as a form, whose own win."""
    parameters = dict(request.query_params)
    if request.method != "POST":
        return Parameters(parameters)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_BODY:
            return GeoServicesError(f"a body may have {_LARGEST_BODY:,} bytes", code=413)
    if body and not request.headers.get("content-type", _FORM).lower().startswith(_FORM):
        return GeoServicesError(f"send parameters as {_FORM}", code=415)
    try:
        parameters.update(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
    except ValueError:  # a UnicodeDecodeError too
        return GeoServicesError("the body is not a form")
    return Parameters(parameters)


ParametersOrError = Annotated[Parameters | GeoServicesError, Depends(_request_parameters)]
_GET_AND_POST = ["GET", "POST"]


class GeoServices:
    """One city's FeatureServer."""

    def __init__(self, view: CityView, respond: Respond) -> None:
        self._view = view
        self._respond = respond
        self._layers: Mapping[int, Layer] = layers_of(view.city)

    def router(self) -> APIRouter:
        """Its routes."""
        router = APIRouter(include_in_schema=False)
        for path, endpoint in (
            (f"{ROOT}/rest/info", self.info),
            (f"{ROOT}/rest/services", self.catalogue),
            (_SERVICE, self.service),
            (_SERVICE + "/layers", self.layers),
            (_SERVICE + "/{layer}", self.layer),
            (_SERVICE + "/{layer}/query", self.query),
            (ROOT + "/{path:path}", self.other),
        ):
            router.add_api_route(path, endpoint, methods=_GET_AND_POST)
        return router

    def info(self, request: Request, parameters: ParametersOrError) -> Response:
        """Say which version of the interface this is, and that nobody needs a token."""
        return self._described(request, parameters, describing.info)

    def catalogue(self, request: Request, parameters: ParametersOrError) -> Response:
        """List the services: one."""
        return self._described(request, parameters, lambda: describing.services_json(self._view.city))

    def service(self, request: Request, parameters: ParametersOrError, city: str) -> Response:
        """Describe the service with its layers and tables."""
        return self._described(
            request, parameters, lambda: describing.service(self._view.city, self._layers), city
        )

    def layers(self, request: Request, parameters: ParametersOrError, city: str) -> Response:
        """Describe all layers and tables in one answer."""

        def both() -> describing.Json:
            described = {id_: self._layer_json(layer) for id_, layer in self._layers.items()}
            tables = [body for id_, body in described.items() if self._layers[id_].is_table]
            return {"layers": [body for body in described.values() if body not in tables], "tables": tables}

        return self._described(request, parameters, both, city)

    def layer(self, request: Request, parameters: ParametersOrError, city: str, layer: str) -> Response:
        """Describe one layer or table."""
        return self._described(
            request, parameters, lambda: self._layer_json(layer_of(self._layers, layer)), city
        )

    def query(self, request: Request, parameters: ParametersOrError, city: str, layer: str) -> Response:
        """Answer with features, ids, a count, an extent or figures."""

        def work(parameters: Parameters) -> Answer:
            self._expect(city)
            return answer_query(self._view, layer_of(self._layers, layer), parameters)

        return self._answered(request, parameters, work)

    def other(self, request: Request, parameters: ParametersOrError) -> Response:
        """Refuse every operation that is not served, as clients expect it."""

        def work(_: Parameters) -> Answer:
            raise GeoServicesError("not supported: this service has layers, tables and query", code=404)

        return self._answered(request, parameters, work)

    def _layer_json(self, layer: Layer) -> describing.Json:
        return describing.layer_json(self._view.city, self._view.areas, layer)

    def _expect(self, city: str) -> None:
        if city != self._view.city.city.id:
            raise GeoServicesError("no such service", code=404)

    def _described(
        self,
        request: Request,
        parameters: ParametersOrError,
        body: Callable[[], describing.Json],
        city: str | None = None,
    ) -> Response:
        def work(parameters: Parameters) -> Answer:
            if city is not None:
                self._expect(city)
            answer = json_answer(body(), parse_format(parameters, "json", "pjson"))
            return Answer(answer.body, answer.media_type, _OFTEN)

        return self._answered(request, parameters, work)

    def _answered(self, request: Request, parameters: ParametersOrError, work: Work) -> Response:
        try:
            if isinstance(parameters, GeoServicesError):
                raise parameters
            return self._respond(request, work(parameters))
        except GeoServicesError as error:
            return _error_response(error)
        except BadQuery as error:
            return _error_response(GeoServicesError(str(error), parameter=error.parameter))
        except StoreError:
            return _error_response(
                GeoServicesError("the database cannot answer right now; try again", code=503)
            )


def _error_response(error: GeoServicesError) -> Response:
    """Answer as these clients expect it: they look for ``error`` in a body, and stop at any other status."""
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(error.answer()), headers=headers, media_type="application/json")
