"""Marks in every field that is not on the list: none of them reaches a public byte."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from town import FILE, a_row, a_town

from blocklight.config.city import load_city
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport, replay_lines
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.store import IncidentQuery, Store

pytestmark = pytest.mark.anyio

SHORTEST = 5
# Words of the sample that are ours or the platform's as well, so that meeting them tells nothing.
OURS = {"street", "place", "address", "closed", "police", "source", "number", "https", "point", "status"}
OURS |= {"false", "agency", "north", "south", "other", "radius", "beats", "medical", "access"}


def leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield every text and number in a document."""
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


async def test_nothing_of_an_emergency_incident_document_gets_out(shared_data: Path, tmp_path: Path) -> None:
    sample = shared_data / "schemas" / "eido" / "Samples" / "Sample_call_transfer_EIDO.json"
    document = json.loads(sample.read_text("utf-8-sig"))
    secrets = {
        word.casefold()
        for text in leaves(document)
        for word in (text, *text.split())
        if len(word) >= SHORTEST and word.casefold() not in OURS
    }
    assert len(secrets) > 100
    texts = sorted(set(leaves(document)))
    rows = [
        a_row(number, remarks=text, caller={"name": text}, phone=[text], cross=text, units=f"{text},{text}")
        for number, text in enumerate(texts)
    ]
    rows += [
        a_row(number, address=text, ended=text, state="DONE", narrative=document)
        for number, text in enumerate(texts, len(texts))
    ]
    with a_town(tmp_path / "town", FILE.replace('"hundred_block"', '"none"')) as town:
        await town.fetch(*rows)
        assert len(await town.features()) == len(rows)
        found = await town.public()
        before = (await _of_one_call(tmp_path)).values()
    ours = b" ".join(before).lower()
    for path, body in found.items():
        told = body.lower()
        got_out = {word for word in secrets if word.encode() in told and word.encode() not in ours}
        assert not got_out, (path, got_out)


async def _of_one_call(folder: Path) -> dict[str, bytes]:
    """Return the surfaces of a town that never saw the document, for the words that are there anyway."""
    with a_town(folder / "plain", FILE.replace('"hundred_block"', '"none"')) as town:
        await town.fetch(a_row(1, state="DONE"))
        return await town.public()


async def test_no_exact_place_and_no_address_of_a_recorded_week_gets_out(
    shared_data: Path, tmp_path: Path
) -> None:
    city = load_city("houston")
    source = city.source("active")
    recording = shared_data / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
    bodies = [(at, body) for at, body in replay_lines(recording) if b'"features"' in body][:40:4]
    assert len(bodies) == 10
    addresses: set[bytes] = set()
    points: set[tuple[float, float]] = set()
    with Store.open(f"sqlite:///{tmp_path}/houston.sqlite3", "houston") as store:
        for at, body in bodies:
            document = orjson.loads(body)
            for feature in document["features"]:
                attributes = feature["attributes"]
                addresses |= {str(attributes[name]).encode() for name in ("Address", "CrossStreet")}
                points.add((round(attributes["LONGITUDE"], 6), round(attributes["LATITUDE"], 6)))
                attributes |= dict.fromkeys(("Combined_Response", "UID", "Narrative"), "CANARY")
            async with httpx2.AsyncClient(transport=ReplayTransport(orjson.dumps(document))) as client:
                reader = connector(source, client=client, now=lambda at=at: at)  # type: ignore[misc]  # bound now
                feed = Feed(source, city, reader, Rules.of(city, bytes(32)))
                await Runner(feed, store, now=lambda at=at: at, stored=lambda: None).poll()  # type: ignore[misc]  # bound now
        listed = store.query(IncidentQuery(limit=10_000)).items
        places = [item.incident.place for item in listed]
        public = {(place.lon, place.lat) for place in places if place is not None}
        dump = _dump(tmp_path / "houston.sqlite3")
    assert len(addresses) > 150
    assert dump.count(b"hazard") + dump.count(b"medical") > 50
    assert b"CANARY" not in dump
    assert not {one for one in addresses if len(one) > SHORTEST and one in dump}
    assert len(points) > 150
    assert len(public) > 50
    assert not points & public


def _dump(database: Path) -> bytes:
    """Return everything that is stored, which is more than is ever served."""
    files = sorted(database.parent.glob(f"{database.name}*"))
    return b"".join(file.read_bytes() for file in files)
