"""Guesses who answers: from a column of agencies, or from what the feed is called."""

import re

from blocklight.intake.forms.row_lists import GROUP
from blocklight.intake.propose.guesses import GUESS, LIKELY, Table, snake_case
from blocklight.intake.propose.sample import Sample

# A column with more values names units or stations, not agencies.
_FEW = 8

_FEW_OF_REQUESTS = 40
_FIRE = re.compile(r"fire|ems|medic|rescue", re.IGNORECASE)
_COLUMNS = (
    "agency", "department", "discipline", "agency_type", "agency_responsible", "owner_department", GROUP
)  # fmt: skip
_OF_CALLS = (
    ("police", re.compile(r"^(?:p|pd|lp|law|so|[a-z]{1,3}(?:pd|so))$|police|sheriff|\bpd\b", re.IGNORECASE)),
    ("ems", re.compile(r"^(?:e|ems)$|ambulance|\bems\b", re.IGNORECASE)),
    ("fire", re.compile(r"^(?:f|fd|fr|[a-z]{1,3}(?:fd|fr|fire))$|fire|\bfd\b", re.IGNORECASE)),
    ("public_works", re.compile(r"public works|\bdpw\b|transportation", re.IGNORECASE)),
)
# What the departments are called that New York, Boston, Chicago, San Francisco and Open311 servers name.
_OF_REQUESTS = (
    ("police", re.compile(r"^nypd$|police|\b[a-z]?pd\b", re.IGNORECASE)),
    ("fire", re.compile(r"^fdny$|fire", re.IGNORECASE)),
    ("sanitation", re.compile(r"^dsny$|sanit|solid waste|recycling", re.IGNORECASE)),
    ("transportation", re.compile(r"^(?:dot|sfmta|btdt|cdot|tlc)$|transport|traffic|parking", re.IGNORECASE)),
    ("housing", re.compile(r"^hpd$|housing", re.IGNORECASE)),
    ("buildings", re.compile(r"^(?:dob|isd|dbi)$|building|inspection", re.IGNORECASE)),
    ("water", re.compile(r"^(?:dep|bwsc|sfpuc|dwm)$|water|sewer|environmental protection", re.IGNORECASE)),
    ("parks", re.compile(r"^(?:dpr|park|parks|rpd)$|\bparks?\b|forestry|recreation", re.IGNORECASE)),
    ("health", re.compile(r"^(?:dohmh|dph)$|health", re.IGNORECASE)),
    ("animal_control", re.compile(r"animal", re.IGNORECASE)),
    ("public_works", re.compile(r"^(?:pwdx|dpw)$|public works|streets", re.IGNORECASE)),
)


def propose_agency(table: Table, sample: Sample, *, requests: bool) -> None:
    """Propose the agency: a map of the column that names it, or what the feed's own name speaks of."""
    maximum, kinds = (_FEW_OF_REQUESTS, _OF_REQUESTS) if requests else (_FEW, _OF_CALLS)
    for column, values in table.values.items():
        texts = {str(value) for value in values}
        if snake_case(column) not in _COLUMNS or not 0 < len(texts) <= maximum:
            continue
        named = {
            text: word
            for text in sorted(texts)
            if (word := next((word for word, pattern in kinds if pattern.search(text)), None))
        }
        if named:
            spec = {"from": (column,), "map": named} | ({"default": "city"} if requests else {})
            table.take("agency", spec, LIKELY)
            return
    if requests:
        table.take("agency", {"default": "public_works"}, LIKELY)
        return
    default = "fire" if _FIRE.search(f"{sample.url} {' '.join(sample.columns)}") else "police"
    table.take("agency", {"default": default}, LIKELY if default == "fire" else GUESS)
