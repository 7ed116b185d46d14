"""The parameters of questions about the past: what is counted, by which groups, as of when."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from blocklight.api.incidents import FilterParameters
from blocklight.api.moment import Moment
from blocklight.errors import BadQuery
from blocklight.insight.area_summary import Period
from blocklight.model.record import Area
from blocklight.model.vocabulary import StageTime

# Each multiplies the number of groups.
_MOST_GROUPED_BY = 3

Parameters = TypeVar("Parameters", bound=FilterParameters)
Form = Literal["json", "csv"]


AsOf = Annotated[
    Moment | None,
    Field(description="count what was public at this ISO 8601 time, less what was taken back since"),
]


class CountParameters(FilterParameters):
    """What is counted, by which groups."""

    as_of: AsOf = None
    by: list[str] = Field([], description="up to three groups, such as `hour` and `area:beat`", max_length=8)
    format: Form = Field("json", description="`json` or `csv`")

    def groups(self) -> tuple[str, ...]:
        """Return the groups; raises ``BadQuery`` for too many."""
        if len(self.by) > _MOST_GROUPED_BY:
            raise BadQuery(f"at most {_MOST_GROUPED_BY} groups", parameter="by")
        return tuple(dict.fromkeys(self.by))


class TimesParameters(CountParameters):
    """Of which stage, and beside which target."""

    stage: StageTime = Field(StageTime.RESPONSE, description="queue, turnout, travel, response or on_scene")
    target_s: float | None = Field(
        None, description="seconds within which a call should be served", gt=0, le=86_400
    )


class SummaryParameters(BaseModel):
    """As of when."""

    model_config = ConfigDict(extra="forbid")

    as_of: AsOf = None


class SeriesParameters(FilterParameters):
    """What is counted, by which period."""

    as_of: AsOf = None
    period: Period = Field(Period.WEEK, description="`day`, `week` or `month`")
    format: Form = Field("json", description="`json` or `csv`")


def of_area(parameters: Parameters, area: Area) -> Parameters:
    """The parameters of a path that names the area; raises ``BadQuery`` where they name one as well."""
    if parameters.area is not None:
        raise BadQuery("not allowed here: the area is part of the path", parameter="area")
    return parameters.model_copy(update={"area": f"{area.kind}:{area.id}"})
