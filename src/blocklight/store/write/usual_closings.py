"""How many of its open calls a source usually closes in as long a time, and what it closed beyond that.

The excess is a one-sided cumulative sum (CUSUM, Page 1954): each answer adds what it closes and takes off
twice what is usual in the time since the answer before, never below nothing. So a feed that loses a few rows
at every answer is noticed as one that loses them all at once, however often it is polled.
"""

import math
from collections.abc import Sequence
from typing import Self

import msgspec

# Up to this many calls beyond the usual may close: the last ones of a night, all of a small town.
FEW = 20

_TIMES_USUAL = 2
_ANSWERS_KEPT = 100
# Of fewer answers nobody knows what is usual.
_ANSWERS_KNOWN = 10

# The largest tenth may have been false answers.
_MOST_OF_THEM = 0.9
# How long the calls of a new feed are assumed to last at least, and how long a feed is new.
_CALL_LASTS_MS = 30 * 60_000
# Over what time the usual rate is an average: a whole day, and more of today than of yesterday.
_REMEMBERED_MS = 24 * 3_600_000
# How many times a usual large answer an answer counts at most: one false one makes nothing usual.
_MOST_TIMES_LARGE = 3

_Closing = tuple[int, float]


class UsualClosings(msgspec.Struct, frozen=True):
    """What is known of the closings of one source; times in ms.

    *answers* are the latest that closed calls: when, and which share of the open ones. *ended* adds up the
    closing rates (-ln of the share that stayed open) of the *watched* time until *noted_at*, both decayed.
    *excess* is how many calls it had then closed beyond what is usual.
    """

    answers: Sequence[_Closing] = ()
    ended: float = 0.0
    watched: float = 0.0
    noted_at: int | None = None
    excess: float = 0.0

    @classmethod
    def stored(cls, text: str) -> Self:
        """Parse what ``text`` returned, or the list of answers that earlier versions stored."""
        if not text.startswith("["):
            return msgspec.json.decode(text, type=cls)
        usual = cls()
        for at, share in msgspec.json.decode(text, type=list[_Closing]):
            usual = usual.plus(at, share)
        return usual

    def text(self) -> str:
        """The stored form."""
        return msgspec.json.encode(self).decode()

    def plus(self, at: int, share: float, excess: float = 0.0) -> Self:
        """What is known after one more answer, which closed this *share* of the open calls."""
        elapsed_ms = 0 if self.noted_at is None else max(0, at - self.noted_at)
        kept = math.exp(-elapsed_ms / _REMEMBERED_MS)
        ended = -math.log1p(-min(share, 0.99))
        if len(self.answers) >= _ANSWERS_KNOWN:
            ended = min(ended, _MOST_TIMES_LARGE * -math.log1p(-min(self.large_share(), 0.99)))
        return type(self)(
            answers=[*self.answers, (at, round(share, 4))][-_ANSWERS_KEPT:],
            ended=round(self.ended * kept + ended, 6),
            watched=round(self.watched * kept + (1 - kept) * _REMEMBERED_MS, 1),
            noted_at=at,
            excess=round(excess, 2),
        )

    def rate(self, arriving: float) -> float:
        """Which share of its open calls the source usually closes in each ms, for shares that are small.

        *arriving* is how many calls have come in each ms of late, as a share of the open ones. Of a new feed
        nothing else is known: in the long run as many calls end as begin.
        """
        own = self.ended / max(self.watched, _CALL_LASTS_MS)
        is_new = len(self.answers) < _ANSWERS_KNOWN or self.watched < _CALL_LASTS_MS
        return max(own, min(arriving, 1 / _CALL_LASTS_MS)) if is_new else own

    def large_share(self) -> float:
        """Which share of the open calls a large answer closes: the 90th percentile, 0 for a new feed."""
        if len(self.answers) < _ANSWERS_KNOWN:
            return 0.0
        shares = sorted(share for _, share in self.answers)
        return shares[int(_MOST_OF_THEM * (len(shares) - 1))]

    def excess_after(
        self, closed: int, still_open: int, since: int | None, at: int, *, arriving: float
    ) -> float:
        """How many calls it has closed beyond the usual if it closes *closed* of *still_open* at *at*.

        *since* is when the answer before came, which may have closed nothing; *arriving* is as in ``rate``.
        """
        allowed_each_ms = _TIMES_USUAL * self.rate(arriving) * still_open
        since = at if since is None else min(since, at)
        noted_at = since if self.noted_at is None else min(self.noted_at, since)
        before = max(0.0, self.excess - allowed_each_ms * (since - noted_at))
        return max(0.0, before + closed - allowed_each_ms * (at - since))

    def most_excess(self, still_open: int) -> float:
        """How many calls may close beyond the usual and be believed at once."""
        return max(FEW, self.large_share() * still_open)
