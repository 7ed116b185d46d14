"""The targets that answers about waiting times are measured by, as fields and in words."""

from blocklight.api.past_definitions import STAGE_DEFINITIONS, TARGETS_COUNTED, TIMES_COUNTED
from blocklight.api.past_schemas import TargetLine
from blocklight.config.city import City
from blocklight.insight.stage_targets import city_targets
from blocklight.model.vocabulary import StageTime


def target_lines(city: City, stage: StageTime, target_s: float | None) -> list[TargetLine]:
    """The targets of a stage: one for all calls where the question names it, else the city's."""
    if target_s is not None:
        return [
            {
                "seconds": target_s,
                "share": None,
                "since": None,
                "priority": [],
                "category": [],
                "agency": [],
                "source": None,
            }
        ]
    return [
        {
            "seconds": target.seconds,
            "share": target.share,
            "since": target.since.isoformat(),
            "priority": list(target.priority),
            "category": list(map(str, target.category)),
            "agency": list(target.agency),
            "source": target.source,
        }
        for target in city_targets(city, stage)
    ]


def times_definition(city: City, stage: StageTime, target_s: float | None = None) -> str:
    """Which clock starts, which calls count and by which targets."""
    lines = target_lines(city, stage, target_s)
    definition = f"{STAGE_DEFINITIONS[stage]} {TIMES_COUNTED}"
    if not lines:
        return definition
    return f"{definition}{TARGETS_COUNTED} Targets: {'; '.join(map(_in_words, lines))}."


def _in_words(line: TargetLine) -> str:
    share = "" if line["share"] is None else f"{line['share']:.4g} of calls "
    of = [
        f"{name} {', '.join(map(str, values))}"
        for name, values in (
            ("priority", line["priority"]),
            ("category", line["category"]),
            ("agency", line["agency"]),
        )
        if values
    ]
    since = [] if line["since"] is None else [f"received from {line['since']} on"]
    return ", ".join([f"{share}within {line['seconds']:g} s", *of, *since])
