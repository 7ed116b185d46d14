"""An ArcGIS layer whose calls change, and which fails in every way that layers are known to fail.

    python faulty_layer.py PORT CHANGES_A_SECOND

`GET /fault?kind=NAME` sets what it does from then on; `none` heals it. Its names are the rows of the table in
CAMPAIGNS.md.
"""

import gzip
import io
import json
import socket
import struct
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

from served_city import Calls

KEPT = 2_000
_MEGABYTE = 1 << 20
_FIELDS = [
    {"name": name, "type": f"esriFieldType{kind}"}
    for name, kind in (
        ("number", "String"), ("received", "Date"), ("state", "String"), ("nature", "String"),
        ("version", "Integer"), ("lon", "Double"), ("lat", "Double"),
    )
]  # fmt: skip

Rows = list[dict[str, Any]]

# Faults that are one answer.
ANSWERS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "503": (503, b'{"error":"down"}', {}),
    "500": (500, b"<html>boom</html>", {}),
    "404": (404, b"nope", {}),
    "401": (401, b'{"error":"token"}', {}),
    "429": (429, b"{}", {"Retry-After": "3600"}),
    "broken JSON": (200, b'{"features":[{"attributes":{"number":', {}),
    "HTML": (200, b"<!doctype html><html>Maintenance</html>", {}),
    "empty body": (200, b"", {}),
    "error in 200": (200, b'{"error":{"code":500,"message":"Error performing query operation"}}', {}),
    "token required": (200, b'{"error":{"code":498,"message":"Invalid token"}}', {}),
    "nested brackets": (200, b'{"features":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}),
    "not UTF-8": (200, '{"features":[{"attributes":{"number":"é"}}]}'.encode("latin-1"), {}),
    "redirect to loopback": (302, b"", {"Location": "http://127.0.0.2:1/secret"}),
    "redirect to metadata": (302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "redirect to a file": (302, b"", {"Location": "file:///etc/passwd"}),
    "redirect loop": (302, b"", {"Location": "/arcgis/rest/services/Calls/FeatureServer/0"}),
}


def _renamed(rows: Rows) -> Rows:
    return [
        {("condition" if name == "state" else name): value for name, value in row.items()} for row in rows
    ]


# Faults of what is in a healthy answer.
DATA: dict[str, Any] = {
    "no rows": lambda _: [],
    "half the rows": lambda rows: rows[: len(rows) // 2],
    "one row": lambda rows: rows[:1],
    "a renamed column": _renamed,
    "no times": lambda rows: [{**row, "received": None} for row in rows],
    "times in the future": lambda rows: [
        {**row, "received": row["received"] + 315_360_000_000} for row in rows
    ],
    "places at zero": lambda rows: [{**row, "lon": 0, "lat": 0} for row in rows],
    "swapped coordinates": lambda rows: [{**row, "lon": row["lat"], "lat": row["lon"]} for row in rows],
    "every row twice": lambda rows: rows + rows,
    "a renamed type": lambda rows: [{**row, "nature": "TYPE NOBODY KNOWS"} for row in rows],
    "an unknown status": lambda rows: [{**row, "state": "zz"} for row in rows],
    "a number too large": lambda rows: [{**row, "version": 10**30} for row in rows],
}

CONNECTIONS = ("slow", "hanging", "reset", "short body", "byte by byte", "endless", "gzip bomb")
KINDS = (*ANSWERS, *CONNECTIONS, *DATA)


class Layer:
    """The rows and the fault of the moment."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.fault = "none"
        self.rows: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self._calls = Calls()

    def live(self) -> None:
        """Change calls for as long as the process runs."""
        begun, count = time.monotonic(), 0
        while True:
            count += 1
            time.sleep(max(0.0, begun + count / self.rate - time.monotonic()))
            call = self._calls.next()
            at = datetime.fromisoformat(call["received"])
            with self.lock:
                self.rows[call["number"]] = {**call, "received": int(at.timestamp() * 1000)}
                closed = [number for number, row in self.rows.items() if row["state"] == "closed"]
                for number in closed[: max(0, len(self.rows) - KEPT)]:
                    del self.rows[number]

    def current(self) -> Rows:
        """Show the rows as the fault of the moment does."""
        with self.lock:
            rows = list(self.rows.values())
        return list(DATA[self.fault](rows)) if self.fault in DATA else rows


def handler(layer: Layer) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class of small methods
    """Make the request handler of a layer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {}),
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self.serve({name: values[-1] for name, values in parse_qs(body).items()})

        def do_GET(self) -> None:
            self.serve({})

        def serve(self, form: dict[str, str]) -> None:
            url = urlparse(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()} | form
            try:
                if url.path == "/fault":
                    layer.fault = query["kind"]
                    self.answer(b"{}")
                elif layer.fault in ANSWERS:
                    status, body, headers = ANSWERS[layer.fault]
                    self.answer(body, status, headers)
                elif layer.fault in CONNECTIONS:
                    self.misbehave(layer.fault)
                else:
                    self.answer(json.dumps(self.page(url.path, query)).encode())
            except OSError:
                self.close_connection = True

        def page(self, path: str, query: dict[str, str]) -> dict[str, Any]:
            if not path.endswith("/query"):
                return {
                    "currentVersion": 10.81, "id": 0, "name": "Calls", "type": "Feature Layer",
                    "maxRecordCount": 100_000, "capabilities": "Query", "fields": _FIELDS,
                    "advancedQueryCapabilities": {"supportsPagination": True, "supportsOrderBy": True},
                }  # fmt: skip
            rows = layer.current()
            if query.get("returnCountOnly") == "true":
                return {"count": len(rows)}
            if query.get("returnIdsOnly") == "true":
                return {"objectIds": list(range(len(rows)))}
            start, count = int(query.get("resultOffset", 0)), int(query.get("resultRecordCount", 100_000))
            return {
                "fields": _FIELDS,
                "features": [{"attributes": row} for row in rows[start : start + count]],
                "exceededTransferLimit": start + count < len(rows),
            }

        def misbehave(self, kind: str) -> None:
            if kind == "slow":
                time.sleep(20)
                self.answer(b'{"features":[]}')
            elif kind == "hanging":
                time.sleep(120)
            elif kind == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            elif kind == "gzip bomb":
                packed = io.BytesIO()
                with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as bomb:
                    for _ in range(2048):
                        bomb.write(b" " * _MEGABYTE)
                self.answer(packed.getvalue(), headers={"Content-Encoding": "gzip"})
            else:
                self.pour(kind)
            self.close_connection = True

        def pour(self, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            if kind == "short body":
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(b'{"features":[')
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            size, pause = (1, 0.5) if kind == "byte by byte" else (_MEGABYTE, 0.0)
            for _ in range(600 if pause else 4_000):
                self.wfile.write(b"%x\r\n%b\r\n" % (size, b" " * size))
                time.sleep(pause)

    return Handler


if __name__ == "__main__":
    served = Layer(float(sys.argv[2]))
    threading.Thread(target=served.live, daemon=True).start()
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler(served)).serve_forever()
