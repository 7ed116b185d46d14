"""Makes the ledger public: whole days and months, and no count from which a small one could be worked out.

Days are in UTC, and are told once they are over: a count that grew while people watch would tell when
something was withheld. What waits is counted on the day on which it is published or withheld, among the
others of its fate: counted when it began to wait, those withheld meanwhile would be what is left when those
released are taken off. Areas are told by month, and of one kind alone, as the areas of two kinds could be
subtracted from each other. Totals are sums of what is shown, never of what is not.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from blocklight.model.ledger import CountRange, LedgerDay, LedgerMonth, LedgerTotal
from blocklight.model.vocabulary import Reason
from blocklight.store.read.ledger import AreaLedgerRow, LedgerRow

# A smaller count is left out, zero too: that there was none is as telling as that there was one.
SMALL = 5

_REASONS = [str(reason) for reason in Reason if reason not in (Reason.HELD, Reason.PAUSED)]
# What anybody could have counted on the live feed.
_PUBLIC = ("published", "held", "released", "retracted")

Cell = int | None
# How many of each outcome and reason.
_Counts = Mapping[tuple[str, str], int]


def published_count(n: int) -> Cell:
    """A count, ``None`` for fewer than ``SMALL``."""
    return n if n >= SMALL else None


def shown_parts(parts: Mapping[str, int], days: Sequence[int]) -> dict[str, Cell]:
    """The parts of what *days* have together, none of them where one left out could be worked out.

    What the parts leave of the whole is a part as well, and left out. With two or more small parts, which are
    neither all zero nor all as large as a small one can be, each of them has several possible values;
    otherwise all parts are left out together. The same holds for the days that are told as small ones.
    """
    whole = sum(days)
    elsewhere = whole - sum(parts.values())
    small = [n for n in parts.values() if n < SMALL]
    cover = [small] if elsewhere >= SMALL else [small, [*small, elsewhere]]
    shows = whole >= SMALL and (_ambiguous(cover) or (not small and elsewhere >= SMALL))
    if quiet := [n for n in days if n < SMALL]:  # one alone would be what the areas have more than the others
        shows = shows and _ambiguous([quiet])
    return {name: n if shows and n >= SMALL else None for name, n in parts.items()}


def _ambiguous(covers: list[list[int]]) -> bool:
    return all(len(small) > 1 and 0 < sum(small) < (SMALL - 1) * len(small) for small in covers)


def public_days(rows: Iterable[LedgerRow], since: date, until: date) -> list[LedgerDay]:
    """An entry for each day from *since* to *until*, both included."""
    counts: dict[date, dict[tuple[str, str], int]] = {}
    for row in rows:
        day = counts.setdefault(row.day, {})
        day[row.outcome, row.reason] = day.get((row.outcome, row.reason), 0) + row.n
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return [_ledger_day(day, counts.get(day, {})) for day in days]


def public_months(
    months: Iterable[str],
    city: Iterable[LedgerRow],
    areas: Iterable[AreaLedgerRow],
    ids: list[str],
    area: str,
) -> list[LedgerMonth]:
    """An entry for each month and one *area*; *ids* are all areas of its kind."""
    by_day: Counter[tuple[date, str, str]] = Counter()
    for row in city:
        by_day[row.day, row.outcome, row.reason] += row.n
    parts: dict[tuple[str, str, str], dict[str, int]] = {}
    for area_count in areas:
        line = parts.setdefault(
            (area_count.month, area_count.outcome, area_count.reason), dict.fromkeys(ids, 0)
        )
        if area_count.area in line:
            line[area_count.area] += area_count.n
    entries: list[LedgerMonth] = []
    for month in months:
        first = date.fromisoformat(f"{month}-01")
        all_days = [first.replace(day=number + 1) for number in range(monthrange(first.year, first.month)[1])]

        def cell(outcome: str, reason: str = "", month: str = month, days: list[date] = all_days) -> Cell:
            line = parts.get((month, outcome, reason), dict.fromkeys(ids, 0))
            if outcome in _PUBLIC:
                return line.get(area, 0)
            return shown_parts(line, [by_day[day, outcome, reason] for day in days]).get(area)

        entries.append(
            {
                "month": month,
                "published": cell("published"),
                "held": cell("held"),
                "released": cell("released"),
                "withheld": {reason: cell("withheld", reason) for reason in _REASONS},
            }
        )
    return entries


def total(days: Sequence[LedgerDay]) -> LedgerTotal:
    """Add up the entries of several days: for counts of which some are left out, between what and what."""
    return {
        "published": sum(day["published"] for day in days),
        "held": sum(day["held"] for day in days),
        "released": sum(day["released"] for day in days),
        "retracted": sum(day["retracted"] for day in days),
        "withheld": {reason: _range(day["withheld"][reason] for day in days) for reason in _REASONS},
        "rejected": _range(cell for day in days for cell in day["rejected"].values()),
        "fetched": {
            "at_least": sum(day["fetched"]["at_least"] for day in days),
            "at_most": sum(day["fetched"]["at_most"] for day in days),
        },
    }


def _ledger_day(day: date, counts: _Counts) -> LedgerDay:
    n_of = dict.fromkeys(_PUBLIC, 0)
    unreadable = {}
    for (outcome, reason), n in counts.items():
        if outcome in n_of:
            n_of[outcome] += n
        elif outcome == "rejected":
            unreadable[reason] = n
    withheld = {reason: published_count(counts.get(("withheld", reason), 0)) for reason in _REASONS}
    rejected = public_rejections(unreadable)
    hidden = _range([*withheld.values(), *rejected.values()])
    countable = n_of["published"] + n_of["held"]
    return {
        "day": day.isoformat(),
        "published": n_of["published"],
        "held": n_of["held"],
        "released": n_of["released"],
        "retracted": n_of["retracted"],
        "withheld": withheld,
        "rejected": rejected,
        "fetched": {
            "at_least": countable + hidden["at_least"],
            "at_most": countable + hidden["at_most"],
        },
    }


def public_rejections(counts: Mapping[str, int]) -> dict[str, Cell]:
    """The reasons with large counts, and the others in one."""
    large = {reason: n for reason, n in sorted(counts.items()) if n >= SMALL}
    rest = sum(n for n in counts.values() if n < SMALL)
    return {**large, "other": published_count(rest)}


def _range(cells: Iterable[Cell]) -> CountRange:
    listed = list(cells)
    at_least = sum(cell for cell in listed if cell is not None)
    return {"at_least": at_least, "at_most": at_least + (SMALL - 1) * listed.count(None)}
