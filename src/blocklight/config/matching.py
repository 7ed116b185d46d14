"""Tries a city file's patterns on texts from outside: never for long, whatever the text.

A text of printable ASCII characters is searched by RE2, in time linear in its length, where a pattern is none
that the standard engine tries quickly anyway. Every other text, and a pattern that RE2 does not know, is left
to the standard engine, at no more characters than `patterns.ways` found bounded for that pattern.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import re2

from blocklight.config.patterns import ways

# Characters that a source's words may have: longer ones are none, and no pattern is tried on them.
LONGEST_TEXT = 200
# Characters of a text that fields are cut out of, where the pattern allows as many.
LONGEST_CELL = 1_000
# Of what the standard engine has to try: on a text of 200 characters a second at the very worst, and a few
# milliseconds for patterns that people write.
_MOST_WAYS = 100_000_000
# Below that the standard engine is quick on any text; RE2's binding takes some microseconds more.
_FEW_WAYS = 100_000

_SHORT = 40
# Read in another way by RE2: a class of POSIX within a class, and a repeat without its least number.
_READ_OTHERWISE = ("[:", "[.", "[=", "{,")


class Hit(Protocol):
    """What either engine says of a match."""

    def groupdict(self) -> Mapping[str, str | None]:
        """The text of each named group."""
        ...

    def group(self) -> str | Any:  # noqa: ANN401 - as the standard engine's type says
        """The text that was matched."""
        ...


def longest(pattern: str, flags: int) -> int:
    """How long a text may be for *pattern* to be tried on it; 0 where no length is bounded.

    Raises what `re.compile` does for what is no pattern.
    """
    return next(
        (length for length in (LONGEST_CELL, LONGEST_TEXT) if ways(pattern, flags, length) <= _MOST_WAYS), 0
    )


class Matcher:
    """One pattern of a city file, as `re.compile` would make it, for texts that a stranger may write."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._plain = re.compile(pattern, flags)
        self.groupindex: Mapping[str, int] = self._plain.groupindex
        self._longest = longest(pattern, flags)
        self._linear = linear(pattern, flags) if ways(pattern, flags, LONGEST_CELL) > _FEW_WAYS else None

    def search(self, text: str) -> Hit | None:
        """Where the pattern first matches, ``None`` as well for a text too long to be tried."""
        if self._linear is not None and _SHORT < len(text) <= LONGEST_CELL and plain_ascii(text):
            hit: Hit | None = self._linear.search(text)
            return hit
        return self._plain.search(text) if len(text) <= self._longest else None


@cache
def matcher(pattern: str) -> Matcher:
    """What tries *pattern* without regard to case, made once."""
    return Matcher(pattern, re.IGNORECASE)


def plain_ascii(text: str) -> bool:
    """Whether both engines mean the same by words, gaps, digits, case and the end of a text."""
    return text.isascii() and text.isprintable()


def linear(pattern: str, flags: int) -> Any:  # noqa: ANN401 - RE2's binding has no types
    """A pattern made by RE2, ``None`` for one that it does not know or would read otherwise."""
    if not pattern.isascii() or any(sign in pattern for sign in _READ_OTHERWISE):
        return None
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not flags & re.IGNORECASE
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None
