"""The archive as data portals read it, against the standards' own schemas and against its own files."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from archived import build_all
from living_city import START, an_incident, incident_id
from msgspec.structs import replace
from public_side import PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason

PATHS = ("/api/v1/archive/datapackage.json", "/data.json", "/data-1.1.json")
LICENSE, CITATION = "https://creativecommons.org/licenses/by/4.0/", "Smallville Dispatch, 2026"
READ: dict[str, Callable[[str], object]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "datetime": datetime.fromisoformat,
}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    table = {"license": LICENSE, "citation": CITATION, "contact": "records@smallville.example"}
    folder = tmp_path_factory.mktemp("city")
    (folder / "web").symlink_to(web_root())
    with public_side(folder, identity=table) as side:
        incidents = some_incidents(60)
        side.store.apply("dispatch", incidents, at=START)
        side.store.apply("dispatch", [replace(incidents[0], units=3)], at=START)
        build_all(side.archive)
        yield side


def document(side: PublicSide, path: str) -> Any:  # noqa: ANN401 - JSON
    answer = side.client.get(path)
    assert answer.status_code == httpx2.codes.OK, path
    assert answer.headers["cache-control"] == "public, max-age=1"
    return answer.json()


def test_the_data_package_describes_every_cell_of_every_file(side: PublicSide) -> None:
    package = document(side, PATHS[0])
    assert (package["name"], package["licenses"]) == ("smallville", [{"path": LICENSE}])
    assert CITATION in package["description"]
    tables = [resource for resource in package["resources"] if resource["format"] == "csv"]
    assert [table["name"] for table in tables] == [
        f"{kind}-{month}" for month in ("2026-01", "2026-02") for kind in ("incidents", "versions")
    ]
    cells = 0
    for table in tables:
        fields = table["schema"]["fields"]
        reader = csv.DictReader(side.get(f"archive/{table['path']}").text.splitlines())
        assert reader.fieldnames == [field["name"] for field in fields]
        for row in reader:
            for field in fields:
                if text := row[field["name"]]:
                    READ[field["type"]](text)
                    cells += 1
    assert cells > 1000


def test_sizes_and_checksums_are_those_of_the_files(side: PublicSide) -> None:
    resources = [entry for entry in document(side, PATHS[0])["resources"] if entry["format"] == "parquet"]
    assert len(resources) == 4
    (dataset,) = document(side, "/data.json")["dataset"]
    checksums = {
        entry["downloadURL"].rpartition("/")[2]: entry["checksum"]["checksumValue"]
        for entry in dataset["distribution"]
        if "checksum" in entry
    }
    for entry in resources:
        body = side.get(f"archive/{entry['path']}").content
        digest = hashlib.sha256(body).hexdigest()
        assert (entry["bytes"], entry["hash"]) == (len(body), f"sha256:{digest}")
        assert checksums[entry["path"]] == digest


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_catalogue_leads_to_every_file(side: PublicSide, path: str) -> None:
    (dataset,) = document(side, path)["dataset"]
    addresses = [entry["downloadURL"] for entry in dataset["distribution"]]
    assert len(addresses) == len(set(addresses)) == 8
    for address in addresses:
        assert side.client.get(address).status_code == httpx2.codes.OK
    assert side.client.get(dataset["landingPage"]).status_code == httpx2.codes.OK
    for name in ("title", "description", "publisher", "identifier", "modified", "temporal", "contactPoint"):
        assert dataset[name], name
    assert LICENSE in json.dumps(dataset)


def test_what_dcat_us_1_1_requires_is_there(side: PublicSide) -> None:
    catalogue = document(side, "/data-1.1.json")
    assert catalogue["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema"
    (dataset,) = catalogue["dataset"]
    assert dataset["accessLevel"] == "public"
    assert dataset["contactPoint"]["hasEmail"] == "mailto:records@smallville.example"
    assert dataset["publisher"]["name"] == "Smallville"
    assert len(dataset["keyword"]) == 3
    assert dataset["license"] == LICENSE


def test_the_catalogues_fit_the_schemas_of_dcat_us(side: PublicSide, shared_data: Path) -> None:
    schemas = shared_data / "schemas" / "dcat_us"
    definitions = {path.stem: json.loads(path.read_text()) for path in schemas.glob("v3/definitions/*.json")}
    assert len(definitions) > 20
    schema = without_ids({"definitions": definitions, "$ref": "#/definitions/Catalog"})
    later = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    assert [error.message for error in later.iter_errors(document(side, "/data.json"))] == []
    one = jsonschema_rs.validator_for(json.loads((schemas / "v1.1" / "dataset.json").read_text()))
    (dataset,) = document(side, "/data-1.1.json")["dataset"]
    assert [error.message for error in one.iter_errors(dataset)] == []


def without_ids(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """A schema without the ids of its parts, which would be where references are looked for."""
    if isinstance(schema, dict):
        return {name: without_ids(part) for name, part in schema.items() if name not in ("$id", "$schema")}
    return [without_ids(part) for part in schema] if isinstance(schema, list) else schema


def test_without_a_contact_by_e_mail_the_earlier_catalogue_says_what_is_missing(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(1)], at=START)
        build_all(side.archive)
        answer = side.client.get("/data-1.1.json")
        assert answer.status_code == httpx2.codes.NOT_FOUND
        assert "requires a contact by e-mail" in answer.text
        (dataset,) = side.client.get("/data.json").json()["dataset"]
        assert "contactPoint" not in dataset
        assert "licenses" not in side.client.get(PATHS[0]).json()


def test_a_month_that_holds_what_was_taken_back_is_in_no_catalogue(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(1)], at=START)
        build_all(side.archive)
        before = side.client.get("/data.json")
        side.store.apply("dispatch", [Withheld(incident_id(1), "dispatch", Reason.POLICY)], at=START)
        assert before.json()["dataset"][0]["distribution"]
        assert side.client.get("/data.json").json()["dataset"][0]["distribution"] == []
        assert side.client.get(PATHS[0]).status_code == httpx2.codes.NOT_FOUND


@pytest.mark.parametrize("license", ["CC-BY", "http://example.org/", "https://example.org/ x"])
def test_a_licence_is_an_address(tmp_path: Path, license: str) -> None:  # noqa: A002 - the key
    with pytest.raises(Exception, match="license"), public_side(tmp_path, identity={"license": license}):
        pass
