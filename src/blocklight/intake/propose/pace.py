"""Proposes how a source is polled and paged, from what its layer says of itself."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EDITED = re.compile(r"(?:last_?)?(?:edit|update|modif)(?:ed|y|ied)?_?(?:on|at|date|time|_)*", re.IGNORECASE)
_A_PAGE = 1000
_MOST_ON_A_PAGE = 5000
_FIRST_DAYS = 30
# How old the last edit is at least, and how often to poll then; a live layer changes by the minute.
_RARELY = ((timedelta(days=1), 3600), (timedelta(hours=1), 300))


def pace_of(
    document: Mapping[str, object], count: int | None, dates: frozenset[str], now: datetime
) -> dict[str, Any]:
    """Give the settings of a source of an ArcGIS layer that differ from the usual ones.

    *count* is how many rows it holds, *dates* are its columns of times.
    """
    settings: dict[str, Any] = {}
    edited = _last_edit(document)
    if edited is not None:
        age = now - edited
        settings |= next(({"poll_s": poll_s} for old, poll_s in _RARELY if age >= old), {})
    limit = document.get("maxRecordCount")
    if count is not None and count > _A_PAGE:
        if isinstance(limit, int) and limit > _A_PAGE:
            settings["page_size"] = min(limit, _MOST_ON_A_PAGE)
        if (column := _edit_column(document, dates)) is not None:
            settings |= {"cursor_column": column, "first_days": _FIRST_DAYS}
    return settings


def _last_edit(document: Mapping[str, object]) -> datetime | None:
    info = document.get("editingInfo")
    info = info if isinstance(info, Mapping) else {}
    stamps = (info.get(name) for name in ("dataLastEditDate", "lastEditDate"))
    stamp = next((stamp for stamp in stamps if isinstance(stamp, int) and stamp > 0), None)
    return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)


def _edit_column(document: Mapping[str, object], dates: frozenset[str]) -> str | None:
    """Find the column of edit dates: the one that the layer keeps itself, or one that is called so."""
    info = document.get("editFieldsInfo")
    column = info.get("editDateField") if isinstance(info, Mapping) else None
    if isinstance(column, str) and column in dates:
        return column
    named = sorted(name for name in dates if _EDITED.fullmatch(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))
    return named[0] if len(named) == 1 else None
