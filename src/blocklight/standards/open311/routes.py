"""The paths of GeoReport, each in JSON and in XML, answered from what is published."""

from collections.abc import Callable
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from blocklight.errors import BadQuery, StoreError
from blocklight.standards.answer import Answer
from blocklight.standards.city_view import CityView
from blocklight.standards.open311.answering import requests_document
from blocklight.standards.open311.documents import MEDIA_TYPES, Form, document, encoded, single
from blocklight.standards.open311.errors import Open311Error
from blocklight.standards.open311.parameters import one_request, read_question
from blocklight.standards.open311.services import service, service_codes

ROOT = "/open311/v2"
# So that what was taken back leaves other caches within a second.
_BRIEFLY = "public, max-age=1"

_OFTEN = "public, max-age=3600"
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
# When this interface last changed its form.
_CHANGED = "2026-01-31T00:00:00Z"

Respond = Callable[[Request, Answer], Response]
Work = Callable[[Request, Form], Answer]


class Open311:
    """One city's Open311 server."""

    def __init__(self, view: CityView, respond: Respond) -> None:
        self._view = view
        self._respond = respond

    def router(self) -> APIRouter:
        """Its routes."""
        router = APIRouter(include_in_schema=False)
        works: dict[str, Work] = {
            f"{ROOT}/discovery": self._discovery,
            f"{ROOT}/services": self._services,
            f"{ROOT}/services/" + "{code}": self._service,
            f"{ROOT}/requests": self._requests,
            f"{ROOT}/requests/" + "{request_id}": self._request,
        }
        for form in MEDIA_TYPES:
            for path, work in works.items():
                endpoint = self._endpoint(work, form)
                router.add_api_route(f"{path}.{form}", endpoint, methods=["GET", "HEAD"])
        router.add_api_route(
            f"{ROOT}/" + "{path:path}", self._endpoint(_unknown, "json"), methods=["GET", "HEAD"]
        )
        return router

    def _endpoint(self, work: Work, form: Form) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            try:
                return self._respond(request, work(request, form))
            except Open311Error as error:
                return _failed(error, form)
            except BadQuery as error:
                return _failed(Open311Error(str(error)), form)
            except StoreError:
                busy = Open311Error("the database cannot answer right now; try again", status=503)
                return _failed(busy, form)

        return endpoint

    def _discovery(self, request: Request, form: Form) -> Answer:
        city = self._view.city.city
        endpoint = {
            "specification": _SPECIFICATION,
            "url": f"{str(request.base_url).rstrip('/')}{ROOT}",
            "changeset": _CHANGED,
            "type": "production",
            "formats": list(MEDIA_TYPES.values()),
        }
        body = single(
            form,
            "discovery",
            {
                "changeset": _CHANGED,
                "contact": f"{city.name}: read-only, the public record of its map",
                "key_service": "No key is needed.",
                "endpoints": [endpoint],
            },
        )
        return Answer(body, MEDIA_TYPES[form], _OFTEN)

    def _services(self, request: Request, form: Form) -> Answer:
        self._check_jurisdiction(request)
        rows = [encoded(form, "service", service(code)) for code in service_codes()]
        return Answer(document(form, "services", rows), MEDIA_TYPES[form], _OFTEN)

    def _service(self, request: Request, form: Form) -> Answer:
        self._check_jurisdiction(request)
        code = cast("str", service(request.path_params["code"])["service_code"])
        body = single(form, "service_definition", {"service_code": code, "attributes": []})
        return Answer(body, MEDIA_TYPES[form], _OFTEN)

    def _requests(self, request: Request, form: Form) -> Answer:
        question = read_question(request.query_params.multi_items(), self._view.city.city.id)
        body, _ = requests_document(self._view, question, form)
        return Answer(body, MEDIA_TYPES[form], _BRIEFLY)

    def _request(self, request: Request, form: Form) -> Answer:
        self._check_jurisdiction(request)
        body, count = requests_document(self._view, one_request(request.path_params["request_id"]), form)
        if not count:
            raise Open311Error("service_request_id was not found", status=404)
        return Answer(body, MEDIA_TYPES[form], _BRIEFLY)

    def _check_jurisdiction(self, request: Request) -> None:
        read_question(request.query_params.multi_items(), self._view.city.city.id)


def _unknown(_request: Request, _form: Form) -> Answer:
    raise Open311Error("there is nothing here; see /open311/v2/discovery.json", status=404)


def _failed(error: Open311Error, form: Form) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(error.body(form), error.status, headers, media_type=MEDIA_TYPES[form])
