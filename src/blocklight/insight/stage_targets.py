"""Which of the city's targets each call has, worked out where its row is read."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

import numpy as np

from blocklight.config.city import City
from blocklight.config.targets import Target
from blocklight.insight.archive_query import Clause
from blocklight.insight.response_times import CallTargets, Floats
from blocklight.model.vocabulary import StageTime

_SELECTORS = ("priority", "category", "agency")


@dataclass(frozen=True, slots=True)
class StageTargets:
    """The targets of one stage as seconds and shares, and the condition that numbers them."""

    clause: Clause
    seconds: tuple[float, ...]
    goals: tuple[float, ...]

    def of_calls(self, numbers: Floats) -> CallTargets | None:
        """The target of each call, by its number; ``None`` where the stage has none."""
        if not self.seconds:
            return None
        # The last one is what calls without a target are given.
        chosen = np.nan_to_num(numbers, nan=len(self.seconds)).astype(int)
        return CallTargets(np.array([*self.seconds, np.nan])[chosen], np.array([*self.goals, np.nan])[chosen])


def city_targets(city: City, stage: StageTime) -> list[Target]:
    """The city's targets for a stage, in the order of its file: of those that fit a call the first counts."""
    return [target for target in city.targets if target.stage is stage]


def targets_clause(city: City, stage: StageTime, target_s: float | None) -> StageTargets:
    """The targets of calls in SQL; with *target_s* one for all, in place of the city's."""
    if target_s is not None:
        return StageTargets(Clause("0", {}), (target_s,), (float("nan"),))
    targets = city_targets(city, stage)
    if not targets:
        return StageTargets(Clause("NULL", {}), (), ())
    parameters: dict[str, object] = {}
    cases = []
    for number, target in enumerate(targets):
        name = f"target{number}_"
        conditions = [f"received_at >= ${name}since"]
        begins_at = datetime.combine(target.since, time(), city.city.zone)
        parameters[f"{name}since"] = begins_at.astimezone(UTC)
        for column in _SELECTORS:
            if values := getattr(target, column):
                conditions.append(f"list_contains(${name}{column}, {column})")
                parameters[name + column] = sorted(values)
        cases.append(f"WHEN {' AND '.join(conditions)} THEN {number}")
    return StageTargets(
        Clause(f"CASE {' '.join(cases)} END", parameters),
        tuple(target.seconds for target in targets),
        tuple(target.share for target in targets),
    )
