"""Asks of the lines of a city file what they would give away, whatever a feed holds today."""

from collections.abc import Callable, Iterator

from blocklight.config.field import FieldSpec
from blocklight.config.policy import Rule
from blocklight.intake.disclosure.sample import Question, SampleRows, of_the_place
from blocklight.intake.disclosure.values import changes_by_name, is_place_by_name, is_private_by_name
from blocklight.model.vocabulary import Category, Reason

_TYPES = ("source_type", "other_type")
_MOVING = ("status", "closed_at", "dispatched_at", "en_route_at", "on_scene_at", "units", "disposition")
_MOST_NAMED = 6


def _keys(sample: SampleRows) -> Iterator[Question]:
    """Ask about keys that are a place or a person, and keys that change while a call goes on."""
    key, places = sample.source.key, of_the_place(sample)
    if all(name in places or is_place_by_name(name) or is_private_by_name(name) for name in key):
        yield Question(
            "key-is-a-place",
            f"key reads {_column_list(key)}, which says where or who: all calls from one place would have "
            "one public id, also those of next year, and count as one call. Read the number of the call.",
        )
    moving = {column for name in _MOVING if (spec := sample.field(name)) for column in spec.source}
    changing = [name for name in key if name in moving or changes_by_name(name)]
    if changing:
        yield Question(
            "key-changes",
            f"key reads {_column_list(changing)}, which changes while a call goes on: each change would be a "
            "new call, and one that was sensitive once would not be known again. Read only what stays.",
        )


def _mapped_types(sample: SampleRows) -> Iterator[Question]:
    """Ask about maps that put harmless words in the place of sensitive ones, which no rule then sees."""
    hidden = sorted(
        {
            text
            for name in _TYPES
            if (spec := sample.field(name)) and spec.map
            for text, mapped in (*spec.map.items(), *_by_default(sample, spec))
            if any(letter.isalpha() for letter in text)  # what a bare number means, only the city knows
            and sample.rules.category(text) is Reason.SENSITIVE
            and isinstance(sample.rules.category(str(mapped)), Category)
        }
    )
    if hidden:
        suffix = " and others" if len(hidden) > _MOST_NAMED else ""
        yield Question(
            "sensitive-mapped",
            f"a map turns {', '.join(hidden[:_MOST_NAMED])}{suffix} into types that are published: that they "
            "are sensitive is not seen any more. Leave them out of the map.",
        )


def _by_default(sample: SampleRows, spec: FieldSpec) -> Iterator[tuple[str, object]]:
    """Yield the values of a field that its map does not name, with what stands for them."""
    mapped = spec.folded_map or {}
    for column in spec.source if spec.default is not None else ():
        for text in dict.fromkeys(sample.values(column)):
            if text.casefold() not in mapped:
                yield text, spec.default


def _medical_apart(sample: SampleRows) -> Iterator[Question]:
    """Ask about rules that show some medical calls in another way than others."""
    medical = {
        text
        for _, incident in sample.rows
        for text in (incident.source_type, *incident.other_types)
        if sample.rules.category(text) is Category.MEDICAL
    }
    for rule in sample.city.policy.rules:
        if rule.action != "withhold" and _meets_some(rule, {text.upper() for text in medical}):
            yield Question(
                f"medical-apart:{rule.name}",
                f"the rule {rule.name!r} treats some medical calls unlike others, by their type, priority or "
                "origin: how a call is shown then tells what is not published of it. Withhold those, or let "
                "the rule decide about all medical calls.",
            )


def _meets_some(rule: Rule, medical: set[str]) -> bool:
    """Whether a rule may meet some medical calls and not others, by what is not published of them."""
    if rule.category and Category.MEDICAL not in rule.category:
        return False
    if rule.names_types:
        return 0 < sum(map(rule.says, medical)) < max(len(medical), 2)
    return bool(rule.priority) and bool(medical)


def _column_list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


ASKED_OF_LINES: tuple[Callable[[SampleRows], Iterator[Question]], ...] = (
    _keys,
    _mapped_types,
    _medical_apart,
)
