"""What pages and comments name in backticks is there: files, modules, decisions, npm scripts."""

import importlib.util
import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from pages import PAGES, ROOT, read

_WRITTEN = {".py", ".ts", ".svelte", ".md", ".toml", ".css", ".html", ".yml", ".conf", ".service"}
_CODE = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"[\w.@/-]+\.(?:py|ts|svelte|md|css|mjs|sh)")
# What a command writes.
_OTHERS = {"test_NAME.py"}


@cache
def texts() -> dict[str, str]:
    """Every tracked file that people write, but the history and the tests, by its path."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there are no tracked files to read")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text("utf-8") if Path(name).suffix in _WRITTEN else "" for name in names}


def named() -> list[tuple[str, str]]:
    """Every file with a word that is set as code in it."""
    skipped = ("tests/", "CHANGELOG.md")
    return [
        (file, word)
        for file, text in texts().items()
        if not file.startswith(skipped)
        for word in _CODE.findall(text)
    ]


def test_every_file_that_is_named_is_there() -> None:
    there = texts()
    words = {(file, word) for file, word in named() if _FILE.fullmatch(word) and word not in _OTHERS}
    assert len(words) > 20
    lost = {
        (file, word) for file, word in words if not any(f"/{name}".endswith(f"/{word}") for name in there)
    }
    assert not lost


def test_every_module_that_a_page_names_is_there() -> None:
    words = {word for file, word in named() if re.fullmatch(r"blocklight(\.[a-z_]+)+", word)}
    assert words
    assert {word for word in words if importlib.util.find_spec(word) is None} == set()


def test_every_decision_that_is_named_is_there() -> None:
    there = {int(file.name[:4]) for file in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
    numbers = {int(n) for text in texts().values() for n in re.findall(r"\bdecision (\d+)\b", text)}
    assert len(numbers) > 3
    assert numbers <= there


def test_every_npm_script_that_is_named_is_there_and_runs_what_is_there() -> None:
    scripts: dict[str, str] = json.loads(read("web/package.json"))["scripts"]
    makefile, check = read("Makefile"), read("scripts/test")
    pages = "\n".join([makefile, check, *(page.read_text("utf-8") for page in PAGES)])
    assert set(re.findall(r"npm run (?:--silent )?([\w:-]+)", pages)) <= set(scripts)
    for line in scripts.values():
        for word in line.split():
            if word.startswith(("tools/", "src/", "../")) and not word.endswith(".d.ts"):
                assert (ROOT / "web" / word).exists(), line
