"""Finds the class of the elements that hold a call each, on a page without a table."""

import re
from collections import Counter

from blocklight.errors import SourceError
from blocklight.intake.connectors.html_page import html_document

_CLASSES = re.compile(rb"""\bclass\s*=\s*["']([^"']{1,200})["']""", re.IGNORECASE)
_FEWEST, _MOST = 3, 5_000
_FEWEST_FIELDS = 3
_MOST_TRIED = 12


def cards_in(body: bytes) -> tuple[str, list[dict[str, str]]]:
    """The class, and the cards as rows; both empty where no class holds several fields several times.

    It is the class whose elements have the most fields, as one around others has theirs.
    """
    counts = Counter(name for match in _CLASSES.finditer(body) for name in set(match[1].split()))
    names = [name for name, count in counts.most_common() if _FEWEST <= count <= _MOST]
    best: tuple[int, str, list[dict[str, str]]] = (0, "", [])
    for name in (name.decode("utf-8", "replace") for name in names[:_MOST_TRIED]):
        try:
            cards = html_document(body, card=name).cards
        except SourceError:
            continue
        full = [card for card in cards if len(card) >= _FEWEST_FIELDS]
        if len(full) >= max(_FEWEST, len(cards) / 2) and (fields := sum(map(len, full))) > best[0]:
            best = fields, name, cards
    return best[1:]
