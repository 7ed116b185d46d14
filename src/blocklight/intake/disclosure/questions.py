"""Asks of a sample what somebody could learn from the feed that its city file does not mean to publish.

Plain functions over rows as they came and as they were understood. A question holds counts, names of columns
and call types, never another value of a record.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from blocklight.config.matching import LONGEST_TEXT
from blocklight.geo.exact import address_lines, degrees
from blocklight.intake.disclosure.lines import ASKED_OF_LINES
from blocklight.intake.disclosure.sample import Question, SampleRows, of_the_place
from blocklight.intake.disclosure.values import (
    addresses,
    is_mark_by_name,
    is_private_by_name,
    is_time,
    look,
    says_no,
)
from blocklight.intake.record import Incident
from blocklight.model.record import TIMES
from blocklight.model.vocabulary import Category, Kind, Reason

__all__ = ["Question", "SampleRows", "questions"]

_MOST_NAMED = 6
# Of fewer points nobody can say whether they are exact.
_ENOUGH_POINTS = 8

# Masked points repeat, as many calls share one; exact ones hardly do.
_EXACT_SHARE = 0.8

# More different values are no priority and no count of units, but numbers that name somebody or something.
_MOST_PRIORITIES, _MOST_UNITS = 12, 40

_FEW_TYPES = 8
_OF_ONE_CATEGORY = 0.8
_ADDRESS_SHARE = 0.5
_WORDS_OF_A_TYPE = 12
_LISTED_SHARE = 0.5

_TYPES = ("source_type", "other_type")
# Fields of which something is public.
_WORDED = ("source_type", "other_type", "agency", "origin", "disposition", "status", "units", "priority")


def questions(sample: SampleRows) -> list[Question]:
    """What is to be asked of a sample, without what the city file answers; none when all is well."""
    if not sample.rows:
        return []
    raised = {question.id: question for ask in _ASKED for question in ask(sample)}
    return [question for id_, question in raised.items() if id_ not in sample.source.answered]


def _free_text(sample: SampleRows) -> Iterator[Question]:
    """Ask about types that are read from what people write."""
    for name in _TYPES:
        spec = sample.field(name)
        for column in spec.source if spec and not spec.map else ():
            seen = look(sample.values(column))
            if seen.is_free_text:
                yield Question(
                    f"free-text:{column}",
                    f"{name} reads `{column}`, which looks like free text: {'; '.join(seen.reasons)}. "
                    "Remarks name people and places, and no rule knows their words. Read the type from a "
                    "column with a fixed list of types, and nothing else.",
                )


def _private_columns(sample: SampleRows) -> Iterator[Question]:
    """Ask about fields that read a column called like one of remarks or people."""
    for name in (*_WORDED, "address", "cross_street"):
        spec = sample.field(name)
        if spec is None or (name in ("address", "cross_street") and not _address_is_used(sample)):
            continue
        for column in spec.source:
            if is_private_by_name(column) and not look(sample.values(column)).is_free_text:
                yield Question(
                    f"private-column:{column}",
                    f"{name} reads `{column}`, a column that by its name holds remarks, names or people. "
                    "Is there nothing of that in it, also tomorrow? Read another column, or a constant.",
                )


def _address_is_used(sample: SampleRows) -> bool:
    """Whether an address goes anywhere: into a label, or to a geocoder."""
    return sample.city.policy.labels != "none" or sample.city.geocoder is not None


def _address_questions(sample: SampleRows) -> Iterator[Question]:
    """Ask about addresses that are none: names of people and houses would become labels."""
    spec, cross = sample.field("address"), sample.field("cross_street")
    if spec is None or cross is not None or not _address_is_used(sample):
        return
    values = [
        line
        for _, incident in sample.rows
        if incident.address and (line := address_lines(incident.address)[0])
    ]
    like = addresses(values)
    if values and like / len(values) < _ADDRESS_SHARE:
        columns = ", ".join(f"`{column}`" for column in spec.source)
        yield Question(
            "not-addresses",
            f"address reads {columns}, where {len(values) - like} of {len(values)} values have neither a "
            "number nor a crossing of two streets. A name written like a street (MARY OAK ST) would stand "
            'on the map as a label. Read a column of addresses, or leave labels = "none".',
        )


def _passed_points(sample: SampleRows) -> Iterator[Question]:
    """Ask about points that are said to be masked and hardly ever repeat."""
    if sample.source.masked_by_publisher is None:
        return
    placed = [(incident.point, incident.address) for _, incident in sample.rows if incident.point is not None]
    points = {degrees(point) for point, _ in placed}
    named = {line for _, address in placed if address and (line := address_lines(address)[0])}
    has_few = len(placed) < _ENOUGH_POINTS
    if has_few or len(points) / len(placed) < _EXACT_SHARE:
        return
    beside = f" and {len(named)} addresses" if named else ""
    yield Question(
        "points-not-masked",
        f"masked_by_publisher shows points as they are, and {len(placed)} records{beside} have "
        f"{len(points)} different points. Masked points repeat, as many calls share a block; these look like "
        "exact places, or like new noise for each call, whose mean is the place. Leave masked_by_publisher "
        "out: each point becomes a hexagon's centre.",
    )


def _medical(sample: SampleRows) -> Iterator[Question]:
    """Ask about types that are medical by their words and are shown as something finer."""
    counted: Counter[str] = Counter()
    for (_, incident), published in zip(sample.rows, sample.published, strict=True):
        texts = {incident.source_type, *incident.other_types} | _mapped_from(sample, incident)
        categories = {sample.rules.category(text) for text in (incident.source_type, *incident.other_types)}
        medical = {
            text
            for text in texts
            if sample.shipped.of(text).category is Category.MEDICAL and not sample.loosened(text)
        }
        if published and medical and Category.MEDICAL not in categories:
            counted.update(medical)
    if counted:
        yield Question(
            "medical-shown-finer",
            f"{_count_of(sum(counted.values()))} with medical types ({_first_of(counted)}) would be shown as "
            "something else: at a finer place, with their type and how they ended. Map them to `medical`.",
        )


def _mapped_from(sample: SampleRows, incident: Incident) -> set[str]:
    """The words of the source that the field's map made this type of."""
    spec = sample.field("source_type")
    words = spec.folded_map if spec else None
    return {text.upper() for text, mapped in (words or {}).items() if mapped == incident.source_type}


def _replaced_types(sample: SampleRows) -> Iterator[Question]:
    """Ask about types that are a constant for some or all records: nothing sensitive is recognised."""
    spec = sample.field("source_type")
    if spec is None or spec.default is None:
        return
    default = str(spec.default)
    shown = not isinstance(sample.rules.category(default), Reason)
    took = sum(incident.source_type == default for _, incident in sample.rows)
    if not spec.source and shown and sample.source.kind is Kind.CALL:
        yield Question(
            "constant-type",
            f"source_type is always {default!r}: a sensitive call of this feed cannot be recognised and is "
            "published like every other. Read the type from the feed.",
        )
    elif spec.source and shown and took:
        yield Question(
            "default-type",
            f"{took} of {len(sample.rows)} records have no type that the file knows, and take {default!r} "
            "instead, which is published. Leave `default` out: what nobody mapped waits for a person.",
        )


def _sensitive_beside(sample: SampleRows) -> Iterator[Question]:
    """Ask about columns whose values say of a published record what its type does not."""
    judged = {column for name in _TYPES if (spec := sample.field(name)) for column in spec.source}
    for column in sample.columns:
        if column in judged | of_the_place(sample):
            continue
        if column in _of_the_times(sample):  # the digits of a time look like a code
            continue
        marked = list(sample.marked(column))
        if not _may_say_what_happened(sample, column, [text for text, _ in marked]):
            continue
        hidden = [text for text, published in marked if published and _is_sensitive_type(sample, text)]
        if hidden:
            yield Question(
                f"sensitive-beside:{column}",
                f"`{column}` says something sensitive of {_count_of(len(hidden))} that would be published, "
                "as their type says nothing of it. Name it in other_type, which withholds what it says, or "
                "leave such records out of the feed.",
            )


def _may_say_what_happened(sample: SampleRows, column: str, values: list[str]) -> bool:
    """Whether a column holds words of a list or remarks, rather than places, keys, numbers or times."""
    if not values or column in sample.source.key:
        return False
    worded = sum(any(letter.isalpha() for letter in value) and not is_time(value) for value in values)
    return worded / len(values) > _LISTED_SHARE and addresses(values) / len(values) < _ADDRESS_SHARE


def _of_the_times(sample: SampleRows) -> set[str]:
    return {column for name in TIMES if (spec := sample.field(name)) for column in spec.source}


def _is_sensitive_type(sample: SampleRows, text: str) -> bool:
    return bool(sample.rules.meanings.of(text[:LONGEST_TEXT]).groups)


def _confidential_questions(sample: SampleRows) -> Iterator[Question]:
    """Ask about columns that mark records as confidential and that nothing reads."""
    judged = {column for name in _TYPES if (spec := sample.field(name)) for column in spec.source}
    for column in sample.columns:
        if column in judged or not is_mark_by_name(column):
            continue
        marked = list(sample.marked(column))
        values = {text for text, _ in marked}
        hidden = sum(published for text, published in marked if not says_no(text))
        # A mark that every record has in one way marks none; one that some have is meant.
        if hidden and (len(values) > 1 or len(marked) < len(sample.rows)):
            yield Question(
                f"marked:{column}",
                f"`{column}` is set in {_count_of(hidden)} that would be published. If it marks what is not "
                f'for everybody, withhold it: other_type = {{ from = "{column}", map = {{ "Y" = '
                '"CONFIDENTIAL" } }; a type that nothing maps withholds.',
            )


def _number_questions(sample: SampleRows) -> Iterator[Question]:
    """Ask about priorities and numbers of units that are something else."""
    for name, maximum in (("priority", _MOST_PRIORITIES), ("units", _MOST_UNITS)):
        values = [
            getattr(incident, name) for _, incident in sample.rows if getattr(incident, name) is not None
        ]
        distinct = len(set(values))
        too_many = distinct > maximum if name == "priority" else bool(values) and max(values) > maximum
        if too_many:
            yield Question(
                f"not-{name}",
                f"{name} has {distinct} different values, up to {max(values)}: that is not what {name} "
                "means, and it is published. Read another column, or leave it out.",
            )


def _one_category(sample: SampleRows) -> Iterator[Question]:
    """Ask about patterns of the city that put types of every sort into one category."""
    by_pattern: dict[Category, set[str]] = {}
    every = {incident.source_type for _, incident in sample.rows}
    exact = set(sample.rules.meanings.exact)
    for text in every:
        of_city, shipped = sample.rules.category(text), sample.shipped.of(text).category
        if isinstance(of_city, Category) and of_city is not shipped and text.upper() not in exact:
            by_pattern.setdefault(of_city, set()).add(text)
    for category, texts in by_pattern.items():
        if len(every) >= _FEW_TYPES and len(texts) / len(every) > _OF_ONE_CATEGORY:
            yield Question(
                f"one-category:{category}",
                f"{len(texts)} of {len(every)} types become {category} by patterns of the city file. Types "
                "that nobody looked at would be published. Map each by its exact name.",
            )


def _count_of(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _first_of(counted: Counter[str]) -> str:
    names = [name[:60] for name, _ in counted.most_common(_MOST_NAMED)]
    return ", ".join(names) + (" and others" if len(counted) > _MOST_NAMED else "")


_ASKED: tuple[Callable[[SampleRows], Iterator[Question]], ...] = (
    _free_text,
    _private_columns,
    _address_questions,
    _passed_points,
    _medical,
    _replaced_types,
    _sensitive_beside,
    _confidential_questions,
    _number_questions,
    _one_category,
    *ASKED_OF_LINES,
)
