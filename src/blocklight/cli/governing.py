"""What people decide about publishing: pause and resume it, see which rule decides, check the audit log."""

import asyncio
from pathlib import Path

import orjson
from rich.table import Table

from blocklight.app.finding_places import placing
from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.app.policy_change import WORDS, Difference, asked, asked_of_waiting
from blocklight.cli import out
from blocklight.cli.sampling import one_page, read_sample
from blocklight.config.city import City, SourceSpec
from blocklight.config.policy import Rule
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, RecordRejected, UsageError
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.normalise import Normaliser
from blocklight.intake.policy import Decision
from blocklight.intake.record import Incident, Placed, RawRecord
from blocklight.intake.redact import Rules, judge, redact
from blocklight.intake.refilter import vocabulary
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category

_PLACED = {
    Placed.FOUND: "its place was found",
    Placed.MISSED: "not found",
    Placed.LATER: "the service cannot be asked at the moment",
}
_THROWAWAY_KEY = bytes(32)
_MOST_RECORDS = 20


def verify_audit(options: Options, kept: str | None = None) -> None:
    """Work out every digest of the audit log again; raises ``BlocklightError`` where it was changed.

    Also where the entry with the digest that was *kept* elsewhere is gone.
    """
    city = configured_city(options)
    with open_store(options, city, Settings(), existing=True) as store:
        verdict = store.verify_audit()
        if verdict.broken is not None:  # and it may be that it cannot even be read
            raise BlocklightError(
                f"the audit log was changed: entry {verdict.broken} does not fit what is before it"
            )
        entries = store.audit()
    table = Table("", "When (UTC)", "What", "Detail")
    for entry in entries:
        detail = orjson.dumps(dict(entry.detail)).decode()
        table.add_row(str(entry.number), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.action, detail)
    out.print(table)
    if kept is not None and kept.strip().lower() not in {entry.digest for entry in entries}:
        raise BlocklightError("the entry with the digest that you kept is gone: the log was cut or replaced")
    out.print(
        f"{verdict.entries} entries, all whole. Newest digest: {verdict.head or 'none'}\n"
        "Keep it somewhere else: it also tells when entries at the end are gone.",
        soft_wrap=True,
        highlight=False,
    )


def explain_record(name: str, source_id: str | None, record: Path) -> None:
    """Print which rule decides about the records in a file, and what the public would see of them."""
    city = configured_city(Options(name))
    if source_id is None and len(city.sources) > 1:
        raise UsageError("--source", "required: --record belongs to one source, and this city has several")
    source = city.source(source_id) if source_id else city.sources[0]
    rules = Rules.of(city, _THROWAWAY_KEY)
    with_place = placing(rules, Geocoder.of(city))
    read = Normaliser.of(source, city)
    rows = _rows(source, city, read_sample(record))
    for number, raw in enumerate(rows[:_MOST_RECORDS], 1):
        out.rule(f"record {number} of {len(rows)}")
        try:
            incident = read(raw, wall_clock())
        except RecordRejected as error:
            out.print(f"rejected: {error.reason}", highlight=False)
            continue
        for line in _explained(with_place(incident), rules):
            out.print(line, highlight=False, markup=False, soft_wrap=True)


def _rows(source: SourceSpec, city: City, body: bytes) -> list[RawRecord]:
    """The rows of a file: one row as a JSON object, or a whole answer of the source."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict) and not any(isinstance(part, list | dict) for part in value.values()):
        return [value]
    _, batch = asyncio.run(one_page(source, city, body))
    return list(batch.records)


def _explained(incident: Incident, rules: Rules) -> list[str]:
    meaning, placing = judge(incident, rules)
    lines = [f"source type: {incident.source_type!r} is {meaning.category}, by {meaning.why}"]
    if meaning.groups:
        lines.append(f"sensitive groups: {', '.join(meaning.groups)}")
    lines += [f"allowed: {allow.group}, because: {allow.reason}" for allow in meaning.allowed]
    if isinstance(meaning.category, Category):
        lines += [f"rule: {line}" for line in _rules(placing.decision, rules)]
        if placing.decision.time_step_min is not None:
            lines.append(f"times: cut to steps of {placing.decision.time_step_min} minutes")
    if incident.placed is not None:
        lines.append(f"address: {_PLACED[incident.placed]}")
    return [*lines, f"outcome: {_outcome(redact(incident, rules))}"]


def _rules(decision: Decision, rules: Rules) -> list[str]:
    if not decision.rules:
        return ["none of the city's rules is met, so it is published as it is"]
    return [_rule(rule, rules) for rule in decision.rules]


def _rule(rule: Rule, rules: Rules) -> str:
    given = rule.model_dump(mode="json", exclude_defaults=True, exclude={"name", "action"})
    told = ", ".join(f"{key} = {value}" for key, value in given.items()) or "no conditions"
    number = f"{rules.policy.rules.index(rule) + 1} of {len(rules.policy.rules)}"
    return f"{rule.name} ({number}): {rule.action}; {told}"


def _outcome(outcome: Outcome) -> str:
    if isinstance(outcome, Withheld):
        forever = ", for ever" if outcome.sensitive else ""
        return f"withheld as {outcome.reason}{forever}"
    if isinstance(outcome, Held):
        until = f"{outcome.release_at:%Y-%m-%d %H:%M} UTC" if outcome.release_at else "it is closed"
        after = f" and {outcome.after_close_s // 60} minutes more" if outcome.after_close_s else ""
        when = until if outcome.release_at else until + after
        if outcome.step_min is not None:
            step = f"two minutes after the next whole {outcome.step_min} minutes"
            only_for_step = outcome.end_of_step(wall_clock()) is not None
            when = step if only_for_step else f"{when} and from then to {step}"
        return f"held until {when}, then {_outcome(outcome.incident)}"
    if isinstance(outcome, PublicIncident) and outcome.place is not None:
        place = outcome.place
        label = f", {place.label}" if place.label else ""
        return f"published at {place.lat}, {place.lon} ({place.kind}, up to {place.radius_m} m away{label})"
    return "published without a place"


def differ(old: str, new: str, data: Path | None, database: str | None) -> None:
    """Print what would change if the city file *new* took the place of *old*; changes nothing."""
    before, after = configured_city(Options(old)), configured_city(Options(new))
    if before.city.id != after.city.id:
        raise BlocklightError(f"{old} and {new} are two cities: {before.city.id} and {after.city.id}")
    known = vocabulary(before.call_types, before.policy.allow)
    difference, waiting = Difference(), Difference()
    options = Options(old, data=data, database=database)
    with open_store(options, before, Settings(), existing=True) as store:
        given = after, Rules.of(after, _THROWAWAY_KEY), store, known, wall_clock()
        for incident, again in asked(*given):
            difference.add(incident, again, after.ledger_kind)
        for incident, again in asked_of_waiting(*given):
            waiting.add(incident, again, after.ledger_kind)
        hidden = store.withheld()
    _print(difference, waiting, hidden)


def _print(difference: Difference, waits: Difference, hidden: dict[str, int]) -> None:
    for title, counts in (("Category", difference.by_category), ("Area", difference.by_area)):
        if not counts:
            continue
        table = Table(title, *(word.capitalize() for word in WORDS))
        for name in sorted({name for name, _ in counts}):
            table.add_row(name, *(str(counts[name, word]) for word in WORDS))
        out.print(table)
    for of, name in ((difference, "published"), (waits, "waiting")):
        told = ", ".join(f"{of.total[word]} {word}" for word in WORDS)
        if of is difference or of.published:
            out.print(f"Of {of.published} {name} incidents: {told}.", highlight=False, soft_wrap=True)
    waiting = ", ".join(f"{n} withheld as {reason}" for reason, n in sorted(hidden.items())) or "none"
    out.print(
        f"What could appear: {waiting}. What these are is not stored: they appear, if the new policy "
        "lets them, when their source tells of them again; and what is masked now becomes finer only then.",
        highlight=False,
        soft_wrap=True,
    )
