"""Watches which share of a source's records is withheld, for the operator only.

If a source renames its call types, they are withheld until a person has mapped them, and the map becomes
empty without an error. The figure must not be public: it would reveal when something is withheld.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import PublicIncident
from blocklight.store import WithheldUsual

_log = logging.getLogger(__name__)

# Of fewer records a share says nothing.
_ENOUGH = 20

_LATEST = 100
# A rise that is certain, but smaller than this, is nothing to wake an operator for.
_MORE = 0.1

# Shares are compared with every answer, thousands of times a week: by chance alone about none should be so
# far off.
_DEVIATIONS = 4

# Where nearly all is withheld already its share can hardly rise, but what is shown can go away.
_FEWER_SHOWN = 0.25

_SHOWN_TO_JUDGE = 10
# Weekend and weekday, day and night differ: over a day the usual share follows them.
_FOLLOWS_IN = timedelta(days=1)

# Types that are renamed one by one are never a jump, but are seen beside what was usual weeks ago.
_FOLLOWS_SLOWLY_IN = timedelta(days=14)
# Fewer than of one answer, as many answers make a day.
_DEVIATIONS_OF_A_DAY = 2

# After an outage one answer must not count for all of the time that was missed.
_LONGEST_STEP = timedelta(hours=1)

# Smaller changes are not worth a write with every answer.
_TO_STORE = 0.01

_NAMES: Mapping[type[Outcome], str] = {
    PublicIncident: "published",
    Held: "held",
    Withheld: "withheld",
    Rejected: "rejected",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    withheld: int
    rows: int

    @property
    def share(self) -> float:
        return self.withheld / self.rows


class WithheldWatch:
    """The withheld share of one source's latest answer or latest hundred records, and the usual share.

    The usual share follows the current one within about a day, and is stored with the source's health. Types
    that are renamed one after the other raise it so slowly that no answer is unusual. So it is compared with
    a share that follows within weeks, less what was said to be unusual while it happened.
    """

    def __init__(self, source: str) -> None:
        self.share: float | None = None
        self.usual: float | None = None
        self.usual_for_weeks: float | None = None
        self.is_unusual = False
        # Whether clearly more is withheld than over the last weeks, though no single answer was unusual.
        self.is_rising = False
        # How many records of the latest answer had each outcome and reason.
        self.latest: Counter[tuple[str, str]] = Counter()
        self._source = source
        self._is_read = False
        self._noted_at: datetime | None = None
        self._recent: dict[str, bool] = {}
        # How much of the usual share rose while that was said to be unusual.
        self._rose_at_once = 0.0
        self._stored: WithheldUsual | None = None

    def to_store(self) -> WithheldUsual | None:
        """The usual shares if they changed enough to be stored again."""
        if self.usual is None or self.usual_for_weeks is None:
            return None
        usual, before = WithheldUsual(round(self.usual, 4), round(self.usual_for_weeks, 4)), self._stored
        if (
            before is not None
            and abs(usual.for_a_day - before.for_a_day) < _TO_STORE
            and abs(usual.for_weeks - before.for_weeks) < _TO_STORE
        ):
            return None
        self._stored = usual
        return usual

    def note(
        self,
        outcomes: Sequence[Outcome],
        at: datetime,
        *,
        whole: bool,
        usual_before: Callable[[str], WithheldUsual | None],
    ) -> None:
        """Count the outcomes of an answer, *whole* or new records only; log a change to unusual or back."""
        if not outcomes:
            return
        if not self._is_read:
            self._stored = usual_before(self._source)
            if self._stored is not None:
                self.usual, self.usual_for_weeks = self._stored.for_a_day, self._stored.for_weeks
            self._is_read = True
        self.latest = Counter(_outcome_name(outcome) for outcome in outcomes)
        seen = self._seen(outcomes, whole=whole)
        if seen is None:
            return
        self.share = seen.share
        if self.usual is None or self.usual_for_weeks is None:
            self.usual = self.usual_for_weeks = seen.share
        self._judge(seen, self.usual)
        self.usual, self.usual_for_weeks = self._followed(seen.share, self.usual, self.usual_for_weeks, at)
        self._judge_weeks(self.usual, self.usual_for_weeks, seen.rows)

    def _seen(self, outcomes: Sequence[Outcome], *, whole: bool) -> _Seen | None:
        """The records to judge, ``None`` if they are too few."""
        hidden = {
            outcome.id: isinstance(outcome, Withheld)
            for outcome in outcomes
            if not isinstance(outcome, Rejected)
        }
        if not whole:
            for id_ in hidden:
                self._recent.pop(id_, None)  # the latest come last
            self._recent |= hidden
            for id_ in list(self._recent)[:-_LATEST]:
                del self._recent[id_]
            hidden = self._recent
        return _Seen(sum(hidden.values()), len(hidden)) if len(hidden) >= _ENOUGH else None

    def _judge(self, seen: _Seen, usual: float) -> None:
        chance = _DEVIATIONS * math.sqrt(usual * (1 - usual) / seen.rows)
        margin = max(_MORE, chance) * (0.5 if self.is_unusual else 1)
        usually_shown = (1 - usual) * seen.rows
        few_shown = seen.rows - seen.withheld <= usually_shown * _FEWER_SHOWN
        is_unusual = seen.share - usual >= margin or (usually_shown >= _SHOWN_TO_JUDGE and few_shown)
        if is_unusual and not self.is_unusual:
            _log.warning(
                "source %s: %.0f %% of its records are withheld, usually %.0f %%; if it has renamed its call "
                "types, sign them off with `blocklight type sign`",
                self._source,
                100 * seen.share,
                100 * usual,
            )
        if self.is_unusual and not is_unusual:
            _log.info("source %s: the share of its records that is withheld is as usual again", self._source)
        self.is_unusual = is_unusual

    def _judge_weeks(self, usual: float, for_weeks: float, rows: int) -> None:
        chance = _DEVIATIONS_OF_A_DAY * math.sqrt(for_weeks * (1 - for_weeks) / rows)
        is_rising = usual - for_weeks >= max(_MORE, chance) * (0.5 if self.is_rising else 1)
        if is_rising and not self.is_rising:
            _log.warning(
                "source %s: %.0f %% of its records were withheld lately, %.0f %% in the weeks before; if it "
                "renames its call types one after the other, sign them off with `blocklight type sign`",
                self._source,
                100 * usual,
                100 * for_weeks,
            )
        if self.is_rising and not is_rising:
            _log.info("source %s: no more of its records are withheld than in the weeks before", self._source)
        self.is_rising = is_rising

    def _followed(self, share: float, usual: float, for_weeks: float, at: datetime) -> tuple[float, float]:
        """Both usual shares, moved towards *share* by the time that has passed.

        What rises while it is said to be unusual raises both, and falls in both when it is over: it has been
        said, and what rises slowly meanwhile or later is still noticed.
        """
        step = timedelta()
        if self._noted_at is not None:
            step = min(max(at - self._noted_at, step), _LONGEST_STEP)
        self._noted_at = at
        followed = usual + (share - usual) * (1 - math.exp(-step / _FOLLOWS_IN))
        moved = followed - usual
        if not self.is_unusual:
            moved = min(0.0, max(moved, -self._rose_at_once))
        self._rose_at_once = max(0.0, self._rose_at_once + moved)
        for_weeks += (usual - for_weeks) * (1 - math.exp(-step / _FOLLOWS_SLOWLY_IN))
        return followed, min(1.0, max(0.0, for_weeks + moved))


def _outcome_name(outcome: Outcome) -> tuple[str, str]:
    reason = str(outcome.reason) if isinstance(outcome, Withheld | Rejected) else ""
    return _NAMES[type(outcome)], reason
