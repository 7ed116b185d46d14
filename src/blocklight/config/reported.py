"""Says what a source reports of an incident's life, as the fields that the city file maps decide it."""

from collections.abc import Sequence
from dataclasses import dataclass

from blocklight.config.source import SourceSpec
from blocklight.model.vocabulary import Stage

_MAPPED = {
    Stage.DISPATCHED: "dispatched_at",
    Stage.EN_ROUTE: "en_route_at",
    Stage.ON_SCENE: "on_scene_at",
}


@dataclass(frozen=True, slots=True)
class Reported:
    """The stages that a source reports, in order, and whether it reports how many units are assigned.

    Without `Stage.CLOSED` nobody learns that an incident has ended.
    """

    stages: tuple[Stage, ...]
    units: bool

    @property
    def bars(self) -> tuple[Stage, ...]:
        """The stages that are drawn: on the way counts as dispatched, as feeds rarely report both."""
        on_the_way = {Stage.DISPATCHED, Stage.EN_ROUTE}.intersection(self.stages)
        shown = [stage for stage in self.stages if stage not in on_the_way]
        return (shown[0], *([Stage.DISPATCHED] if on_the_way else []), *shown[1:])


# What a source reports of which nothing is known to be missing.
EVERYTHING = Reported(tuple(Stage), units=True)


def reported(source: SourceSpec, sources: Sequence[SourceSpec] = ()) -> Reported:
    """What *source* reports, with what is joined to its records from other *sources*."""
    joined = [source, *(candidate for candidate in sources if _is_joined(source, candidate))]
    closes = any(joined_source.closes != "never" for joined_source in joined)
    stages = [Stage.RECEIVED]
    stages += [
        stage
        for stage, field in _MAPPED.items()
        if any(getattr(joined_source.fields, field) is not None for joined_source in joined)
    ]
    return Reported(
        (*stages, Stage.CLOSED) if closes else tuple(stages),
        units=any(joined_source.fields.units is not None for joined_source in joined),
    )


def _is_joined(source: SourceSpec, candidate: SourceSpec) -> bool:
    names, named = (source, candidate), (candidate.id, source.id)
    return any(
        member.same_as == name and member.both == "join" for member, name in zip(names, named, strict=True)
    )
