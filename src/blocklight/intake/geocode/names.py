"""Understands how addresses and street lines write a street's name, so that both write it alike."""

import re
from collections.abc import Iterator, Sequence

_SUFFIXES = {
    "ALLEY": "ALY", "AL": "ALY", "AVENUE": "AVE", "AV": "AVE", "AVEN": "AVE", "BOULEVARD": "BLVD",
    "BL": "BLVD", "BLV": "BLVD", "BOUL": "BLVD", "BEND": "BND", "BRIDGE": "BRG", "CENTER": "CTR",
    "CENTRE": "CTR", "CIRCLE": "CIR", "CR": "CIR", "CI": "CIR", "COMMON": "CMN", "COMMONS": "CMN",
    "COURT": "CT", "COVE": "CV", "CRESCENT": "CRES", "CROSSING": "XING", "DRIVE": "DR", "DRV": "DR",
    "BYPASS": "BYP", "CAUSEWAY": "CSWY", "CONNECTOR": "CONN", "ESPLANADE": "ESPL", "EXTENSION": "EXT",
    "EXPRESSWAY": "EXPY", "EXWY": "EXPY", "FREEWAY": "FWY", "GLEN": "GLN", "GREEN": "GRN", "GROVE": "GRV",
    "HEIGHTS": "HTS", "HIGHWAY": "HWY", "HILL": "HL", "LANDING": "LNDG", "LANE": "LN", "LA": "LN",
    "MOUNT": "MT", "PARKWAY": "PKWY", "PKY": "PKWY", "PWY": "PKWY", "PLACE": "PL", "PLAZA": "PLZ",
    "PZ": "PLZ", "POINT": "PT", "ROAD": "RD", "ROUTE": "RTE", "SQUARE": "SQ", "STREET": "ST", "STR": "ST",
    "TERRACE": "TER", "TERR": "TER", "TE": "TER", "TR": "TRL", "TRAIL": "TRL", "TURNPIKE": "TPKE",
    "VALLEY": "VLY", "VIEW": "VW", "VILLAGE": "VLG", "VISTA": "VIS", "WY": "WAY",
}  # fmt: skip
_SHORT = frozenset(_SUFFIXES.values()) | {
    "LOOP",
    "MALL",
    "PASS",
    "PATH",
    "PIKE",
    "ROW",
    "RUN",
    "SPUR",
    "WALK",
}
_DIRECTIONS = {
    "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W", "NORTHEAST": "NE", "NORTHWEST": "NW",
    "SOUTHEAST": "SE", "SOUTHWEST": "SW",
}  # fmt: skip
_AHEAD = frozenset(_DIRECTIONS.values())
_BOUND = frozenset("NB SB EB WB IB OB NORTHBOUND SOUTHBOUND EASTBOUND WESTBOUND".split())
_BOUND_APART = re.compile(r"\b(?:NORTH|SOUTH|EAST|WEST) BOUND\b")
_WORDS = {
    "SAINT": "ST", "MOUNT": "MT", "FORT": "FT", "DOCTOR": "DR", "JUNIOR": "JR",
    "FIRST": "1ST", "SECOND": "2ND", "THIRD": "3RD", "FOURTH": "4TH", "FIFTH": "5TH", "SIXTH": "6TH",
    "SEVENTH": "7TH", "EIGHTH": "8TH", "NINTH": "9TH", "TENTH": "10TH", "ELEVENTH": "11TH",
    "TWELFTH": "12TH", "THIRTEENTH": "13TH", "FOURTEENTH": "14TH", "FIFTEENTH": "15TH", "SIXTEENTH": "16TH",
    "SEVENTEENTH": "17TH", "EIGHTEENTH": "18TH", "NINETEENTH": "19TH", "TWENTIETH": "20TH",
}  # fmt: skip
# Which write their highways so, as in CA-99; Kansas and Michigan with one letter.
_STATES = (
    "AK|AL|AR|AZ|CA|CO|CT|DC|DE|FL|GA|HI|IA|ID|IL|IN|KS|KY|LA|MA|MD|ME|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY"
    "|OH|OK|OR|PA|PR|RI|SC|SD|TN|TX|UT|VA|VT|WA|WI|WV|WY|K|M"
)

_WAY = r"(?:HIGHWAY|HWY|HY|ROUTE|RTE|RT|ROAD|RD)"
_HIGHWAY = re.compile(
    r"^(?:(?P<ahead>N|S|E|W|NORTH|SOUTH|EAST|WEST) )?(?:"
    rf"(?P<CR>(?:COUNTY|CO|CTY|CNTY) {_WAY}|CR|CH|CTH)|(?P<I>INTERSTATE(?: {_WAY})?|IH|I)"
    rf"|(?P<US>(?:US|U S)(?: {_WAY})?)"
    rf"|(?P<SR>(?:STATE|ST) {_WAY}|SH|SR|SRT|(?:{_STATES})(?: {_WAY})?)"
    rf"|(?P<FM>FARM TO MARKET(?: {_WAY})?|FM)"
    r"|(?P<HWY>HIGHWAY|HWY|HY|ROUTE|RTE|RT)"
    r") ?(?P<number>\d{1,4}[A-Z]?)(?: (?P<behind>N|S|E|W|NORTH|SOUTH|EAST|WEST))?"
    r"(?: (?:FWY|FREEWAY|EXPY|EXPRESSWAY|HWY|HIGHWAY|TOLLWAY|TOLL))?$"
)
_HIGHWAYS = ("I", "US", "SR", "CR", "FM", "HWY")
# Kinds of highways that people also call just by their number.
_UNSAID = frozenset("I US SR".split())

_RAMP = re.compile(
    r"\s+(?:(?:ON|OFF|ENTRANCE|EXIT)\s*)?RAMP$|^(?:(?:ON|OFF|ENTRANCE|EXIT)\s*)?RAMP\s+(?:TO\s+|FROM\s+)?"
    r"|(?<=\d)\s+(?:EXIT|EX)$|(?<=\w\w)\s+EXIT$"
)
_KING = re.compile(
    r"\b(?:(?:DR|DOCTOR|REV|REVEREND) )?(?:MARTIN L(?:UTHER)? KING|M ?L ?K(?:ING)?)(?: (?:JR|JUNIOR))?\b"
)
_ORDINAL = re.compile(r"^0*(\d+(?:ST|ND|RD|TH))$")
# ``2 ND ST``; the ST of ``1 ST AVE`` is no street.
_ORDINAL_APART = re.compile(r"\b(\d+) (ND|TH)\b|\b(\d*1) (ST) (?=[A-Z]{2})|\b(\d*3) (RD) (?=[A-Z]{2})")

_POSTCODE = re.compile(r"(?:\s+[A-Z]{2})?\s+\d{5}(?:-\d{4})?$")
_NUMBERED_WAYS = frozenset("HIGHWAY HWY ROUTE RTE ROAD RD".split())
_ENDINGS = {1: "ST", 2: "ND", 3: "RD"}
# How an avenue with a letter, or of something, is written: ``AVE A`` is ``AVENUE A``.
_AVENUE = frozenset({"AV", "AVE"})

_FEWEST = 2  # words of which one may be a direction or a suffix


def street_name(text: str) -> str:
    """A street's name in capitals, with its directions and its suffix in their short forms.

    ``West MacArthur Boulevard`` and ``W. MACARTHUR BL`` are both ``W MACARTHUR BLVD``; a name that is nothing
    else (``North Street``) keeps its word. A highway is its kind and number, however that is written:
    ``Interstate 135``, ``I-135 NB`` and ``I135`` are ``I 135``.
    """
    words = re.sub(r"[.,']", "", text.upper()).replace("-", " ").split()
    text = _BOUND_APART.sub("", " ".join(word for word in words if word not in _BOUND))
    plain = _RAMP.sub("", " ".join(text.split()))
    if highway := _highway(plain):
        return highway
    plain = _ORDINAL_APART.sub(_joined_ordinal, plain)
    words = _KING.sub("MARTIN LUTHER KING", plain).split()
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
    if len(words) > 1 and words[0] in _AVENUE:
        words = ["AVENUE", *words[1:]]
    if suffix and len(words) == 1 and words[0].isdigit():
        words = [_ordinal(int(words[0]))]
    return " ".join([*ahead, *map(_standard_word, words), *suffix, *after])


def _joined_ordinal(match: re.Match[str]) -> str:
    parts = [part for part in match.groups() if part]
    return "".join(parts) + (" " if match[0].endswith(" ") else "")


def _ordinal(number: int) -> str:
    """Give the word of a street that is written as a bare number: ``NW 2 AVE`` is ``NW 2ND AVE``."""
    teens = number // 10 % 10 == 1
    return f"{number}{'TH' if teens else _ENDINGS.get(number % 10, 'TH')}"


def _highway(text: str) -> str | None:
    match = _HIGHWAY.match(text)
    if match is None:
        return None
    kind = next(kind for kind in _HIGHWAYS if match[kind])
    direction = match["ahead"] or match["behind"]
    ahead = f"{_DIRECTIONS.get(direction, direction)} " if direction else ""
    return f"{ahead}{kind} {match['number'].lstrip('0')}"


def _behind(words: list[str]) -> list[str]:
    """Take a direction from the end of *words*, as in ``22ND ST SE``."""
    if len(words) > _FEWEST and _DIRECTIONS.get(words[-1], words[-1]) in _AHEAD and _is_suffix(words[-2]):
        return [_DIRECTIONS.get(last := words.pop(), last)]
    return []


def _is_suffix(word: str) -> bool:
    return word in _SUFFIXES or word in _SHORT


def _standard_word(word: str) -> str:
    if ordinal := _ORDINAL.match(word):
        return ordinal[1]
    return _WORDS.get(word, word)


def looser(name: str) -> list[str]:
    """Give the forms of a name that say less: without its directions, its suffix, the kind of its highway."""
    words = name.split()
    bare = _undirected(words)
    if is_highway(bare):
        return [form for form in _undirected_forms(bare) if form != name]
    one_side = [words[:-1], bare] if len(bare) > 1 and bare[-1] in _AHEAD else []
    bare = bare[:-1] if len(bare) > 1 and bare[-1] in _AHEAD else bare
    core = bare[:-1] if len(bare) > 1 and bare[-1] in _SHORT else bare
    directed = words[:-1] if len(words) > 1 and words[-1] in _SHORT else words
    forms = (" ".join(form) for form in (*one_side, bare, directed, core))
    return [form for form in dict.fromkeys(forms) if form != name]


def core(name: str) -> str:
    """Give the shortest form of a street's name: without directions and suffix, of a highway its number."""
    bare = _undirected(name.split())
    return bare[1] if is_highway(bare) else (looser(name) or [name])[-1]


def _undirected(words: Sequence[str]) -> Sequence[str]:
    return words[1:] if len(words) > 1 and words[0] in _AHEAD else words


def _undirected_forms(highway: Sequence[str]) -> Iterator[str]:
    """Yield a highway's name without a direction, and then, if it may be, without its kind."""
    yield " ".join(highway)
    if highway[0] in _UNSAID:
        yield f"HWY {highway[1]}"


def is_highway(words: Sequence[str]) -> bool:
    """Whether the words of a street's name, as ``street_name`` writes it, are a highway's kind and number."""
    return len(words) == _FEWEST and words[0] in _HIGHWAYS and words[1][:1].isdigit()


def is_plain_street(text: str) -> bool:
    """Whether a text in capitals ends as a street does and a numbered highway does not: ``N MAIN ST``."""
    words = text.replace(".", "").split()
    words = words[:-1] if len(words) > _FEWEST and words[-1] in _AHEAD else words
    return len(words) > 1 and _is_suffix(words[-1]) and words[-1] not in _NUMBERED_WAYS


def same_street(name: str) -> Iterator[str]:
    """Yield other ways to write the same street, the likeliest first: ``MAIN ST N`` is ``N MAIN ST``.

    Of a highway its direction is that of the traffic, and its kind may be left out on the lines.
    """
    words = name.split()
    bare = _undirected(words)
    if is_highway(bare):
        yield from _undirected_forms(bare)
    elif len(words) > 1 and words[-1] in _AHEAD:
        yield " ".join([words[-1], *words[:-1]])
    elif len(words) > _FEWEST and words[0] in _AHEAD:
        yield " ".join([*words[1:], words[0]])


def without_town(words: str) -> str:
    """Take from a street what follows its suffix, such as a town: ``N MAIN ST WICHITA`` is ``N MAIN ST``."""
    parts = _POSTCODE.sub("", words).replace("-", " ").split()
    last = max((turn for turn, part in enumerate(parts) if turn and _is_suffix(part)), default=None)
    if last is None:
        return " ".join(parts)
    last += len(parts) > last + 1 and _DIRECTIONS.get(parts[last + 1], parts[last + 1]) in _AHEAD
    return " ".join(parts[: last + 1])
