"""What is asked of a feed whose city file would give away more than it means to; and how quiet it is else."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_city import FIELDS, TABLE, rules_of, small_city

import blocklight
from blocklight.config.city import City
from blocklight.errors import CityFileError
from blocklight.intake.disclosure.questions import Question, SampleRows, questions

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TYPES = (
    "NOISE",
    "THEFT",
    "ALARM",
    "BURGLARY",
    "TRAFFIC STOP",
    "SICK PERSON",
    "FIRE ALARM",
    "SUICIDE ATTEMPT",
)
NAMES = ("JOHN MAIN ST", "SMITH RESIDENCE", "JANE ROE WAY", "THE POE FAMILY")
REMARKS = (
    "RP ANN LEE HEARS SHOUTING NEXT DOOR",
    "CALLER AT APT 4 SAYS EX IS OUTSIDE",
    "CB 555-0142",
    "SUBJ JOHN DOE DOB 01/02/1980",
)
Row = dict[str, Any]
Change = Callable[[Row, int], None]


def a_row(number: int) -> Row:
    chance = random.Random(number)  # noqa: S311 - makes examples, guards nothing
    block = chance.randrange(12)
    return {
        "number": f"26-{number:05}",
        "received": f"2026-03-01T{number % 24:02}:{number % 60:02}:00Z",
        "type": TYPES[number % len(TYPES)],
        "agency": "PD",
        "lon": round(-95.5 + block * 0.001, 5),
        "lat": 29.5,
        "address": f"{block}00 BLOCK OF OAK AVE",
        "priority": 1 + number % 4,
        "units": "1A12,1A13",
        "disposition": ("GOA", "RTF")[number % 2],
        "beat": f"{1 + block // 4}X",
        "city": "SMALLTON",
    }


def rows(change: Change | None = None, count: int = 80) -> list[Row]:
    made = [a_row(number) for number in range(count)]
    for number, row in enumerate(made):
        if change is not None:
            change(row, number)
    return made


def asked(city: City, made: list[Row]) -> list[Question]:
    sample = SampleRows.of(city.sources[0], city, rules_of(city), made, NOW)
    assert len(sample.rows) == len(made)
    return questions(sample)


def city_with(top: Row | None = None, *, less: tuple[str, ...] = (), **source: Any) -> City:  # noqa: ANN401 - keys of a source
    fields = {name: spec for name, spec in FIELDS.items() if name not in {"cross_street", *less}}
    table = {**TABLE["sources"][0], "fields": fields | source.pop("fields", {}), **source}
    return small_city(top={"sources": [table], **(top or {})})


def put(**values: Callable[[int], object]) -> Change:
    def change(row: Row, number: int) -> None:
        row.update({name: value(number) for name, value in values.items()})

    return change


LABELS = {"policy": {"labels": "hundred_block", "source_types": True}}
PASSED = {"radius_m": 100, "reason": "The portal says that points are at block level"}


def test_nothing_is_asked_of_a_feed_without_a_mistake() -> None:
    for count in (1, 5, 20, 80, 1000):
        assert asked(city_with(LABELS), rows(count=count)) == []
    assert asked(city_with(LABELS, masked_by_publisher=PASSED), rows(count=200)) == []
    assert asked(city_with(), []) == []
    rules = [
        {"name": "fires", "category": "fire", "priority": 1, "action": "hold", "for_min": 5},
        {"name": "patients", "category": "medical", "action": "publish", "resolution": 7},
        {"name": "nothing", "priority": 4, "action": "withhold"},
    ]
    assert asked(city_with({"policy": {"rules": rules}}), rows()) == []
    coded = {"source_type": {"from": "type", "map": {"314": "NOISE", "THEFT": "THEFT"}, "default": "HUSH"}}
    assert asked(city_with(fields=coded), rows()) == []
    assert asked(city_with(key=["address", "received"]), rows(count=20)) == []
    changed = put(edited_at=lambda n: f"2026-11-27T10:{n % 60:02}:00Z", day=lambda n: f"11/{n % 28 + 1}/2026")
    assert asked(city_with(), rows(changed)) == []


MISTAKES: dict[str, tuple[City, Change | None, str]] = {
    "remarks as type": (
        city_with(fields={"source_type": "notes"}),
        put(notes=lambda n: REMARKS[n % 4]),
        "free-text:notes",
    ),
    "remarks joined to the type": (
        city_with(fields={"source_type": {"from": ["type", "notes"], "join": " - "}}),
        put(notes=lambda n: REMARKS[n % 4]),
        "free-text:notes",
    ),
    "remarks that never repeat as a further type": (
        city_with(fields={"other_type": "narr"}),
        put(narr=lambda n: f"DOG{n} BARKS"),
        "free-text:narr",
    ),
    "long remarks": (
        city_with(fields={"source_type": "text"}),
        put(text=lambda n: "PEOPLE ARE SHOUTING IN THE STREET AND WILL NOT GO AWAY" if n % 9 else "NOISE"),
        "free-text:text",
    ),
    "one telephone number": (
        city_with(),
        put(type=lambda n: "NOISE 713-555-0100" if n == 7 else "NOISE"),
        "free-text:type",
    ),
    "names as addresses": (
        city_with(LABELS, fields={"address": "place"}),
        put(place=lambda n: NAMES[n % 4]),
        "not-addresses",
    ),
    "names as cross streets": (
        city_with(LABELS, fields={"cross_street": "caller_name"}),
        put(caller_name=lambda n: NAMES[n % 4]),
        "private-column:caller_name",
    ),
    "agency by caller": (
        city_with(fields={"agency": {"from": "caller", "map": {"x": "police"}, "default": "police"}}),
        put(caller=lambda n: NAMES[n % 4]),
        "private-column:caller",
    ),
    "exact points": (
        city_with(masked_by_publisher=PASSED),
        put(lon=lambda n: -95.5 + n * 0.000731, lat=lambda n: 29.5 + n * 0.000317),
        "points-not-masked",
    ),
    "how it ended is sensitive": (
        city_with(less=("disposition",)),
        put(dispo=lambda n: "DOMESTIC VIOLENCE REPORT" if n % 7 == 0 else "REPORT"),
        "sensitive-beside:dispo",
    ),
    "how it ended is sensitive, and mapped": (
        city_with({"dispositions": {"DOMESTIC VIOLENCE REPORT": "report_taken"}}),
        put(disposition=lambda n: "DOMESTIC VIOLENCE REPORT" if n % 7 == 0 else "GOA"),
        "sensitive-beside:disposition",
    ),
    "remarks say that it is sensitive": (
        city_with(),
        put(notes=lambda n: f"RP {n} SAYS RAPE" if n == 8 else f"LOUD {n}"),
        "sensitive-beside:notes",
    ),
    "confidential": (
        city_with(),
        put(confidential=lambda n: "Y" if n % 8 == 0 else ""),
        "marked:confidential",
    ),
    "juvenile": (city_with(), put(JuvenileFlag=lambda n: n % 8 == 0), "marked:JuvenileFlag"),
    "a constant type": (
        city_with(fields={"source_type": {"default": "THEFT"}}),
        None,
        "constant-type",
    ),
    "a type for all that nobody mapped": (
        city_with(fields={"source_type": {"from": "type", "map": {"THEFT": "THEFT"}, "default": "ALARM"}}),
        None,
        "default-type",
    ),
    "house numbers as priority": (
        city_with(fields={"priority": {"from": "house", "convert": "int"}}),
        put(house=lambda n: n % 60),
        "not-priority",
    ),
    "addresses as keys": (city_with(key=["address"]), None, "key-is-a-place"),
    "telephone numbers as keys": (
        city_with(key=["callerPhone"]),
        put(callerPhone=lambda n: 5550100 + n),
        "key-is-a-place",
    ),
    "a key with the time of the last change": (
        city_with(key=["number", "LastUpdated"]),
        put(LastUpdated=lambda n: f"2026-03-01T12:{n % 60:02}:00Z"),
        "key-changes",
    ),
    "a key with how far a call is": (
        city_with(key=["number", "closed"]),
        put(closed=lambda _: ""),
        "key-changes",
    ),
    "a map that makes a sensitive type harmless": (
        city_with(
            fields={"source_type": {"from": "type", "map": {"FAMILY DOMESTIC": "NOISE", "NOISE": "NOISE"}}}
        ),
        put(type=lambda _: "NOISE"),
        "sensitive-mapped",
    ),
    "a map that makes a sensitive further type harmless": (
        city_with(
            fields={"other_type": {"from": "sub", "map": {"SUICIDE THREAT": "THEFT"}, "default": "THEFT"}}
        ),
        put(sub=lambda _: "REPORT"),
        "sensitive-mapped",
    ),
    "a default that hides sensitive further types": (
        city_with(fields={"other_type": {"from": "sub", "map": {"REPORT": "THEFT"}, "default": "NOISE"}}),
        put(sub=lambda n: "CPS REFERRAL" if n % 9 == 0 else "REPORT"),
        "sensitive-mapped",
    ),
    "a rule for one sort of medical calls": (
        city_with(
            {"policy": {"rules": [{"name": "hearts", "match": "SICK", "action": "publish", "resolution": 7}]}}
        ),
        None,
        "medical-apart:hearts",
    ),
    "a rule for grave calls, medical ones too": (
        city_with({"policy": {"rules": [{"name": "grave", "priority": 1, "action": "hold", "for_min": 60}]}}),
        None,
        "medical-apart:grave",
    ),
    "unit names as units": (
        city_with(fields={"units": {"from": "unit", "convert": "int"}}),
        put(unit=lambda n: 410 + n % 6),
        "not-units",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_city_file_that_leaks_by_a_plausible_mistake_is_questioned(name: str) -> None:
    city, change, id_ = MISTAKES[name]
    made = rows(change)
    found = asked(city, made)
    assert id_ in [question.id for question in found]
    texts = "\n".join(question.text for question in found)
    for row in made:  # counts, columns and types: nothing else of a record
        for column, value in row.items():
            if column not in {"type", "sub", "city", "agency"} and len(str(value)) > 4:
                assert str(value) not in texts
    answered = city.sources[0].model_copy(update={"answered": {id_: "Somebody looked at it"}})
    silent = city.model_copy(update={"sources": (answered,)})
    assert id_ not in [question.id for question in asked(silent, made)]


def _refused() -> Iterator[tuple[str, Callable[[], City]]]:
    allow = [{"group": "stalking", "reason": "We like to be open"}]
    yield "names neither `types` nor `match`", lambda: small_city(top={"policy": {"allow": allow}})
    for pattern in ("[A-Z]", "[aeiou]", "^[^X]", "O|A", r"^\D"):
        wide = [{"match": pattern, "category": "other"}]
        yield (
            "this pattern matches",
            lambda wide=wide: small_city(  # type: ignore[misc]  # a default of its own
                top={"call_types": {"patterns": wide}}
            ),
        )
        loose = [{**allow[0], "match": pattern}]
        yield (
            "this pattern matches",
            lambda loose=loose: small_city(  # type: ignore[misc]  # see above
                top={"policy": {"allow": loose}}
            ),
        )
    for name, spec in {
        "units": {"from": "lat", "convert": "int"},
        "priority": {"from": "lon", "convert": "int"},
        "source_type": {"from": ["type", "address"], "join": " "},
        "other_type": "cross",
    }.items():
        yield "holds an exact place", lambda name=name, spec=spec: small_city(fields={name: spec})  # type: ignore[misc]  # see above
    yield "only their number is public", lambda: small_city(fields={"units": "units"})


@pytest.mark.parametrize(("reason", "made"), list(_refused()))
def test_what_the_file_alone_says_is_refused_when_it_is_loaded(reason: str, made: Callable[[], City]) -> None:
    with pytest.raises(CityFileError, match=reason):
        made()


def test_only_what_looks_at_a_feed_reads_columns_that_nobody_named() -> None:
    package = Path(blocklight.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "with_every_column(" in path.read_text("utf-8")
    }
    assert users == {"config/source.py", "app/city_check.py", "app/sampling.py"}
    assert not small_city().sources[0].every_column
