"""Reads addresses as dispatchers write them: hundred blocks, crossings, a street between two others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import chain

from blocklight.geo.exact import Exact, ExactPoint
from blocklight.intake.geocode.names import is_highway, is_plain_street, street_name, without_town
from blocklight.intake.geocode.spots import point_in_words

_UNIT = re.compile(
    r"\s(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|BLDG|BUILDING|FL|FLOOR|LOT|SPC|TRLR)\b.*$"
    r"|\s*(?<![\d#])#.*$"
)
_NUMBER = r"(?P<number>\d{1,6}|\d{1,5}[X*?_#]{1,3}|\d{1,4}--|X{2,3})"
_MASKED = "X*?_#-"
_BLOCK = r"(?:HUNDRED\s+)?(?:BLOCK|BLK|BLCK|BLKS|BLOCKS|BL)\b\.?"
_NUMBERED = re.compile(
    rf"^{_NUMBER}(?:\.\d+)?"
    r"(?:'?[A-Z](?![A-Z])|\s*[-/]\s*\d+[A-Z]?(?![A-Z])|\s+(?:TO|THRU|THROUGH)\s+\d+|\s+1/2)?"
    rf"(?:[\s-]*{_BLOCK}(?:\s+OF\b)?)?\s+(?P<street>\S.*)$"
)
_NUMBERED_LAST = re.compile(rf"^(?P<street>\S.*?)\s+{_NUMBER}[\s-]*{_BLOCK}$")
# A number behind its street: ``N MAIN ST 300``.
_BEHIND = re.compile(r"^(?P<street>\S.*?[A-Z])\s+(?P<number>\d{3,6}|\d{1,4}[X*?_#]{1,3})(?:\s*-\s*\d{1,6})?$")

_ONLY_NUMBER = re.compile(rf"^{_NUMBER}(?:\s*-\s*\d+)?(?:[\s-]*{_BLOCK})?$")
_HUNDRED_WORD = re.compile(r"^(\d{1,2})\s+HUNDRED\b(?:\s+BL\w*\b\.?)?")
# A block with a comma, colon or slash before its street: ``300 BLOCK, N MAIN ST``.
_BLOCK_APART = re.compile(rf"^(\d[\dX*-]*[\s-]*{_BLOCK})\s*[,:/]\s*")

_SIDE = r"(?:N|S|E|W|NE|NW|SE|SW|NORTH|SOUTH|EAST|WEST|NORTHEAST|NORTHWEST|SOUTHEAST|SOUTHWEST)"
_CORNER = rf"(?:(?:{_SIDE}\s+)?(?:CORNER|COR|CNR)(?:\s+OF)?|[NS][EW]C)"
_AROUND = re.compile(
    rf"^(?:(?:IFO|IRO|NEAR|NR|OPP|BEHIND|IN FRONT OF|IN REAR OF|ACROSS(?:\s+FROM)?|{_CORNER}"
    r"|APPROX(?:IMATELY)?\b\.?|THE(?=\s+\d)|INTERSECTION(?:\s+OF)?|INT OF|INTX|XST|AT|AREA OF)\s+)+"
    rf"|^{_BLOCK}\s+(?:OF\s+)?|^1/2\s+"
)
_AFTER = re.compile(rf"\s+(?:{_CORNER}|AREA|INTERSECTION)$")
_REMARK = re.compile(r"\s*\(([^()]*)\)")
# Between two streets that meet. ``JUST N OF`` is at the crossing; how far ``N OF`` is, nobody says.
_SEPARATOR = re.compile(
    r"\s*[/&@\\+;|%]\s*|\s+-+\s+(?!\d)|(?<!\d)-{2,}"
    r"|\s+(?:AND|AT|NEAR|NR|X(?! (?:AVE|AVENUE|BLVD|BOULEVARD|DR|LN|PKWY|PL|RD|ST|STREET|WAY)\b)"
    rf"|JUST\s+{_SIDE}\s+OF|J[NSEW]O)\s+"
)
# Separators that a street's own name may hold.
_IN_A_NAME = re.compile(r"\s(?:AND|AT|X)\s|\S&\S")

_TO_A_RAMP = re.compile(
    r"^(?:(?:ON|OFF|ENTRANCE|EXIT)?[\s-]*RAMP\s+)?(?P<one>\S.*?)"
    r"(?P<ramp>(?:\s+(?:ON|OFF|ENTRANCE|EXIT)[\s-]?(?:RAMP)?|\s+RAMP)?)\s+(?:TO|FROM)\s+(?P<two>\S.*)$"
)
_BETWEEN_WORD = r"(?:BTWN|BETWEEN|BTW|BET|BTN|BETW|B/W)"
_BETWEEN = re.compile(
    rf"^(?P<street>\S.*?)[\s;]+(?:{_BETWEEN_WORD}\s+(?P<one>\S.*?)\s*(?:\s(?:AND|TO)\s|[/&])\s*"
    r"|FROM\s+(?P<first>\S.*?)\s+TO\s+)(?P<two>\S.*)$"
)
_STRETCH = re.compile(rf"\s+{_BETWEEN_WORD}\s.*$")
# What stands for a cross street where there is none.
_NOWHERE = frozenset({"DEAD END", "DEADEND", "CUL DE SAC", "CITY LIMITS", "END", "UNNAMED", "UNKNOWN"})

# Patterns are tried on it, and no address is as long.
_LONGEST = 160

_HUNDRED = 100
_TWO = 2
_MOST_TEXTS = 3


@dataclass(frozen=True, slots=True, repr=False)
class Block(Exact):
    """A hundred block: 3900 stands for 3900 to 3999. *exact* is the address's own number where it had one."""

    number: int
    street: str
    exact: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Crossing(Exact):
    """Two streets that meet, by name, in the order of their names."""

    one: str
    two: str


@dataclass(frozen=True, slots=True, repr=False)
class Between(Exact):
    """A street from one of its crossings to another: the two cross streets in the order of their names."""

    street: str
    one: str
    two: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Spot(Exact):
    """A point that stands in place of an address."""

    point: ExactPoint


# What an address may mean.
Reading = Block | Crossing | Between | Spot


def readings(address: str, cross_street: str | None = None) -> tuple[Reading, ...]:
    """Tell what an address may mean, the likeliest first; nothing for what names no place.

    Of several the first that a city's street lines know is meant: ``OAK ST - ELM ST`` is a crossing where
    both are streets, and ``100 OAK ST - SOME HOTEL`` a block in either case.
    """
    if len(address) > _LONGEST or len(cross_street or "") > _LONGEST:
        return ()
    text = unescape(address).strip().upper()
    if point := point_in_words(text):
        return (Spot(point),)
    cross = _address_parts(_cleaned(unescape(cross_street or "")))
    texts = _candidate_texts(text)
    return tuple(dict.fromkeys(chain.from_iterable(_of_text(text, remark, cross) for text, remark in texts)))


def read_address(address: str, cross_street: str | None = None) -> Block | Crossing | None:
    """Give the likeliest hundred block or crossing that an address names, ``None`` for anything else."""
    reading = next(iter(readings(address, cross_street)), None)
    return reading if isinstance(reading, Block | Crossing) else None


def _candidate_texts(address: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text that may each be the whole address, with what stands in brackets behind it.

    A place's name may stand beside the address.
    """
    text = " ".join(address.split())
    remark = next(iter(_REMARK.findall(text)), "").strip()
    text = _REMARK.sub("", text)
    text = _BLOCK_APART.sub(r"\1 ", _HUNDRED_WORD.sub(r"\g<1>00 BLOCK", text))
    parts = [part.strip() for part in text.split(":", _MOST_TEXTS - 1) if part.strip()] or [""]
    yield from ((part, remark) for part in parts)
    if remark and not text.startswith(remark):
        yield remark, ""


def _of_text(text: str, remark: str, cross: Sequence[str]) -> Iterator[Reading]:
    head, *further = (_cleaned(part) for part in text.split(","))
    if numbered := _NUMBERED.match(head) or _NUMBERED_LAST.match(head):
        yield from _numbered(numbered["number"], numbered["street"])
        yield from _crossing(_address_parts(head))
        return
    behind = next((number for part in [*further, remark] if (number := _ONLY_NUMBER.match(part))), None)
    if behind is not None:
        yield from _block_readings(behind["number"], head)
    if between := _BETWEEN.match(head) or _BETWEEN.match(f"{head} {remark}"):
        yield from _between_readings(between["street"], [between["one"] or between["first"], between["two"]])
        return
    parts = _address_parts(head)
    if numbers := [match for part in parts if (match := _NUMBERED.match(part))]:
        if len(numbers) == 1:
            yield from _block_readings(numbers[0]["number"], numbers[0]["street"])
        return
    if len(parts) > 1:
        yield from _crossing(parts)
        return
    yield from _of_one_street(parts, cross or _cross_streets(remark) or _cross_streets(*further))
    yield from _crossing([*parts, *further[:1]])
    yield from _beside_a_name(head, further)
    if (number := _BEHIND.match(head)) and is_plain_street(number["street"]):
        yield from _block_readings(number["number"], number["street"])
    if (ramp := _TO_A_RAMP.match(head)) and _names_a_ramp(ramp):
        yield from _crossing([ramp["one"], ramp["two"]])
    with_towns = [part.split(",") for part in _SEPARATOR.split(text)]
    if all(len(part) > 1 for part in with_towns):
        yield from _crossing([part[0] for part in with_towns])


def _names_a_ramp(ramp: re.Match[str]) -> bool:
    """Whether one street leads to the other: by a ramp, or because one is a highway."""
    names = (street_name(ramp["one"]), street_name(ramp["two"]))
    return bool(ramp["ramp"]) or ramp.start("one") > 0 or any(is_highway(name.split()[-2:]) for name in names)


def _numbered(number: str, street: str) -> Iterator[Block]:
    street = _STRETCH.sub("", street)
    if _SEPARATOR.search(street) is None or _IN_A_NAME.search(street):
        yield from _block_readings(number, street)
    yield from _block_readings(number, _SEPARATOR.split(street)[0])


def _of_one_street(parts: Sequence[str], cross: Sequence[str]) -> Iterator[Reading]:
    if len(parts) == 1 and len(cross) == _TWO:
        yield from _between_readings(parts[0], cross)
    else:
        yield from _crossing([*parts, *cross])


def _cross_streets(*texts: str) -> Sequence[str]:
    """The two cross streets that may stand behind a street: ``ELM ST (MAIN ST / OAK ST)``."""
    parts = _address_parts(texts[0]) if texts else []
    parts = parts if len(parts) == _TWO else (texts[0].split(" TO ") if texts else [])
    return parts if len(parts) == _TWO else ()


def _beside_a_name(head: str, further: Sequence[str]) -> Iterator[Reading]:
    """Read an address behind the name of a place: ``CORNER STORE - 712 PINE ST``."""
    for part in [*further, *re.split(r"\s-+\s(?=\d)", head)[1:]]:
        if numbered := _NUMBERED.match(part):
            yield from _numbered(numbered["number"], numbered["street"])


def _cleaned(text: str) -> str:
    """Give an address in capitals without its unit and what says only that it is near."""
    text = _UNIT.sub("", " ".join(text.upper().split())).strip(" .-")
    return _AFTER.sub("", _AROUND.sub("", text)).strip()


def _address_parts(text: str) -> list[str]:
    parts = (_AROUND.sub("", part.strip()) for part in _SEPARATOR.split(text))
    return [part for part in parts if part and part not in _NOWHERE]


def _block_readings(number: str, street: str) -> Iterator[Block]:
    for name in dict.fromkeys((street_name(street), street_name(without_town(street)))):
        if name:
            yield _block(number, name)


def _block(number: str, street: str) -> Block:
    digits = number.rstrip(_MASKED)
    if digits == number:
        return Block(int(number) // _HUNDRED * _HUNDRED, street, int(number))
    return Block(int(digits or 0) * 10 ** (len(number) - len(digits)) // _HUNDRED * _HUNDRED, street)


def _crossing(parts: Sequence[str]) -> Iterator[Crossing]:
    if len(parts) != _TWO:
        return
    for names in (map(street_name, parts), (street_name(without_town(part)) for part in parts)):
        first, two = sorted(names)
        if first and two and first != two:
            yield Crossing(first, two)


def _between_readings(street: str, cross: Sequence[str]) -> Iterator[Reading]:
    name = street_name(street)
    first, two = sorted(map(street_name, cross))
    several = {name, first, two}
    if len(several) > _TWO and all(several):
        yield Between(name, first, two)
    else:
        yield from _crossing(sorted(several))
