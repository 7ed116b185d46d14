"""The filter of answers about the community's calls in a span: the last 52 weeks unless it says otherwise."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import model_validator

from blocklight.api.incidents import FilterParameters
from blocklight.errors import BadQuery
from blocklight.insight.area_summary import WEEKS
from blocklight.model.vocabulary import Section


class CallFilter(FilterParameters):
    """The filters of incidents; without `section`, `kind` or `origin` the community's calls."""

    @model_validator(mode="after")
    def _calls_unless_named(self) -> Self:
        if self.section is None and self.kind is None and self.origin is None:
            self.section = Section.CALLS
        return self


def span_of(parameters: FilterParameters, as_of: datetime) -> tuple[datetime, datetime]:
    """From when until before when calls count; raises ``BadQuery`` where the end comes first."""
    until = parameters.until or as_of
    since = parameters.since or until - timedelta(weeks=WEEKS)
    check_span(since, until, "until")
    return since, until


def check_span(since: datetime, until: datetime, parameter: str) -> None:
    """Raise ``BadQuery`` where a span ends before it begins."""
    if until <= since:
        raise BadQuery("the end lies before the beginning", parameter=parameter)
