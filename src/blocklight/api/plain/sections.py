"""What the list shows apart: calls, requests and officers' activity, and what can be known of each of them.

The map page does the same in ``web/src/state/overview.ts``.
"""

from dataclasses import dataclass
from typing import Literal

from blocklight.config.city import City
from blocklight.config.reported import reported
from blocklight.model.vocabulary import Kind, Section, Stage
from blocklight.publish.answers import SourcePulse


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Whether any feed of a section says how things are now, and how many tell when something ends."""

    present: bool
    ends: Literal["all", "some", "none"]


def main_section(city: City) -> Section:
    """Name the section that most people come for."""
    return Section.CALLS if _has(city, Kind.CALL) else Section.REQUESTS


def sections(city: City) -> list[Section]:
    """List the sections that the city's feeds can fill, in the order of their tabs."""
    return [section for section in Section if _has(city, _kind_of_section(section))]


def knowledge(city: City, pulse: list[SourcePulse], section: Section | None) -> Knowledge:
    """Judge what is known: nothing of feeds that never answered or are paused, no end where none is told."""
    listed = [
        source for source in city.sources if section is None or source.kind is _kind_of_section(section)
    ]
    silent = {
        health["id"] for health in pulse if health["state"] == "paused" or health["last_success_at"] is None
    }
    telling = sum(Stage.CLOSED in reported(source, city.sources).stages for source in listed)
    return Knowledge(
        present=any(source.id not in silent for source in listed),
        ends="all" if telling == len(listed) else "some" if telling else "none",
    )


def _kind_of_section(section: Section) -> Kind:
    return Kind.REQUEST if section is Section.REQUESTS else Kind.CALL


def _has(city: City, kind: Kind) -> bool:
    return any(source.kind is kind for source in city.sources)
