"""Reads the message catalogues that the web app wrote down, and chooses the reader's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from blocklight.errors import NotFound

_NAME = re.compile(r"\{(\w+)\}")
_FALLBACK = "en"
_TRADITIONAL = re.compile(r"zh-(hant\b|(?!hans\b)([a-z]{4}-)?(tw|hk|mo)\b)", re.IGNORECASE)
"""Tags of Chinese that is written traditionally, by script or by where it is."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language's messages, as ``web/tools/plain.ts`` writes them.

    A key is a path with dots, ``plain.older``. A message is a text with ``{names}``; one that counts has
    another text for one thing.
    """

    language: str
    _messages: Mapping[str, Any]

    def __call__(self, key: str, **given: str | int) -> str:
        """A message with its names filled in; of one that counts, *count* chooses the text."""
        message = self.table(key)
        if isinstance(message, dict):
            message = message["one" if given.get("count") == 1 else "other"]
        return _NAME.sub(lambda hit: str(given[hit[1]]), message)

    def of(self, key: str, name: object, **given: str | int) -> str:
        """The message for *name* in a table of messages, and the name itself where there is none."""
        message = self.table(key).get(str(name))
        return str(name) if message is None else _NAME.sub(lambda hit: str(given[hit[1]]), message)

    def table(self, key: str) -> Any:  # noqa: ANN401 - a message, or a table or list of them
        """What stands at a key."""
        node: Any = self._messages
        for part in key.split("."):
            node = node[part]
        return node


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the web app decided: languages, groups of categories with their outlines, and the style sheet."""

    languages: Mapping[str, Words]
    groups: Mapping[str, tuple[str, ...]]
    outlines: Mapping[str, str]
    style: str

    @property
    def english(self) -> Words:
        """The words that everything published is in."""
        return self.languages[_FALLBACK]

    def group(self, category: str) -> str:
        """The group that a category is drawn in."""
        return next((group for group, members in self.groups.items() if category in members), "officer")

    def choose(self, language: str | None, accept: str | None) -> Words:
        """The language asked for, else the one that ``Accept-Language`` likes best, else English."""
        for tag in [language or "", *_preferred(accept or "")]:
            words = self.languages.get("zh-Hant" if _TRADITIONAL.match(tag) else tag[:2].lower())
            if words is not None:
                return words
        return self.languages[_FALLBACK]


@cache
def catalogue(web: Path) -> Catalogue:
    """Read the catalogue of the built web app in a folder; raises ``NotFound`` where none is built."""
    try:
        files = {path.stem: orjson.loads(path.read_bytes()) for path in (web / "plain").glob("*.json")}
        manifest = orjson.loads((web / "manifest.json").read_bytes())
        marks = files.pop("marks")
    except (OSError, KeyError):
        raise NotFound("the web app is not built in this installation") from None
    return Catalogue(
        {language: Words(language, messages) for language, messages in sorted(files.items())},
        {group: tuple(members) for group, members in marks["groups"].items()},
        marks["outlines"],
        "/" + manifest["src/plain/plain.css"]["file"],
    )


def _preferred(accept: str) -> list[str]:
    """The tags of an ``Accept-Language`` header, the best first (RFC 9110 12.5.4)."""
    weighed: list[tuple[float, str]] = []
    for part in accept.split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighed.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda one: -one[0])]
