"""Writes values and guesses as TOML, with a remark on how sure they are."""

import json
from collections.abc import Mapping

from blocklight.intake.propose.guesses import GUESS, SURE, Guess


def toml_box(bounds: Mapping[str, float]) -> str:
    """A box of degrees as an inline table."""
    return "{ " + ", ".join(f"{side} = {bounds[side]}" for side in ("west", "south", "east", "north")) + " }"


def confidence_remark(confidence: float | None) -> str:
    """A remark behind a line that says how sure it is."""
    return "" if confidence is None else f"  # {confidence_word(confidence)}"


def confidence_word(confidence: float) -> str:
    """Say how sure a guess is."""
    if confidence >= SURE * 0.9:
        return "sure"
    return "likely" if confidence >= GUESS + 0.01 else "a guess" if confidence else "not known"


def toml_field(guess: Guess) -> str:
    """A field of the field map: the bare column where nothing else is said of it."""
    spec = dict(guess.spec)
    if set(spec) == {"from"}:
        columns = spec["from"]
        return toml_value(columns[0] if len(columns) == 1 else columns)
    if len(spec.get("from", ())) == 1:
        spec["from"] = spec["from"][0]
    return "{ " + ", ".join(f"{key} = {toml_value(value)}" for key, value in spec.items()) + " }"


def toml_value(value: object) -> str:
    """A value, a list or an inline table."""
    if isinstance(value, Mapping):
        return (
            "{ "
            + ", ".join(f"{toml_text(str(key))} = {toml_value(inner)}" for key, inner in value.items())
            + " }"
        )
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_value(inner) for inner in value) + "]"
    return toml_text(value) if isinstance(value, str) else str(value)


def toml_text(text: str) -> str:
    """A basic string; TOML forbids one character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
