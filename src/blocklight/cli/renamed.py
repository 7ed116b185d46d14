"""Understands the names that commands had before, for one release, and says what they are called now."""

from collections.abc import Sequence

import typer
from typer.core import TyperGroup

_NOW: dict[tuple[str, ...], tuple[str, ...]] = {
    ("areas", "prepare"): ("area", "build"),
    ("catalogue",): ("source", "find"),
    ("cities",): ("city", "list"),
    ("intake",): ("fetch",),
    ("integrity",): ("database", "verify"),
    ("new-city",): ("city", "new"),
    ("places", "build"): ("place", "build"),
    ("sources", "confirm"): ("source", "confirm"),
}


def current_words(words: Sequence[str]) -> list[str]:
    """A command line as it is typed today; one that has no older names in it is itself."""
    if words[:1] == ["ground"] and words[1:2] != ["build"]:
        # Its help has the name of a group, so it alone is not taken for the old command.
        return ["ground", "build", *words[1:]] if set(words[1:]) - {"--help"} else list(words)
    if words[:1] == ["types"]:
        return _of_types(words[1:])
    for old, new in _NOW.items():
        if tuple(words[: len(old)]) == old:
            return [*new, *words[len(old) :]]
    return list(words)


def _of_types(options: Sequence[str]) -> list[str]:
    """What was one command with three options that excluded each other is three commands."""
    if "--sign" in options:
        return ["type", "sign", *(option for option in options if option != "--sign")]
    if any(option == "--write" or option.startswith("--write=") for option in options):
        return ["type", "apply", *(option.replace("--write", "--worksheet", 1) for option in options)]
    return ["type", "list", *options]


class Commands(TyperGroup):
    """The commands, which are also found by the names that they had before."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> object:  # type: ignore[override]  # its types are private
        """Find the command of *args*, and note on the error stream where its name is an old one."""
        words = current_words(args)
        if words != args:
            # The old name and the new one differ at most in their first two words.
            new = " ".join(words[: 1 if words[0] == "fetch" else 2])
            typer.echo(f"blocklight {args[0]}: renamed to 'blocklight {new}'", err=True)
        return super().resolve_command(ctx, words)
