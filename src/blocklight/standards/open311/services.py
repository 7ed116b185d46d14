"""The services of a city: our subcategories and categories, the same in every city and at every time."""

from collections.abc import Iterable

from blocklight.model.vocabulary import SUBCATEGORIES, Category, Subcategory
from blocklight.query.conditions import AllOf, AnyOf, Condition, FieldRef, IsNull, OneOf
from blocklight.standards.open311.documents import Value
from blocklight.standards.open311.errors import Open311Error

_GROUPS = {word: category for category, words in SUBCATEGORIES.items() for word in words}


def service_codes() -> list[str]:
    """Every code: each category, and each subcategory."""
    return [*map(str, Category), *map(str, Subcategory)]


def service(code: str) -> dict[str, Value]:
    """A service as GeoReport lists it; raises ``Open311Error`` for an unknown code."""
    if code not in service_codes():
        raise Open311Error("service_code was not found", status=404)
    group = str(_GROUPS[Subcategory(code)]) if code in set(map(str, Subcategory)) else code
    return {
        "service_code": code,
        "service_name": name_of(code),
        "description": name_of(code),
        "metadata": False,
        "type": "batch",
        "keywords": group,
        "group": name_of(group),
    }


def name_of(code: str) -> str:
    """A code in words: ``Street and lights``."""
    return code.replace("_", " ").capitalize()


def has_service(codes: Iterable[str]) -> Condition:
    """What is of one of some services: a request of a category is of its subcategory's, if it has one."""
    wanted = tuple(dict.fromkeys(codes))
    for code in wanted:
        service(code)
    category, subcategory = FieldRef("category"), FieldRef("subcategory")
    return AnyOf((OneOf(subcategory, wanted), AllOf((OneOf(category, wanted), IsNull(subcategory)))))
