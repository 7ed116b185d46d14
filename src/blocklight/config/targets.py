"""The city's own targets: within how long what share of calls gets through a stage, from which day on."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from blocklight.config.policy_mistakes import Mistake
from blocklight.config.reported import reported
from blocklight.config.source import SourceSpec
from blocklight.config.table import Table, several
from blocklight.model.vocabulary import Category, Kind, StageTime

_LONGEST_S = 86_400
_SELECTORS = ("priority", "category", "agency")


def _day(value: object) -> object:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("not a day; write one without quotes, such as 2026-01-31")
    return value


def _numbers(value: object) -> object:
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else value


class Target(Table):
    """Within how many *seconds* a *share* of calls is to get through a stage, if received from *since* on.

    Of several targets that fit a call the first in the file is its own.
    """

    stage: StageTime
    seconds: float = Field(gt=0, le=_LONGEST_S)
    share: float = Field(gt=0, le=1)
    since: Annotated[date, BeforeValidator(_day)]
    priority: Annotated[tuple[int, ...], BeforeValidator(_numbers)] = ()
    category: Annotated[tuple[Category, ...], BeforeValidator(several)] = ()
    agency: Annotated[tuple[str, ...], BeforeValidator(several)] = ()
    source: str | None = Field(default=None, pattern=r"^https://[^\s<>\"]+$", max_length=300)


def target_mistakes(targets: Sequence[Target], sources: Sequence[SourceSpec]) -> Iterator[Mistake]:
    """Yield what is wrong with targets beside each other and beside what the sources report."""
    calls = [source for source in sources if source.kind is Kind.CALL]
    agencies = {word for source in calls for word in _agencies(source)}
    for number, target in enumerate(targets):
        key = f"targets.{number}"
        if not any(target.stage.end in reported(source, sources).stages for source in calls):
            yield Mistake(f"{key}.stage", f"no source reports when the stage {target.stage!s} ends")
        for name in _SELECTORS:
            if name in target.model_fields_set and not getattr(target, name):
                yield Mistake(f"{key}.{name}", "an empty list; leave the key out, or name what is meant")
        for word in sorted(set(target.agency) - agencies):
            yield Mistake(f"{key}.agency", f"no agency {word!r}; there are: {', '.join(sorted(agencies))}")
        if target.priority and not any(source.fields.priority for source in calls):
            yield Mistake(f"{key}.priority", "no source reports a priority")
        for earlier, before in enumerate(targets[:number]):
            if _covers(before, target):
                yield Mistake(key, f"never reached: targets.{earlier} comes first; newer ones go above older")
                break


def _agencies(source: SourceSpec) -> Iterator[str]:
    field = source.fields.agency
    return (str(word) for word in (*(field.map or {}).values(), field.default) if word)


def _covers(general: Target, special: Target) -> bool:
    """Whether every call that *special* fits is one that *general* fits."""
    return (
        general.stage is special.stage
        and general.since <= special.since
        and all(
            not wide or (bool(narrow) and set(narrow) <= set(wide))
            for wide, narrow in ((getattr(general, name), getattr(special, name)) for name in _SELECTORS)
        )
    )
