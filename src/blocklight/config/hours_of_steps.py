"""Finds rules that begin or end inside a step to which times are cut."""

from collections.abc import Iterator

from blocklight.config.policy import Policy, Rule
from blocklight.config.policy_mistakes import Mistake
from blocklight.model.vocabulary import Category


def hours_inside_steps(policy: Policy) -> Iterator[Mistake]:
    """Yield the rules of which ``time_of_day`` is finer than the cut times of what they may meet.

    Whether such a rule was met shows in public, and would tell in which part of its step a call came in.
    """
    for rule in policy.rules:
        for step in sorted(_steps_beside(rule, policy)):
            if any(minute % step for minute in rule.minutes or ()):
                yield Mistake(
                    f"policy.rules.{rule.name}.time_of_day",
                    f"times are cut to steps of {step} minutes, and the rule begins or ends inside one: "
                    f"whether it was met would tell the time; begin and end at whole {step} minutes",
                )
                break


def _steps_beside(rule: Rule, policy: Policy) -> set[int]:
    """The steps to which the times of incidents are cut that *rule* may meet."""
    steps: set[int | None] = {
        neighbour.time_step_min
        for neighbour in policy.rules
        if not (rule.category and neighbour.category) or not set(rule.category).isdisjoint(neighbour.category)
    }
    if not rule.category or Category.MEDICAL in rule.category:
        steps.add(policy.medical_step)
    return {step for step in steps if step}
