import csv
import io
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
import zstandard

from blocklight.config.city import CallTypes, default_call_types, load_city
from blocklight.config.policy import Allow
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.connectors.recording import replay_lines
from blocklight.intake.redact import Rules
from blocklight.model.vocabulary import Category, Reason

# What a reader of the recordings' own words would call sensitive, in plain words and not by our patterns.
GIVEAWAYS = (
    *(
        "domestic",
        "spous",
        "rape",
        "sex",
        "sodom",
        "lewd",
        "molest",
        "prostitut",
        "child",
        "juv",
        "suicid",
        "mental",
    ),
    *(
        "elder",
        "stalk",
        "warrant",
        "death",
        "coroner",
        "harass",
        "indecent",
        "overdose",
        "protective",
        "restrain",
    ),
)
WE_LET_PASS = frozenset({"RESISTS PEACE OFFICER"})
HELPING_THE_POLICE = ("ASSIST POLICE", "ASST. PD.", "ASST HPD FORCE ENTRY")


def samples(table: str) -> list[tuple[str, str]]:
    groups = tomllib.loads(Path(__file__).with_name("call_type_samples.toml").read_text("utf-8"))[table]
    return [(group, text) for group, texts in groups.items() for text in texts]


SHIPPED = CallMeanings(CallTypes(), ())


@cache
def rules(city: str) -> Rules:
    return Rules.of(load_city(city), b"k" * 32)


@pytest.mark.parametrize(("group", "text"), samples("sensitive"))
@pytest.mark.parametrize("write", [str.upper, str.lower, str.title])
def test_a_sensitive_type_is_withheld(group: str, text: str, write: Callable[[str], str]) -> None:
    assert rules("houston").category(write(text)) is Reason.SENSITIVE, group


@pytest.mark.parametrize(("category", "text"), samples("ordinary"))
def test_a_type_of_harmless_or_medical_words_gets_its_category(category: str, text: str) -> None:
    assert SHIPPED.of(text).category == Category(category)


@pytest.mark.parametrize(("category", "text"), samples("waiting"))
def test_a_type_with_a_word_that_is_not_known_waits_and_a_pattern_proposes(category: str, text: str) -> None:
    meaning = SHIPPED.of(text)
    assert (meaning.category, meaning.proposal) == (Reason.UNMAPPED, Category(category))


def meanings(exact: dict[str, Category], *allow: Allow, **types: Any) -> CallMeanings:  # noqa: ANN401 - tables of call types
    return CallMeanings(CallTypes(exact=exact, **types), allow)


def test_a_pattern_of_a_city_decides_between_harmless_categories_and_publishes_nothing() -> None:
    own = meanings({}, patterns=[{"match": "^TRASH|^ZORBLAX", "category": "graffiti_and_dumping"}])
    assert own.of("TRASH FIRE").category is Category.GRAFFITI_AND_DUMPING
    assert SHIPPED.of("TRASH FIRE").category is Category.FIRE
    waits = own.of("ZORBLAX")
    assert (waits.category, waits.proposal) == (Reason.UNMAPPED, Category.GRAFFITI_AND_DUMPING)
    assert own.of("TRASH - CHEST PAIN").category is Category.MEDICAL


def test_an_exact_line_publishes_that_type_and_no_other() -> None:
    own = meanings({"Zorblax": Category.NOISE})
    assert own.of("ZORBLAX").category is Category.NOISE
    assert own.of("ZORBLAX FV").category is Reason.SENSITIVE
    assert own.of("ZORBLAX NOW").category is Reason.UNMAPPED


@pytest.mark.parametrize(("group", "text"), samples("sensitive"))
def test_no_exact_line_publishes_a_sensitive_type(group: str, text: str) -> None:
    own = meanings({text: Category.OTHER})
    assert own.of(text).category is Reason.SENSITIVE
    reason = {"reason": "The city's ordinance asks for it", "types": [text]}
    lines = [Allow.model_validate({"group": one, **reason}) for one in own.of(text).groups]
    assert group in own.of(text).groups
    assert meanings({text: Category.OTHER}, *lines).of(text).category in (Category.OTHER, Category.MEDICAL)
    assert meanings({}, *lines).of(text).category in (Reason.UNMAPPED, Category.MEDICAL)


def test_an_exact_line_makes_no_medical_type_finer_but_a_written_reason_does() -> None:
    exact = {"BITE BY A FERRET": Category.ANIMAL, "BITE BY A CAT": Category.ANIMAL}
    assert meanings(exact).of("BITE BY A FERRET").category is Category.MEDICAL
    reason = "The shelter publishes it by law"
    line = Allow(group="medical", types=("bite by a ferret",), reason=reason)
    own = meanings(exact, line)
    assert own.of("BITE BY A FERRET").category is Category.ANIMAL
    assert own.of("BITE BY A FERRET").allowed == (line,)
    assert own.of("BITE BY A CAT").category is Category.MEDICAL
    assert meanings({}, line).of("BITE BY A FERRET").category is not Category.ANIMAL


@pytest.mark.parametrize("loose", [{}, {"match": "BITE"}, {"types": ["BITE"], "match": "BITE"}])
def test_medical_types_are_loosened_by_their_names_alone(loose: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one by one"):
        Allow.model_validate({"group": "medical", "reason": "The shelter publishes it by law", **loose})


def test_a_meaning_says_which_word_decided() -> None:
    assert SHIPPED.of("ASSAULT QX").why == "not known to be harmless: QX"
    assert SHIPPED.of("BATTERY (FV)").why == "domestic_violence: FV"
    assert SHIPPED.of("BITE BY A FERRET").why == "not known to be harmless: FERRET"
    assert SHIPPED.of("***").why == "not known to be harmless: a type without words"


def test_every_group_of_the_promise_has_patterns_and_samples() -> None:
    promised = {
        *("domestic_violence", "sexual_offence", "child_abuse", "juvenile", "suicide_mental_health"),
        *("overdose", "elder_abuse", "stalking", "tactical_officer_safety", "death"),
    }
    assert {rule.group for rule in default_call_types().sensitive} == promised
    assert {group for group, _ in samples("sensitive")} == promised


def test_every_category_can_be_reached() -> None:
    assert {rule.category for rule in default_call_types().patterns} == set(Category)


def test_words_that_only_sound_sensitive_are_unmapped_or_ordinary() -> None:
    innocent = [
        "ROD AND REEL",
        "SEXTANT FOUND",
        "GRAPE FESTIVAL",
        "DRAPES",
        "MINOR LEAK",
        "CORNSTALKS",
        "TACO STAND",
        "NEGLECTED ANIMAL",
        "211 FIRE",
        "BLACK ICE",
        "FIRE MARSHAL ASSIST",
        "MISSING STOP SIGN",
        "MISSED GARBAGE CART, MISSING CART",
        "TOWN ORDINANCE VIOLATION",
        "ANNOYING/ETC CALLS TO 911",
        "GROSSLY NEGLIGENT DISCHARGE",
        "SURVEY",
        "BABY DELIVERY",
        "EX-CON",
        "SUITE ALARM",
    ]
    assert all(rules("houston").category(text) is not Reason.SENSITIVE for text in innocent)


def test_what_no_rule_knows_is_unmapped() -> None:
    assert rules("houston").category("ZORBLAX") is Reason.UNMAPPED
    assert rules("houston").category("2ND RESPONSE") is Reason.UNMAPPED


def test_no_pattern_takes_long_over_a_long_text() -> None:
    # Patterns that back-track would let one record hold up the intake.
    text = "OFFICER ASSAULT MISSING CHILD ANIMAL CUSTODY " * 2_000
    assert rules("houston").category(text) is Reason.SENSITIVE
    assert rules("houston").category("A " * 50_000) is Reason.UNMAPPED


def houston_types(folder: Path) -> set[str]:
    types: set[str] = set()
    for name in ("houston_raw_arcgis_2025-10-06_7d", "houston_raw_legacy_2020-06-01_1d"):
        for _, body in replay_lines(folder / f"{name}.jsonl.zst"):
            value = orjson.loads(body)
            types |= {row["attributes"]["IncidentType"] for row in value.get("features", ())}
            types |= {row["IncidentType"] for row in value.get("ActiveIncidentDataTable", ())}
    columns = {
        "houston_events_2025-09_2025-10": ("incident_type",),
        "houston_calls_full_2025-09_2025-10": ("type_first", "type_last"),
        "houston_calls_2020_2023": ("incident_type",),
    }
    for name, wanted in columns.items():
        table = pq.read_table(folder / f"{name}.parquet", columns=list(wanted))
        for column in wanted:
            types |= {text for text in table[column].unique().to_pylist() if text}
    return types


def test_every_type_that_houston_ever_showed_is_mapped_by_name(shared_data: Path) -> None:
    types = houston_types(shared_data / "cad" / "houston")
    assert len(types) > 150
    text = resources.files("blocklight").joinpath("cities", "houston.toml").read_text("utf-8")
    exact = {" ".join(name.split()).upper() for name in tomllib.loads(text)["call_types"]["exact"]}
    unmapped = {t.upper() for t in types if " ".join(t.split()).upper() not in exact}
    assert unmapped == {"VIOLENT RESP STANDBY; USE VIRTEAM1", *HELPING_THE_POLICE}
    withheld = {t for t in types if isinstance(rules("houston").category(t), Reason)}
    assert {text.upper() for text in withheld} == unmapped


def test_every_type_of_san_francisco_fire_is_mapped(shared_data: Path) -> None:
    path = shared_data / "cad" / "sf_fire" / "Fire_Department_Calls_for_Service_2020.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        types = {row["Call Type"] for row in csv.DictReader(file)}
    assert len(types) == 16
    withheld = [t for t in types if isinstance(rules("san-francisco-fire").category(t), Reason)]
    assert withheld == ["Assist Police"]


def police_types(data: Path) -> set[str]:
    types: set[str] = set()
    for path, columns in (
        ("cad/berkeley/Berkeley_PD_-_Calls_for_Service_lab03.csv", ("OFFENSE", "CVLEGEND")),
        ("cad/berkeley/calls_for_service_lec05.csv", ("OFFENSE", "CVLEGEND")),
        ("crime/oakland/crimewatch_past90days_2024-08.csv", ("CRIMETYPE", "DESCRIPTION")),
        ("crime/oakland/oakcrime_190127.csv", ("ctype",)),
        ("crime/oakland/oakcrime_dailyIncid_2019.csv", ("ctype",)),
    ):
        with (data / path).open(encoding="utf-8-sig", newline="") as file:
            types |= {row[column] for row in csv.DictReader(file) for column in columns}
    packed = data / "cad" / "menlo_park" / "deltas_2026-02-05_2026-02-15.jsonl.zst"
    with packed.open("rb") as raw:
        reader = zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(raw)
        for line in io.TextIOWrapper(reader, encoding="utf-8"):
            types |= {c["row"]["callType"] for c in orjson.loads(line)["changes"] if c.get("row")}
    return types - {""}


def test_no_recorded_type_that_sounds_sensitive_to_a_person_is_published(shared_data: Path) -> None:
    types = police_types(shared_data)
    telling = {text for text in types if any(word in text.casefold() for word in GIVEAWAYS)}
    assert len(types) > 600
    assert len(telling) > 90
    assert {
        text for text in telling if rules("houston").category(text) is not Reason.SENSITIVE
    } <= WE_LET_PASS


def test_patterns_propose_a_category_for_nine_of_ten_recorded_types(shared_data: Path) -> None:
    types = police_types(shared_data)
    open_ = [text for text in types if SHIPPED.of(text).category is Reason.UNMAPPED]
    assert len(open_) > 100
    assert len([text for text in open_ if SHIPPED.of(text).proposal is None]) < len(types) / 10
