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
# A command in a message; neither an import of Python nor the name of the lock.
_ADVICE = re.compile(
    r"blocklight (?!import [a-z_]+\n|intake\")([a-z]+(?: [{}A-Za-z_.=()-]+)*)(?=[\s`'\"\[:,.;/])"
)


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
        try:
            COMMANDS[command].make_context(command, arguments)
        except typer.BadParameter as error:
            # The files and folders of an example are the reader's: that is all that may be wrong with it.
            if not re.search("no such (file|folder)", str(error)):
                raise


def advised() -> list[tuple[str, str]]:
    """Every command that a message of the program tells somebody to type, with the file it stands in."""
    return [
        (str(file.relative_to(ROOT)), match[1])
        for file in sorted((ROOT / "src" / "blocklight").rglob("*.py"))
        for match in _ADVICE.finditer(file.read_text("utf-8"))
    ]


def test_every_command_that_a_message_names_exists_with_its_options() -> None:
    found = advised()
    assert len(found) > 30
    for file, line in found:
        words, command = [word.rstrip(".") for word in line.split()], None
        known: Any = {"commands": COMMANDS}
        while words and (inner := known["commands"].get(words[0])) is not None:
            command, known = inner, {"commands": getattr(inner, "commands", {})}
            words.pop(0)
        assert command is not None, (file, line)
        assert not getattr(command, "commands", None), (file, line)  # a group alone does nothing
        options = {name for option in command.params for name in option.opts}
        assert {word for word in words if word.startswith("--")} <= options | {"--help"}, (file, line)


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
