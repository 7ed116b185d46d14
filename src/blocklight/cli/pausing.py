"""Says what was paused, resumed or confirmed; loads no more than that needs, as somebody waits for it."""

from blocklight.app import pausing
from blocklight.app.opening import Options
from blocklight.cli import say
from blocklight.model.vocabulary import Category


def print_pause(
    options: Options, reason: str, *, source: str | None, category: Category | None, area: str | None
) -> None:
    """Stop publishing, and print what is off the map."""
    paused, retracted = pausing.pause_city(options, reason, source=source, category=category, area=area)
    say(
        f"Paused: {paused}. {retracted} open incidents are off the map; "
        "nothing new is published until `blocklight resume`."
    )


def print_resume(
    options: Options, *, source: str | None, category: Category | None, area: str | None
) -> None:
    """Publish again, and print what was paused."""
    say(f"Resumed: {pausing.resume_city(options, source=source, category=category, area=area)}.")


def print_confirmation(options: Options, source: str) -> None:
    """Let the next answer of *source* close the calls missing from it, and say so."""
    pausing.confirm_short_answer(options, source)
    say(f"Confirmed: the calls that are missing from {source} are closed at its next fetch.")
