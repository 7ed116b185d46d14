"""Pauses and resumes publishing; loads no more than that needs, as somebody is waiting for it."""

from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.app.service import note_in_system_log, who
from blocklight.config.city import City
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, StoreError, UsageError
from blocklight.model.vocabulary import Category, PauseScope
from blocklight.store import Pause


def pause_city(
    options: Options, reason: str, *, source: str | None, category: Category | None, area: str | None
) -> tuple[str, int]:
    """Stop publishing in every process that serves this database; who did it and why is in the log.

    Gives what is paused, in words, and how many open incidents left the map.
    """
    by = who()
    if not reason.strip():
        raise UsageError("--reason", "required: the reason, which the public reads")
    city = configured_city(options)
    scope = _scope_of(city, source, category, area)
    try:
        with open_store(options, city, Settings(), existing=True) as store:
            applied = store.pause(Pause(*scope, reason, wall_clock()), by=by)
    except StoreError as error:
        raise BlocklightError(
            f"{error}. Nothing is paused. To take the whole site down: systemctl stop 'blocklight*'"
        ) from error
    note_in_system_log(f"{city.city.id}: {_scope_in_words(scope)} paused by {by}: {reason}")
    return _scope_in_words(scope), applied.retracted


def resume_city(options: Options, *, source: str | None, category: Category | None, area: str | None) -> str:
    """Publish again, and name what was paused; raises ``BlocklightError`` when it was not."""
    by = who()
    city = configured_city(options)
    scope = _scope_of(city, source, category, area)
    with open_store(options, city, Settings(), existing=True) as store:
        if not store.resume(*scope, wall_clock(), by=by):
            raise BlocklightError(f"{_scope_in_words(scope)} was not paused")
    note_in_system_log(f"{city.city.id}: {_scope_in_words(scope)} resumed by {by}")
    return _scope_in_words(scope)


def confirm_short_answer(options: Options, source: str) -> None:
    """Let the next answer of *source* close the calls missing from it, however many they are.

    Raises ``BlocklightError`` if no closing waits to be confirmed.
    """
    by = who()
    city = configured_city(options)
    city.source(source)
    with open_store(options, city, Settings(), existing=True) as store:
        if not store.confirm_closings(source, wall_clock(), by=by):
            raise BlocklightError(f"source {source}: no closing waits to be confirmed")
    note_in_system_log(f"{city.city.id}: the short answers of source {source} confirmed by {by}")


def _scope_of(
    city: City, source: str | None, category: Category | None, area: str | None
) -> tuple[PauseScope, str]:
    """What a pause covers; raises ``UsageError`` for more than one thing or one unknown."""
    options: dict[PauseScope, str | None] = {"source": source, "category": category, "area": area}
    scopes = [(scope, str(value)) for scope, value in options.items() if value is not None]
    if len(scopes) > 1:
        raise UsageError("--source, --category, --area", "use only one of them: a pause covers one thing")
    if source is not None:
        city.source(source)
    if area is not None:
        from blocklight.geo.areas import Areas  # noqa: PLC0415 - shapes are slow to load, and seldom needed

        kind, _, id_ = area.partition(":")
        if id_ not in {area_entry.id for area_entry in Areas(city).by_kind.get(kind, ())}:
            raise UsageError("--area", f"{area}: no such area; name one as KIND:ID")
    return scopes[0] if scopes else ("city", "")


def _scope_in_words(scope: tuple[str, str]) -> str:
    return "the whole city" if scope[0] == "city" else f"{scope[0]} {scope[1]}"
