"""The paths of the OGC API, answered from what is published."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from blocklight.errors import BadQuery, StoreError
from blocklight.standards.answer import Answer
from blocklight.standards.city_view import CityView
from blocklight.standards.ogc import describing
from blocklight.standards.ogc.answering import item, page_of_items
from blocklight.standards.ogc.collections import Collection, collection_of, collections_of
from blocklight.standards.ogc.describing import GEOJSON, HTML, JSON, ROOT, SCHEMA, TILE, TILING_ID, Json
from blocklight.standards.ogc.errors import OgcError
from blocklight.standards.ogc.items_request import read_items_request
from blocklight.standards.ogc.pages import Entry, PageWriter
from blocklight.standards.ogc.systems import system_of
from blocklight.standards.ogc.tiles import tile, tile_address
from blocklight.standards.ogc.tilesets import tile_json, tileset, tilesets, tiling_scheme, tiling_schemes

# So that what was taken back leaves other caches within a second.
BRIEFLY = "public, max-age=1"

_OFTEN = "public, max-age=60"
_COLLECTIONS = f"{ROOT}/collections"
_COLLECTION = _COLLECTIONS + "/{collection}"
# The pages have no scripts and no forms, and texts of sources stand on them.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_MOST_TILES = 512
_NOT_OF_TILES = ("limit", "offset", "after", "crs", "f")

Respond = Callable[[Request, Answer], Response]
Work = Callable[[Request], Answer]


class OgcApi:
    """One city's OGC API."""

    def __init__(self, view: CityView, respond: Respond) -> None:
        self._view = view
        self._respond = respond
        self._collections: Mapping[str, Collection] = collections_of(view.city)
        self._pages = PageWriter(view.city, view.stylesheet)
        self._tiles: OrderedDict[tuple[str, str], tuple[object, bytes]] = OrderedDict()
        self._lock = Lock()

    def router(self) -> APIRouter:
        """Its routes."""
        router = APIRouter(include_in_schema=False)
        works: Mapping[str, Work] = {
            ROOT: self._landing,
            f"{ROOT}/": self._landing,
            f"{ROOT}/conformance": self._conformance,
            _COLLECTIONS: self._all_collections,
            _COLLECTION: self._collection,
            _COLLECTION + "/queryables": self._queryables,
            _COLLECTION + "/items": self._items,
            _COLLECTION + "/items/{item}": self._item,
            _COLLECTION + "/tiles": self._tilesets,
            _COLLECTION + "/tiles/{tiling}": self._tileset,
            _COLLECTION + "/tiles/{tiling}/tilejson": self._tile_json,
            _COLLECTION + "/tiles/{tiling}/{zoom}/{row}/{column}": self._tile,
            f"{ROOT}/tileMatrixSets": self._tiling_schemes,
            f"{ROOT}/tileMatrixSets/" + "{tiling}": self._tiling_scheme,
            f"{ROOT}/" + "{path:path}": self._unknown,
        }
        for path, work in works.items():
            router.add_api_route(path, self._endpoint(work), methods=["GET", "HEAD"])
        return router

    def _endpoint(self, work: Work) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            try:
                return self._respond(request, work(request))
            except OgcError as error:
                return _problem_response(error)
            except BadQuery as error:
                return _problem_response(OgcError(str(error), parameter=error.parameter))
            except StoreError:
                return _problem_response(
                    OgcError("the database cannot answer right now; try again", status=503)
                )

        return endpoint

    # Descriptions

    def _landing(self, request: Request) -> Answer:
        body = describing.landing(self._view.city, _root(request))
        entries = [
            Entry("Collections", _COLLECTIONS, "incidents and areas"),
            Entry("Conformance", f"{ROOT}/conformance"),
            Entry("How to use it", "/data"),
        ]
        return self._told(request, body, [], entries)

    def _conformance(self, request: Request) -> Answer:
        body = {"conformsTo": list(describing.CONFORMS_TO)}
        entries = [
            Entry(name.removeprefix("http://www.opengis.net/spec/"), name) for name in body["conformsTo"]
        ]
        return self._told(request, body, [("Conformance", f"{ROOT}/conformance")], entries)

    def _all_collections(self, request: Request) -> Answer:
        body = describing.collections_json(self._view.city, _root(request), self._collections)
        entries = [
            Entry(collection.title, f"{_COLLECTIONS}/{collection.id}", collection.description)
            for collection in self._collections.values()
        ]
        return self._told(request, body, [("Collections", _COLLECTIONS)], entries)

    def _collection(self, request: Request) -> Answer:
        collection = self._asked(request)
        body = describing.collection_json(self._view.city, _root(request), collection)
        collection_path = f"{_COLLECTIONS}/{collection.id}"
        entries = [
            Entry("Items", f"{collection_path}/items"),
            Entry("Queryables", f"{collection_path}/queryables", "what a filter may name"),
            Entry("Vector tiles", f"{collection_path}/tiles"),
        ]
        return self._told(
            request, body, [("Collections", _COLLECTIONS), (collection.title, collection_path)], entries
        )

    def _queryables(self, request: Request) -> Answer:
        collection = self._asked(request)
        body = describing.queryables(_root(request), collection)
        collection_path = f"{_COLLECTIONS}/{collection.id}"
        entries = [
            Entry(name, f"{collection_path}/items", schema.get("description", ""))
            for name, schema in body["properties"].items()
        ]
        trail = [(collection.title, collection_path), ("Queryables", f"{collection_path}/queryables")]
        return self._told(request, body, trail, entries, media_type=SCHEMA)

    def _told(
        self,
        request: Request,
        body: Json,
        trail: list[tuple[str, str]],
        entries: list[Entry],
        *,
        media_type: str = JSON,
    ) -> Answer:
        _expect_only(request, "f")
        if _form(request) == HTML:
            return _html_answer(self._pages.described(body, trail, entries), _OFTEN)
        return Answer(orjson.dumps(body), media_type, _OFTEN, _VARY)

    # Items

    def _items(self, request: Request) -> Answer:
        collection = self._asked(request)
        query_params = _parameters(request)
        items_request = read_items_request(query_params, collection)
        page = page_of_items(self._view, collection, items_request)
        items_address = f"{_root(request)}{_COLLECTIONS}/{collection.id}/items"
        filters = {name: text for name, text in query_params.items() if name != "f"}
        address = f"{items_address}?{urlencode(filters)}" if filters else items_address
        is_page = _form(request, json_type=GEOJSON) == HTML
        links = describing.twice(address, collection.title, html=is_page, json_type=GEOJSON)
        if page.after is not None:
            onwards = {**filters, "after": page.after, "f": "html" if is_page else "json"}
            onwards.pop("offset", None)
            next_ = f"{items_address}?{urlencode(onwards)}"
            links.append(describing.link("next", next_, HTML if is_page else GEOJSON, "Next page"))
        links.append(
            describing.link("collection", items_address.removesuffix("/items"), JSON, collection.title)
        )
        body: Json = {
            "type": "FeatureCollection",
            "timeStamp": f"{self._view.now():%Y-%m-%dT%H:%M:%SZ}",
            "numberMatched": page.matched,
            "numberReturned": len(page.features),
            "links": links,
        }
        if is_page:
            return _html_answer(self._pages.items(collection, body, page.features), BRIEFLY)
        # Without the moment of asking, so that what did not change keeps its tag.
        del body["timeStamp"]
        written = orjson.dumps(body)[:-1] + b',"features":[' + b",".join(page.features) + b"]}"
        return Answer(written, GEOJSON, BRIEFLY, _in_system(items_request.system))

    def _item(self, request: Request) -> Answer:
        collection = self._asked(request)
        _expect_only(request, "f", "crs")
        system = system_of(request.query_params.get("crs"), "crs")
        id_ = request.path_params["item"]
        feature = item(self._view, collection, id_, system)
        collection_address = f"{_root(request)}{_COLLECTIONS}/{collection.id}"
        is_page = _form(request, json_type=GEOJSON) == HTML
        links = describing.twice(
            f"{collection_address}/items/{quote(id_, safe='')}", id_, html=is_page, json_type=GEOJSON
        )
        links.append(describing.link("collection", collection_address, JSON, collection.title))
        if is_page:
            return _html_answer(self._pages.item(collection, feature, links), BRIEFLY)
        written = feature[:-1] + b',"links":' + orjson.dumps(links) + b"}"
        return Answer(written, GEOJSON, BRIEFLY, _in_system(system))

    # Tiles

    def _tilesets(self, request: Request) -> Answer:
        collection = self._asked(request)
        collection_path = f"{_COLLECTIONS}/{collection.id}"
        body = tilesets(_root(request), collection)
        entries = [Entry("WebMercatorQuad", f"{collection_path}/tiles/{TILING_ID}", "vector tiles")]
        return self._told(
            request,
            body,
            [(collection.title, collection_path), ("Tiles", f"{collection_path}/tiles")],
            entries,
        )

    def _tileset(self, request: Request) -> Answer:
        collection = self._asked(request)
        _expect_tiling(request)
        collection_path = f"{_COLLECTIONS}/{collection.id}"
        body = tileset(self._view.city, _root(request), collection)
        entries = [
            Entry(
                "TileJSON", f"{collection_path}/tiles/{TILING_ID}/tilejson", "for MapLibre, QGIS and others"
            )
        ]
        trail = [
            (collection.title, collection_path),
            ("Tiles", f"{collection_path}/tiles"),
            (TILING_ID, f"{collection_path}/tiles/{TILING_ID}"),
        ]
        return self._told(request, body, trail, entries)

    def _tile_json(self, request: Request) -> Answer:
        collection = self._asked(request)
        _expect_tiling(request)
        tile_query = urlencode({name: text for name, text in _parameters(request).items() if name != "f"})
        return Answer(
            orjson.dumps(tile_json(self._view.city, _root(request), collection, tile_query)), JSON, _OFTEN
        )

    def _tile(self, request: Request) -> Answer:
        collection = self._asked(request)
        _expect_tiling(request)
        address = tile_address(*(request.path_params[name] for name in ("zoom", "row", "column")))
        query_params = _parameters(request)
        form = query_params.pop("f", "mvt")
        if form != "mvt":
            raise OgcError("expected mvt", parameter="f")
        if refused := [name for name in query_params if name in _NOT_OF_TILES]:
            raise OgcError("a tile has no such parameter", parameter=refused[0])
        key = (request.url.path, urlencode(sorted(query_params.items())))
        generation = self._view.generation()
        with self._lock:
            cached = self._tiles.get(key)
        if generation is not None and cached is not None and cached[0] == generation:
            return Answer(cached[1], TILE, BRIEFLY)
        body = tile(self._view, collection, address, read_items_request(query_params, collection))
        with self._lock:
            self._tiles[key] = (generation, body)
            # The oldest leaves first; those of an older generation are never handed out and leave so too.
            while len(self._tiles) > _MOST_TILES:
                self._tiles.popitem(last=False)
        return Answer(body, TILE, BRIEFLY)

    def _tiling_schemes(self, request: Request) -> Answer:
        body = tiling_schemes(_root(request))
        entries = [Entry(TILING_ID, f"{ROOT}/tileMatrixSets/{TILING_ID}")]
        return self._told(request, body, [("Tiling schemes", f"{ROOT}/tileMatrixSets")], entries)

    def _tiling_scheme(self, request: Request) -> Answer:
        _expect_tiling(request)
        trail = [(TILING_ID, f"{ROOT}/tileMatrixSets/{TILING_ID}")]
        return self._told(request, tiling_scheme(), trail, [])

    def _unknown(self, _: Request) -> Answer:
        raise OgcError("nothing is at this address", status=404)

    def _asked(self, request: Request) -> Collection:
        return collection_of(self._collections, request.path_params["collection"])


_VARY = {"vary": "accept, accept-encoding"}


def _in_system(system: str) -> Mapping[str, str]:
    return {**_VARY, "content-crs": f"<{system}>"}


def _html_answer(body: bytes, cache_control: str) -> Answer:
    headers = {**_VARY, "content-security-policy": _PAGE_POLICY}
    return Answer(body, f"{HTML}; charset=utf-8", cache_control, headers)


def _root(request: Request) -> str:
    """Where the city is served, as this client reaches it."""
    return str(request.base_url).rstrip("/")


def _parameters(request: Request) -> dict[str, str]:
    """The parameters of a request; raises ``OgcError`` for one that is given twice."""
    query_params: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name in query_params:
            raise OgcError("given twice", parameter=name[:40])
        query_params[name] = text
    return query_params


def _expect_only(request: Request, *names: str) -> None:
    for name in _parameters(request):
        if name not in names:
            raise OgcError("no such parameter", parameter=name[:40])


def _expect_tiling(request: Request) -> None:
    if request.path_params["tiling"] != TILING_ID:
        raise OgcError(f"expected the tiling scheme {TILING_ID}", status=404)


def _form(request: Request, json_type: str = JSON) -> str:
    """What the client wants: what ``f`` says, or else what it accepts first."""
    requested = request.query_params.get("f")
    if requested is not None:
        if requested not in ("json", "html", "geojson"):
            raise OgcError("expected json or html", parameter="f")
        return HTML if requested == "html" else json_type
    accepted = request.headers.get("accept", "")
    at_html, at_json = accepted.find("text/html"), accepted.find("json")
    # The Accept of a browser begins with text/html; most GIS clients say JSON or */*.
    return HTML if at_html >= 0 and (at_json < 0 or at_html < at_json) else json_type


def _problem_response(error: OgcError) -> Response:
    headers = {"cache-control": "no-store"}
    if error.status == 503:  # noqa: PLR2004 - unavailable
        headers["retry-after"] = "5"
    return Response(
        orjson.dumps(error.problem()), error.status, headers, media_type="application/problem+json"
    )
