"""Makes the codes and shouted words of a city's files into names of areas that people read."""

import re

from blocklight.prepare.places.streets import shown_street_name

_CODE = re.compile(r"(?P<letters>[A-Z]{0,5})[ _-]?(?P<number>\d{1,4}[A-Z]?)")
# Shorter words in capitals are mostly abbreviations, such as CBD.
_SHOUTED_LETTERS = 5


def readable_name(name: str, label: str) -> str:
    """Give an area's name as people say it: ``CCD6`` of "Council districts" is "Council District 6".

    Letters before the number are left out if they abbreviate the label, and are kept otherwise: beat ``A12``
    is "Police Beat A12". Names in capitals are written small. Other names stay as they are.
    """
    code = _CODE.fullmatch(name)
    if code is not None:
        kind = _singular(label)
        initials = "".join(word[0] for word in kind.split()).upper()
        spelled = code["number"] if code["letters"].endswith(initials) else name
        return f"{kind} {spelled}"
    if name.isupper() and sum(map(str.isalpha, name)) >= _SHOUTED_LETTERS:
        return shown_street_name(name) or name
    return name


def _singular(label: str) -> str:
    """Give "Council District" for "Council districts"; a label in another language keeps its form."""
    words = [word[0].upper() + word[1:] for word in label.split()] or ["Area"]
    if words[-1].endswith("ies"):
        words[-1] = words[-1].removesuffix("ies") + "y"
    elif words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1].removesuffix("s")
    return " ".join(words)
