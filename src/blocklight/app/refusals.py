"""What `serve` would refuse of an answer, and which values of which columns make a record unreadable."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged
from blocklight.intake.forms.answers import Answered, judge_answer
from blocklight.intake.propose.times import written
from blocklight.intake.record import RawRecord

_MOST_VALUES = 5
# A value may be free text about people: its beginning shows what kind of thing it is.
_LONGEST_VALUE = 60

_FIELD_OF = {"unknown_status": "status", "no_time": "received_at", "bad_time": "received_at"} | {
    "absurd_time": "received_at"
}


def refusal(source: SourceSpec, answer: Answered) -> str | None:
    """Why a fetch of this answer would fail as a whole, ``None`` where it would not."""
    try:
        judge_answer(source, answer)
    except SourceChanged as error:
        return str(error)
    return None


def causes(source: SourceSpec, rejected: Iterable[tuple[RawRecord, str]]) -> Iterator[str]:
    """Yield a sentence for each reason of rejection: the column, and the values in it that are commonest."""
    values: dict[str, Counter[str]] = {}
    for raw, reason in rejected:
        shown = " + ".join(str(raw.get(column, "")) for column in _columns_of_reason(source, reason))
        values.setdefault(reason, Counter())[shown[:_LONGEST_VALUE]] += 1
    for reason, counts in values.items():
        columns = " + ".join(_columns_of_reason(source, reason)) or "(none)"
        commonest = ", ".join(
            f"{value!r} ({count})" if value else f"nothing ({count})"
            for value, count in counts.most_common(_MOST_VALUES)
        )
        yield f"{reason}: column {columns} holds {commonest}{_advice(source, reason, list(counts))}"


def unread_advice(source: SourceSpec, rejected: Mapping[str, int]) -> Iterator[str]:
    """Yield a sentence for what cannot be read at all, and so has no column to name."""
    if source.connector == "files" and rejected.get("bad_encoding"):
        yield (
            f"bad_encoding: the file is not in {source.encoding}: "
            'write encoding = "cp1252", or what the program that made it calls its own'
        )
    if rejected.get("ragged_row"):
        yield "ragged_row: a row with more or fewer values than the table has columns"


def _columns_of_reason(source: SourceSpec, reason: str) -> tuple[str, ...]:
    if reason == "no_key":
        return source.key
    name = _FIELD_OF.get(reason) or reason.removeprefix("no_").removeprefix("bad_")
    spec = dict(source.fields.named()).get(name)
    return spec.source if spec is not None else ()


def _advice(source: SourceSpec, reason: str, values: Sequence[str]) -> str:
    status = source.fields.status
    if reason in ("no_status", "unknown_status") and status is not None:
        mapped = ", ".join(sorted(status.map or ())) or "nothing"
        return f"; sources.{source.id}.fields.status.map has {mapped}"
    if reason == "bad_time" and len(source.fields.received_at.source) == 1:
        return _how_to_read(source, values)
    return ""


def _how_to_read(source: SourceSpec, values: Sequence[str]) -> str:
    """Say how times would be read, where all of them are written in one way that is known."""
    spec, form = source.fields.received_at, written(values, named=True)
    if form is None or (form.convert, form.form) in {(spec.convert, name) for name in (*spec.format, "")}:
        return ""
    strptime = f', format = "{form.form}"' if form.form else ""
    return f'; such values are read with convert = "{form.convert}"{strptime}'
