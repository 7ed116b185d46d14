"""Third-party Python clients of a served city; runs in ``.build/interop``, where they are installed.

Reads one request a line (JSON) from standard input, and writes the public ids that the client sees.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

os.environ |= {"NO_PROXY": "127.0.0.1", "GDAL_HTTP_TIMEOUT": "60"}

import feedparser
import geopandas
import pandas as pd
import requests
from esridump.dumper import EsriDumper
from owslib.ogcapi.features import Features

Request = dict[str, Any]
_PAGE = 400
_CATEGORY = "category"


def _owslib(request: Request) -> list[list[str]]:
    """OGC API Features by OWSLib, page after page."""
    api = Features(f"{request['root']}/ogc")
    wanted: dict[str, Any] = {"limit": _PAGE}
    if request["bbox"]:
        wanted["bbox"] = request["bbox"]
    if request["since"]:
        wanted["datetime_"] = f"{request['since']}/.."
    if request["category"]:
        wanted["filter"] = f"category = '{request['category']}'"
    seen: list[list[str]] = []
    while True:
        page = api.collection_items("incidents", offset=len(seen), **wanted)
        seen += [[feature["id"], feature["properties"][_CATEGORY]] for feature in page["features"]]
        if len(seen) >= page["numberMatched"]:
            return seen


def _esridump(request: Request) -> list[list[str]]:
    """The FeatureServer by OpenAddresses' esridump, which chooses its own way of paging."""
    where = [f"category = '{request['category']}'"] if request["category"] else []
    extra = {"where": " AND ".join(where) or "1=1"}
    if request["bbox"]:
        box = ",".join(map(str, request["bbox"]))
        extra |= {"geometry": box, "geometryType": "esriGeometryEnvelope", "inSR": "4326"}
    layer = 0 if request["since"] else 3
    url = f"{request['root']}/arcgis/rest/services/{request['city']}/FeatureServer/{layer}"
    dumper = EsriDumper(url, extra_query_args=extra, max_page_size=_PAGE)
    return [[feature["properties"]["id"], feature["properties"][_CATEGORY]] for feature in dumper]


def _export(form: str, read_as: Callable[[io.BytesIO], Any]) -> Callable[[Request], list[list[str]]]:
    """An export as a frame of geopandas or pandas."""

    def read(request: Request) -> list[list[str]]:
        answer = requests.get(_address(request, form), timeout=60)
        answer.raise_for_status()
        frame = read_as(io.BytesIO(answer.content))
        return [[str(id_), str(kind)] for id_, kind in zip(frame["id"], frame[_CATEGORY], strict=True)]

    return read


def _oapif(request: Request) -> list[list[str]]:
    """OGC API Features by geopandas, whose filters GDAL hands on to the server."""
    conditions = []
    if request["category"]:
        conditions.append(f"category = '{request['category']}'")
    if request["since"]:
        conditions.append(f"received_at >= '{request['since'].replace('-', '/').replace('T', ' ')}'")
    frame = geopandas.read_file(
        f"OAPIF:{request['root']}/ogc/collections/incidents",
        bbox=tuple(request["bbox"]) if request["bbox"] else None,
        where=" AND ".join(conditions) or None,
    )
    return [[str(id_), str(kind)] for id_, kind in zip(frame["id"], frame[_CATEGORY], strict=True)]


def _feedparser(request: Request) -> list[list[str]]:
    """The newest 100 of a filter as Atom, by feedparser."""
    feed = feedparser.parse(_address(request, "atom"))
    if feed.bozo:
        raise feed.bozo_exception
    return [[entry.id.rpartition(":")[2], entry.tags[0].term] for entry in feed.entries]


def _address(request: Request, form: str) -> str:
    parameters = {
        "bbox": ",".join(map(str, request["bbox"])) if request["bbox"] else None,
        "since": request["since"],
        "category": request["category"],
    }
    chosen = {name: text for name, text in parameters.items() if text}
    return f"{request['root']}/api/v1/incidents.{form}?{urlencode(chosen)}"


CLIENTS: dict[str, Callable[[Request], list[list[str]]]] = {
    "OWSLib": _owslib,
    "esridump": _esridump,
    "geopandas OAPIF": _oapif,
    "geopandas .geojson": _export("geojson", geopandas.read_file),
    "geopandas .fgb": _export("fgb", geopandas.read_file),
    "geopandas .parquet": _export("parquet", geopandas.read_parquet),
    "pandas .csv": _export("csv", pd.read_csv),
    "feedparser": _feedparser,
}

if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(CLIENTS[asked["client"]](asked)) + "\n")
        sys.stdout.flush()
