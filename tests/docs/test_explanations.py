"""What the code says beside itself stands where CONTRIBUTING.md says that it does."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

from pages import ROOT

MODULES = [
    path for folder in ("src", "tests", "scripts", "benchmarks") for path in (ROOT / folder).rglob("*.py")
]


def _strings_below_names(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) or not isinstance(body := getattr(node, "body", None), list):
            continue
        for named, below in itertools.pairwise(body):
            if isinstance(named, ast.Assign | ast.AnnAssign) and isinstance(below, ast.Expr):
                value = below.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield below.lineno


def test_only_fields_of_a_class_are_explained_below_themselves() -> None:
    assert len(MODULES) > 500
    below = [
        f"{path.relative_to(ROOT)}:{line}" for path in MODULES for line in _strings_below_names(_tree(path))
    ]
    assert below == []


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))
