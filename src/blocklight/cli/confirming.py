"""Confirms an unusually short answer of a source: the calls missing from it are closed."""

from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.app.service import note_in_system_log, who
from blocklight.cli import out
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError


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
    out.print(
        f"Confirmed: the calls that are missing from {source} are closed at its next fetch.",
        soft_wrap=True,
        highlight=False,
    )
