"""Puts a proposal together: a city file, a sample without anybody in it, and what is left to decide."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from blocklight.config.city import CallTypes, City, parse_city
from blocklight.config.source_address import SENDING
from blocklight.errors import RecordRejected, SourceChanged
from blocklight.geo.exact import degrees
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.normalise import Normaliser
from blocklight.intake.propose.agencies import propose_agency
from blocklight.intake.propose.bounds import WORLD, bounds_and_zone
from blocklight.intake.propose.fields import propose_fields, propose_key
from blocklight.intake.propose.guesses import FILL_IN, GUESS, LIKELY, SURE, Guess, Table, snake_case
from blocklight.intake.propose.keeping import kept_rows
from blocklight.intake.propose.position import Position, position_of
from blocklight.intake.propose.sample import ACTIVE, Sample
from blocklight.intake.propose.toml_text import confidence_remark, toml_box, toml_field, toml_text, toml_value
from blocklight.intake.record import Incident
from blocklight.intake.type_counts import TypeCount, count_types, type_counts

_ANY_TIME = "2000-01-01T00:00:00Z"
_ANY_SYSTEM = "EPSG:3857"

_MOST_TYPES = 60
_MOST_NAMED = 40
_A_DAY = 86_400
_DURATION = re.compile(r"(?:^|_)(?:time|duration|minutes|seconds|mins|secs)(?:_|$)")


_REQUESTS = re.compile(
    r"^(?:complaint_type|sr_(?:type|number)|case_enquiry_id|service_request_id|unique_key)$"
)


@dataclass(slots=True)
class Proposal:
    """A city file in the making, and what a person must still decide about it."""

    name: str
    table: Table
    key: tuple[str, ...]
    rows: str
    closes: str
    confidence: dict[str, float]
    city: City | None = None
    toml: str = ""
    decide: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    types: list[TypeCount] = field(default_factory=list)
    kept: list[dict[str, object]] = field(default_factory=list)


def propose(sample: Sample, name: str, folder: Path, *, near: str | None = None) -> Proposal:
    """Propose a city file for a feed; *folder* is where it will lie, *near* what a person says of its place.

    Raises ``CityFileError`` where not even the required fields can be guessed.
    """
    position = position_of(sample.url, name, sample.rows, near=near, ground=folder / name)
    table = propose_fields(sample, position)
    propose_agency(table, sample, requests=_holds_requests(sample))
    key, rows, sure = propose_key(table)
    closes, closing = _closing(table, sample)
    proposal = Proposal(name, table, key, rows, closes, {"key": sure, "closes": closing})
    for required in ("received_at", "source_type"):
        if required not in table.found:
            proposal.decide.append(f"{required}: no column looks like it; write yours in place of {FILL_IN}")
            extra = {"convert": "iso"} if required == "received_at" else {}
            table.take(required, {"from": (FILL_IN,)} | extra, 0.0)
    placed = bool({"point", "address"} & set(table.found)) or {"lon", "lat"} <= set(table.found)
    if not placed and FILL_IN in table.found["source_type"].columns:
        columns = ", ".join(sample.columns[:_MOST_NAMED])
        raise SourceChanged(f"no column looks like a type of call, and none like a place: {columns}")
    if not placed:
        proposal.decide.append(
            f"lon and lat, point or address: no column looks like a place; write yours in place of {FILL_IN}"
        )
        table.take("address", {"from": (FILL_IN,)}, 0.0)
    _write_toml(proposal, sample, folder, position)
    if proposal.city is not None:
        proposal.kept = kept_rows(sample.rows, proposal.city, table.found, key)
    _decisions(proposal, sample)
    return proposal


def _holds_requests(sample: Sample) -> bool:
    """Whether the columns are those of 311 requests: NYC's, Chicago's, Boston's or Open311's."""
    return any(_REQUESTS.search(snake_case(column)) for column in sample.columns)


def _closing(table: Table, sample: Sample) -> tuple[str, float]:
    """How calls close: a status, a closing time, by leaving a feed of what is active, or never."""
    if "status" in table.found:
        return "status", LIKELY
    if sample.connector in SENDING:  # what is over is no message that does not come
        return ("time", LIKELY) if "closed_at" in table.found else ("never", GUESS)
    if ACTIVE.search(sample.url) and "closed_at" not in table.found:
        return "vanish", LIKELY
    if "closed_at" in table.found:
        return "time", LIKELY
    if any(snake_case(column) == "status" and table.values[column] for column in table.values):
        return "vanish", GUESS  # states without a last one: a row that is over is no row
    return "never", GUESS


def _write_toml(proposal: Proposal, sample: Sample, folder: Path, position: Position) -> None:
    """Write the TOML twice: first with the whole world as bounds, to read the sample, then as it tells."""
    first = _parsed_city(_toml(proposal, sample, WORLD, "UTC", {}), folder)
    read = _understood(first, sample)
    points = [degrees(incident.point) for incident in read if incident.point is not None]
    if _lacks_crs(proposal.table) or not points:
        points = position.corners
    bounds, zone, sure = bounds_and_zone(points)
    if not zone and position.box is not None:
        zone, sure = bounds_and_zone([position.box[:2], position.box[2:]])[1:]
    placed = "point" in proposal.table.found and not position.corners
    maximum = proposal.table.found["point"].confidence if placed else LIKELY
    proposal.confidence |= {
        "bounds": min(maximum, LIKELY) if bounds else 0.0,
        "time_zone": min(maximum, sure),
    }
    types = _types(read, proposal)
    proposal.toml = _toml(proposal, sample, bounds, zone, types)
    proposal.city = _parsed_city(_toml(proposal, sample, bounds or WORLD, zone or "UTC", types), folder)


def _lacks_crs(table: Table) -> bool:
    """Whether the place is two numbers of a plane that nobody has named yet."""
    return "point" in table.found and table.found["point"].spec.get("crs") == FILL_IN


def _parsed_city(toml: str, folder: Path) -> City:
    """Parse a proposal; points in a system that is not known yet are read in any, and not looked at."""
    document = tomllib.loads(toml)
    point = document["sources"][0]["fields"].get("point")
    if isinstance(point, dict) and point.get("crs") == FILL_IN:
        point["crs"] = _ANY_SYSTEM
    return parse_city(document, file="the proposal", folder=folder)


def _understood(city: City, sample: Sample) -> list[Incident]:
    normalise, now, incidents = Normaliser.of(city.sources[0], city), datetime.now(UTC), []
    for row in sample.rows:
        try:  # what is not known yet must not hide what is
            incidents.append(normalise({FILL_IN: _ANY_TIME, **row}, now))
        except RecordRejected:
            continue
    return incidents


def _types(read: Sequence[Incident], proposal: Proposal) -> dict[str, str]:
    """The types that wait for a person, each with what a pattern would call it."""
    counted = count_types(incident for incident in read if incident.source_type != _ANY_TIME)
    proposal.types = type_counts(counted, CallMeanings(CallTypes(), ()).of)
    waiting = [line for line in proposal.types if line.waits]
    proposal.unmapped = [line.text for line in waiting[:_MOST_TYPES]]
    proposal.confidence["call_types"] = 1.0 - sum(line.share for line in waiting) if counted else 0.0
    return {line.text: str(line.meaning.proposal or "…") for line in waiting[:_MOST_TYPES]}


def _toml(
    proposal: Proposal,
    sample: Sample,
    bounds: Mapping[str, float] | None,
    zone: str,
    types: Mapping[str, str],
) -> str:
    name, sure = proposal.name, proposal.confidence
    box = toml_text(FILL_IN) if bounds is None else toml_box(bounds)
    lines = [
        f"# Proposed from {len(sample.rows)} records{_of_all(sample)} of {_host_of_sample(sample)}.",
        "# Behind each line how sure that is. Known from one sample only: watch the feed for a day.",
        "",
        "[city]",
        f"id = {toml_text(name)}",
        f"name = {toml_text(name.replace('-', ' ').title())}",
        f"time_zone = {toml_text(zone or FILL_IN)}{confidence_remark(sure.get('time_zone'))}",
        f"bounds = {box}{confidence_remark(sure.get('bounds'))}",
        *_source(proposal, sample, "calls", sample.records),
        *_further_lists(proposal, sample),
    ]
    if types:
        lines += [
            "",
            "# These types are withheld until somebody who knows the dispatch centre signs them off:",
            f"# blocklight type sign {name}.toml, or take the `# ` away before a line that is right.",
            "[call_types.exact]",
            *(f"# {toml_text(text)} = {toml_text(perhaps)}" for text, perhaps in types.items()),
        ]
    return "\n".join(lines) + "\n"


def _source(proposal: Proposal, sample: Sample, name: str, records: str, *more: str) -> list[str]:
    """Describe one source; further lists of one answer are sources of the same calls."""
    sure, label = proposal.confidence, "Calls for service" if name == "calls" else name.capitalize()
    return [
        "",
        "[[sources]]",
        f"id = {toml_text(name)}",
        f"label = {toml_text(label)}",
        f"connector = {toml_text(sample.connector)}",
        f"url = {toml_text(sample.url)}",
        *(['kind = "request"'] if _holds_requests(sample) else []),
        *([f"records = {toml_text(records)}"] if records else []),
        *more,
        *(f"{name} = {toml_value(value)}" for name, value in _settings(proposal, sample).items()),
        *([f"encoding = {toml_text(sample.encoding)}{confidence_remark(GUESS)}"] if sample.encoding else []),
        f"key = {toml_value(proposal.key)}{confidence_remark(sure['key'])}",
        *([f"key_per_day = true{confidence_remark(LIKELY)}"] if _starts_anew(proposal) else []),
        *([f"rows = {toml_text(proposal.rows)}"] if proposal.rows != "incident" else []),
        f"closes = {toml_text(proposal.closes)}{confidence_remark(sure['closes'])}",
        "",
        "[sources.fields]",
        *(
            f"{field} = {toml_field(guess)}{confidence_remark(guess.confidence)}"
            for field, guess in _guesses_in_order(proposal)
        ),
    ]


def _further_lists(proposal: Proposal, sample: Sample) -> list[str]:
    """Describe the lists beside the first, if some say which calls are over; what one knows is joined."""
    if proposal.closes not in ("status", "time"):
        return []
    named = {re.sub(r"[^a-z0-9]+", "-", path.rpartition(".")[2].casefold()).strip("-"): path
             for path in sample.more_lists}  # fmt: skip
    joined = ('same_as = "calls"', 'both = "join"')
    lines = (_source(proposal, sample, name or "more", path, *joined) for name, path in named.items())
    return [line for source in lines for line in source]


def _of_all(sample: Sample) -> str:
    return f" of {sample.count}" if sample.count is not None and sample.count > len(sample.rows) else ""


def _host_of_sample(sample: Sample) -> str:
    return urlsplit(sample.url).hostname or "a file"


def _starts_anew(proposal: Proposal) -> bool:
    """Whether the feed says no day, so that the same id may be another call tomorrow."""
    received = proposal.table.found.get("received_at")
    return received is not None and received.spec.get("convert") == "time_of_day"


def _settings(proposal: Proposal, sample: Sample) -> dict[str, object]:
    """Give further keys of the source; a feed that closes calls by leaving them out is always read whole."""
    whole = proposal.closes == "vanish"
    return {
        name: value
        for name, value in sample.settings.items()
        if not (whole and name in ("cursor_column", "first_days"))
    }


def _guesses_in_order(proposal: Proposal) -> list[tuple[str, Guess]]:
    return sorted(proposal.table.found.items(), key=lambda one: (one[0] != "received_at", one[0]))


def _decide_where(proposal: Proposal) -> None:
    sure, say = proposal.confidence, proposal.decide.append
    if not sure["time_zone"]:
        say("time_zone: nothing to tell it from; give --near, or write yours in place of FILL_IN.")
    elif sure["time_zone"] < SURE:
        say(
            "time_zone: that in which most of the places lie, as they were read; "
            "compare the newest time with your own clock."
        )
    if _lacks_crs(proposal.table):
        say(f"point: {proposal.table.found['point'].why}; write yours in place of FILL_IN, or give --near.")
    if not sure["bounds"] and {"point", "lon"} & set(proposal.table.found):
        say("bounds: no point could be read; write yours in place of FILL_IN.")
    elif not sure["bounds"]:
        say("bounds: no coordinates to tell from; write yours in place of FILL_IN, and add [geocoder].")


def _decide_reading(proposal: Proposal, sample: Sample) -> None:
    say = proposal.decide.append
    if sample.encoding:
        say(
            f"encoding: the file is not in UTF-8. {sample.encoding} is a guess; look at its accented letters."
        )
    if sample.more_lists:
        joined = "joined with it by their keys" if _further_lists(proposal, sample) else "not read"
        say(f"records: lists beside {sample.records} that are {joined}: {', '.join(sample.more_lists)}.")
    if sample.settings.get("topic") == FILL_IN:
        say("topic: write the broker's topic or subject of the calls in place of FILL_IN.")
    if "form" in sample.settings:
        say("form: the source is asked with POST; write what its own page posts, such as an agency's id.")
    if sample.not_all:
        say("pages: the answer says that it is not all; say how it is read page by page, or it fails.")
    if sample.unread:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sample.unread.items())
        say(f"Rows that could not be read and were not looked at: {reasons}.")


def _decide_rest(proposal: Proposal, sample: Sample) -> None:
    say = proposal.decide.append
    if not proposal.kept:
        say("No record could be kept as a sample: none may be shown yet. Fix the file, then check it.")
    if durations := [column for column in sample.columns if _is_duration(column, proposal)]:
        say(
            f"Durations? {', '.join(durations)}: a stage may be read from one, "
            'convert = "duration" and scale = 60 for minutes.'
        )


def _is_duration(column: str, proposal: Proposal) -> bool:
    """Whether a column is called a time and holds small numbers."""
    values = proposal.table.values[column]
    if column in proposal.table.taken or not values or not _DURATION.search(snake_case(column)):
        return False
    return all(isinstance(value, int | float) and 0 <= value < _A_DAY for value in values)


def _decisions(proposal: Proposal, sample: Sample) -> None:
    sure = proposal.confidence
    say = proposal.decide.append
    say("May you publish this feed again, and whom must you name? Write it into `attribution`.")
    _decide_where(proposal)
    if len(proposal.key) > 1 or sure["key"] < SURE:
        verb = "does" if len(proposal.key) == 1 else "do"
        columns = ", ".join(proposal.key)
        say(f"key: {verb} {columns} name one call permanently? Compare two downloads an hour apart.")
    say({
        "never": "closes: nothing says when a call is over; can its last message say so?"
        if sample.connector in SENDING
        else 'closes: nothing tells when a call is over. If its row disappears, write closes = "vanish".',
        "vanish": 'closes: is a row gone when its call is over? If it stays, write closes = "never".',
        "status": "closes: is every value of the status that means closed in its `map`?",
        "time": "closes: is the closing time empty while a call is open?",
    }[proposal.closes])  # fmt: skip
    for name, guess in proposal.table.found.items():
        if 0 < guess.confidence < GUESS + 0.01:
            say(f"{name}: {guess.why or 'a guess'}; look at the table above.")
    _decide_reading(proposal, sample)
    if proposal.unmapped:
        command = f"blocklight type sign {proposal.name}.toml"
        waits = "1 is" if len(proposal.unmapped) == 1 else f"{len(proposal.unmapped)} are"
        say(f"call_types: {waits} withheld until signed off: {command}")
    _decide_rest(proposal, sample)
    unused = [column for column in sample.columns if column not in proposal.table.taken | set(proposal.key)]
    if unused:
        say(f"Columns that are not used: {', '.join(unused[:40])}.")
