"""Finds what is held until a call is closed at a source that never says so."""

from collections.abc import Iterator, Sequence

from blocklight.model import Status
from blocklight.policy import Mistake, Policy, Rule
from blocklight.source_spec import SourceSpec


def never_closing(sources: Sequence[SourceSpec]) -> frozenset[str]:
    """Return the ids of the sources that do not say when a call is over."""
    return frozenset(source.id for source in sources if source.closes == "never")


def endless_holds(policy: Policy, sources: Sequence[SourceSpec]) -> Iterator[Mistake]:
    """Yield the rules that hold until closed, and no longer, what is never known to be open or closed.

    Every call of such a source counts as closed, so that the hold would be over at once.
    """
    for rule in policy.rules:
        if not rule.until_closed or rule.for_min is not None:
            continue
        met = [source.id for source in sources if source.closes == "never" and _may_meet(rule, source)]
        if met:
            others = [source.id for source in sources if source.closes != "never"]
            name_others = f", or name other sources: source = {others}" if others else ""
            yield Mistake(
                f"policy.rules.{rule.name}",
                f'the source {met[0]!r} has closes = "never": none of its calls is ever seen to close, so a '
                f'hold until then would be none; give `for_min`, or action = "withhold"{name_others}',
            )


def _may_meet(rule: Rule, source: SourceSpec) -> bool:
    """Whether a record of a source may meet a rule, by what the city file says of both."""
    agency = source.fields.agency
    agencies = {str(word) for word in (*(agency.map or {}).values(), agency.default) if word}
    return (
        (not rule.source or source.id in rule.source)
        and (rule.kind is None or rule.kind is source.kind)
        and (not rule.agency or not agencies.isdisjoint(rule.agency))
        and rule.status is not Status.OPEN  # all of them count as closed
    )
