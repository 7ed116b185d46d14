"""Says what the values of one column look like: free text, names, exact addresses, a list of types.

Works on counts; no value leaves it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Each finds what no type of call has in it, and what people write into remarks.
_MARKS = {
    "a telephone number": re.compile(
        r"(?<!\d)(?:\(?\d{3}\)?[-. ]*)?\d{3}[-.]\d{4}(?!\d)|(?<!\d)\d{10}(?!\d)"
    ),
    "a date": re.compile(r"(?<!\d)\d{1,2}/\d{1,2}/(?:19|20)?\d\d(?!\d)"),
    "a house or flat number": re.compile(
        r"\b(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|#)\s*#?\d+\w?\b"
        r"|\b\d{2,5}\s+(?:[NSEW]\s+)?[A-Z][A-Z'-]+\s+(?:ST|AVE?|RD|DR|LN|CT|BLVD|WAY|PL|TER|CIR|HWY|PKWY)\b",
        re.IGNORECASE,
    ),
    "a person": re.compile(
        r"\b(?:CALLER|COMPL?AINANT|R/?P|DOB|SUBJ|VICT?|NEIGHBOU?R|(?:EX-?)?(?:HUSBAND|WIFE|BOYFRIEND|GIRLFRIEND)"
        r"|MRS?|MS)\b[ .:]+\w+ \w+",
        re.IGNORECASE,
    ),
    "an e-mail address": re.compile(r"\S@\S+\.\w"),
}
# The longest types of recorded feeds have eight words and 62 characters.
_LONG_WORDS, _LONG = 9, 70

_FEW_LONG, _FEW_MARKED = 0.02, 0.002
_ALWAYS_TELLS = ("a telephone number", "an e-mail address")
_ENOUGH_ROWS, _ENOUGH_FOR_SHARE = 15, 40
_NEARLY_ALL, _MOST = 0.9, 0.5
_PRIVATE = re.compile(
    r"(?:^|_)(?:notes?|remarks?|narratives?|comments?|callers?|complainants?|reporting_(?:party|person)|rp|"
    r"victims?|suspects?|patients?|phones?|tel|telephone|call_?back|dob|birth\w*|plates?|ssn|"
    r"(?:first|last|full|person|owner|contact|caller|business|location|place|premise)_?names?)(?:_|$)"
)
_WITHHOLDS = re.compile(
    r"(?:^|_)(?:confidential\w*|private|restrict\w*|seal(?:ed)?|redact\w*|suppress\w*|juveniles?|minors?|"
    r"sensitive|domestic|dv|do_not_(?:publish|release)|public|releas\w*)(?:_|$)"
)
_PLACE = re.compile(r"(?:^|_)(?:address(?:es)?|addr|location|block|street|parcel|apn)(?:_|$)")
_CHANGES = re.compile(r"(?:^|_)(?:updat\w*|modif\w*|edit(?:ed|s)?|status|refresh\w*)(?:_|$)")
_TIME = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}([T ]\d{1,2}:\d\d.*)?", re.IGNORECASE)
_NO = frozenset({"", "N", "NO", "F", "FALSE", "0", "NONE", "NULL", "N/A", "NA", "-"})
_NUMBERED = re.compile(r"^\s*(?:\d+|\d+-\d+|\d+XX|XX+)\s+(?:BLK |BLOCK )?(?:OF )?\S", re.IGNORECASE)
_CROSSING = re.compile(r"[/&@\\]|\b(?:AND|AT|NEAR)\b", re.IGNORECASE)


def name_words(column: str) -> str:
    """A column's name with its words apart: ``CallerName`` and ``caller-name`` are ``caller_name``."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()).strip("_")


def is_private_by_name(column: str) -> bool:
    """Whether a column is called like one that holds remarks or people."""
    return _PRIVATE.search(name_words(column)) is not None


def is_mark_by_name(column: str) -> bool:
    """Whether a column is called like one that says that a record is not for everybody."""
    return _WITHHOLDS.search(name_words(column)) is not None


def is_place_by_name(column: str) -> bool:
    """Whether a column is called like one that holds addresses."""
    return _PLACE.search(name_words(column)) is not None


def changes_by_name(column: str) -> bool:
    """Whether a column is called like one that is written anew with each change of a record."""
    return _CHANGES.search(name_words(column)) is not None


def is_time(value: str) -> bool:
    """Whether a value is a date, with or without a time of day: its digits look like a code."""
    return _TIME.fullmatch(value.strip()) is not None


def says_no(value: str) -> bool:
    """Whether a mark is not set."""
    return value.strip().upper() in _NO


@dataclass(frozen=True, slots=True)
class Look:
    """What the values of a column look like, in counts of its filled rows."""

    rows: int
    distinct: int
    marks: tuple[tuple[str, int], ...]
    """What no type has in it, each with the number of rows that hold it."""
    long: int
    """Rows with more words or characters than a type has."""

    @property
    def is_free_text(self) -> bool:
        """Whether it is written by people as they like, rather than chosen from a list."""
        return bool(self.reasons)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it looks like free text, in words with counts."""
        sentences = [
            f"{n} of {self.rows} values hold {mark}"
            for mark, n in self.marks
            if mark in _ALWAYS_TELLS or n / self.rows > _FEW_MARKED
        ]
        if self.rows and self.long / self.rows > _FEW_LONG:
            sentences.append(f"{self.long} of {self.rows} values are longer than a type of call")
        if self._hardly_repeats:
            sentences.append(f"{self.rows} values are {self.distinct} different ones")
        return tuple(sentences)

    @property
    def _hardly_repeats(self) -> bool:
        share = self.distinct / self.rows if self.rows else 0
        return (self.rows >= _ENOUGH_ROWS and share > _NEARLY_ALL) or (
            self.rows >= _ENOUGH_FOR_SHARE and share > _MOST
        )


def look(values: Sequence[str]) -> Look:
    """Look at the filled values of a column, one for each row."""
    distinct = set(values)
    marked = {name: {value for value in distinct if mark.search(value)} for name, mark in _MARKS.items()}
    long = {value for value in distinct if len(value) > _LONG or len(value.split()) > _LONG_WORDS}
    return Look(
        rows=len(values),
        distinct=len(distinct),
        marks=tuple(
            (name, sum(value in those for value in values)) for name, those in marked.items() if those
        ),
        long=sum(value in long for value in values),
    )


def addresses(values: Sequence[str]) -> int:
    """Count the values that are written like an address or a crossing of streets."""
    return sum(1 for value in values if _NUMBERED.match(value) or _CROSSING.search(value))
