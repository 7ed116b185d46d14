"""Subcategories: harmless words, gone with what is named otherwise, telling nothing by absence."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_city import small_city
from town import DESCRIBING, FILE, KEY, NOW, Town, a_row, a_town

from blocklight.app.policy_change import apply_policy
from blocklight.config.city import CallTypes
from blocklight.config.policy import Allow
from blocklight.errors import CityFileError
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.redact import Rules
from blocklight.model.vocabulary import SUBCATEGORIES, Category, Reason, Subcategory

pytestmark = pytest.mark.anyio

# Where the lack of a finer word would tell of somebody: "no injuries" would name the injured.
OF_PERSONS = {
    Category.VIOLENCE, Category.WEAPONS, Category.ROBBERY, Category.BURGLARY, Category.THEFT,
    Category.VEHICLE_THEFT, Category.PROPERTY_DAMAGE, Category.DISTURBANCE, Category.SUSPICIOUS,
    Category.TRAFFIC_COLLISION, Category.MEDICAL, Category.RESCUE, Category.WELFARE,
    Category.OFFICER_ACTIVITY, Category.OTHER,
}  # fmt: skip

EXACT = """"LOUD MUSIC" = "noise"
"LOUD PARTY" = "noise"
"LOUD STEREO" = "noise"
"""
FINER = """[call_types.subcategories]
"LOUD MUSIC" = "loud_music"
"""
NAMED = FILE.replace("[policy]\n", EXACT + FINER + "[policy]\n")
MARK = b"loud_music"


def test_each_subcategory_belongs_to_one_category_and_none_to_one_of_persons() -> None:
    every = [word for words in SUBCATEGORIES.values() for word in words]
    assert sorted(every) == sorted(Subcategory)
    assert not OF_PERSONS & SUBCATEGORIES.keys()
    assert OF_PERSONS | SUBCATEGORIES.keys() == set(Category)


def test_no_subcategory_is_named_by_a_sensitive_or_medical_word() -> None:
    meanings = CallMeanings(CallTypes(), ())
    for subcategory in Subcategory:
        meaning = meanings.of(subcategory.replace("_", " ").upper())
        assert meaning.category not in (Reason.SENSITIVE, Category.MEDICAL), subcategory


def of_calls(surfaces: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the answers but for those that describe the interface, and so list every word that there is."""
    for path, body in surfaces.items():
        if not path.endswith(DESCRIBING):
            yield path, body


async def told(town: Town, *names: str) -> dict[str, bytes]:
    """What is public of a call that its agency has named so, one name after the other."""
    for minute, what in enumerate(names):
        await town.fetch(a_row(1, what=what), at=NOW + timedelta(minutes=minute))
    later = NOW + timedelta(minutes=len(names) + 5)
    town.store.release(later)
    return await town.public(later)


async def test_a_call_is_shown_with_its_subcategory_where_the_city_names_one(tmp_path: Path) -> None:
    with a_town(tmp_path / "named", NAMED) as town:
        assert MARK in (await told(town, "LOUD MUSIC"))["live"]
    with a_town(tmp_path / "unnamed", NAMED.replace(FINER, "")) as town:
        assert all(MARK not in body for _, body in of_calls(await told(town, "LOUD MUSIC")))


@pytest.mark.parametrize("later", ["SICK PERSON", "LOUD STEREO", "STALKING"])
async def test_what_a_call_is_no_more_leaves_every_surface(tmp_path: Path, later: str) -> None:
    with a_town(tmp_path, NAMED) as town:
        surfaces = await told(town, "LOUD MUSIC", later)
    assert len(surfaces) >= 10
    for path, body in of_calls(surfaces):
        assert MARK not in body, path


async def test_a_call_that_was_medical_once_is_told_no_finer_later(tmp_path: Path) -> None:
    with a_town(tmp_path, NAMED) as town:
        surfaces = await told(town, "SICK PERSON", "LOUD MUSIC")
    assert b'"category":"noise"' in surfaces["live"]
    for path, body in of_calls(surfaces):
        assert MARK not in body, path


async def test_a_line_that_the_city_takes_out_acts_on_what_is_published(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", NAMED) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        assert MARK in (await told(town, "LOUD MUSIC"))["live"]
        with a_town(tmp_path / "other", NAMED.replace(FINER, "")) as other:
            city = other.city
        later = NOW + timedelta(minutes=10)
        difference = apply_policy(city, Rules.of(city, KEY), town.store, later)
        assert difference is not None
        assert difference.total["coarser"] == 1
        surfaces = await town.public(later)
    for path, body in of_calls(surfaces):
        assert MARK not in body, path


def meanings(*allow: Allow, **exact: str) -> CallMeanings:
    types = {
        "exact": {text.replace("_", " "): "noise" for text in exact},
        "subcategories": {text.replace("_", " "): word for text, word in exact.items() if word},
    }
    return CallMeanings(CallTypes.model_validate(types), allow)


def test_of_two_types_that_differ_in_it_none_is_told() -> None:
    both = meanings(LOUD_MUSIC="loud_music", LOUD_PARTY="loud_party", LOUD_STEREO="loud_music", DRUMS="")
    one = both.of("LOUD MUSIC")
    assert one.with_further(both.of("LOUD STEREO")).subcategory is Subcategory.LOUD_MUSIC
    for other in ("LOUD PARTY", "DRUMS"):
        assert one.with_further(both.of(other)).subcategory is None
        assert both.of(other).with_further(one).subcategory is None


def test_a_type_that_only_a_written_reason_publishes_has_none() -> None:
    loosened = meanings(
        Allow(group="death", types=("DEATH METAL",), reason="It is a kind of music, nobody died of it"),
        DEATH_METAL="loud_music",
    )
    assert loosened.of("DEATH METAL").category is Category.NOISE
    assert loosened.of("DEATH METAL").subcategory is None


@pytest.mark.parametrize(
    ("exact", "subcategories", "said"),
    [
        ({"DRUMS": "noise"}, {"HORNS": "loud_music"}, "not a type of call_types.exact"),
        ({"DRUMS": "noise"}, {"DRUMS": "pothole"}, "no subcategory of noise"),
        ({"CRASH": "traffic_collision"}, {"CRASH": "pothole"}, "there are: none"),
        ({"DRUMS": "noise", "HORNS": "noise"}, {"DRUMS": "loud_music"}, "'HORNS'"),
    ],
)
def test_a_city_file_that_tells_by_what_it_leaves_out_is_refused(
    exact: dict[str, Any], subcategories: dict[str, Any], said: str
) -> None:
    with pytest.raises(CityFileError, match=said):
        small_city(top={"call_types": {"exact": exact, "subcategories": subcategories}})


def test_all_types_of_a_category_or_all_but_two_may_have_one() -> None:
    exact = {"DRUMS": "noise", "HORNS": "noise", "BELLS": "noise"}
    for named in (exact, ["DRUMS"]):
        types = {"exact": exact, "subcategories": dict.fromkeys(named, "loud_music")}
        small_city(top={"call_types": types})
