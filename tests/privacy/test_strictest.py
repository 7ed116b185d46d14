"""The strictest of everything decides: each source, row and unit binds an incident, in any order."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx2
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from town import FILE, KEY, NOW, Row, Town, a_row, a_town

from blocklight.geo.exact import SourceKey
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.model.record import PublicIncident
from blocklight.store import IncidentQuery
from blocklight.store.write.restraint import Restraint

pytestmark = pytest.mark.anyio

RULES = """
[[policy.rules]]
name = "fires-later"
category = "fire"
action = "hold"
for_min = 30
[[policy.rules]]
name = "thefts-much-later"
category = "theft"
action = "hold"
for_min = 60
[[policy.rules]]
name = "stops-when-closed"
category = "officer_activity"
action = "hold"
until_closed = true
[[policy.rules]]
name = "no-noise"
category = "noise"
action = "withhold"
[[policy.rules]]
name = "animals-nowhere"
category = "animal"
action = "publish"
place = "none"
[[policy.rules]]
name = "parking-coarsely"
category = "parking"
action = "publish"
resolution = 7
[[policy.rules]]
name = "graffiti-by-the-hour"
category = "graffiti_and_dumping"
action = "publish"
time_step_min = 60
"""
WORDS = {
    "plain": "BURGLARY",
    "other": "FIRE ALARM",
    "medical": "SICK PERSON",
    "held": "FIRE",
    "longer": "THEFT",
    "until closed": "TRAFFIC STOP",
    "withheld": "LOUD MUSIC",
    "unknown": "WIZARDRY",
    "sensitive": "STALKING",
    "nowhere": "LOOSE DOG",
    "coarse": "PARKING COMPLAINT",
}
HIDDEN = {"withheld", "unknown", "sensitive"}
WAITS = {"held": 30, "longer": 60}
BINDING = sorted(WORDS.keys() - {"plain", "other"})
UNIT_WORDS = sorted(WORDS.keys() - {"until closed"})
LATER = timedelta(minutes=90)
SOURCE = FILE[FILE.index("[[sources]]") : FILE.index("[dispositions]")]
SECOND = SOURCE.replace('id = "calls"', 'id = "fire"\nsame_as = "calls"\nboth = "%s"')
_A_ROW_PER_UNIT = FILE.replace('closes = "status"', 'closes = "status"\nrows = "unit"').replace(
    "units = ", 'dispatched_at = { from = "sent", convert = "iso" }\nunits = '
)
# Without labels: whoever saw a block knows of a place near it, so that a mask over it reaches farther.
UNITS = _A_ROW_PER_UNIT.replace('labels = "hundred_block"', "")

BOTH = ["other", "this", "join"]


def two_sources(both: str) -> str:
    return FILE.replace("[dispositions]", SECOND % both + "[dispositions]") + RULES


async def tell(town: Town, source: int, *rows: Row, minutes: float = 0) -> None:
    """Carry one answer of one source through, read by a feed that remembers nothing; it must not fail."""
    at = NOW + timedelta(minutes=minutes)
    town.store.release(at)
    spec, city = town.city.sources[source], town.city
    async with httpx2.AsyncClient(transport=ReplayTransport(orjson.dumps(rows))) as client:
        reader = connector(spec, client=client, now=lambda: at)
        feed = Feed(spec, city, reader, Rules.of(city, KEY))
        tally = await Runner(feed, town.store, now=lambda: at, stored=lambda: None).poll()
    assert tally is not None, f"the answer of source {spec.id} failed"


def shown(town: Town, call: int = 1) -> PublicIncident | None:
    """Return what is public of one call."""
    id_ = Rules.of(town.city, KEY).public_id("calls", SourceKey(f"CANARY-{call}"))
    found = [stored.incident for stored in town.store.query(IncidentQuery()).items]
    return next((incident for incident in found if incident.id == id_), None)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the empty database of a town, to be copied: making one takes long."""
    folder = tmp_path_factory.mktemp("prepared")
    with a_town(folder, FILE):
        pass
    return folder


def assert_no_more_than_all_allow(
    incident: PublicIncident | None, words: Sequence[str], minutes: float
) -> None:
    """Hold what is shown so many minutes after the call came in against every word that is said of it."""
    if incident is None:
        return
    said = set(words)
    assert not said & HIDDEN
    assert all(minutes >= wait for word, wait in WAITS.items() if word in said)
    assert "until closed" not in said
    if "medical" in said:
        assert incident.category == "medical"
        assert (incident.units, incident.disposition) == (None, None)
    if "nowhere" in said:
        assert incident.place is None
    if incident.place is not None:
        finest = 7 if "coarse" in said else 8 if "medical" in said else 9
        assert incident.place.radius_m >= mask_point(-122.2711, 37.8123, finest).radius_m
        assert incident.place.label is None or not said & {"medical", "coarse"}


@pytest.mark.parametrize("both", BOTH)
@pytest.mark.parametrize("order", [(0, 1, 0), (1, 0, 1)])
@pytest.mark.parametrize("binds", [0, 1])
async def test_a_word_of_either_source_binds_the_incident_in_any_order(
    tmp_path: Path, both: str, order: tuple[int, ...], binds: int
) -> None:
    for minute, turn in enumerate(order):
        rows = [
            a_row(call, what=WORDS[word if turn == binds else "plain"]) for call, word in enumerate(BINDING)
        ]
        with a_town(tmp_path / "town", two_sources(both)) as town:  # started anew each time
            await tell(town, turn, *rows, minutes=minute)
            for call, word in enumerate(BINDING):
                said = [word] if binds in order[: minute + 1] else ["plain"]
                assert_no_more_than_all_allow(shown(town, call), said, 0)
    with a_town(tmp_path / "town", two_sources(both)) as town:
        town.store.release(NOW + LATER)
        for call, word in enumerate(BINDING):
            incident = shown(town, call)
            assert_no_more_than_all_allow(incident, [word], LATER.total_seconds() / 60)
            assert (incident is None) is (word in HIDDEN | {"until closed"})


@pytest.mark.parametrize("both", BOTH)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("words", [("medical", "other"), ("coarse", "medical"), ("held", "longer")])
async def test_two_sources_end_in_the_same_mask_whichever_comes_first(
    tmp_path: Path, both: str, order: tuple[int, int], words: tuple[str, str]
) -> None:
    with a_town(tmp_path / "town", two_sources(both)) as town:
        for turn in order:
            await tell(town, turn, a_row(1, what=WORDS[words[turn]]))
        town.store.release(NOW + timedelta(minutes=59))
        assert (shown(town) is None) is ("longer" in words)
        town.store.release(NOW + LATER)
        incident = shown(town)
    assert incident is not None
    assert incident.place is not None
    finest = 7 if "coarse" in words else 8 if "medical" in words else 9
    assert incident.place.radius_m >= mask_point(-122.2711, 37.8123, finest).radius_m
    assert incident.source == ("fire" if both == "this" else "calls")


@pytest.mark.parametrize("both", BOTH)
async def test_a_hold_until_closed_ends_when_the_source_that_asks_for_it_says_so(
    tmp_path: Path, both: str
) -> None:
    with a_town(tmp_path / "town", two_sources(both)) as town:
        await tell(town, 1, a_row(1, what="TRAFFIC STOP"))
        await tell(town, 0, a_row(1, state="DONE"), minutes=1)
        town.store.release(NOW + timedelta(days=9))
        assert shown(town) is None
        await tell(town, 1, a_row(1, what="TRAFFIC STOP", state="DONE"), minutes=2)
        await tell(town, 0, a_row(1, state="DONE"), minutes=3)
        assert shown(town) is not None


@pytest.mark.parametrize("both", BOTH)
async def test_what_waits_for_its_step_and_another_source_begins_to_hold_waits_for_that(
    tmp_path: Path, both: str
) -> None:
    call = a_row(1, what="SICK PERSON", opened=NOW.isoformat())
    with a_town(tmp_path / "town", two_sources(both)) as town:
        await tell(town, 0, a_row(2))
        await tell(town, 0, call, minutes=1)
        assert shown(town) is None
        await tell(town, 1, a_row(1, what="FIRE", opened=NOW.isoformat()), minutes=2)
        await tell(town, 0, call, minutes=3)
        town.store.release(NOW + timedelta(minutes=29))
        assert shown(town) is None
        town.store.release(NOW + LATER)
        assert shown(town) is not None


@pytest.mark.parametrize("both", BOTH)
async def test_what_has_waited_and_another_source_begins_to_hold_until_it_is_closed_is_taken_back_at_once(
    tmp_path: Path, both: str
) -> None:
    with a_town(tmp_path / "town", two_sources(both)) as town:
        await tell(town, 0, a_row(1, what="FIRE"))
        await tell(town, 0, a_row(1, what="FIRE"), minutes=40)
        assert shown(town) is not None
        for minute, (source, word) in enumerate([(1, "TRAFFIC STOP"), (0, "FIRE")], 41):
            await tell(town, source, a_row(1, what=word), minutes=minute)
            await tell(town, 0, a_row(1, what="FIRE"), minutes=minute)
            assert shown(town) is None
        town.store.release(NOW + timedelta(days=9))
        assert shown(town) is None
        await tell(town, 1, a_row(1, what="TRAFFIC STOP", state="DONE"), minutes=50)
        await tell(town, 0, a_row(1, what="FIRE", state="DONE"), minutes=50)
        assert shown(town) is not None


@pytest.mark.parametrize("both", BOTH)
async def test_what_has_waited_and_another_source_holds_longer_is_taken_back_until_then(
    tmp_path: Path, both: str
) -> None:
    with a_town(tmp_path / "town", two_sources(both)) as town:
        await tell(town, 0, a_row(1, what="FIRE"))
        await tell(town, 0, a_row(1, what="FIRE"), minutes=31)
        assert shown(town) is not None
        await tell(town, 1, a_row(1, what="THEFT"), minutes=32)
        await tell(town, 0, a_row(1, what="FIRE"), minutes=33)
        town.store.release(NOW + timedelta(minutes=49))
        assert shown(town) is None
        town.store.release(NOW + LATER)
        assert shown(town) is not None
        await tell(town, 0, a_row(1, what="FIRE"), minutes=100)
        await tell(town, 1, a_row(1, what="THEFT"), minutes=101)
        assert shown(town) is not None, "it has waited for both"


@pytest.mark.parametrize("both", BOTH)
async def test_a_hold_until_closed_ends_when_the_call_leaves_the_source_that_asks_for_it(
    tmp_path: Path, both: str
) -> None:
    vanishing = two_sources(both).replace('closes = "status"', 'closes = "vanish"')
    with a_town(tmp_path / "town", vanishing) as town:
        await tell(town, 1, a_row(1, what="TRAFFIC STOP"))
        await tell(town, 0, a_row(1), minutes=1)
        assert shown(town) is None
        await tell(town, 1, minutes=2)
        await tell(town, 0, a_row(1), minutes=3)
        assert shown(town) is None, "one answer without it is not believed"
        await tell(town, 1, minutes=4)
        await tell(town, 0, a_row(1), minutes=5)
        assert shown(town) is not None


@pytest.mark.parametrize("both", BOTH)
async def test_a_word_binds_where_its_source_has_no_place(tmp_path: Path, both: str) -> None:
    unplaced = {"lon": None, "lat": None}
    for word in ("medical", "unknown", "held"):
        with a_town(tmp_path / word, two_sources(both)) as town:
            await tell(town, 1, a_row(1, what=WORDS[word], **unplaced))
            await tell(town, 0, a_row(1), minutes=1)
            assert_no_more_than_all_allow(shown(town), [word], 1)


async def test_a_word_that_is_taken_back_binds_no_longer(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", two_sources("other")) as town:
        for minute, (source, word) in enumerate([(0, "plain"), (1, "unknown"), (1, "plain"), (0, "plain")]):
            await tell(town, source, a_row(1, what=WORDS[word]), minutes=minute)
            assert (shown(town) is None) is (word == "unknown")
        incident = shown(town)
        assert incident is not None
        assert incident.source == "calls"


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    both=st.sampled_from(BOTH),
    sequence=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(sorted(WORDS))), min_size=2, max_size=6),
)
@example(both="other", sequence=[(0, "plain"), (1, "nowhere"), (0, "medical"), (1, "plain")])
@example(both="other", sequence=[(0, "medical"), (1, "until closed")])
def test_after_any_sequence_of_two_sources_no_more_is_shown_than_both_allow(
    prepared: Path, both: str, sequence: list[tuple[int, str]]
) -> None:
    latest: dict[int, str] = {}
    was_sensitive = False
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shutil.copytree(prepared, folder, dirs_exist_ok=True)
        town = stack.enter_context(a_town(folder, two_sources(both)))
        for source, word in sequence:
            asyncio.run(tell(town, source, a_row(1, what=WORDS[word])))
            latest[source] = word
            was_sensitive |= word == "sensitive"
            assert_no_more_than_all_allow(shown(town), list(latest.values()), 0)
            assert shown(town) is None or not was_sensitive


def units_of(call: int, words: Sequence[str]) -> list[Row]:
    """Return a row for each unit of one call, each sent a minute after the one before."""
    opened = NOW - timedelta(minutes=10)
    return [
        a_row(
            call,
            what=WORDS[word],
            state="DONE",
            sent=(opened + timedelta(minutes=number)).isoformat(),
            address=f"{1400 + number} MAIN ST",
        )
        for number, word in enumerate(words)
    ]


@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_rows_in_any_order_and_any_batches_end_in_the_same_record(
    prepared: Path, data: st.DataObject
) -> None:
    words = data.draw(st.lists(st.sampled_from(UNIT_WORDS), min_size=2, max_size=5))
    order = data.draw(st.permutations(range(len(words))))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(words) - 1))))
    rows = units_of(2, words)
    batches = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(prepared, folder, dirs_exist_ok=True)
        with a_town(Path(folder), UNITS + RULES) as town:
            asyncio.run(tell(town, 0, *units_of(1, words)))
            assert_no_more_than_all_allow(shown(town), words, 0)
        seen: list[str] = []
        for batch in batches:
            with a_town(Path(folder), UNITS + RULES) as town:  # started anew for each
                asyncio.run(tell(town, 0, *[rows[number] for number in batch]))
                seen += [words[number] for number in batch]
                assert_no_more_than_all_allow(shown(town, 2), seen, 0)
        with a_town(Path(folder), UNITS + RULES) as town:
            town.store.release(NOW + LATER)
            at_once, in_batches = shown(town), shown(town, 2)
    assert (at_once is None) is bool(set(words) & HIDDEN)
    assert without_units(in_batches) == without_units(at_once)


def without_units(incident: PublicIncident | None) -> PublicIncident | None:
    """Leave the number of units out: a row that comes twice cannot be told from one of another unit."""
    return None if incident is None else replace(incident, id="", units=None)


@pytest.mark.parametrize("word", ["medical", "unknown", "withheld", "held", "nowhere", "coarse"])
@pytest.mark.parametrize("turn", [1, -1])
async def test_two_rows_of_one_key_in_an_answer_bind_each_other(tmp_path: Path, word: str, turn: int) -> None:
    with a_town(tmp_path / "town", FILE + RULES) as town:
        rows = [a_row(1, what=WORDS["plain"]), a_row(1, what=WORDS[word])][::turn]
        await town.fetch(*rows)
        assert_no_more_than_all_allow(shown(town), [word], 0)


def test_of_two_holds_the_longer_one_counts_whichever_comes_first() -> None:
    sooner, later = Restraint(release_at=NOW), Restraint(release_at=NOW + timedelta(hours=1))
    assert sooner.with_other(later) == later.with_other(sooner) == later
    assert sooner.with_other(Restraint()) == Restraint().with_other(sooner) == sooner
