import re
import time
import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from blocklight.config.city import CallTypes, SensitiveRule, default_call_types
from blocklight.config.matching import LONGEST_TEXT
from blocklight.config.patterns import ways

FOR_EVER = [
    "(A+)+$",
    "(?:A|A)*B",
    "(?:A|AB|B)*C",
    "(?:AB|A.)*E",
    "(A*)*B",
    "([A-Z]+)*[0-9]",
    "(X+X+)+Y",
    "(.*)(,.*)*X",
    "(?:A{1,50}){1,50}B",
    "(?:A?){30}B",
    "A?" * 30 + "X",
    "(?=(A+)+B)A",
    "(?>(?:A|A)+)+B",
    "(?(1)A|B)(?:(A)|A)*C",
    ".*.*.*=",
    r"\d*\d*\d*$",
    "A.*B.*C.*D",
    "(?:Б|.)*!",
    "(?:б|[^A])*!",
    "[AА-Я]*[BА-Я]*[CА-Я]*[DА-Я]*X",
    r"(?:—|[^\d])*!",
    r"(?:٣B?|\d)*!",
    "(?=(?:Б|.)*!)A",
    r"(?:[Ā-ſ]B?|\w)*!",
]
SOON = [
    r"\bNOISE\b.*\b(?:LOUD|PARTY)",
    r"^STOLEN(?: \w+)* VEH",
    r"(?:\d{1,3}\.){3}\d{1,3}$",
    r"(?:AB|CD)*E",
    r"(?:\w|\d)*!",
    r"^(?!.*\bDOGS?\b).*\bBITE",
    r"(?P<head>[^,]*),(?P<rest>[^,]*),",
    r"(A)(?(1)B|C)",
    "(?>A+)B",
    "A++B",
    r"\bNIÑ[OA]S? PERDID[OA]S?",
    r"CỨU HỎA.*KHẨN",
    r"ШУМ(?: \w+)* НОЧЬЮ",
    r"(?:警|火)+災",
    "FIRE – .*",
    r"^[^—]*—[^—]*$",
]

ATOMS = st.sampled_from(
    ["A", "B", "Б", "[А-Я]", "[^Б]", "[AB]", ".", r"\w", r"\d", "[^A]", r"\b", "$", "AB", "(?=A)", "(?!.*B)"]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{2,40}", "{3}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=8,
)
LONG = [
    text[:LONGEST_TEXT]
    for text in (
        "A" * 199 + "!",
        "AB" * 100,
        "AAB" * 99,
        "1" * 199 + "x",
        "A B " * 50,
        "Б" * 199 + "!",
        "AБ" * 100,
    )
]


@pytest.mark.parametrize("pattern", FOR_EVER)
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="could take too long"):
        SensitiveRule(match=pattern, group="any")


@pytest.mark.parametrize("pattern", SOON)
def test_a_pattern_that_cannot_take_long_is_taken(pattern: str) -> None:
    assert SensitiveRule(match=pattern, group="any").match == pattern


@pytest.mark.parametrize(
    "pattern", ["A{99999999999}", "(" * 3000 + "A" + ")" * 3000, "A" * 10_001, "(?P<a", "A{3,1}", r"\p{Lu}"]
)
def test_a_pattern_that_cannot_be_read_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"not a regular expression|at most 10,000 characters"):
        SensitiveRule(match=pattern, group="any")


@settings(max_examples=300, deadline=None)
@given(PATTERNS)
def test_no_pattern_that_is_taken_takes_long_on_any_text_a_source_may_send(pattern: str) -> None:
    try:
        SensitiveRule(match=pattern, group="any")
    except ValidationError:
        return
    compiled = re.compile(pattern, re.IGNORECASE)
    for text in LONG:
        begun = time.process_time()
        compiled.search(text)
        assert time.process_time() - begun < 2, (ways(pattern, re.IGNORECASE, LONGEST_TEXT), text[:8])


def test_the_patterns_that_come_with_blocklight_would_be_taken_from_a_city_too() -> None:
    text = resources.files("blocklight.config").joinpath("call_types.toml").read_text("utf-8")
    checked = CallTypes.model_validate(tomllib.loads(text))
    assert len(checked.sensitive) > 40
    assert checked == default_call_types()
