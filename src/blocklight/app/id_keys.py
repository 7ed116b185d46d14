"""Sees that a database is filled with the keys of public ids that it was filled with before."""

from datetime import datetime

from blocklight.errors import StoreError
from blocklight.intake.keys import check_of
from blocklight.store import Store

ACTION = "id key"


def known_check(store: Store) -> str | None:
    """What tells the keys that filled a database from others, ``None`` for a new one."""
    checks = [entry.detail["check"] for entry in store.audit() if entry.action == ACTION]
    return str(checks[-1]) if checks else None


def belong_together(store: Store, keys: bytes, now: datetime) -> None:
    """Note the keys of a new database; raises ``StoreError`` where it was filled with others.

    With other keys no mark would apply, and what was withheld for ever would be judged anew.
    """
    recorded, check = known_check(store), check_of(keys)
    if recorded is None:
        store.note(now, ACTION, {"check": check})
    elif recorded != check:
        raise StoreError(
            "this database was filled with another id key: put back its id.key, "
            "or go on with an interrupted `blocklight key rotate`"
        )
