"""Tells rows apart that are equal in all that is read of them, where each of them is a call."""

from collections import Counter
from collections.abc import Sequence

from blocklight.config.city import SourceSpec
from blocklight.intake.digests import digest_of
from blocklight.intake.key_text import NTH
from blocklight.intake.record import RawRecord


class EqualRows:
    """Numbers the equal rows of one answer, or of one file of history, in the order of their coming.

    As they are alike, it does not matter which of them is the second: if one is gone, the last number is.
    """

    def __init__(self, source: SourceSpec) -> None:
        self._apart = source.equal_rows == "apart"
        self._seen: Counter[bytes] = Counter()

    def numbered(self, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """Give the records with a number in those that equal an earlier one, if the source wants that."""
        return [self._numbered(raw) for raw in records] if self._apart else records

    def _numbered(self, raw: RawRecord) -> RawRecord:
        digest = digest_of(raw)
        self._seen[digest] += 1
        nth = self._seen[digest]
        return raw if nth == 1 else {**raw, NTH: nth}
