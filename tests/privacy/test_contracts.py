"""What the import contracts are for: each import here is forbidden, is made in a copy, and is found."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import blocklight

PACKAGE = Path(blocklight.__file__).parent
TALKS = ("logging", "socket", "asyncio", "httpx2", "sqlite3", "sqlalchemy")

# Rooms that decide: what they hold may not leave by a log line, a connection, a database or a process.
QUIET = (
    "config.city", "config.patterns", "config.pmtiles_header", "config.policy",
    "geo.approved_places", "geo.areas", "geo.exact", "geo.hexagons",
    "insight.past", "insight.usual", "model.outcomes", "model.record", "query.fields", "query.region",
    "standards.city_view", "standards.geoservices.querying",
    "intake.binding", "intake.claims", "intake.feed", "intake.forms.columns", "intake.geocode.streets",
    "intake.geomask", "intake.ground", "intake.keys", "intake.normalise", "intake.record", "intake.redact",
    "intake.same_key", "intake.values.converters",
)  # fmt: skip
HANDED_OVER = (
    "geo.exact", "model.record", "intake.record", "intake.redact", "intake.normalise", "store.write_store",
    "publish.window", "api.incidents", "archive.archive", "app.serving", "cli.checking",
)  # fmt: skip
FURTHER = {
    # Nobody but `app` and what prints its answers reaches into intake.
    "api.incidents": ["intake.record", "geo.exact", "duckdb", "sqlite3", "app.serving", "standards.answer"],
    "api.past": ["intake.redact", "duckdb"],
    "archive.archive": ["intake.record", "geo.exact", "insight.past", "httpx2"],
    "cli.serving": ["intake.record", "intake.run", "store", "net.client"],
    "demo.feeds": ["intake.record", "geo.exact"],
    "insight.usual": ["intake.record", "geo.exact", "duckdb", "api.state"],
    "prepare.basemap.parts": ["intake.record", "geo.exact", "api.state"],
    "publish.publisher": ["intake.record", "geo.exact", "archive.archive", "httpx2", "sqlalchemy"],
    "standards.city_view": ["intake.record", "geo.exact", "store", "publish", "archive", "insight", "net"],
    "store.read_store": ["intake.record", "geo.exact", "httpx2", "duckdb", "publish.window"],
    "app.serving": ["geo.exact", "intake.readable", "sqlalchemy", "httpx2"],
    "app.importing": ["geo.exact", "intake.readable"],
    # Upper layers import lower ones, and never the reverse.
    "config.city": ["geo.areas", "store"],
    "geo.areas": ["store", "net.client", "intake.geomask"],
    "model.record": ["query.fields", "config.city", "store", "intake.record"],
    "net.client": ["geo.areas", "store", "sqlalchemy"],
    "query.fields": ["config.city", "geo.areas", "store"],
    "store.read.reading": ["store.write.sources", "store.store"],
    "store.write.application": ["store.write_store", "geo.exact"],
    # Connectors know nothing of each other.
    "intake.connectors.arcgis": ["intake.connectors.socrata", "sqlalchemy", "intake.run"],
    "intake.connectors.ckan": ["intake.connectors.json_rows"],
    "intake.connectors.socrata": ["intake.connectors.ckan"],
}  # fmt: skip


def _violations() -> set[tuple[str, str]]:
    pairs = {(module, other) for module in QUIET for other in TALKS}
    pairs |= {(module, other) for module in HANDED_OVER for other in ("pickle", "subprocess")}
    return pairs | {(module, other) for module, others in FURTHER.items() for other in others}


def _name(module: str) -> str:
    is_ours = (PACKAGE / module.replace(".", "/")).is_dir() or (
        PACKAGE / f"{module.replace('.', '/')}.py"
    ).is_file()
    return f"blocklight.{module}" if is_ours else module


def _add_import(package: Path, module: str, imported: str) -> None:
    path = package / f"{module.replace('.', '/')}.py"
    text = path.read_text("utf-8")
    first = re.search(r"^(from|import) ", text, re.MULTILINE)
    assert first is not None, module
    path.write_text(f"{text[: first.start()]}import {imported}\n{text[first.start() :]}", "utf-8")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """The imports that the contracts name, of a copy of the sources with every violation in it."""
    copy = tmp_path_factory.mktemp("contracts")
    shutil.copy(PACKAGE.parents[1] / "pyproject.toml", copy)
    ignore = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(PACKAGE, copy / "src" / "blocklight", ignore=ignore)
    for module, imported in sorted(_violations()):
        _add_import(copy / "src" / "blocklight", module, _name(imported))
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy / "src"), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 1, lint.stdout + lint.stderr
    return set(re.findall(r"\b(blocklight[\w.]*) -> ([\w.]+) \(l\.", lint.stdout))


def test_every_import_that_is_forbidden_breaks_a_contract(reported: set[tuple[str, str]]) -> None:
    expected = {(_name(module), _name(other)) for module, other in _violations()}
    assert len(expected) >= 200
    assert sorted(expected - reported) == []
