"""The life of an incident: what each change set, stored as what stood there before.

A new incident needs no entry: walking back from what is published now ends at what was published first.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from msgspec.structs import astuple

from blocklight.model.changes import LifeEvent, StoredIncident
from blocklight.model.record import PublicIncident
from blocklight.store.schema.rows import from_ms

_FIELDS = tuple(name for name in PublicIncident.__struct_fields__ if name != "id")
_Entry = tuple[int, int, dict[str, Any]]
_entries = msgspec.json.Decoder(list[_Entry]).decode


def life_entries(life: str) -> list[tuple[int, int, dict[str, Any]]]:
    """The changes of a stored life, oldest first: seq, when (ms), and what stood there before."""
    return _entries(life)


def difference(old: PublicIncident, new: PublicIncident) -> dict[str, Any]:
    """The fields in which *new* differs, each with its old value in JSON's types."""
    pairs = zip(PublicIncident.__struct_fields__, astuple(old), astuple(new), strict=True)
    changed = {name: was for name, was, now in pairs if was != now}
    if not changed:
        return changed
    plain: dict[str, Any] = msgspec.to_builtins(changed)
    return plain


def lengthened(life: str | None, seq: int, at: int, was: dict[str, Any]) -> str:
    """Append a change to a stored life."""
    entry = msgspec.json.encode((seq, at, was)).decode()
    return f"[{entry}]" if life is None else f"{life[:-1]},{entry}]"


def without(life: str, names: AbstractSet[str]) -> str:
    """A stored life in which no change tells of some fields any more."""
    remaining = [
        (seq, at, {name: was for name, was in fields.items() if name not in names})
        for seq, at, fields in life_entries(life)
    ]
    return msgspec.json.encode(remaining).decode()


def moved(life: str, moment: Callable[[int], int]) -> str:
    """A stored life in which each change was published at the *moment* (ms) made of its own."""
    return msgspec.json.encode([(seq, moment(at), was) for seq, at, was in life_entries(life)]).decode()


def seqs(first_seq: int, life: str | None) -> list[int]:
    """Every place in the change log that this life took."""
    return [first_seq, *(seq for seq, _, _ in (life_entries(life) if life else ()))]


def life_events(stored: StoredIncident, life: str | None) -> list[LifeEvent]:
    """Tell a life forwards: first what was published first, then each change."""
    now: dict[str, Any] = dict.fromkeys(_FIELDS)
    now |= msgspec.to_builtins({name: getattr(stored.incident, name) for name in _FIELDS})
    events: list[LifeEvent] = []
    entries: Sequence[_Entry] = life_entries(life) if life else ()
    for seq, at, was in reversed(entries):
        if was:  # not one that only said what may not be told any more
            events.append(LifeEvent(seq, from_ms(at), {name: now[name] for name in was}))
        now |= was
    first = {name: value for name, value in now.items() if value not in (None, {})}
    events.append(LifeEvent(stored.first_seq, stored.released_at, first))
    return events[::-1]
