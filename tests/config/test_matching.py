"""Patterns on texts that a stranger writes: the same answer as the standard engine's, and never late."""

import re
import time
import tomllib
from importlib import resources

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blocklight.config.matching import LONGEST_CELL, LONGEST_TEXT, Matcher, linear, longest, plain_ascii
from blocklight.config.patterns import ways

HEAVY = [
    r"(?P<a>\w+)\s*(?P<b>\w+)Z",
    r"(?P<a>[A-Z]+) ?(?P<b>[A-Z ]+)@",
    r"(?P<a>.*)x(?P<b>.*)y",
    r"^(?P<a>.*)X(?P<b>.*)Y(?P<c>\d+)$",
    r"a*a*a*b",
    r"(?:\w+ ?){2}Z",
]
ATOMS = st.sampled_from(
    [
        "A",
        "b",
        "[AB]",
        "[^A]",
        "[B-z]",
        ".",
        r"\w",
        r"\W",
        r"\d",
        r"\s",
        r"\S",
        r"\b",
        r"\B",
        "^",
        "$",
        "_",
        "{",
    ]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        inner.map(lambda one: f"({one})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "{2,5}", "{3}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)
TEXTS = st.text(alphabet="aAbBzZk1 _-:{},[]", min_size=1, max_size=60)


@pytest.mark.parametrize("pattern", HEAVY)
@pytest.mark.parametrize("filling", ["a", "X", "x", "A", "A "])
def test_a_pattern_takes_a_moment_on_any_plain_text_that_it_is_tried_on(pattern: str, filling: str) -> None:
    matcher = Matcher(pattern, re.IGNORECASE)
    for length in (LONGEST_TEXT, LONGEST_CELL, 100_000):
        text = (filling * length)[:length]
        begun = time.process_time()
        matcher.search(text)
        assert time.process_time() - begun < 0.1


@pytest.mark.parametrize("pattern", HEAVY)
def test_a_text_that_only_the_standard_engine_can_search_is_tried_no_longer_than_is_bounded(
    pattern: str,
) -> None:
    tried = longest(pattern, re.IGNORECASE)
    assert ways(pattern, re.IGNORECASE, tried) <= 100_000_000
    matcher = Matcher(pattern, re.IGNORECASE)
    begun = time.process_time()
    assert matcher.search("é" * (tried + 1)) is None
    assert time.process_time() - begun < 0.1


@settings(max_examples=400, deadline=None)
@given(pattern=PATTERNS, text=TEXTS, ignore_case=st.booleans())
def test_both_engines_find_the_same_in_a_plain_text(pattern: str, text: str, *, ignore_case: bool) -> None:
    flags = re.IGNORECASE if ignore_case else 0
    fast = linear(pattern, flags)
    assume(fast is not None and ways(pattern, flags, len(text)) < 10**6)
    ours, theirs = fast.search(text), re.search(pattern, text, flags)
    assert (ours and ours.span()) == (theirs and theirs.span())


@pytest.mark.parametrize("pattern", ["[[:alpha:]]", "A{,2}B", "(?=A)B", r"(A)\1", "A++B", "é+"])
def test_what_the_linear_engine_does_not_know_or_reads_otherwise_is_left_to_the_standard_one(
    pattern: str,
) -> None:
    assert linear(pattern, re.IGNORECASE) is None


@pytest.mark.parametrize("text", ["é" * 50, "A" * 50 + "\n", "A" * 50 + "\x0b", "\u212a" * 50])
def test_a_text_that_both_engines_might_read_otherwise_is_none_for_the_linear_one(text: str) -> None:
    assert not plain_ascii(text)


def test_groups_are_cut_out_alike_whichever_engine_searches() -> None:
    matcher = Matcher(r"^(?P<head>.*) at (?P<place>.*), (?P<rest>.*)$", re.IGNORECASE)
    for text in ("Noise AT 5th, x", "Noise " * 40 + "AT 5th, x", "Noisé AT 5th, x"):
        hit = matcher.search(text)
        assert hit is not None
        assert hit.groupdict()["place"] == "5th"
        assert hit.groupdict()["rest"] == "x"


def _shipped() -> list[str]:
    table = tomllib.loads(resources.files("blocklight.config").joinpath("call_types.toml").read_text())
    return [
        rule["match"]
        for rules in table.values()
        if isinstance(rules, list)
        for rule in rules
        if "match" in rule
    ]


def test_shipped_patterns_are_tried_on_every_text_that_a_type_may_be() -> None:
    patterns = _shipped()
    assert len(patterns) > 20
    assert all(longest(pattern, re.IGNORECASE) >= LONGEST_TEXT for pattern in patterns)
