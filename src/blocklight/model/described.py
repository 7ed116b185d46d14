"""What a field of a published value means, said once beside its type, for every document made from it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_origin, get_type_hints

from msgspec import Meta

# How the window carries a field: as a dictionary of words, or as a number below 255.
InWindow = Literal["text", "small_number"]


def meaning(text: str, example: object = None, *, window: InWindow | None = None) -> Meta:
    """Describe a field for ``Annotated``, with an example as JSON has it.

    *window* adds it to the public window, as one more column.
    """
    examples = None if example is None else [example]
    return Meta(description=text, examples=examples, extra={"window": window})


# A UTC time as the API writes it, ``2026-01-31T05:02:00Z``.
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
# A day, ``2026-01-31``.
Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]


def meanings(declared: type) -> Mapping[str, Meta]:
    """What is said of each described field of a struct or a ``TypedDict``, in its own order."""
    hints = get_type_hints(declared, include_extras=True)
    return {
        name: meta
        for name, hint in hints.items()
        if get_origin(hint) is Annotated
        for meta in _metas(hint)
        if meta.description
    }


def in_window(declared: type, form: InWindow) -> tuple[str, ...]:
    """The fields that the window carries in one way."""
    return tuple(
        name for name, meta in meanings(declared).items() if (meta.extra or {}).get("window") == form
    )


def example(declared: type) -> dict[str, Any]:
    """The first example of each field, as JSON has it."""
    return {name: meta.examples[0] for name, meta in meanings(declared).items() if meta.examples}


def _metas(hint: Any) -> list[Meta]:  # noqa: ANN401 - an annotated type
    return [meta for meta in hint.__metadata__ if isinstance(meta, Meta)]
