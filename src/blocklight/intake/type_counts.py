"""Lists the source types of some records: how many, what each becomes and why; what waits comes first."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from blocklight.config.policy import MEDICAL
from blocklight.intake.call_types import CallMeanings, Meaning
from blocklight.intake.record import Incident
from blocklight.model.vocabulary import Category, Reason


@dataclass(frozen=True, slots=True)
class TypeCount:
    """One source type: its records, their share of all, and what it means."""

    text: str
    records: int
    share: float
    meaning: Meaning

    @property
    def waits(self) -> bool:
        """Whether it is withheld until a person says what it is."""
        return self.meaning.category is Reason.UNMAPPED

    @property
    def becomes(self) -> str:
        """What is published of it, or why nothing is."""
        category = self.meaning.category
        return f"withheld: {category}" if isinstance(category, Reason) else str(category)


def count_types(incidents: Iterable[Incident]) -> Counter[str]:
    """Count the types of incidents; a further type binds its incident too, so it counts as well."""
    return Counter(
        text
        for incident in incidents
        for text in dict.fromkeys((incident.source_type, *incident.other_types))
    )


def type_counts(counted: Mapping[str, int], meaning_of: Callable[[str], Meaning]) -> list[TypeCount]:
    """Types with what they mean: those that wait for a person first, then by their records."""
    total = sum(counted.values()) or 1
    lines = [TypeCount(text, count, count / total, meaning_of(text)) for text, count in counted.items()]
    return sorted(lines, key=lambda line: (not line.waits, -line.records, line.text))


def sign_off_refusal(text: str, category: Category, meanings: CallMeanings) -> str | None:
    """Why a type may not be signed as a category, and the line it needs; ``None`` if it may be."""
    meaning = meanings.of(text)
    if meaning.category is Reason.SENSITIVE:
        allowed = {line.group for line in meaning.allowed}
        group = next((group for group in meaning.groups if group not in allowed), meaning.groups[0])
        return f"{text!r} is sensitive ({meaning.why}). Publishing it takes {allow_line(group, text)}"
    if meaning.medical is not None and category is not Category.MEDICAL:
        return f"{text!r} is medical ({meaning.medical}). Anything finer takes {allow_line(MEDICAL, text)}"
    return None


def allow_line(group: str, text: str) -> str:
    """The line of a city file that would loosen a type; its reason has to be written by hand."""
    return f'[[policy.allow]] with group = "{group}", types = ["{text}"] and a reason that the public reads'
