"""The list of changes that `make mutate` tries fits the code and the tests as they are now."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from mutate import Mutant, mutants  # noqa: E402 - a script, which is no package

MUTANTS = mutants()


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len(MUTANTS) >= 15
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_change_can_be_made_exactly_once_and_leaves_a_module_that_parses(mutant: Mutant) -> None:
    text = (ROOT / "src" / "blocklight" / mutant.file).read_text("utf-8")
    changed = mutant.applied_to(text)
    assert changed != text
    if mutant.file.endswith(".py"):
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text)), "it changes no more than the layout"


def test_no_change_breaks_a_module_by_a_name_that_does_not_exist_which_every_test_would_notice(
    tmp_path: Path,
) -> None:
    of_code = [mutant for mutant in MUTANTS if mutant.file.endswith(".py")]
    for mutant in of_code:
        text = (ROOT / "src" / "blocklight" / mutant.file).read_text("utf-8")
        (tmp_path / f"{mutant.name}.py").write_text(mutant.applied_to(text), "utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    checked = subprocess.run(
        [
            ruff,
            "check",
            "--isolated",
            "--no-cache",
            "--select",
            "F821",
            "--output-format",
            "concise",
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(of_code) >= 15
    assert checked.returncode == 0, checked.stdout


def test_a_change_whose_text_is_gone_or_stands_twice_is_an_error() -> None:
    mutant = Mutant("m", "x.py", "a + b", "a - b", 1, "sums", ("tests/x.py",))
    assert mutant.applied_to("c = a + b") == "c = a - b"
    for text in ("c = a * b", "c = a + b\nd = a + b"):
        with pytest.raises(ValueError, match="not once"):
            mutant.applied_to(text)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_change_names_tests_that_exist_and_a_promise(mutant: Mutant) -> None:
    assert 1 <= mutant.promise <= 19
    assert mutant.tests
    for test in mutant.tests:
        file, _, function = test.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert not function or re.search(rf"^(?:async )?def {function}\(", text, re.MULTILINE), test


def _skipped_without_recordings(mutant: Mutant) -> Iterator[str]:
    for test in mutant.tests:
        file, _, function = test.partition("::")
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
            if named and any(argument.arg == "shared_data" for argument in node.args.args):  # type: ignore[attr-defined]  # of a function
                yield test


def test_no_change_leans_on_recordings_that_a_stranger_lacks() -> None:
    assert [test for mutant in MUTANTS for test in _skipped_without_recordings(mutant)] == []
