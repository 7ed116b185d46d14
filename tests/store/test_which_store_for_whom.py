"""Rooms are given no more of the database than their job: reading, writing, or the whole of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import blocklight
from blocklight.store import ReadStore, Store, WriteStore

PACKAGE = Path(blocklight.__file__).parent
MAY_ADMINISTER = {"app", "store"}


def _names_from_the_store() -> Iterator[tuple[str, str]]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("blocklight.store"):
                yield from ((path.relative_to(PACKAGE).parts[0], alias.name) for alias in node.names)


def test_only_what_runs_a_city_holds_the_whole_store_and_only_intake_writes_beside_it() -> None:
    imported = set(_names_from_the_store())
    assert {room for room, name in imported if name == "Store"} == MAY_ADMINISTER
    assert {room for room, name in imported if name == "WriteStore"} == {"app", "intake", "store"}
    assert {room for room, name in imported if name == "ReadStore"} >= {
        "api",
        "publish",
        "archive",
        "insight",
    }
    assert not {room for room, name in imported if name in {"store", "write_store"}} - {"store"}


def test_what_reads_cannot_write_and_what_writes_cannot_administer() -> None:
    writing = {name for name in vars(WriteStore) if not name.startswith("_")} - {"open", "patient"}
    administering = {name for name in vars(Store) if not name.startswith("_")}
    assert {"apply", "release", "record_fetch"} <= writing
    assert {"pause", "refilter", "rename", "note", "compact"} <= administering
    assert not [name for name in writing | administering if hasattr(ReadStore, name)]
    assert not [name for name in administering if hasattr(WriteStore, name)]
