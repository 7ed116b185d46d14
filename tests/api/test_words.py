"""Messages as the build compiles them, with a language's numbers and plural rules."""

import orjson
import pytest

from blocklight.api.plain.formats import locale_of
from blocklight.api.plain.words import Words, catalogue
from blocklight.api.state import web_root

_DAYS = {"$": "count", "0": "ни дня", "one": "{count} день", "few": "{count} дня", "other": "{count} дней"}


def _words(language: str, message: object) -> Words:
    return Words(language, locale_of(language), {"message": message, "table": {"a": message}})


def test_a_number_has_its_plural_by_the_rules_of_its_language_and_its_own_variant_before_that() -> None:
    words = _words("ru", _DAYS)
    assert [words("message", count=n) for n in (0, 1, 2, 5, 21, 22, 1000)] == [
        "ни дня",
        "1 день",
        "2 дня",
        "5 дней",
        "21 день",
        "22 дня",
        "1\u00a0000 дней",
    ]
    assert words.of("table", "a", count=21) == "21 день"


def test_a_word_can_choose_a_variant() -> None:
    words = _words("es", {"$": "gender", "feminine": "{what} abierta", "other": "{what} abierto"})
    assert words("message", gender="feminine", what="Llamada") == "Llamada abierta"
    assert words("message", gender="?", what="Caso") == "Caso abierto"


def test_numbers_are_written_as_the_language_does() -> None:
    assert _words("en", "{count} in all")("message", count=12_345) == "12,345 in all"
    assert _words("es", "{count}")("message", count=1234) == "1234"


def test_what_is_filled_in_is_not_read_as_a_message() -> None:
    assert _words("en", "{a} and {b}")("message", a="{b}", b="{a.__class__}") == "{b} and {a.__class__}"


def test_a_variable_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="count"):
        _words("en", _DAYS)("message")
    with pytest.raises(KeyError, match="span"):
        _words("en", "{span} ago")("message", wait="1 s")


def test_every_text_that_the_build_wrote_can_be_filled_in() -> None:
    texts = 0
    for words in catalogue(web_root()).languages.values():
        path = web_root() / "plain" / f"{words.language}.json"
        nodes: list[object] = [orjson.loads(path.read_bytes())]
        while nodes:
            node = nodes.pop()
            if isinstance(node, dict):
                nodes.extend(node.values())
                continue
            assert isinstance(node, str)
            names = {part.split("}")[0] for part in node.split("{")[1:]}
            assert all(name.isidentifier() for name in names), node
            texts += 1
    assert texts > 3000
