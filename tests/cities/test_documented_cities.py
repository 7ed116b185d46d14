"""Cities that are known from documentation, each with a row written by hand in the shape of its feed."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from city_runs import KEY, Account
from exact_calls import address_of, lon_lat
from loopback.server import Reply, Request, serving

from blocklight.config.city import City, SourceSpec, load_city, shipped_cities
from blocklight.geo.areas import Areas
from blocklight.intake.connectors import connector
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.normalise import Normaliser, join_unit_rows
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, redact
from blocklight.intake.run import Feed, run_once
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Disposition, Origin, Reason, Status
from blocklight.store import Store

NOW = datetime(2026, 9, 30, tzinfo=UTC)
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "cincinnati": (
        "police",
        {
            "event_number": "CPD260924000001",
            "create_time_incident": "2026-09-24T10:00:00.000",
            "dispatch_time_primary_unit": "2026-09-24T10:02:00.000",
            "arrival_time_primary_unit": "2026-09-24T10:09:30.000",
            "closed_time_incident": "2026-09-24T10:40:00.000",
            "incident_type_desc": "NOISE COMPLAINT",
            "priority": "23",
            "disposition_text": "ADV: ADVISED",
            "address_x": "12XX VINE ST",
            "latitude_x": "39.1084",
            "longitude_x": "-84.5154",
        },
    ),
    "new-orleans": (
        "police",
        {
            "nopd_item": "I0000126",
            "timecreate": "2026-09-24T10:00:00.000",
            "timedispatch": "2026-09-24T10:02:00.000",
            "timearrive": "2026-09-24T10:09:30.000",
            "timeclosed": "2026-09-24T10:40:00.000",
            "typetext": "AUTO ACCIDENT",
            "initialtypetext": "HIT & RUN",
            "priority": "1E",
            "selfinitiated": "N",
            "dispositiontext": "REPORT TO FOLLOW",
            "mapx": "3682000",
            "mapy": "532000",
            "block_address": "012XX Canal St",
        },
    ),
    "detroit": (
        "police",
        {
            "incident_entry_id": 987654,
            "called_at": 1790258400000,
            "intake_time": 1.0,
            "dispatch_time": 1.0,
            "travel_time": 7.5,
            "total_response_time": 9.5,
            "total_time": 40.0,
            "call_description": "NOISE COMPLAINT",
            "category": "NOISE",
            "priority": "3",
            "incident_location": "Woodward Ave & Main St",
            "longitude": -83.05,
            "latitude": 42.33,
        },
    ),
    "seattle-fire": (
        "calls",
        {
            "incident_number": "F260000001",
            "datetime": "2026-09-24T07:00:00.000",
            "type": "Rubbish Fire",
            "address": "8th Ave Nw / Nw Market St",
            "latitude": "47.6686",
            "longitude": "-122.3661",
            "report_location": {"type": "Point", "coordinates": [-122.3661, 47.6686]},
        },
    ),
    "san-francisco": (
        "police",
        {
            "cad_number": "262680001",
            "received_datetime": "2026-09-24T07:00:00.000",
            "dispatch_datetime": "2026-09-24T07:02:00.000",
            "enroute_datetime": "2026-09-24T07:03:00.000",
            "onscene_datetime": "2026-09-24T07:09:30.000",
            "close_datetime": "2026-09-24T07:40:00.000",
            "call_type_original_desc": "NOISE NUISANCE",
            "call_type_final_desc": "NOISE NUISANCE",
            "priority_final": "C",
            "onview_flag": "N",
            "disposition": "GOA",
            "intersection_point": {"type": "Point", "coordinates": [-122.42, 37.77]},
            "intersection_name": "A ST \\ B ST",
        },
    ),
}
CATEGORIES = {
    "cincinnati": Category.NOISE,
    "new-orleans": Category.TRAFFIC_COLLISION,
    "detroit": Category.NOISE,
    "seattle-fire": Category.FIRE,
    "san-francisco": Category.NOISE,
}


def read(name: str, source_id: str, row: dict[str, Any]) -> tuple[City, Incident]:
    city = load_city(name)
    return city, Normaliser.of(city.source(source_id), city)(row, NOW)


def shown(city: City, incident: Incident) -> object:
    return redact(incident, Rules.of(city, KEY, Areas(city)))


@pytest.mark.parametrize("name", ROWS)
def test_a_row_in_the_documented_shape_is_understood_whole(name: str) -> None:
    city, incident = read(name, *ROWS[name])
    public = shown(city, incident)
    assert isinstance(public, PublicIncident)
    assert incident.repaired == ()
    assert public.category is CATEGORIES[name]
    assert incident.received_at == datetime(2026, 9, 24, 14, tzinfo=UTC) or name == "new-orleans"
    stages = {"dispatched_at", "on_scene_at", "closed_at"} & {n for n, _ in city.sources[0].fields.named()}
    waits = {n: getattr(incident, n) - incident.received_at for n in stages}
    expected = {"dispatched_at": 120, "on_scene_at": 570, "closed_at": 2400}
    assert waits == {n: timedelta(seconds=expected[n]) for n in stages}


def test_new_orleans_lies_where_it_does() -> None:
    _, incident = read("new-orleans", *ROWS["new-orleans"])
    assert lon_lat(incident) == pytest.approx((-90.07, 29.95), abs=0.03)
    assert (incident.priority, incident.origin) == (2, Origin.COMMUNITY)
    assert incident.disposition is Disposition.REPORT_TAKEN


def test_a_call_of_new_orleans_that_began_as_a_domestic_one_stays_withheld() -> None:
    source_id, row = ROWS["new-orleans"]
    city, incident = read("new-orleans", source_id, row | {"initialtypetext": "DOMESTIC DISTURBANCE"})
    found = shown(city, incident)
    assert isinstance(found, Withheld)
    assert found.sensitive


@pytest.mark.parametrize("said", [True, "true", "Y"])
def test_a_call_of_san_francisco_that_its_publisher_marks_is_withheld_whenever_it_is(said: object) -> None:
    source_id, row = ROWS["san-francisco"]
    city, plain = read("san-francisco", source_id, row | {"sensitive_call": False})
    assert isinstance(shown(city, plain), PublicIncident)
    _, marked = read("san-francisco", source_id, row | {"sensitive_call": said})
    found = shown(city, marked)
    assert isinstance(found, Withheld)
    assert found.sensitive
    assert not city.source(source_id).where, "a row that is not read takes back nothing"


def test_dallas_is_understood_and_withheld_for_want_of_a_place() -> None:
    units = ("A643", "B399")
    row = {
        "incident_number": "26-0000001",
        "date": "2026-09-24T00:00:00.000",
        "time": "09:00:00",
        "nature_of_call": "Traffic Hazard",
        "priority": "2",
        "status": "At Scene",
        "location": "Frankford Rd / Midway Rd",
    }
    city = load_city("dallas")
    normalise = Normaliser.of(city.source("active"), city)
    [joined] = join_unit_rows(normalise({**row, "unit_number": unit}, NOW) for unit in units)
    assert joined.received_at == datetime(2026, 9, 24, 14, tzinfo=UTC)
    assert (joined.units, joined.status) == (2, Status.OPEN)
    found = shown(city, joined)
    assert isinstance(found, Withheld)
    assert found.reason is Reason.NO_PLACE


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"block": "1400", "location": "S Lamar St"}, "1400 S Lamar St"),
        ({"block": "", "location": "Frankford Rd / Midway Rd"}, "Frankford Rd / Midway Rd"),
        ({"location": "Frankford Rd / Midway Rd"}, "Frankford Rd / Midway Rd"),
        ({}, None),
    ],
)
def test_dallas_has_blocks_and_crossings(told: dict[str, str], address: str | None) -> None:
    when = {"date": "2026-09-24T00:00:00.000", "time": "09:00:00", "nature_of_call": "40 - Other"}
    _, incident = read("dallas", "active", when | {"incident_number": "26-0000001"} | told)
    assert (address_of(incident)[0] or None) == address


def test_every_shipped_city_says_what_was_checked() -> None:
    names = set(shipped_cities())
    assert set(ROWS) | {"dallas", "menlo-park", "san-mateo-fire", "berkeley", "oakland", "portland"} <= names
    said = ("Checked against", "Known only from", "Known from")
    for name in names - {"demo", "houston", "san-francisco-fire"}:
        text = shipped_cities()[name].read_text("utf-8")
        assert any(words in text for words in said), name


def seattles_own(folder: Path) -> Path:
    """Write Seattle's city file with the lines that stand in it as a remark in place of its source."""
    text = shipped_cities()["seattle-fire"].read_text("utf-8")
    remark = re.search(r"^# \[geocoder\.streets\]\n(?:#.*\n)+", text, re.MULTILINE)
    assert remark is not None
    plain = text.replace(remark[0], "")
    begin, end = plain.index("[[sources]]"), plain.index("# The department's own page")
    path = folder / "seattle.toml"
    lines = re.sub(r"^# ?", "", remark[0], flags=re.MULTILINE)
    path.write_text(plain[:begin] + lines + plain[end:], "utf-8")
    (folder / "streets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": STREETS}))
    return path


def a_street(name: str, line: list[list[float]], *numbers: int) -> dict[str, Any]:
    told = dict(zip(("LFROMHN", "LTOHN", "RFROMHN", "RTOHN"), map(str, numbers), strict=False))
    shape = {"type": "LineString", "coordinates": line}
    return {"type": "Feature", "properties": {"FULLNAME": name, **told}, "geometry": shape}


STREETS = [
    a_street("8th Ave NW", [[-122.366, 47.667], [-122.366, 47.670]]),
    a_street("NW Market St", [[-122.368, 47.6685], [-122.364, 47.6685]]),
    a_street("Pine St", [[-122.338, 47.611], [-122.337, 47.6115]], 200, 298, 201, 299),
]
CROSSING, BLOCK, NOWHERE = "8th Ave Nw / Nw Market St", "205 Pine St", "Nb I5 At Mid Boeing Field"


def a_page(at: datetime, *calls: tuple[str, str, str, str, str]) -> bytes:
    """Write Seattle's page as copies of it are written: headings, then a table within a table."""
    names = ("Date/Time", "Incident #", "Level", "Units", "Location", "Type")
    heading = "".join(f'<td class="regbold" width=16%>{name}</td>' for name in names)
    rows = ""
    for number, (id_, units, place, type_, look) in enumerate(calls, 1):
        cells = (f"{at:%-m/%-d/%Y %-I:%M:%S %p}", id_, "1", units, place, type_)
        cells_ = "".join(f'<td class="{look}" width=16% valign="top">{cell}</td>\n' for cell in cells)
        rows += f"<tr id=row_{number} onMouseOver='rowOn(row_{number})'>\n{cells_}</tr>\n"
    key = (
        '<table><tr><td class="regtext"><img src="grsq.gif"> = Active Incident</td><td class="regtext">&nbsp;'
        '</td><td>Automatic Refresh in:<script language="JavaScript">var rows = "<td>"</script></td>'
        "</tr></table>"
    )
    return (
        f'<meta http-equiv="refresh" content="60"><html><table><tr><td colspan="6">{key}</td></tr>'
        f'<tr>{heading}</tr><tr><td colspan="6"><table bgcolor="#990000"><tr><td><table>{rows}'
        "</table></table></td></tr></table>"
        f"<font>&nbsp;Retrieved {len(calls)} dispatch messages</font></html>"
    ).encode()


class Department:
    """Seattle's page on loopback: that of a day, or of today."""

    def __init__(self) -> None:
        self.days: dict[str, bytes] = {}
        self.today = ""
        self.asked: set[str] = set()

    def __call__(self, request: Request) -> Reply:
        day = self.today if request.params.get("action") == "Today" else request.params["incDate"]
        self.asked.add(day)
        return Reply(200, (self.days[day],), {"content-type": "text/html"})


def test_seattles_own_page_is_placed_closed_and_carried_over_midnight(tmp_path: Path) -> None:
    evening = datetime(2026, 9, 24, 23, 41, 7, tzinfo=ZoneInfo("America/Los_Angeles"))
    department = Department()
    department.today = "09/24/2026"
    department.days["09/24/2026"] = a_page(
        evening,
        ("F260137529", "E35", CROSSING, "Rubbish Fire", "active"),
        ("F260137530", "E25", BLOCK, "Medic Response, 6 per Rule", "closed"),
        ("F260137530", "A26 L10 M10", BLOCK, "Medic Response, 6 per Rule", "active"),
        ("F260137531", "A4", BLOCK, "Medic Response, Overdose", "closed"),
        ("F260137532", "E18", NOWHERE, "Alarm Bell", "closed"),
    )
    url = f"sqlite:///{tmp_path / 'city.sqlite3'}"
    city = load_city(str(seattles_own(tmp_path)))
    with serving(department) as site, Store.open(url, city.city.id) as store:
        for source in city.sources:
            account = fetched(city, source, site.url, store, evening + timedelta(seconds=30))
            assert account.withheld == {Reason.SENSITIVE: 1, Reason.NO_PLACE: 1}
        assert sorted(shown_in(store)) == [("fire", "open"), ("medical", "open")]
        # After midnight the fire is over, which only the page of the day before still says.
        department.today = "09/25/2026"
        department.days["09/25/2026"] = a_page(evening)
        department.days["09/24/2026"] = a_page(
            evening, ("F260137529", "E35", CROSSING, "Rubbish Fire", "closed")
        )
        for source in city.sources:
            fetched(city, source, site.url, store, evening + timedelta(minutes=30))
        assert sorted(shown_in(store)) == [("fire", "closed"), ("medical", "open")]
    assert department.asked == {"09/24/2026", "09/25/2026"}


def fetched(city: City, source: SourceSpec, site: str, store: Store, at: datetime) -> Account:
    """Fetch a source once from loopback, placing its addresses."""
    there = source.model_copy(update={"url": source.url.replace("https://web.seattle.gov", site)})

    async def run() -> Account:
        async with httpx2.AsyncClient(trust_env=False) as client:
            reader = connector(there, client=client, now=lambda: at.astimezone(UTC))
            rules = Rules.of(city, KEY, Areas(city))
            feed = Feed(there, city, reader, rules, geocoder=Geocoder.of(city))
            return Account().add(await run_once(feed, store))

    account = asyncio.run(run())
    assert not account.rejected
    assert not account.repaired
    return account


def shown_in(store: Store) -> list[tuple[str, str]]:
    """Return category and status of everything that is published."""
    blocks = store.window(datetime(2026, 1, 1, tzinfo=UTC))
    return [(str(one.incident.category), str(one.incident.status)) for block in blocks for one in block]


SEATTLES = {
    Category.MEDICAL: "Trans to AMR; Medic Response Freeway; BC Aid Response; Mutual Aid, Medic",
    Category.SERVICE: "Mutual Aid, Engine; Ladder Req - SPD",
    Category.ALARM: "Alarm Bell; AFA4 - Auto Alarm 2 + 1 + 1; Auto Fire Alarm",
    Category.HAZARD: "Unk Odor; Water Job Minor; Activated CO Detector; HAZADV - Hazmat Advisory",
    Category.OTHER: "2RED - 1 + 1; 1RED 1 Unit",
    Reason.SENSITIVE: "Medic Response, Overdose; Crisis Center; Help the Fire Fighter",
}


@pytest.mark.parametrize("meaning", SEATTLES)
def test_what_seattle_writes_is_known(meaning: Category | Reason) -> None:
    rules = Rules.of(load_city("seattle-fire"), KEY)
    assert {rules.category(text) for text in SEATTLES[meaning].split("; ")} == {meaning}
