"""Says which rule decides about a record and why, and what the public would see of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson

from blocklight.app.finding_places import placing
from blocklight.app.opening import Options, configured_city, wall_clock
from blocklight.app.sampling import one_page, sample_body
from blocklight.config.city import City, SourceSpec
from blocklight.config.policy import Rule
from blocklight.errors import BlocklightError, RecordRejected, SourceError, UsageError
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.normalise import Normaliser
from blocklight.intake.policy import Decision
from blocklight.intake.record import Incident, Placed, RawRecord
from blocklight.intake.redact import Rules, judge, redact
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category

_PLACED = {
    Placed.FOUND: "its place was found",
    Placed.MISSED: "not found",
    Placed.LATER: "the service cannot be asked at the moment",
}
# Nothing is stored, so the ids need no secret.
_THROWAWAY_KEY = bytes(32)

# A person reads each of the explanations.
_MOST_RECORDS = 20


def explained_records(name: str, source_id: str | None, record: Path) -> Iterator[tuple[int, int, list[str]]]:
    """Yield for each record of a file its number, of how many, and the lines that explain it."""
    city = configured_city(Options(name))
    if source_id is None and len(city.sources) > 1:
        raise UsageError("--source", "required: --record belongs to one source, and this city has several")
    source = city.source(source_id) if source_id else city.sources[0]
    rules = Rules.of(city, _THROWAWAY_KEY)
    with_place = placing(rules, Geocoder.of(city))
    read = Normaliser.of(source, city)
    rows = _rows_of(source, city, record)
    for number, raw in enumerate(rows[:_MOST_RECORDS], 1):
        try:
            incident = read(raw, wall_clock())
        except RecordRejected as error:
            yield number, len(rows), [f"rejected: {error.reason}"]
        else:
            yield number, len(rows), _explained(with_place(incident), rules)


def _rows_of(source: SourceSpec, city: City, file: Path) -> list[RawRecord]:
    """The rows of a file: one row as a JSON object, or a whole answer of the source."""
    body = sample_body(file)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict) and not any(isinstance(part, list | dict) for part in value.values()):
        return [value]
    try:
        _, batch = asyncio.run(one_page(source, city, body))
    except SourceError as error:
        raise BlocklightError(f"{file}: {error}") from None
    return list(batch.records)


def _explained(incident: Incident, rules: Rules) -> list[str]:
    meaning, placing = judge(incident, rules)
    lines = [f"source type: {incident.source_type!r} is {meaning.category}, by {meaning.why}"]
    if meaning.groups:
        lines.append(f"sensitive groups: {', '.join(meaning.groups)}")
    lines += [f"allowed: {allow.group}, because: {allow.reason}" for allow in meaning.allowed]
    if isinstance(meaning.category, Category):
        lines += [f"rule: {line}" for line in _rule_lines(placing.decision, rules)]
        if placing.decision.time_step_min is not None:
            lines.append(f"times: cut to steps of {placing.decision.time_step_min} minutes")
    if incident.placed is not None:
        lines.append(f"address: {_PLACED[incident.placed]}")
    return [*lines, f"outcome: {_outcome_in_words(redact(incident, rules))}"]


def _rule_lines(decision: Decision, rules: Rules) -> list[str]:
    if not decision.rules:
        return ["none of the city's rules is met, so it is published as it is"]
    return [_rule(rule, rules) for rule in decision.rules]


def _rule(rule: Rule, rules: Rules) -> str:
    set_keys = rule.model_dump(mode="json", exclude_defaults=True, exclude={"name", "action"})
    conditions = ", ".join(f"{key} = {value}" for key, value in set_keys.items()) or "no conditions"
    number = f"{rules.policy.rules.index(rule) + 1} of {len(rules.policy.rules)}"
    return f"{rule.name} ({number}): {rule.action}; {conditions}"


def _outcome_in_words(outcome: Outcome) -> str:
    if isinstance(outcome, Withheld):
        forever = ", permanently" if outcome.sensitive else ""
        return f"withheld as {outcome.reason}{forever}"
    if isinstance(outcome, Held):
        until = f"{outcome.release_at:%Y-%m-%d %H:%M} UTC" if outcome.release_at else "it is closed"
        after = f" and {outcome.after_close_s // 60} minutes more" if outcome.after_close_s else ""
        end = until if outcome.release_at else until + after
        if outcome.step_min is not None:
            step = f"two minutes after the next whole {outcome.step_min} minutes"
            only_for_step = outcome.end_of_step(wall_clock()) is not None
            end = step if only_for_step else f"{end} and from then to {step}"
        return f"held until {end}, then {_outcome_in_words(outcome.incident)}"
    if isinstance(outcome, PublicIncident) and outcome.place is not None:
        place = outcome.place
        label = f", {place.label}" if place.label else ""
        return f"published at {place.lat}, {place.lon} ({place.kind}, up to {place.radius_m} m away{label})"
    return "published without a place"
