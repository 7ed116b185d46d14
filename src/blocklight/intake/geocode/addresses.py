"""Reads addresses as dispatchers write them: hundred blocks, crossings, a street between two others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from blocklight.geo.exact import Exact, ExactPoint
from blocklight.intake.geocode.names import street_name, without_town

_UNIT = re.compile(
    r"\s(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|BLDG|BUILDING|FL|FLOOR|LOT|SPC|TRLR)\b.*$|\s*#.*$"
)
_NUMBER = r"(?P<number>\d{1,6}|\d{1,5}[X*]{1,3}|X{2,3})"
_BLOCK = r"(?:BLOCK|BLK|BLCK|BLKS|BLOCKS)\b\.?"
_NUMBERED = re.compile(
    rf"^{_NUMBER}(?:\.\d+)?"
    r"(?:[A-Z](?![A-Z])|\s*[-/]\s*\d+[A-Z]?(?![A-Z])|\s+TO\s+\d+|\s+1/2)?"
    rf"(?:[\s-]*{_BLOCK}(?:\s+OF\b)?)?\s+(?P<street>\S.*)$"
)
_NUMBERED_LAST = re.compile(rf"^(?P<street>\S.*?)\s+{_NUMBER}[\s-]*{_BLOCK}$")
_CORNER = r"(?:(?:N|S|E|W|NE|NW|SE|SW)\s+)?CORNER(?:\s+OF)?"
_AROUND = re.compile(
    rf"^(?:(?:IFO|IRO|NEAR|NR|OPP|BEHIND|IN FRONT OF|IN REAR OF|{_CORNER}|INTERSECTION OF|INT OF|AT|AREA OF)"
    r"\s+)+"
    rf"|^{_BLOCK}\s+(?:OF\s+)?|^1/2\s+"
)
_AFTER = re.compile(rf"\s+(?:{_CORNER}|AREA|INTERSECTION)$")
_REMARK = re.compile(r"\s*\([^()]*\)")
_SEPARATOR = re.compile(
    r"\s*[/&@\\+;|]\s*|\s+-+\s+(?!\d)"
    r"|\s+(?:AND|AT|X(?! (?:AVE|AVENUE|BLVD|BOULEVARD|DR|LN|PKWY|PL|RD|ST|STREET|WAY)\b))\s+"
)
_IN_A_NAME = re.compile(r"\s(?:AND|AT|X)\s|\S&\S")
"""Separators that a street's own name may hold."""
_BETWEEN = re.compile(
    r"^(?P<street>\S.*?)\s+(?:(?:BTWN|BETWEEN|BTW|BET)\s+(?P<one>\S.*?)\s*(?:\s(?:AND|TO)\s|[/&])\s*"
    r"|FROM\s+(?P<first>\S.*?)\s+TO\s+)(?P<two>\S.*)$"
)
_NOWHERE = frozenset({"DEAD END", "DEADEND", "CUL DE SAC", "CITY LIMITS", "END", "UNNAMED", "UNKNOWN"})
"""What stands for a cross street where there is none."""
_DEGREES = re.compile(r"^(?P<lat>[+-]?\d{1,2}\.\d{3,})\s*[,;/ ]\s*(?P<lon>[+-]?\d{1,3}\.\d{3,})$")
_SEXAGESIMAL = re.compile(
    r"^LL\((?P<lon>[+-]?\d{1,3}:\d{1,2}:\d{1,2}(?:\.\d+)?),\s*(?P<lat>[+-]?\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)\)"
)
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


Reading = Block | Crossing | Between | Spot
"""What an address may mean."""


def readings(address: str, cross_street: str | None = None) -> tuple[Reading, ...]:
    """Tell what an address may mean, the likeliest first; nothing for what names no place.

    Of several the first that a city's street lines know is meant: ``OAK ST - ELM ST`` is a crossing where
    both are streets, and ``100 OAK ST - SOME HOTEL`` a block in either case.
    """
    if len(address) > _LONGEST or len(cross_street or "") > _LONGEST:
        return ()
    if spot := _spot(address.strip().upper()):
        return (spot,)
    cross = _address_parts(_cleaned(cross_street or ""))
    return tuple(
        dict.fromkeys(chain.from_iterable(_of_text(text, cross) for text in _candidate_texts(address)))
    )


def read_address(address: str, cross_street: str | None = None) -> Block | Crossing | None:
    """Give the likeliest hundred block or crossing that an address names, ``None`` for anything else."""
    reading = next(iter(readings(address, cross_street)), None)
    return reading if isinstance(reading, Block | Crossing) else None


def _spot(text: str) -> Spot | None:
    if match := _DEGREES.match(text):
        return Spot(ExactPoint(float(match["lon"]), float(match["lat"])))
    if match := _SEXAGESIMAL.match(text):
        return Spot(ExactPoint(_sexagesimal_degrees(match["lon"]), _sexagesimal_degrees(match["lat"])))
    return None


def _sexagesimal_degrees(text: str) -> float:
    """Turn ``-97:20:24.0`` into degrees."""
    whole, minutes, seconds = text.lstrip("+-").split(":")
    size = int(whole) + int(minutes) / 60 + float(seconds) / 3600
    return -size if text.startswith("-") else size


def _candidate_texts(address: str) -> Iterator[str]:
    """Yield the parts of a text that may each be the whole address: a place's name may stand beside it."""
    text = _REMARK.sub("", " ".join(address.upper().split()))
    yield from [part.strip() for part in text.split(":", _MOST_TEXTS - 1) if part.strip()] or [""]


def _of_text(text: str, cross: Sequence[str]) -> Iterator[Reading]:
    head, *further = (_cleaned(part) for part in text.split(","))
    if numbered := _NUMBERED.match(head) or _NUMBERED_LAST.match(head):
        street = numbered["street"]
        if _SEPARATOR.search(street) is None or _IN_A_NAME.search(street):
            yield from _block_readings(numbered["number"], street)
        yield from _block_readings(numbered["number"], _SEPARATOR.split(street)[0])
        return
    if between := _BETWEEN.match(head):
        yield from _between_readings(between["street"], [between["one"] or between["first"], between["two"]])
        return
    parts = _address_parts(head)
    if numbers := [match for part in parts if (match := _NUMBERED.match(part))]:
        if len(numbers) == 1:
            yield from _block_readings(numbers[0]["number"], numbers[0]["street"])
        return
    if len(parts) == 1 and len(cross) == _TWO:
        yield from _between_readings(parts[0], cross)
    elif len(parts) <= 1:
        yield from _crossing([*parts, *cross])
        yield from _crossing([*parts, *further[:1]])
    else:
        yield from _crossing(parts)


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
    digits = number.rstrip("X*")
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
