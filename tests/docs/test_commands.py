import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from pages import PAGES, ROOT, blocks, name

from blocklight.cli import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # the app is a group
_CALL = re.compile(r"(?:^|/)blocklight$")


def lines(page: Path) -> list[str]:
    """Return the command lines of a page's shell blocks, without what stands in here-documents."""
    found: list[str] = []
    for block in blocks(page, "sh"):
        end = ""
        for line in block.body.splitlines():
            if end:
                end = "" if line == end else end
                continue
            found.append(line)
            if here := re.search(r"<<'?(\w+)'?", line):
                end = here[1]
    return found


def calls(page: Path) -> list[list[str]]:
    """Return the arguments of every call of ``blocklight`` in a page."""
    split = (shlex.split(line, comments=True) for line in lines(page))
    return [words[1:] for words in split if words and _CALL.search(words[0])]


def test_there_are_commands_to_check() -> None:
    assert sum(len(calls(page)) for page in PAGES) > 20


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_blocklight_command_is_understood(page: Path) -> None:
    for command, *arguments in calls(page):
        assert command in COMMANDS
        COMMANDS[command].make_context(command, arguments)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in lines(page):
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert {word for word in words[1:] if "=" not in word} <= targets, line


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_of_a_test_or_script_in_a_command_exists(page: Path) -> None:
    for line in lines(page):
        for word in shlex.split(line, comments=True):
            if word.startswith(("tests/", "scripts/", "src/", "docs/")):
                assert (ROOT / word.partition("::")[0]).exists(), line
