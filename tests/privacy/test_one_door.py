"""The public record is made by redact and by the store that reads it back; what is exact ends there."""

import ast
import copy
import logging
import pickle
import re
import tomllib
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import orjson
import pytest
from exact_calls import changed, opened
from small_city import ROW, small_city

import blocklight
from blocklight.geo.exact import Exact, SourceKey
from blocklight.intake.geocode.addresses import readings
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Batch, Incident, Unreadable
from blocklight.model.record import PublicIncident

PACKAGE = Path(blocklight.__file__).parent
NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
CITY = small_city()
CALL = Normaliser.of(CITY.source("calls"), CITY)(ROW, NOW)
EXACT = {"source_key", "lon", "lat", "address", "cross_street"}
SECRETS = [str(value) for name, value in opened(CALL).items() if name in EXACT]

# The functions that make a public record, and those that make it coarser, later or join two of them.
MAKERS = {
    "intake/redact.py:redact",
    "store/schema/rows.py:",  # the decoder of the change log's versions
    "store/schema/rows.py:incident_of_row",
}
CHANGERS = {
    "intake/binding.py:_as_stated",
    "intake/binding.py:_frozen",
    "intake/binding.py:_held",
    "intake/binding.py:_masked",
    "intake/binding.py:bound_by",
    "intake/redact.py:timed",
    "intake/refilter.py:_again",
    "intake/refilter.py:refilter",
    "intake/same_key.py:_as_coarse",
    "intake/same_key.py:_stricter",
    "model/record.py:closed_by_vanishing",
    "model/record.py:no_finer_than",
    "model/record.py:staying_at",
    "model/record.py:with_times_cut",
    "store/admin/renaming.py:_published",
    "store/admin/renaming.py:_waiting",
    "store/schema/rows.py:storable",
    "store/write/application.py:_as_known",
    "store/write/joining.py:completed",
    "store/write/joining.py:joined",
    "store/write/joining.py:joined_by_another",
    "store/write/place_marks.py:_placed_at",
}
# What changes values of other types by fields of the same names.
OF_OTHERS = {
    "api/area_reports.py:_outcomes",  # a question to the archive
    "api/plain/reports.py:_closed",  # the same
    "insight/area_summary.py:summary",  # a question to the archive
    "insight/past.py:response_times",  # the same
    "insight/past.py:work",  # the same
    "intake/binding.py:_mask_of",  # a restraint
    "intake/call_types.py:_decide",  # a meaning
    "intake/call_types.py:where_none_is_closed",  # the same
    "intake/call_types.py:with_further",  # the same
    "intake/normalise.py:_joined_rows",  # private incidents
    "intake/policy.py:of_a_patient",  # a decision
    "store/write/applied.py:of",  # counts
}
# What may be given the type of the public record and makes none of it.
READERS = {"isinstance", "issubclass", "meanings", "example", "get_type_hints", "in_window"}

CARRIERS = r"\b(?:PublicIncident|StoredIncident|Outcome|Held|Change)\b"

_WRAPPING = ast.BinOp | ast.Subscript | ast.List | ast.Tuple


class Code:
    """One module's syntax, each node with what it stands in."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self.tree = ast.parse(text)
        self._above = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self._above:
            node = self._above[node]
            yield node

    def function(self, node: ast.AST) -> str:
        inside = (
            one.name for one in self.above(node) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        return f"{self._path.as_posix()}:{next(inside, '')}"

    def is_annotation(self, node: ast.AST) -> bool:
        below = node
        for one in self.above(node):
            if below in (getattr(one, "annotation", None), getattr(one, "returns", None)):
                return True
            below = one
        return False


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _named(code: Code) -> Iterator[ast.expr]:
    """Yield where the type of the public record is used, but for annotations."""
    for node in ast.walk(code.tree):
        is_name = isinstance(node, ast.Name) and node.id == "PublicIncident"
        is_attribute = isinstance(node, ast.Attribute) and node.attr == "PublicIncident"
        if (is_name or is_attribute) and not code.is_annotation(node):
            assert isinstance(node, ast.expr)
            yield node


def makers(code: Code) -> Iterator[str]:
    """Yield the functions that make a public record, or could: what takes the type and does not read it."""
    for node in _named(code):
        above = next(one for one in code.above(node) if not isinstance(one, _WRAPPING))
        is_read = isinstance(above, ast.Call) and node is not above.func and _called(above) in READERS
        is_pattern = isinstance(above, ast.MatchClass)
        is_named = isinstance(above, ast.Attribute) and above.attr == "__struct_fields__"
        is_alias = isinstance(above, ast.Assign) and above.value is not node
        is_key = isinstance(above, ast.Dict) and node in above.keys  # by which outcomes are told apart
        if not (is_read or is_pattern or is_named or is_alias or is_key):
            yield code.function(node)
    for call in ast.walk(code.tree):
        if isinstance(call, ast.Call) and _called(call) in ("convert", "decode", "Decoder", "from_builtins"):
            given = [*call.args, *(word.value for word in call.keywords)]
            if any(re.search(CARRIERS, ast.unparse(one)) for one in given):
                yield code.function(call)


def changers(code: Code) -> Iterator[str]:
    """Yield the functions that change fields by which a public record is known, of whatever type."""
    fields = set(PublicIncident.__struct_fields__)
    for node in ast.walk(code.tree):
        if not isinstance(node, ast.Call):
            continue
        words = {word.arg for word in node.keywords}
        if _called(node) == "replace" and words & {*fields, None}:
            yield code.function(node)
        if _called(node) in ("force_setattr", "__new__"):
            yield code.function(node)


@cache
def _codes() -> list[Code]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return [Code(path.relative_to(PACKAGE), path.read_text("utf-8")) for path in paths]


def test_the_public_record_is_made_by_redact_and_by_the_stores_reader_alone() -> None:
    assert {place for code in _codes() for place in makers(code)} == MAKERS


def test_every_function_that_changes_a_public_record_is_known() -> None:
    found = {place for code in _codes() for place in changers(code)}
    assert found - {"intake/record.py:__new__"} == CHANGERS | OF_OTHERS


@pytest.mark.parametrize(
    "text",
    [
        "PublicIncident(id)",
        "record.PublicIncident(id)",
        "msgspec.convert(values, PublicIncident)",
        "msgspec.convert(values, list[record.PublicIncident])",
        "msgspec.convert(values, type=Outcome)",
        "msgspec.json.decode(body, type=PublicIncident)",
        "msgspec.json.Decoder(dict[str, Held])",
        "make = PublicIncident",
        "partial(PublicIncident, id)",
        "PublicIncident.__new__(PublicIncident)",
        "return {'a': PublicIncident}",
    ],
)
def test_another_way_to_make_one_is_found(text: str) -> None:
    module = f"def publish(values: PublicIncident) -> PublicIncident:\n    x: PublicIncident\n    {text}\n"
    assert set(makers(Code(Path("api/x.py"), module))) == {"api/x.py:publish"}


@pytest.mark.parametrize(
    "text",
    ["replace(one, place=here)", "structs.replace(one, **values)", "force_setattr(one, 'place', here)"],
)
def test_another_way_to_change_one_is_found(text: str) -> None:
    assert list(changers(Code(Path("api/x.py"), f"def publish(one):\n    {text}\n"))) == ["api/x.py:publish"]


WRITERS: list[Callable[[object], object]] = [
    str,
    repr,
    lambda value: f"{value} {value!r}",
    lambda value: "%s" % (value,),  # noqa: UP031 - one of the ways of writing it
    lambda value: orjson.dumps(value, default=repr),
    lambda value: msgspec.json.encode(value, enc_hook=str),
    lambda value: str(ValueError(value, [value])),
    lambda _: repr(msgspec.structs.asdict(CALL)),
    lambda _: repr(msgspec.structs.astuple(CALL)),
    lambda value: "".join(traceback.format_exception(ValueError(value))),
]
REFUSED: list[Callable[[object], object]] = [
    orjson.dumps,
    msgspec.json.encode,
    msgspec.msgpack.encode,
    msgspec.to_builtins,
    pickle.dumps,
    copy.copy,
    copy.deepcopy,
    hash,
    lambda value: msgspec.json.encode([{"a": value}]),
    lambda value: pickle.dumps([value]),
    lambda value: copy.deepcopy({"a": value}),
    lambda value: msgspec.convert(value, dict[str, object], from_attributes=True),
]


def _shows_nothing(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("write", WRITERS)
def test_whatever_writes_an_incident_shows_nothing_exact(write: Callable[[object], object]) -> None:
    assert len(SECRETS) == len(EXACT)
    assert _shows_nothing(str(write(CALL)))


@pytest.mark.parametrize("refuse", REFUSED)
def test_an_incident_can_be_neither_encoded_nor_pickled_nor_copied(
    refuse: Callable[[object], object],
) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        refuse(CALL)
    assert _shows_nothing("".join(traceback.format_exception(caught.value)))


def test_one_without_place_and_address_is_as_closed_as_any() -> None:
    bare = changed(CALL, lon=None, lat=None, address=None, cross_street=None)
    with pytest.raises(TypeError):
        msgspec.json.encode(bare)


def test_what_holds_rows_and_incidents_shows_none_of_them(caplog: pytest.LogCaptureFixture) -> None:
    batch = Batch([ROW], NOW, unreadable=[Unreadable(SourceKey(repr(ROW)), "bad_row")])
    asked = (
        readings("1412 MAIN ST APT 5", "2ND ST"),
        readings("MAIN ST & 2ND ST"),
        readings("29.5123, -95.5123"),
    )
    held = {"batch": batch, "calls": [CALL], "asked": asked}
    logging.getLogger("held").warning("%s %r", held, [CALL])
    assert all(asked)
    for text in (repr(held), str(KeyError(held)), *caplog.messages):
        assert _shows_nothing(text)
        assert "MAIN" not in text


def test_every_text_and_number_of_a_row_that_an_incident_keeps_is_known_to_be_no_place() -> None:
    kept = {name for name in Incident.__struct_fields__ if not isinstance(getattr(CALL, name), Exact)}
    assert {"point", "address", "source_key"}.isdisjoint(kept)
    assert kept - set(PublicIncident.__struct_fields__) == {"other_types", "placed", "repaired"}


def test_only_intake_and_what_masks_for_it_may_import_what_is_exact() -> None:
    table = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = [
        one for one in table["contracts"] if one.get("protected_modules") == ["blocklight.geo.exact"]
    ]
    assert set(contract["allowed_importers"]) == {
        "blocklight.intake",
        "blocklight.geo.approved_places",
        "blocklight.geo.areas",
    }
