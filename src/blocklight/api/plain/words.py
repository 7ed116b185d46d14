"""Reads the message catalogues that the build of the web app compiled, and chooses the reader's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from babel import Locale

from blocklight.api.plain.formats import locale_of, number
from blocklight.errors import NotFound

_FALLBACK = "en"
# Tags of Chinese that is written traditionally, by script or by where it is.
_TRADITIONAL = re.compile(r"zh-(hant\b|(?!hans\b)([a-z]{4}-)?(tw|hk|mo)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """One language's messages, compiled from its Fluent files in ``web/messages/``.

    The key of the message ``plain-older`` is ``plain.older``. A message is a text with ``{names}``, or has a
    text for each variant of one of them, by the language's plural rules where that is a number.
    """

    language: str
    locale: Locale
    _messages: Mapping[str, Any]

    def __call__(self, key: str, **values: str | float) -> str:
        """A message with its variables filled in; numbers are written as the language does."""
        return self._text(self.table(key), values)

    def of(self, key: str, name: object, **values: str | float) -> str:
        """The message for *name* in a table of messages, and the name itself where there is none."""
        message = self.table(key).get(str(name))
        return str(name) if message is None else self._text(message, values)

    def table(self, key: str) -> Any:  # noqa: ANN401 - a message, or a table of them
        """What stands at a key."""
        node: Any = self._messages
        for part in key.split("."):
            node = node[part]
        return node

    def _text(self, message: Any, values: Mapping[str, str | float]) -> str:  # noqa: ANN401 - as in the file
        while isinstance(message, dict):
            message = message[self._variant(message, values[message["$"]])]
        text: str = message
        if "{" not in text:
            return text
        # The compiler lets no other braces through, and what is filled in is not read again.
        return text.format_map(
            {
                name: value if isinstance(value, str) else number(value, self.locale)
                for name, value in values.items()
            }
        )

    def _variant(self, variants: Mapping[str, Any], value: str | float) -> str:
        """Which variant is for a value: its own, or else that of its plural category, or else ``other``."""
        if (exact := str(value)) in variants:
            return exact
        category = "other" if isinstance(value, str) else self.locale.plural_form(value)
        return category if category in variants else "other"


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
        {
            language: Words(language, locale_of(language), messages)
            for language, messages in sorted(files.items())
        },
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
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]
