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

_log = logging.getLogger(__name__)

_ENOUGH = 20
_LATEST = 100
_MORE = 0.1
_DEVIATIONS = 4
_FEWER_SHOWN = 0.25
_SHOWN_TO_JUDGE = 10
_FOLLOWS_IN = timedelta(days=1)
_LONGEST_STEP = timedelta(hours=1)
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

    The usual share follows the current one within about a day, and is stored with the source's health.
    """

    def __init__(self, source: str) -> None:
        self.share: float | None = None
        self.usual: float | None = None
        self.is_unusual = False
        self.latest: Counter[tuple[str, str]] = Counter()
        """How many records of the latest answer had each outcome and reason."""
        self._source = source
        self._is_read = False
        self._noted_at: datetime | None = None
        self._recent: dict[str, bool] = {}
        self._stored: float | None = None

    def to_store(self) -> float | None:
        """The usual share if it changed enough to be stored again."""
        if self.usual is None or (self._stored is not None and abs(self.usual - self._stored) < _TO_STORE):
            return None
        self._stored = round(self.usual, 4)
        return self._stored

    def note(
        self,
        outcomes: Sequence[Outcome],
        at: datetime,
        *,
        whole: bool,
        usual_before: Callable[[str], float | None],
    ) -> None:
        """Count the outcomes of an answer, *whole* or new records only; log a change to unusual or back."""
        if not outcomes:
            return
        if not self._is_read:
            self.usual = self._stored = usual_before(self._source)
            self._is_read = True
        self.latest = Counter(_outcome_name(outcome) for outcome in outcomes)
        seen = self._seen(outcomes, whole=whole)
        if seen is None:
            return
        self.share = seen.share
        if self.usual is None:
            self.usual = seen.share
        self._judge(seen, self.usual)
        self._follow(seen.share, at)

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

    def _follow(self, share: float, at: datetime) -> None:
        """Move the usual share towards *share*, further the more time has passed."""
        assert self.usual is not None  # noqa: S101 - set by `note`
        if self._noted_at is not None:
            step = min(max(at - self._noted_at, timedelta()), _LONGEST_STEP)
            self.usual += (share - self.usual) * (1 - math.exp(-step / _FOLLOWS_IN))
        self._noted_at = at


def _outcome_name(outcome: Outcome) -> tuple[str, str]:
    reason = str(outcome.reason) if isinstance(outcome, Withheld | Rejected) else ""
    return _NAMES[type(outcome)], reason
