"""Understands how addresses and street lines write a street, so that both write it alike."""

import re
from dataclasses import dataclass

_SUFFIXES = {
    "ALLEY": "ALY", "AL": "ALY", "AVENUE": "AVE", "AV": "AVE", "AVEN": "AVE", "BOULEVARD": "BLVD",
    "BL": "BLVD", "BLV": "BLVD", "BOUL": "BLVD", "BEND": "BND", "BRIDGE": "BRG", "CENTER": "CTR",
    "CENTRE": "CTR", "CIRCLE": "CIR", "CR": "CIR", "CI": "CIR", "COMMON": "CMN", "COMMONS": "CMN",
    "COURT": "CT", "COVE": "CV", "CRESCENT": "CRES", "CROSSING": "XING", "DRIVE": "DR", "DRV": "DR",
    "EXPRESSWAY": "EXPY", "EXWY": "EXPY", "FREEWAY": "FWY", "GLEN": "GLN", "GREEN": "GRN", "GROVE": "GRV",
    "HEIGHTS": "HTS", "HIGHWAY": "HWY", "HILL": "HL", "LANDING": "LNDG", "LANE": "LN", "LA": "LN",
    "MOUNT": "MT", "PARKWAY": "PKWY", "PKY": "PKWY", "PWY": "PKWY", "PLACE": "PL", "PLAZA": "PLZ",
    "PZ": "PLZ", "POINT": "PT", "ROAD": "RD", "ROUTE": "RTE", "SQUARE": "SQ", "STREET": "ST", "STR": "ST",
    "TERRACE": "TER", "TERR": "TER", "TE": "TER", "TR": "TRL", "TRAIL": "TRL", "TURNPIKE": "TPKE",
    "VALLEY": "VLY", "VIEW": "VW", "VILLAGE": "VLG", "VISTA": "VIS", "WY": "WAY",
}  # fmt: skip
_SHORT = frozenset(_SUFFIXES.values()) | {"LOOP", "MALL", "PASS", "PATH", "PIKE", "ROW", "RUN", "WALK"}
_DIRECTIONS = {
    "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W", "NORTHEAST": "NE", "NORTHWEST": "NW",
    "SOUTHEAST": "SE", "SOUTHWEST": "SW",
}  # fmt: skip
_AHEAD = frozenset(_DIRECTIONS.values())
_BOUND = frozenset("NB SB EB WB IB OB".split())
_WORDS = {
    "SAINT": "ST", "MOUNT": "MT", "FORT": "FT", "DOCTOR": "DR", "JUNIOR": "JR", "MLK": "MARTIN LUTHER KING",
    "FIRST": "1ST", "SECOND": "2ND", "THIRD": "3RD", "FOURTH": "4TH", "FIFTH": "5TH", "SIXTH": "6TH",
    "SEVENTH": "7TH", "EIGHTH": "8TH", "NINTH": "9TH", "TENTH": "10TH",
}  # fmt: skip
_UNIT = re.compile(
    r"\s(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|BLDG|BUILDING|FL|FLOOR|LOT|SPC|TRLR)\b.*$|\s*#.*$"
)
_NUMBERED = re.compile(
    r"^(?P<number>\d{1,6}|\d{0,4}X{1,3})(?:[A-Z](?![A-Z])|\s*[-/]\s*\d+[A-Z]?(?![A-Z])|\s+1/2)?"
    r"(?:\s*(?:BLOCK|BLK|BLCK)\b(?:\s+OF\b)?)?\s+(?P<street>\S.*)$"
)
_AROUND = re.compile(
    r"^(?:(?:IFO|IRO|NEAR|NR|OPP|BEHIND|IN FRONT OF|IN REAR OF|CORNER OF|AT|AREA OF)\s+)+"
    r"|^(?:BLK|BLOCK)\s+(?:OF\s+)?"
)
_CROSSING = re.compile(r"\s*[/&@\\+]\s*|\s+(?:AND|AT|X)\s+")
_ORDINAL = re.compile(r"^0*(\d+(?:ST|ND|RD|TH))$")
_LONGEST = 160
_HUNDRED = 100
_FEWEST = 2  # words of which one may be a direction or a suffix


@dataclass(frozen=True, slots=True)
class Block:
    """A hundred block: 3900 stands for 3900 to 3999. *exact* is the address's own number where it had one."""

    number: int
    street: str
    exact: int | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two streets that meet, by name, in the order of their names."""

    one: str
    two: str


def street_name(text: str) -> str:
    """Return a street's name in capitals, with its directions and its suffix in their short forms.

    ``West MacArthur Boulevard`` and ``W. MACARTHUR BL`` are both ``W MACARTHUR BLVD``; a name that is nothing
    else (``North Street``) keeps its word.
    """
    words = re.sub(r"[.,']", "", text.upper()).replace("-", " ").split()
    words = [word for word in words if word not in _BOUND]
    if not words:
        return ""
    after = _behind(words)
    ahead = []
    if len(words) > _FEWEST or (len(words) == _FEWEST and not _is_suffix(words[-1])):
        first = _DIRECTIONS.get(words[0], words[0])
        if first in _AHEAD:
            ahead, words = [first], words[1:]
    suffix = []
    if len(words) > 1 and _is_suffix(words[-1]):
        suffix, words = [_SUFFIXES.get(words[-1], words[-1])], words[:-1]
    return " ".join([*ahead, *map(_word, words), *suffix, *after])


def _behind(words: list[str]) -> list[str]:
    """Take a direction from the end of *words*, as in ``22ND ST SE``."""
    if len(words) > _FEWEST and _DIRECTIONS.get(words[-1], words[-1]) in _AHEAD and _is_suffix(words[-2]):
        return [_DIRECTIONS.get(last := words.pop(), last)]
    return []


def _is_suffix(word: str) -> bool:
    return word in _SUFFIXES or word in _SHORT


def _word(word: str) -> str:
    if ordinal := _ORDINAL.match(word):
        return ordinal[1]
    return _WORDS.get(word, word)


def looser(name: str) -> list[str]:
    """Return forms of a name that say less: without its directions, without its suffix, without both."""
    words = name.split()
    bare = words[1:] if len(words) > 1 and words[0] in _AHEAD else words
    bare = bare[:-1] if len(bare) > 1 and bare[-1] in _AHEAD else bare
    core = bare[:-1] if len(bare) > 1 and bare[-1] in _SHORT else bare
    directed = words[:-1] if len(words) > 1 and words[-1] in _SHORT else words
    forms = (" ".join(form) for form in (bare, directed, core))
    return [form for form in dict.fromkeys(forms) if form != name]


def locality_free(text: str) -> str:
    """Return an address in capitals without its unit, town and postcode, and with white space folded."""
    head = " ".join(text.upper().split()).partition(",")[0].strip()
    return _UNIT.sub("", head).strip()


def read_address(address: str, cross_street: str | None = None) -> Crossing | Block | None:
    """Return the hundred block or the crossing that an address names, ``None`` for anything else."""
    if len(address) > _LONGEST or len(cross_street or "") > _LONGEST:
        return None
    text = _AROUND.sub("", locality_free(address))
    if numbered := _NUMBERED.match(text):
        street = street_name(_CROSSING.split(numbered["street"])[0])
        return _block(numbered["number"], street) if street else None
    parts = [part.strip() for part in _CROSSING.split(text) if part.strip()]
    if len(parts) == 1 and cross_street:
        parts.append(locality_free(cross_street))
    if len(parts) != _FEWEST:
        return None
    one, two = sorted(street_name(_AROUND.sub("", part)) for part in parts)
    return Crossing(one, two) if one and two and one != two else None


def _block(number: str, street: str) -> Block:
    digits = number.rstrip("X")
    if digits == number:
        return Block(int(number) // _HUNDRED * _HUNDRED, street, int(number))
    return Block(int(digits or 0) * 10 ** (len(number) - len(digits)) // _HUNDRED * _HUNDRED, street)
