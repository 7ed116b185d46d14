"""Finds rules that hold until a call is closed, at a source that never says that a call is closed."""

from collections.abc import Iterator, Sequence

from blocklight.config.policy import Policy, Rule
from blocklight.config.policy_mistakes import Mistake
from blocklight.config.source import SourceSpec
from blocklight.model.vocabulary import Status


def never_closing(sources: Sequence[SourceSpec]) -> frozenset[str]:
    """The ids of the sources that never say that a call is closed."""
    return frozenset(source.id for source in sources if source.closes == "never")


def endless_holds(policy: Policy, sources: Sequence[SourceSpec]) -> Iterator[Mistake]:
    """Yield the rules with ``until_closed`` and without ``for_min`` that may apply to such a source.

    Every call of such a source counts as closed, so the hold would end at once.
    """
    for rule in policy.rules:
        if not rule.until_closed or rule.for_min is not None:
            continue
        met = [source.id for source in sources if source.closes == "never" and _may_meet(rule, source)]
        if met:
            closing = [source.id for source in sources if source.closes != "never"]
            name_others = f", or name other sources: source = {closing}" if closing else ""
            yield Mistake(
                f"policy.rules.{rule.name}",
                f'the source {met[0]!r} has closes = "never": all of its calls count as closed, so a hold '
                f'until then would end at once; add `for_min`, or use action = "withhold"{name_others}',
            )


def _may_meet(rule: Rule, source: SourceSpec) -> bool:
    """Whether a record of *source* may match *rule*, by what the city file says of both."""
    agency = source.fields.agency
    agencies = {str(word) for word in (*(agency.map or {}).values(), agency.default) if word}
    return (
        (not rule.source or source.id in rule.source)
        and (rule.kind is None or rule.kind is source.kind)
        and (not rule.agency or not agencies.isdisjoint(rule.agency))
        and rule.status is not Status.OPEN  # all of them count as closed
    )
