"""The city's targets on the pages about the past: in sentences, and the share within them in rows."""

from dataclasses import dataclass
from datetime import date

from blocklight.api.past_schemas import TargetLine
from blocklight.api.past_targets import target_lines
from blocklight.api.plain.page import Reader
from blocklight.insight.response_times import WithinTarget
from blocklight.model.vocabulary import StageTime


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One group's share of calls within their target as a table shows it."""

    name: str
    calls: str
    goal: str
    share: str
    interval: str
    naive: str
    missing: str


def target_row(reader: Reader, name: str, within: WithinTarget) -> TargetRow:
    """The share of one group's calls that were served in time."""
    words, percent = reader.words, reader.formats.percent
    if within.seconds is None:
        goal = words("past.target.several")
    else:
        goal = _goal(reader, within.goal, within.seconds)
    share = within.share
    return TargetRow(
        name,
        reader.formats.number(within.calls),
        goal,
        percent(share.value),
        words("past.interval", low=percent(share.low), high=percent(share.high)),
        percent(within.naive),
        words("past.interval", low=percent(within.never), high=percent(within.at_once)),
    )


def target_sentences(reader: Reader, stage: StageTime, target_s: float | None) -> list[str]:
    """One sentence for each target of a stage."""
    return [_sentence(reader, line) for line in target_lines(reader.state.city, stage, target_s)]


def _sentence(reader: Reader, line: TargetLine) -> str:
    words, number = reader.words, reader.formats.number
    of = [words("priorityIs", priority=number(priority)) for priority in line["priority"]]
    of += [words.of("category", category) for category in line["category"]]
    of += [words.of("agencies", agency) for agency in line["agency"]]
    goal = _goal(reader, line["share"], line["seconds"])
    named = f"{', '.join(of)}: {goal}" if of else goal
    if line["since"] is None:
        return words("past.target.asked", target=named)
    return words("past.target.since", target=named, day=reader.formats.day(date.fromisoformat(line["since"])))


def _goal(reader: Reader, share: float | None, seconds: float) -> str:
    time = reader.formats.exact_wait(seconds)
    if share is None:
        return reader.words("past.target.inTime", time=time)
    return reader.words("past.target.shareInTime", share=reader.formats.percent(share), time=time)
