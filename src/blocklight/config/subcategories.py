"""Finds in a city file the subcategories that would tell more by their absence than by being there."""

from collections.abc import Iterator, Mapping

from blocklight.config.policy_mistakes import Mistake
from blocklight.config.table import comparable_words
from blocklight.model.vocabulary import SUBCATEGORIES, Category, Subcategory

_KEY = "call_types.subcategories"


def subcategory_mistakes(
    exact: Mapping[str, Category], subcategories: Mapping[str, Subcategory]
) -> Iterator[Mistake]:
    """Yield what is wrong with the subcategories of a city's exact types.

    Where all types of a category but one have a subcategory, whatever has none is of that one: it would be
    named by what is left out, and nobody decided that.
    """
    category_of = {comparable_words(text): category for text, category in exact.items()}
    named: dict[Category, set[str]] = {}
    for text, subcategory in subcategories.items():
        key = f"{_KEY}.{text}"
        category = category_of.get(comparable_words(text))
        if category is None:
            yield Mistake(key, "not a type of call_types.exact: its category is signed off there first")
        elif subcategory not in SUBCATEGORIES.get(category, ()):
            there = ", ".join(sorted(SUBCATEGORIES.get(category, ()))) or "none"
            yield Mistake(key, f"{subcategory} is no subcategory of {category}; there are: {there}")
        else:
            named.setdefault(category, set()).add(comparable_words(text))
    for category, texts in named.items():
        rest = sorted({text for text, of in category_of.items() if of is category} - texts)
        if len(rest) == 1:
            yield Mistake(
                _KEY,
                f"all types of {category} but {rest[0]!r} have one, so that having none would say that: "
                "give it one too, or leave another out",
            )
