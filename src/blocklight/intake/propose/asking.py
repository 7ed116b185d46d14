"""Asks an unknown feed for a small sample of itself: of its first, middle, last and newest rows."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

import orjson

from blocklight.errors import SourceChanged, SourceError
from blocklight.intake.connectors.arcgis_json import Layer, error_code, named_error
from blocklight.intake.connectors.ckan import address, newest_table
from blocklight.intake.forms.tables import json_value
from blocklight.intake.propose.platforms import ARCGIS, CKAN, SERVICE, SOCRATA

Ask = Callable[[str, Mapping[str, str]], bytes]

# Under this name the rows that a feed counts are put beside those that it was asked for.
COUNT = "blocklight_count"

_ROWS_ASKED = "200"
_ROWS_MORE = "60"
_OPEN311, _BEGINNING, _MORE_PAGES = b'"service_request_id"', 4000, 5
_OF_LAYER = (
    "types", "typeIdField", "subtypes", "subtypeField", "datesInUnknownTimezone", "fields",
    "editFieldsInfo", "editingInfo", "maxRecordCount",
)  # fmt: skip


def question(url: str) -> tuple[str, dict[str, str]]:
    """Give the address and the parameters that ask a feed for a small sample of itself."""
    plain = url.partition("?")[0]
    if ARCGIS.search(plain):
        query = {"where": "1=1", "outFields": "*", "outSR": "4326", "f": "json"}
        return plain.rstrip("/").removesuffix("/query") + "/query", query | {"resultRecordCount": _ROWS_ASKED}
    if match := SOCRATA.search(plain):
        host = urlsplit(url)
        return f"{host.scheme}://{host.netloc}/resource/{match[1]}.json", {
            "$limit": _ROWS_ASKED,
            "$order": ":id DESC",
        }
    return url, {}


def fetch_sample(url: str, ask: Ask) -> bytes:
    """Fetch a small sample of a feed as one answer; of a CKAN page, that of its newest table.

    Raises ``SourceChanged`` for the address of a whole service, naming its layers.
    """
    plain = url.partition("?")[0]
    if SERVICE.search(plain):
        raise SourceChanged(
            f"a service of several layers; add the number of one: {_layers_in_words(url, ask)}"
        )
    if ARCGIS.search(plain):
        return _of_layer(url, ask)
    if SOCRATA.search(plain):
        return _of_dataset(url, ask)
    if CKAN.search(plain):
        return _ckan_sample(url, ask)
    body = ask(*question(url))
    return _with_further_pages(url, ask, body) if _OPEN311 in body[:_BEGINNING] else body


def _with_further_pages(url: str, ask: Ask, body: bytes) -> bytes:
    """Join the first page of an Open311 server with some more, for as long as they hold other requests."""
    if not body.lstrip().startswith(b"["):
        return body
    rows = json_value(body)
    page = rows
    for number in range(2, 2 + _MORE_PAGES):
        before, page = page, _further_part(ask, url, {"page": str(number)}, "")
        if not page or page[0] in before or page[0] == rows[0]:
            break
        rows += page
    return orjson.dumps(rows)


def _of_layer(url: str, ask: Ask) -> bytes:
    """Join a layer's answers with what it says of itself, such as words for codes and when it was edited.

    Raises ``SourceChanged`` for a layer without rows of its own, and for one that wants a login.
    """
    at, query = question(url)
    description = json_value(ask(at.removesuffix("/query"), {"f": "json"}))
    answer = json_value(ask(at, query)) if _is_good(description) else description
    if _is_good(description) and not _is_good(
        answer
    ):  # a layer that cannot page refuses to be asked for so many
        del query["resultRecordCount"]
        answer = json_value(ask(at, query))
    for document in (description, answer):
        if not _is_good(document):
            code = error_code(document["error"]) if isinstance(document, Mapping) else 0
            raise SourceChanged(named_error(code))
    try:
        layer = Layer.of(description, 1)
    except SourceChanged as error:
        raise SourceChanged(error.explained) from None
    count = _row_count(ask, at, {"where": "1=1", "returnCountOnly": "true", "f": "json"})
    features = answer.get("features")
    if isinstance(features, list) and count is not None and count > len(features) and layer.pages:
        for part_query in _other_parts(layer, description, count):
            features += _further_part(ask, at, query | part_query, "features")
    of_layer = {name: description[name] for name in _OF_LAYER if description.get(name)}
    return orjson.dumps({**answer, **of_layer, COUNT: count})


def _other_parts(layer: Layer, description: Mapping[str, object], count: int) -> list[dict[str, str]]:
    """Say which rows a layer is asked for besides its first: from the middle, the last and the newest."""
    if layer.object_id is None:
        return []
    up, down = f"{layer.object_id} ASC", f"{layer.object_id} DESC"
    parts = [
        {"orderByFields": up, "resultOffset": str(count // 2), "resultRecordCount": _ROWS_MORE},
        {"orderByFields": down, "resultRecordCount": _ROWS_MORE},
    ]
    fields = description.get("fields")
    dates = [
        str(field["name"])
        for field in (fields if isinstance(fields, list) else ())
        if isinstance(field, Mapping) and field.get("type") == "esriFieldTypeDate" and "name" in field
    ]
    return parts + [{"orderByFields": f"{name} DESC", "resultRecordCount": _ROWS_MORE} for name in dates[:1]]


def _of_dataset(url: str, ask: Ask) -> bytes:
    """Join the newest rows of a Socrata dataset with some of its first and middle ones."""
    at, query = question(url)
    body = ask(at, query)
    rows = json_value(body)
    if not isinstance(rows, list) or len(rows) < int(_ROWS_ASKED):
        return body
    count = _row_count(ask, at, {"$select": "count(*)"})
    part_queries = [{"$order": ":id", "$limit": _ROWS_MORE}]
    if count is not None:
        part_queries.append({"$order": ":id", "$limit": _ROWS_MORE, "$offset": str(count // 2)})
    for part in part_queries:
        rows += _further_part(ask, at, part, "")
    return orjson.dumps(rows)


def _ckan_sample(url: str, ask: Ask) -> bytes:
    """Join the first rows of a CKAN table with some of its middle and last ones."""
    actions, package = address(url)
    document = json_value(ask(actions + "package_show", {"id": package}))
    result = document.get("result") if isinstance(document, Mapping) else None
    if not isinstance(result, Mapping):
        raise SourceChanged(f"{url}: the portal has no such data set")
    at = actions + "datastore_search"
    query = {"resource_id": newest_table(result), "limit": _ROWS_ASKED}
    body = ask(at, query)
    answer = json_value(body)
    inner = answer.get("result") if isinstance(answer, Mapping) else None
    records, total = (
        (inner.get("records"), inner.get("total")) if isinstance(inner, Mapping) else (None, None)
    )
    if not isinstance(records, list) or not isinstance(total, int) or total <= len(records):
        return body
    for offset in (total // 2, max(len(records), total - int(_ROWS_MORE))):
        part_query = query | {"limit": _ROWS_MORE, "offset": str(offset)}
        records += _further_part(ask, at, part_query, "result.records")
    return orjson.dumps(answer)


def _further_part(ask: Ask, at: str, query: Mapping[str, str], path: str) -> list[object]:
    """Ask for a further part; a feed that does not give it is known by its first answer alone."""
    with suppress(SourceError):
        value = json_value(ask(at, query))
        for name in filter(None, path.split(".")):
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, list):
            return value
    return []


def _row_count(ask: Ask, at: str, query: Mapping[str, str]) -> int | None:
    with suppress(SourceError):
        value = json_value(ask(at, query))
        if isinstance(value, list) and value:
            value = value[0]
        number = value.get("count") if isinstance(value, Mapping) else None
        if isinstance(number, int) or (isinstance(number, str) and number.isdecimal()):
            return int(number)
    return None


def _is_good(document: object) -> bool:
    return isinstance(document, Mapping) and "error" not in document


def _layers_in_words(url: str, ask: Ask) -> str:
    service = url.partition("?")[0].rstrip("/")
    document = json_value(ask(service, {"f": "json"}))
    parts = [document.get(kind) for kind in ("layers", "tables")] if isinstance(document, Mapping) else []
    layers = [
        layer for part in parts if isinstance(part, list) for layer in part if isinstance(layer, Mapping)
    ]
    return (
        "; ".join(f"{service}/{layer.get('id')} is {layer.get('name')}" for layer in layers[:20])
        or "it names none"
    )
