"""What is exact is opened by name and never by accident: nothing prints, encodes, copies or hashes it."""

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
import orjson
import pytest
from pydantic import TypeAdapter

from blocklight.geo.exact import ExactAddress, ExactPoint, SourceKey, address_lines, degrees, key_text

LON, LAT, LINE, CROSS, KEY = -95.512345, 29.698765, "1412 MAIN ST APT 5", "2ND ST", "P26-000117"
VALUES = [ExactPoint(LON, LAT), ExactAddress(LINE, CROSS), SourceKey(KEY)]
SECRETS = ["95.51", "29.69", "MAIN", "1412", "2ND", "P26", "117"]
Value = ExactPoint | ExactAddress | SourceKey

each = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


def shows_nothing(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@dataclass
class Holder:
    value: object


class Struct(msgspec.Struct):
    value: object


WRITERS: list[Callable[[object], str]] = [
    str,
    repr,
    ascii,
    pprint.pformat,
    lambda value: f"{value!r:>20}",
    lambda value: "%s %r" % (value, value),  # noqa: UP031 - one of the ways of writing it
    lambda value: repr([value, (value,), {"a": value}]),
    lambda value: repr(Holder(value)),
    lambda value: repr(Struct(value)),
    lambda value: orjson.dumps([value], default=str).decode(),
    lambda value: json.dumps({"a": value}, default=repr),
    lambda value: msgspec.json.encode(value, enc_hook=str).decode(),
]


@each
@pytest.mark.parametrize("write", WRITERS)
def test_whatever_writes_an_exact_value_shows_nothing_of_it(
    value: Value, write: Callable[[object], str]
) -> None:
    text = write(value)
    assert "<exact>" in text
    assert shows_nothing(text)


@each
def test_no_line_of_a_log_shows_an_exact_value(value: Value, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("exact")
    log.warning("at %s", value)
    log.warning("at %r, %s", [value], {"a": value})
    log.warning(value)
    assert len(caplog.messages) == 3
    assert all("<exact>" in line and shows_nothing(line) for line in caplog.messages)


@each
def test_no_error_raised_with_an_exact_value_tells_it(value: Value) -> None:
    raisers: list[Callable[[], object]] = [
        lambda: int(value),  # type: ignore[call-overload]  # what is to fail
        lambda: {}[value],  # type: ignore[index]  # as above
        lambda: [value].index(SourceKey("other")),
        lambda: value + 1,  # type: ignore[operator]  # as above
        lambda: msgspec.convert({"value": value}, dict[str, int]),
        lambda: value.other,  # type: ignore[union-attr]  # as above
    ]
    for wrong in raisers:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
            wrong()
        assert shows_nothing("".join(traceback.format_exception(caught.value)))
    error = ValueError(value, [value])
    assert shows_nothing(f"{error} {error!r}")


ENCODERS: list[Callable[[object], object]] = [
    format,
    lambda value: f"{value}",
    lambda value: f"{value:>20}",
    lambda value: f"{value:.3f}",
    "{0} {0!s}".format,
    json.dumps,
    orjson.dumps,
    msgspec.json.encode,
    msgspec.msgpack.encode,
    msgspec.to_builtins,
    TypeAdapter(object).dump_json,
    lambda value: orjson.dumps({"a": [value]}),
    lambda value: msgspec.json.encode(Struct(value)),
    lambda value: msgspec.json.encode(Holder(value)),
    copy.copy,
    copy.deepcopy,
    lambda value: copy.deepcopy([value]),
    lambda value: copy.deepcopy(Struct(value)),
    lambda value: value.__getstate__(),
    lambda value: value.__reduce__(),
    *(lambda value, protocol=protocol: pickle.dumps([value], protocol) for protocol in range(6)),
]


@each
@pytest.mark.parametrize("encode", ENCODERS)
def test_an_exact_value_can_be_neither_copied_nor_encoded_nor_pickled(
    value: Value, encode: Callable[[object], object]
) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        encode(value)
    assert shows_nothing("".join(traceback.format_exception(caught.value)))


def _walked(value: object) -> Iterator[Callable[[], object]]:
    yield lambda: iter(value)  # type: ignore[call-overload]  # what is to fail
    yield lambda: len(value)  # type: ignore[arg-type]  # as above
    yield lambda: value[0]  # type: ignore[index]  # as above
    yield lambda: hash(value)
    yield lambda: {value}
    yield lambda: vars(value)
    yield lambda: value < value  # type: ignore[operator]  # noqa: PLR0124 - as above
    yield lambda: bytes(value)  # type: ignore[call-overload]  # as above
    yield lambda: float(value)  # type: ignore[arg-type]  # as above


@each
def test_an_exact_value_cannot_be_walked_through_measured_hashed_or_ordered(value: Value) -> None:
    ways = list(_walked(value))
    assert len(ways) == 9
    for way in ways:
        with pytest.raises(TypeError):
            way()


@each
def test_an_exact_value_equals_itself_alone_and_holds_nothing_beside_what_it_was_made_with(
    value: Value,
) -> None:
    assert value == value  # noqa: PLR0124 - by identity
    assert ExactPoint(LON, LAT) != ExactPoint(LON, LAT), "or a list of all places would find it"
    with pytest.raises(AttributeError):
        value.more = 1  # type: ignore[union-attr]  # what is to fail


def test_named_functions_open_what_is_exact() -> None:
    assert degrees(ExactPoint(LON, LAT)) == (LON, LAT)
    assert address_lines(ExactAddress(LINE, CROSS)) == (LINE, CROSS)
    assert address_lines(ExactAddress(LINE)) == (LINE, None)
    assert key_text(SourceKey(KEY)) == KEY
