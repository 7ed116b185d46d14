"""Reads a call type as the set of its words: which of them are sensitive, medical, harmless or not known."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BeforeValidator

from blocklight.config.table import Table
from blocklight.model.vocabulary import Category

_PART = re.compile(r"[^\W\d_]+|\d+")
# From this length on a stem is also recognised at one typing error; a shorter one is soon another word.
_FUZZY_LETTERS = 6

# No word is as long; comparing longer ones letter by letter would take time for nothing.
_LONGEST_WORD = 60

_REMEMBERED = 10_000
# A typing error touches at most two neighbouring pieces of a stem, so that one of three is whole.
_PIECES = 3

# One letter at an end is part of a word and no word.
_SHORTEST_REST = 2
# What stands beside the number of a law; a lone number is one only there or at the start of a type.
_PENAL = frozenset({"PC", "P", "CP", "CODE", "SEC", "SECTION", "RCW", "ORS", "ACT", "HOLD"})


def words(text: str) -> tuple[str, ...]:
    """The words of a type: upper case, no accents, split at signs and between letters and digits."""
    plain = unicodedata.normalize("NFKD", text.replace("'", "").replace("’", ""))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(_PART.findall(letters.upper()))


def _split(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Harmless(Table):
    """Words and phrases that speak for a category, and what may stand beside them."""

    category: Category
    words: Words = ()
    phrases: tuple[str, ...] = ()
    beside: Words = ()
    also: Words = ()


class Medical(Table):
    """Words that make a type medical, and what may stand beside them without being unknown."""

    words: Words
    phrases: tuple[str, ...]
    stems: Words
    beside: Words


class Sensitive(Table):
    """Words of a group that is never published."""

    group: str
    words: Words = ()
    stems: Words = ()
    phrases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


class Ordinary(Table):
    """Words that look like a sensitive stem and are none."""

    words: Words


class KnownWords(Table):
    """The file ``call_type_words.toml``."""

    joined: dict[str, tuple[str, ...]]
    qualifiers: dict[str, Words]
    harmless: tuple[Harmless, ...]
    medical: Medical
    sensitive: tuple[Sensitive, ...]
    ordinary: Ordinary


@cache
def shipped_words() -> KnownWords:
    """The shipped vocabulary."""
    text = resources.files("blocklight.config").joinpath("call_type_words.toml").read_text("utf-8")
    return KnownWords.model_validate(tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of one type say.

    *groups* are the sensitive groups they belong to, each with the word that says so. *medical* is the word
    that makes it medical. *unknown* are the words that keep it from being published. *category* is what the
    words mean where all of them are known, ``None`` otherwise; *head* are those that say so.
    """

    groups: Mapping[str, str]
    medical: str | None
    unknown: tuple[str, ...]
    category: Category | None
    head: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A harmless word or phrase: its words, its category, and its place in the order of the file."""

    words: frozenset[str]
    category: Category
    order: int


class Lexicon:
    """The vocabulary made ready to read types."""

    def __init__(self, shipped: KnownWords) -> None:
        self._joined = sorted(
            ((words(text), name) for name, texts in shipped.joined.items() for text in texts),
            key=lambda pair: -len(pair[0]),
        )
        self._entries = tuple(_harmless_entries(shipped))
        self._beside = {
            line.category: frozenset(line.also).union(*(shipped.qualifiers[kind] for kind in line.beside))
            for line in shipped.harmless
        }
        harmless = frozenset().union(*(entry.words for entry in self._entries), *self._beside.values())
        self._medical = frozenset(shipped.medical.words)
        self._medical_phrases = _phrases(shipped.medical.phrases)
        self._medical_stems = shipped.medical.stems
        in_phrases = frozenset().union(*(phrase for phrase, _ in self._medical_phrases))
        self._beside_medical = self._medical.union(shipped.medical.beside, *shipped.qualifiers.values())
        self._ordinary = harmless.union(self._beside_medical, in_phrases, shipped.ordinary.words)
        self._sensitive = {word: line.group for line in shipped.sensitive for word in line.words}
        self._stems = [(stem, line.group) for line in shipped.sensitive for stem in line.stems]
        self._phrases = [
            (phrase, text, line.group)
            for line in shipped.sensitive
            for phrase, text in _phrases(line.phrases)
        ]
        self._codes = [(words(code), code, line.group) for line in shipped.sensitive for code in line.codes]
        self._read_words: dict[str, tuple[str, ...]] = {}

    def read(self, text: str) -> Reading:
        """What the words of a type say."""
        parts = self._join(words(text))
        unordered = frozenset(parts)
        groups = self._groups(parts, unordered)
        medical = self._medical_word(unordered)
        if medical is not None:
            free = self._free_beside_medical(unordered)
            unknown = tuple(word for word in dict.fromkeys(parts) if word not in free)
            return Reading(groups, medical, unknown, None if unknown else Category.MEDICAL)
        return self._harmless(parts, unordered, groups)

    def _join(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The words with those that mean one thing together made one."""
        for phrase, name in self._joined:
            if phrase[0] not in parts:
                continue
            for at in range(len(parts) - len(phrase) + 1):
                if parts[at : at + len(phrase)] == phrase:
                    return self._join((*parts[:at], name, *parts[at + len(phrase) :]))
        return parts

    def _harmless(
        self, parts: tuple[str, ...], unordered: frozenset[str], groups: Mapping[str, str]
    ) -> Reading:
        """Read a type without a medical word: each word is part of a head, or allowed beside every head."""
        heads = self._heads(unordered)
        covered = frozenset().union(*(entry.words for entry in heads))
        beside = [self._beside[category] for category in {entry.category for entry in heads}]
        free = frozenset.intersection(*beside) if beside else frozenset[str]()
        unknown = tuple(word for word in dict.fromkeys(parts) if word not in covered and word not in free)
        if unknown or not heads:
            return Reading(groups, None, unknown or tuple(dict.fromkeys(parts)), None)
        first = min(heads, key=lambda entry: entry.order)
        return Reading(groups, None, (), first.category, " ".join(sorted(first.words)))

    def _heads(self, unordered: frozenset[str]) -> list[_Entry]:
        """The harmless words and phrases of a type, but for those that are a part of another."""
        heads = [entry for entry in self._entries if entry.words <= unordered]
        return [head for head in heads if not any(head.words < longer.words for longer in heads)]

    def _medical_word(self, unordered: frozenset[str]) -> str | None:
        for word in sorted(unordered):
            if word in self._medical:
                return word
        for phrase, text in self._medical_phrases:
            if phrase <= unordered:
                return text
        for word in sorted(unordered - self._ordinary):
            stem = next((stem for stem in self._medical_stems if stem in word), None)
            if stem is not None:
                return f"{stem} in {word}"
        return None

    def _free_beside_medical(self, unordered: frozenset[str]) -> frozenset[str]:
        """What is known of a type with a medical word.

        A word that is harmless beside others, as HOLD is in HOLD UP ALARM, is not so beside a patient.
        """
        heads = self._heads(unordered)
        phrases = [phrase for phrase, _ in self._medical_phrases if phrase <= unordered]
        known_words = [entry.words for entry in heads] + phrases
        return self._beside_medical.union(*known_words, *(self._beside[entry.category] for entry in heads))

    def _groups(self, parts: tuple[str, ...], unordered: frozenset[str]) -> dict[str, str]:
        """The sensitive groups of a type, each with what says so."""
        reasons: dict[str, str] = {}
        for word in sorted(unordered):
            groups = self._read_words.get(word)
            if groups is None:
                if len(self._read_words) >= _REMEMBERED:
                    self._read_words.clear()
                groups = self._read_words[word] = self._of_word(word)
            for group in groups:
                reasons.setdefault(group, word)
        for phrase, text, group in self._phrases:
            if phrase <= unordered:
                reasons.setdefault(group, text)
        for code, text, group in self._codes:
            if code[0] in unordered and _has_code(parts, code):
                reasons.setdefault(group, text)
        return reasons

    def _of_word(self, word: str) -> tuple[str, ...]:
        """The sensitive groups of one word: itself, a part of it, or a typing error away from one."""
        if word in self._sensitive:
            return (self._sensitive[word],)
        if word in self._ordinary or word.isdigit():
            return ()
        groups = [group for stem, group in self._stems if _contains(word, stem)]
        for at in range(_SHORTEST_REST, len(word) - _SHORTEST_REST + 1):
            for rest, remainder in ((word[at:], word[:at]), (word[:at], word[at:])):
                if rest in self._sensitive and remainder in self._ordinary:
                    groups.append(self._sensitive[rest])
        return tuple(dict.fromkeys(groups))


@cache
def lexicon() -> Lexicon:
    """The shipped vocabulary, ready to read types."""
    return Lexicon(shipped_words())


def _harmless_entries(shipped: KnownWords) -> Iterator[_Entry]:
    for order, line in enumerate(shipped.harmless):
        for word in line.words:
            yield _Entry(frozenset({word}), line.category, order)
        for phrase in line.phrases:
            yield _Entry(frozenset(words(phrase)), line.category, order)


def _phrases(texts: Iterable[str]) -> list[tuple[frozenset[str], str]]:
    return [(frozenset(words(text)), text) for text in texts]


def _has_code(parts: Sequence[str], code: Sequence[str]) -> bool:
    """Whether the parts of a code stand one after another; a lone number only where numbers of laws stand."""
    for at in range(len(parts) - len(code) + 1):
        if tuple(parts[at : at + len(code)]) != tuple(code):
            continue
        beside = {*parts[max(0, at - 1) : at], *parts[at + 1 : at + 2]}
        if len(code) > 1 or at == 0 or beside & _PENAL:
            return True
    return False


def _contains(word: str, stem: str) -> bool:
    """Whether a stem is in a word, or from six letters on a typing error away from something in it."""
    anywhere, letters = not stem.startswith("^"), stem.lstrip("^")
    if letters in word if anywhere else word.startswith(letters):
        return True
    if len(letters) < _FUZZY_LETTERS or not len(letters) - 1 <= len(word) <= _LONGEST_WORD:
        return False
    if not any(piece in word for piece in _pieces(letters)):
        return False
    starts = range(len(word)) if anywhere else range(1)
    sizes = (len(letters) - 1, len(letters), len(letters) + 1)
    return any(
        _one_error(letters, word[at : at + size]) for at in starts for size in sizes if at + size <= len(word)
    )


@cache
def _pieces(letters: str) -> tuple[str, ...]:
    """The three pieces of a stem: looking for them is quick, and most words hold none."""
    size = len(letters) // _PIECES
    return letters[:size], letters[size : 2 * size], letters[2 * size :]


def _one_error(right: str, typed: str) -> bool:
    """Whether one letter is missing, added or another, or two neighbours have changed places."""
    at = next(
        (at for at, (a, b) in enumerate(zip(right, typed, strict=False)) if a != b),
        min(len(right), len(typed)),
    )
    if len(right) > len(typed):
        return right[at + 1 :] == typed[at:]
    if len(right) < len(typed):
        return right[at:] == typed[at + 1 :]
    swapped = right[at : at + 2] == typed[at : at + 2][::-1] and right[at + 2 :] == typed[at + 2 :]
    return right[at + 1 :] == typed[at + 1 :] or swapped
