import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.publish.packing import HEADER, accepts_gzip, packed, stored


def unpack(stream: bytes) -> bytes:
    """Unpack a gzip stream that has no end yet, as a browser does."""
    return zlib.decompressobj(wbits=31).decompress(stream)


@given(
    st.binary(max_size=200),
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=300)), max_size=6),
)
def test_one_packed_frame_goes_on_any_stream(greeting: bytes, frames: list[tuple[bool, bytes]]) -> None:
    stream = HEADER + stored(greeting)
    for is_own, frame in frames:
        stream += stored(frame) if is_own else packed(frame)
        assert unpack(stream).endswith(frame), "a frame can be read as soon as it is there"
    assert unpack(stream) == greeting + b"".join(frame for _, frame in frames)


def test_a_long_replay_goes_in_blocks_that_cost_no_compressing() -> None:
    replay = bytes(range(256)) * 1_000
    assert unpack(HEADER + stored(replay)) == replay
    assert len(stored(replay)) < len(replay) + 50


def test_a_frame_of_a_few_changes_is_packed_to_a_third() -> None:
    event = (
        b'id: 7-3f9a1c20\nevent: incident\ndata: {"type":"Feature","properties":{"seq":7,"kind":"call"}}\n\n'
    )
    assert len(packed(event * 10)) < len(event * 10) / 3


def test_the_end_of_a_stream_is_no_broken_header() -> None:
    whole = HEADER + stored(b"hello") + zlib.compressobj(wbits=-15).flush()
    assert unpack(whole) == b"hello"
    with pytest.raises(EOFError):
        gzip.decompress(whole)  # it carries no checksum: nobody reads a live stream to its end


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"gzip", True),
        (b"deflate, gzip;q=1.0, br", True),
        (b"GZIP", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000", False),
        (b"identity", False),
        (b"br", False),
        (b"", False),
    ],
)
def test_only_who_accepts_gzip_is_sent_it(value: bytes, wanted: bool) -> None:  # noqa: FBT001 - a parameter
    assert accepts_gzip([(b"host", b"a"), (b"accept-encoding", value)]) is wanted


def test_who_says_nothing_is_sent_plain_text() -> None:
    assert not accepts_gzip([(b"host", b"a")])
