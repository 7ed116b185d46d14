"""Cities run from what their feeds really said; every record is accounted for."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from city_runs import Account, Run
from loopback.server import serving
from loopback.soda import Dataset, soda_rows
from loopback.table import Table

from blocklight.config.city import SourceSpec
from blocklight.model.vocabulary import Reason

# Which types are left unmapped, and why, stands in ``test_every_recorded_type``.
WITHHELD_BY_DESIGN = {Reason.SENSITIVE, Reason.NO_PLACE, Reason.OUTSIDE_CITY, Reason.UNMAPPED}

MOST_UNEXPLAINED = 0.001


def lines(path: Path) -> Iterator[Any]:
    unpack = zstandard.ZstdDecompressor(max_window_size=2**31)
    with path.open("rb") as file, unpack.stream_reader(file) as reader:
        for line in io.TextIOWrapper(reader, "utf-8"):
            if line.strip():
                yield json.loads(line)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    run = Run.of(request.param, tmp_path)
    yield run
    run.store.close()


@contextmanager
def served(rows: list[dict[str, Any]], *nested: str) -> Iterator[str]:
    """Serve rows as a Socrata data set."""
    packed = [{k: json.dumps(v) if k in nested else v for k, v in row.items()} for row in soda_rows(rows)]
    columns = dict.fromkeys(name for row in packed for name in row)
    table = Table(columns, packed)
    with serving(Dataset(table, nested=frozenset(nested))) as running:
        yield f"{running.url}/resource/abcd-1234.json"
    table.close()


def expect_all_explained(account: Account) -> None:
    assert account.records > 0
    assert not account.failed
    assert account.accounted == account.records
    unexplained = {r: n for r, n in account.withheld.items() if r not in WITHHELD_BY_DESIGN}
    unexplained |= account.rejected
    assert all(count / account.records <= MOST_UNEXPLAINED for count in unexplained.values()), unexplained


# --- Menlo Park and Atherton: CitizenRIMS -----------------------------------------------------------------


def menlo_polls(shared: Path, agency: str) -> Iterator[tuple[datetime, list[Any]]]:
    """Yield what each poll of a department held: the moment, and its rows."""
    held: dict[str, Any] = {}
    path = shared / "cad" / "menlo_park" / "deltas_2026-02-05_2026-02-15.jsonl.zst"
    for line in lines(path):
        for change in line["changes"]:
            if change["op"] == "remove":
                held.pop(change["key"], None)
            elif change["op"] == "update":
                held[change["key"]] = held[change["key"]] | change["changed"]
            else:
                held[change["key"]] = change["row"]
        yield moment(line["fetched_at"]), [row for key, row in held.items() if key.startswith(agency)]


@pytest.mark.parametrize("town", ["menlo-park"], indirect=True)
@pytest.mark.parametrize(
    ("source", "agency", "rows"), [("menlo-park", "menlopark", 3240), ("atherton", "atherton", 1442)]
)
def test_every_call_of_menlo_park_and_atherton_is_accounted_for(
    shared_data: Path, town: Run, source: str, agency: str, rows: int
) -> None:
    keys: set[str] = set()
    polls = list(menlo_polls(shared_data, agency))
    for _, held in polls:
        keys |= {str(row["incidentNumber"]) for row in held}
    assert len(polls) == 638
    some = polls[::16]  # a call stays for a week, some 60 polls a day
    account = town.replay(source, ((at, json.dumps(held).encode()) for at, held in some))
    expect_all_explained(account)
    assert len(keys) == rows
    assert account.withheld[Reason.UNMAPPED] < account.records * 0.18
    assert account.rejected.total() == 0


# --- San Mateo County: a web page -------------------------------------------------------------------------


def page_of(incidents: list[Mapping[str, Any]]) -> bytes:
    """Write a reading of the page as the page writes it; see the one that was kept."""
    blocks = []
    for one in incidents:
        place = one["location"]
        if one["latitude"] is not None:
            link = f"https://maps.google.com/maps?t=h&z=18&q={one['latitude']},{one['longitude']}"
            place = f'<a target=_blank href="{link}">{place}</a>'
        cells = [
            f"{one['time']}&nbsp;{one['id']}   ",
            one["summary"],
            one["category"],
            place,
            one["units"],
            "",
        ]
        blocks += [f"<TR><TD><FONT SIZE=2>{cell}</FONT></TD></TR>" for cell in cells]
    logo = "<TR><TD><IMG SRC=images/FireDispatchLogo240.gif></TD></TR><TR><TD HEIGHT=4></TD></TR>"
    return f"<HTML><TABLE>{logo}{''.join(blocks)}</TABLE></HTML>".encode()


@pytest.mark.parametrize("town", ["san-mateo-fire"], indirect=True)
def test_the_kept_page_of_san_mateo_reads_as_its_reader_read_it(shared_data: Path, town: Run) -> None:
    folder = shared_data / "cad" / "san_mateo_fire"
    page = (folder / "sample_page_2024-09-10.html").read_bytes()
    sample = json.loads((folder / "sample_2024-09-10.json").read_text("utf-8"))
    at = datetime(2024, 9, 10, 19, 30, tzinfo=UTC)
    account = town.replay("dispatch", [(at, page)])
    assert account.records == len(sample) == 6
    assert account.published == sum(1 for one in sample if one["latitude"] is not None) == 3
    assert account.withheld == {Reason.NO_PLACE: 3}


@pytest.mark.parametrize("town", ["san-mateo-fire"], indirect=True)
def test_every_reading_of_san_mateo_for_a_week_is_accounted_for(shared_data: Path, town: Run) -> None:
    first, last = datetime(2023, 3, 1, tzinfo=UTC), datetime(2023, 3, 8, tzinfo=UTC)
    path = shared_data / "cad" / "san_mateo_fire" / "snapshots_2022-04_2024-09.jsonl.zst"
    readings = [line for line in lines(path) if first <= moment(line["fetched_at"]) < last]
    assert len(readings) > 300
    account = town.replay(
        "dispatch", ((moment(line["fetched_at"]), page_of(line["incidents"])) for line in readings)
    )
    assert account.records == sum(len(line["incidents"]) for line in readings)
    expect_all_explained(account)
    assert account.withheld[Reason.UNMAPPED] < account.records * 0.03
    assert account.withheld[Reason.NO_PLACE] / account.records < 0.8


# --- Berkeley, Oakland, San Francisco: open-data portals ---------------------------------------------------


def berkeley_rows(shared: Path) -> list[dict[str, Any]]:
    """Return the exports as the portal's API writes them: lower-case names, dates in ISO 8601."""
    found = []
    for name in ("Berkeley_PD_-_Calls_for_Service_lab03.csv", "calls_for_service_lec05.csv"):
        for row in rows_of(shared / "cad" / "berkeley" / name):
            plain = {key.lower(): value for key, value in row.items() if value}
            day = datetime.strptime(plain["eventdt"], "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007 - a day has no zone
            found.append(plain | {"eventdt": day.isoformat(timespec="milliseconds")})
    return found


@pytest.mark.parametrize("town", ["berkeley"], indirect=True)
def test_every_call_of_berkeley_is_accounted_for(shared_data: Path, town: Run) -> None:
    rows = berkeley_rows(shared_data)
    assert len(rows) == 8392
    with served(rows) as url:
        account = run_against(town, "calls", url)
    assert account.records == 8392
    expect_all_explained(account)
    assert account.withheld[Reason.UNMAPPED] < account.records * 0.01


def run_against(town: Run, source_id: str, url: str, **changes: Any) -> Account:  # noqa: ANN401 - any setting
    """Fetch a source once from an address, to its end."""
    import asyncio  # noqa: PLC0415 - beside its only use

    import httpx2  # noqa: PLC0415 - see above

    from blocklight.intake.connectors import connector  # noqa: PLC0415 - see above
    from blocklight.intake.run import Feed, run_once  # noqa: PLC0415 - see above

    source = town.city.source(source_id).model_copy(update={"url": url, "first_days": None} | changes)

    async def run() -> Account:
        async with httpx2.AsyncClient(trust_env=False) as client:
            reader = connector(source, client=client, now=lambda: datetime(2026, 11, 1, tzinfo=UTC))
            return Account().add(await run_once(Feed(source, town.city, reader, town.rules()), town.store))

    return asyncio.run(run())


@pytest.mark.parametrize("town", ["oakland"], indirect=True)
def test_every_row_of_oaklands_crimewatch_is_accounted_for(shared_data: Path, town: Run) -> None:
    rows = []
    for row in rows_of(shared_data / "crime" / "oakland" / "crimewatch_past90days_2024-08.csv"):
        plain: dict[str, Any] = {key.lower(): value for key, value in row.items() if value}
        if point := re.match(r"POINT \((\S+) (\S+)\)", plain.pop("location", "")):
            plain["location"] = {"type": "Point", "coordinates": [float(point[1]), float(point[2])]}
        rows.append(plain)
    with served(rows, "location") as url:
        account = run_against(town, "crimewatch", url)
    cases = {row["casenumber"] for row in rows}
    account.joined = len(rows) - len(cases)
    assert account.records == len(rows) == 12437
    expect_all_explained(account)
    assert account.withheld[Reason.UNMAPPED] < account.records * 0.004


# What `reqaddress` holds in many rows, as programs say that read the data set.
FAR_OFF = {"latitude": "30.01", "longitude": "-141.22"}


@pytest.mark.parametrize("town", ["oakland"], indirect=True)
def test_every_pothole_request_of_oakland_is_accounted_for(shared_data: Path, town: Run) -> None:
    """The extracts have their own columns; they are put into the data set's as far as those are known."""
    folder = shared_data / "requests_311" / "oakland"
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(rows_of(folder / "oak311_potholes_2024-01_2024-03.csv")):
        rows.append(
            {"requestid": f"a{number}", "datetimeinit": row["daytime"], "status": row["status"]}
            | {"description": row["description"], "srx": row["lon"], "sry": row["lat"]}
            | {"reqaddress": FAR_OFF, "probaddress": row["probaddress"], "datetimeclosed": None}
        )
    for row in rows_of(folder / "potholes_geocodio_2022.csv"):
        day = datetime.strptime(row["DATE"], "%m/%d/%Y")  # noqa: DTZ007 - a day has no zone
        rows.append(
            {
                "requestid": row["REQUESTID"],
                "datetimeinit": f"{day:%Y-%m-%dT%H:%M:%S}.000",
                "status": row["STATUS"],
            }
            | {"description": "Streets - Potholes/Depression"}
            | {"reqaddress": FAR_OFF, "srx": row["LON"], "sry": row["LAT"]}
        )
    with served(rows, "reqaddress") as url:
        account = run_against(town, "requests", url)
    assert account.records == len(rows) == 6096
    expect_all_explained(account)
    assert account.published > 6000


@pytest.mark.parametrize("town", ["san-francisco"], indirect=True)
def test_every_311_case_of_san_francisco_is_accounted_for(shared_data: Path, town: Run) -> None:
    rows: list[dict[str, Any]] = [
        {
            ours: row[theirs].replace(" ", "T")
            for theirs, ours in CASES_SAMPLE.items()
            if row[theirs] not in ("", "NA")
        }
        | {"service_name": row["Category"], "updated_datetime": "2026-10-01T00:00:00.000", "point": None}
        for row in rows_of(shared_data / "requests_311" / "san_francisco" / "cases_sample.csv")
    ]
    with served(rows) as url:
        account = run_against(town, "requests", url)
    assert account.records == len(rows) == 4984
    expect_all_explained(account)
    assert account.withheld[Reason.UNMAPPED] == 0


# --- Portland, and Houston's older form --------------------------------------------------------------------


@pytest.mark.parametrize("town", ["portland"], indirect=True)
def test_every_entry_of_portland_is_accounted_for(shared_data: Path, town: Run) -> None:
    folder = shared_data / "wire" / "georss_portland_911"
    at = datetime(2017, 3, 1, 1, 0, tzinfo=UTC)
    names = ("911incidents.atom.xml", "911incidents_2.atom.xml")
    polls = [(at + timedelta(hours=n), (folder / name).read_bytes()) for n, name in enumerate(names)]
    account = town.replay("dispatch", polls)
    assert account.records == 200
    expect_all_explained(account)
    assert account.withheld[Reason.UNMAPPED] == 0
    assert account.published + account.held > 180


# What San Francisco's own data set calls the columns of the extract.
CASES_SAMPLE = {
    "CaseID": "service_request_id",
    "Opened": "requested_datetime",
    "Closed": "closed_date",
    "Status": "status_description",
    "Category": "service_name",
    "Lat": "lat",
    "Long": "long",
}

LEGACY = {
    "id": "legacy",
    "label": "Active incidents, the form of 2020",
    "connector": "json",
    "url": "https://houston.example/ActiveIncidents",
    "records": "ActiveIncidentDataTable",
    "key": ["Agency", "Address", "CrossStreet", "CallTimeOpened", "XCoord", "YCoord"],
    "closes": "vanish",
    "fields": {
        "received_at": {"from": "CallTimeOpened", "convert": "local", "format": "%m/%d/%Y %H:%M"},
        "source_type": "IncidentType",
        "agency": {"from": "Agency", "map": {"F": "fire", "P": "police"}},
        "point": {"from": ["XCoord", "YCoord"], "join": " ", "convert": "xy", "scale": 0.000001},
        "units": {"from": "Units", "convert": "units"},
        "address": "Address",
        "cross_street": "CrossStreet",
    },
}


@pytest.mark.parametrize("town", ["houston"], indirect=True)
def test_every_record_of_houstons_older_form_is_accounted_for(shared_data: Path, town: Run) -> None:
    source = SourceSpec.model_validate(LEGACY)
    town.city = town.city.model_copy(update={"sources": (source,)})
    path = shared_data / "cad" / "houston" / "houston_raw_legacy_2020-06-01_1d.jsonl.zst"
    recorded = [(moment(line["fetched_at"]), line["body"]) for line in lines(path)]
    account = town.replay("legacy", ((at, json.dumps(body).encode()) for at, body in recorded))
    assert not account.failed  # one of the recorded answers holds no record: that is an answer too
    total = sum(len(body["ActiveIncidentDataTable"]) for _, body in recorded if isinstance(body, dict))
    assert account.records == total > 5000
    expect_all_explained(account)
