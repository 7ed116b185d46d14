"""Coarsens points and addresses: the same place always becomes the same public place, with no noise."""

import re

from blocklight.geo.exact import ExactAddress, ExactPoint, address_lines, degrees
from blocklight.geo.hexagons import mask_point
from blocklight.intake.digests import digest_of
from blocklight.model.record import Place

__all__ = ["hundred_block", "hundred_block_once", "mask", "mask_point"]

_SUFFIXES = frozenset(
    "ALY AVE AV BL BLVD BND BR BRG CIR CT CRES CV DR EXPY FWY HWY LN LOOP PKWY PASS PATH PIKE PL PLZ PT RD "
    "ROW RUN SQ ST STREET AVENUE BOULEVARD DRIVE ROAD LANE COURT PLACE TER TERRACE TRL TRAIL WALK WAY WY "
    "WHARF FREEWAY HIGHWAY PARKWAY".split()
)
_DIRECTIONS = frozenset("N S E W NE NW SE SW IB OB NB SB EB WB".split())
# What stands before a street's name when an address says more than a street: these words are never a part of
# one, and those after them are only when they are all of it ("Church St").
_NEVER = frozenset(
    "APT APARTMENT APARTMENTS APTS UNIT STE SUITE RM ROOM FL FLR FLOOR BLDG BUILDING LOT SPC SPACE SP TRLR "
    "TRAILER PH PENTHOUSE BSMT BASEMENT REAR FRONT NEAR BEHIND INSIDE OUTSIDE OPPOSITE CO ATTN MR MRS MS "
    "MISS RES RESIDENCE HOME HOUSE HOTEL MOTEL CONDO CONDOS DORM SHELTER CLINIC NURSING FACILITY PHONE TEL "
    "CELL DOB".split()
)
_ONLY_ALONE = frozenset(
    "ACADEMY CEMETERY CENTER CENTRE CHURCH COLLEGE GARAGE GARDENS HALL HOSPITAL INN JAIL LIBRARY MALL MANOR "
    "MARKET MOSQUE OFFICE PARK PLAZA PRISON SCHOOL STADIUM STATION STORE SYNAGOGUE TEMPLE TERMINAL TOWER "
    "TOWERS UNIVERSITY VILLAGE".split()
)
_PARTICLES = frozenset(
    "ST SAINT SAN SANTA LOS LAS LA LE EL DEL DE DES OF THE VAN VON MT MOUNT FORT FT OLD NEW".split()
)
_LONG_NAMES = frozenset({"MARTIN LUTHER KING", "MARTIN LUTHER KING JR", "DR MARTIN LUTHER KING JR"})
_MOST_WORDS = 2
# As long as a label of an approved place may be.
_LONGEST = 120

_REMEMBERED = 100_000
_UNKNOWN = ""
_ORDINAL = re.compile(r"\d{1,3}(ST|ND|RD|TH)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z'-]+")
_NUMBERED = re.compile(
    r"^(?P<number>\d{1,6})(?:-\d+)?\s+(?P<block>(?:BLK|BLOCK)(?:\s+OF)?\s+)?(?P<street>.+)$", re.IGNORECASE
)
_CROSSING = re.compile(r"\s*(?:/|&|@|\bAND\b|\bAT\b)\s*", re.IGNORECASE)
_STREET = re.compile(r"^[A-Za-z0-9' .-]{2,60}$")


# What addresses came to, by their digests: a label may be public, and no address outlives its fetch.
_blocks: dict[bytes, str | None] = {}


def mask(point: ExactPoint, resolution: int) -> Place:
    """The centre of the cell that an exact point belongs to, with how far the cell reaches."""
    return mask_point(*degrees(point), resolution)


def hundred_block(address: ExactAddress) -> str | None:
    """A label as "1400 block of Main St", "Main St & 2nd Ave" or "Main St near 2nd Ave", or ``None``.

    Only a street's name of a word or two and its suffix survive, so that a unit, a house number, a landmark
    or a person's name does not. A first name written like a part of the street's own ("JOHN MAIN ST") cannot
    be told from it: labels are for columns that hold addresses.
    """
    lines = address_lines(address)
    digest = digest_of(lines)
    block = _blocks.get(digest, _UNKNOWN)
    if block == _UNKNOWN:
        if len(_blocks) >= _REMEMBERED:
            _blocks.clear()
        block = _blocks[digest] = _block_or_crossing(*lines)
    return block


def hundred_block_once(address: ExactAddress) -> str | None:
    """The same without remembering it, for a call of which nothing may be shown."""
    return _block_or_crossing(*address_lines(address))


def _block_or_crossing(address: str, cross_street: str | None) -> str | None:
    if len(address) > _LONGEST or len(cross_street or "") > _LONGEST:
        return None
    parts = [part for part in _CROSSING.split(address.strip()) if part]
    if len(parts) == 2:  # noqa: PLR2004 - an intersection has two streets
        first, two = _street(parts[0]), _street(parts[1])
        return f"{first} & {two}" if first and two else None
    numbered = _NUMBERED.match(address.strip())
    if numbered and not _is_ordinal_street(address):
        street = _street(numbered["street"])
        return f"{int(numbered['number']) // 100 * 100} block of {street}" if street else None
    street = _street(address)
    near = _street(re.sub(r"^BLK\s+", "", cross_street or "", flags=re.IGNORECASE))
    return f"{street} near {near}" if street and near else None


def _is_ordinal_street(address: str) -> bool:
    return re.match(r"^\d+(ST|ND|RD|TH)\b", address.strip(), re.IGNORECASE) is not None


def _street(text: str) -> str | None:
    """A street's name in title case up to its suffix, or ``None`` for anything but just that."""
    if not _STREET.match(text.strip()):
        return None
    words = text.replace(".", "").upper().split()
    start = 1 if len(words) > 2 and words[0] in _DIRECTIONS else 0  # noqa: PLR2004 - direction, name, suffix
    end = next((i for i, word in enumerate(words) if word in _SUFFIXES and i > start), None)
    if end is None or not _is_name(words[start:end]):
        return None
    if words[end + 1 : end + 2] and words[end + 1] in _DIRECTIONS:
        end += 1
    return " ".join(_title_word(word) for word in words[: end + 1])


def _is_name(words: list[str]) -> bool:
    if " ".join(words) in _LONG_NAMES:
        return True
    if len(words) == 1:
        return words[0] not in _NEVER and bool(
            re.fullmatch("[A-Z]", words[0]) or _is_word_or_ordinal(words[0])
        )
    plain_words = [word for word in words if word not in _PARTICLES]
    strange = _NEVER | _ONLY_ALONE
    return (
        0 < len(plain_words) <= _MOST_WORDS
        and len(words) <= _MOST_WORDS + 1
        and all(_NAME.fullmatch(word) and word not in strange for word in words)
    )


def _is_word_or_ordinal(word: str) -> bool:
    return bool(_NAME.fullmatch(word) or _ORDINAL.fullmatch(word))


def _title_word(word: str) -> str:
    if word.upper() in _DIRECTIONS:
        return word.upper()
    return word.capitalize() if not re.match(r"^\d", word) else word.lower()
