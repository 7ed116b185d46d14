"""Pauses and resumes publishing; loads no more than that needs, as somebody is waiting for it."""

import logging

from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.app.service import note_in_system_log, who
from blocklight.cli import out
from blocklight.config.city import City
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, UsageError
from blocklight.model.vocabulary import Category, PauseScope
from blocklight.store import Pause

_log = logging.getLogger(__name__)


def pause_city(
    options: Options, reason: str, *, source: str | None, category: Category | None, area: str | None
) -> None:
    """Stop publishing in every process that serves this database; who did it and why is in the log."""
    by = who()
    if not reason.strip():
        raise UsageError("--reason", "say why, in words that the public reads")
    city = configured_city(options)
    scope = _scope_of(city, source, category, area)
    with open_store(options, city, Settings(), existing=True) as store:
        applied = store.pause(Pause(*scope, reason, wall_clock()), by=by)
    note_in_system_log(f"{city.city.id}: {_named(scope)} paused by {by}: {reason}")
    out.print(
        f"Paused: {_named(scope)}. {applied.retracted} open incidents are off the map; "
        "nothing new is published until `blocklight resume`.",
        soft_wrap=True,
        highlight=False,
    )


def resume_city(options: Options, *, source: str | None, category: Category | None, area: str | None) -> None:
    """Publish again; raises ``BlocklightError`` when it was not paused."""
    by = who()
    city = configured_city(options)
    scope = _scope_of(city, source, category, area)
    with open_store(options, city, Settings(), existing=True) as store:
        if not store.resume(*scope, wall_clock(), by=by):
            raise BlocklightError(f"{_named(scope)} was not paused")
    note_in_system_log(f"{city.city.id}: {_named(scope)} resumed by {by}")
    out.print(f"Resumed: {_named(scope)}.", highlight=False)


def _scope_of(
    city: City, source: str | None, category: Category | None, area: str | None
) -> tuple[PauseScope, str]:
    """Return what a pause covers; raises ``UsageError`` for more than one thing or one unknown."""
    given: dict[PauseScope, str | None] = {"source": source, "category": category, "area": area}
    scopes = [(scope, str(value)) for scope, value in given.items() if value is not None]
    if len(scopes) > 1:
        raise UsageError("--source, --category, --area", "give one of them: a pause covers one thing")
    if source is not None:
        city.source(source)
    if area is not None:
        from blocklight.geo.areas import Areas  # noqa: PLC0415 - shapes are slow to load, and seldom needed

        kind, _, id_ = area.partition(":")
        if id_ not in {one.id for one in Areas(city).by_kind.get(kind, ())}:
            raise UsageError("--area", f"{area}: no such area; name one as KIND:ID")
    return scopes[0] if scopes else ("city", "")


def _named(scope: tuple[str, str]) -> str:
    return "the whole city" if scope[0] == "city" else f"{scope[0]} {scope[1]}"
