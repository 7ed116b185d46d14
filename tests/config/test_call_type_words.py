"""Whatever is done to a type, one word that nobody knows keeps it from being published."""

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.config.call_type_words import Lexicon, lexicon, shipped_words, words
from blocklight.config.city import CallTypes, default_call_types
from blocklight.intake.call_types import CallMeanings
from blocklight.model.vocabulary import Category, Reason

SAMPLES = tomllib.loads(
    Path(__file__).parents[1].joinpath("intake").joinpath("call_type_samples.toml").read_text("utf-8")
)
SHIPPED = CallMeanings(CallTypes(), ())
ORDINARY = [text for texts in SAMPLES["ordinary"].values() for text in texts]
SENSITIVE = [text for texts in SAMPLES["sensitive"].values() for text in texts]
HARMLESS = sorted(
    {
        word
        for line in shipped_words().harmless
        for text in (*line.words, *line.phrases, *line.also)
        for word in words(text)
    }.union(*shipped_words().qualifiers.values())
)
MEDICAL = sorted(shipped_words().medical.words)
STEMS = sorted(
    {
        stem.lstrip("^")
        for line in shipped_words().sensitive
        for stem in line.stems
        if len(stem.lstrip("^")) >= 6
    }
)
JOINED = tuple(shipped_words().joined.values())
NEGATIONS = {"NO", "NON", "NOT", "WITHOUT"}
PLAIN = [text for text in ORDINARY if not NEGATIONS & set(words(text))]
SEPARATORS = st.sampled_from([" ", "  ", "-", " - ", "/", "_", ", ", ": ", ".", " (", "*"])
letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=9)
known = frozenset(HARMLESS) | frozenset(MEDICAL)


def is_withheld(text: str) -> bool:
    return isinstance(SHIPPED.of(text).category, Reason)


@given(text=st.sampled_from(ORDINARY), word=letters, first=st.booleans())
def test_one_word_that_nobody_knows_keeps_any_type_from_being_published(
    text: str, word: str, *, first: bool
) -> None:
    strange = f"{word}QX" if word in known or word in shipped_words().medical.beside else word
    assert is_withheld(f"{strange} {text}" if first else f"{text} {strange}"), strange


@given(text=st.sampled_from(ORDINARY), number=st.integers(0, 99_999), first=st.booleans())
def test_a_number_that_may_be_a_code_keeps_any_type_from_being_published(
    text: str, number: int, *, first: bool
) -> None:
    assert is_withheld(f"{number} {text}" if first else f"{text} {number}")


@given(st.sampled_from(SENSITIVE), st.lists(st.sampled_from(HARMLESS + MEDICAL), max_size=5), st.data())
def test_no_known_word_beside_a_sensitive_type_makes_it_public(
    text: str, more: list[str], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations([*text.split(), *more]))
    assert is_withheld(" ".join(mixed))
    assert is_withheld(" ".join([*more, text]))


@given(st.sampled_from(MEDICAL), st.lists(st.sampled_from(HARMLESS), max_size=6), st.data())
def test_a_medical_word_anywhere_makes_a_type_medical_or_withheld(
    word: str, more: list[str], data: st.DataObject
) -> None:
    text = " ".join(data.draw(st.permutations([word, *(one for one in more if one not in NEGATIONS)])))
    joined = any(
        re.search(rf"\b{phrase}\b", text) for part in shipped_words().joined.values() for phrase in part
    )
    assert joined or SHIPPED.of(text).category in (Category.MEDICAL, Reason.UNMAPPED, Reason.SENSITIVE)


@pytest.mark.parametrize(
    "text",
    ["DUI MINOR", "MINOR - RACING", "TRAFFIC, MINOR DRIVER", "CRASH MINOR PASSENGER", "SPEEDING/MINOR"],
)
def test_a_minor_in_traffic_may_be_a_child(text: str) -> None:
    assert SHIPPED.of(text).category in (Reason.UNMAPPED, Reason.SENSITIVE)
    assert SHIPPED.of("ACCIDENT - MINOR").category is Category.TRAFFIC_COLLISION


@pytest.mark.parametrize(
    "text",
    [
        "HOSPITAL HOLD", "MEDICAL HOLD", "PATIENT HOLD", "LOST PATIENT", "PATIENT LEFT HOSPITAL",
        "UNRULY PATIENT", "AGGRESSIVE PATIENT", "SUSPICIOUS INJURY", "FALL FROM BRIDGE",
    ],
)  # fmt: skip
def test_a_word_that_is_harmless_beside_others_is_not_so_beside_a_patient(text: str) -> None:
    assert is_withheld(text)
    for known in (
        "HOLD UP W/ INJURY",
        "HIT & RUN - INJURIES",
        "LOOSE DOG BITE",
        "MEDICAL RESCUE",
        "FALL IN HOUSE",
    ):
        assert SHIPPED.of(known).category is Category.MEDICAL, known


@given(
    st.sampled_from([text for text in ORDINARY if not NEGATIONS & set(words(text))]), SEPARATORS, st.data()
)
def test_order_separators_case_and_accents_change_nothing(
    text: str, separator: str, data: st.DataObject
) -> None:
    parts = data.draw(st.permutations(words(text)))
    written = separator.join(parts)
    accents = re.sub("([aeiouAEIOU])", "\\1\u0301", written)
    for form in (written, written.lower(), written.title(), unicodedata.normalize("NFC", accents), accents):
        assert SHIPPED.of(form).category is SHIPPED.of(text).category, form


@given(st.sampled_from(STEMS), st.data())
def test_a_sensitive_word_with_one_typing_error_stays_sensitive(stem: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(stem) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    typed = data.draw(
        st.sampled_from(
            [
                stem[:at] + stem[at + 1 :],
                stem[:at] + letter + stem[at:],
                stem[:at] + letter + stem[at + 1 :],
                stem[:at] + stem[at : at + 2][::-1] + stem[at + 2 :],
            ]
        )
    )
    another_word = typed in known or typed in shipped_words().ordinary.words
    signed = CallMeanings(CallTypes(exact={typed: Category.OTHER}), ())
    assert another_word or signed.of(typed).category is Reason.SENSITIVE, typed
    assert is_withheld(typed) or another_word


def test_no_harmless_word_is_sensitive_or_medical() -> None:
    assert len(HARMLESS) > 300
    assert len(MEDICAL) > 100
    assert not {word for word in HARMLESS if lexicon().read(word).groups}
    assert not {word for word in HARMLESS if lexicon().read(word).medical}
    sensitive = {word for line in shipped_words().sensitive for word in line.words}
    assert not sensitive & {*HARMLESS, *MEDICAL, *shipped_words().medical.beside}


def test_every_group_of_the_words_is_one_of_the_patterns() -> None:
    groups = {rule.group for rule in default_call_types().sensitive}
    assert {line.group for line in shipped_words().sensitive} == groups
    assert not default_call_types().exact, "a line that counts in every city would have to be safe in each"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Niño / perdido", ("NINO", "PERDIDO")),
        ("273.5PC", ("273", "5", "PC")),
        ("HIT&RUN_W/INJ.", ("HIT", "RUN", "W", "INJ")),
        ("DRIVER'S", ("DRIVERS",)),
        ("★ ---", ()),
        ("ＦＩＲＥ", ("FIRE",)),
    ],
)
def test_a_type_is_split_into_its_words(text: str, parts: tuple[str, ...]) -> None:
    assert words(text) == parts


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("PC 261.5", "sexual_offence"),
        ("302 HOLD", "suicide_mental_health"),
        ("ASSIST - THE PD", "tactical_officer_safety"),
        ("QXMHA", None),
        ("MUSICDV", "domestic_violence"),
        ("ENGINE 302", None),
    ],
)
def test_codes_phrases_and_words_written_together_are_recognised(text: str, group: str | None) -> None:
    assert (next(iter(lexicon().read(text).groups), None)) == group


def test_a_vocabulary_of_ones_own_is_read_alike() -> None:
    stricter = shipped_words().model_copy(update={"harmless": shipped_words().harmless[1:]})
    first = shipped_words().harmless[0].phrases[0]
    assert lexicon().read(first).category is not None
    assert Lexicon(stricter).read(first).category is None
