"""What a city lacks under its incidents is said where its operator reads it."""

from pathlib import Path
from typing import Any

import pytest
from border_town import Census, write_city
from loopback.server import serving
from small_city import small_city
from typer.testing import CliRunner

from blocklight.app.missing_ground import missing_ground
from blocklight.cli import app

BEAT = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "1", "name": "One"},'
    ' "geometry": {"type": "Polygon", "coordinates": [[[-96, 29], [-95, 29], [-95, 30], [-96, 29]]]}}]}'
)
AREAS = [{"kind": "beat", "label": "Beats", "file": "beat.geojson"}]
LAND = {"layers": [{"kind": "land", "file": "beat.geojson"}]}


@pytest.mark.parametrize(
    ("top", "said"),
    [
        ({}, "The map has no basemap, no place names and no areas"),
        ({"areas": AREAS}, "The map has no basemap"),
        ({"map": LAND}, "The map has no place names and no areas"),
        ({"map": {"style_url": "https://tiles.example/style.json"}}, "The map has no areas"),
        ({"areas": AREAS, "map": LAND}, None),
        ({"areas": AREAS, "map": {"style_url": "https://tiles.example/style.json"}}, None),
    ],
)
def test_what_is_missing_is_one_sentence(tmp_path: Path, top: dict[str, Any], said: str | None) -> None:
    (tmp_path / "beat.geojson").write_text(BEAT, "utf-8")
    sentence = missing_ground(small_city(tmp_path, top=top), "houston")
    assert (sentence and sentence.partition(":")[0]) == said


def test_a_style_of_the_machine_is_a_ground(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    assert missing_ground(city, "houston", "https://tiles.example/style.json") == (
        "The map has no areas: copy its file, and use blocklight ground build"
    )


def test_check_says_it_until_the_city_has_its_ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_city(tmp_path)
    sample = tmp_path / "calls.csv"
    sample.write_text(
        "number,received,type,location\n1,2026-03-01T12:00:00-06:00,NOISE COMPLAINT,3XX 3RD ST\n", "utf-8"
    )

    def said(*arguments: str) -> str:
        return " ".join(CliRunner().invoke(app, [*arguments]).output.split())

    before = said("check", str(path), "--sample", str(sample))
    assert f"The map has no basemap, no place names and no areas: blocklight ground build {path}." in before
    with serving(Census()) as bureau:
        monkeypatch.setenv("BLOCKLIGHT_TIGER_URL", f"{bureau.url}/tiger")
        monkeypatch.setenv("BLOCKLIGHT_TIGERWEB_URL", f"{bureau.url}/web")
        assert "Written into" in said("ground", "build", str(path))
    after = said("check", str(path), "--sample", str(sample))
    assert "The map has no" not in after
    assert "Of 1 addresses that may be shown 1 were found." in after


def test_calls_without_coordinates_are_shown_at_places_with_labels_on_the_ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_city(tmp_path)
    rows = ["3XX 3RD ST", "450 BSH AVE", "7TH ST / BSH AVE", "STATE HWY 7 & ASH AVE", "99XX NOWHERE LN"]
    sample = tmp_path / "calls.csv"
    lines = [
        f"{number},2026-03-01T12:{number:02}:00-06:00,NOISE COMPLAINT,{row}"
        for number, row in enumerate(rows)
    ]
    sample.write_text("number,received,type,location\n" + "\n".join(lines) + "\n", "utf-8")
    with serving(Census()) as bureau:
        monkeypatch.setenv("BLOCKLIGHT_TIGER_URL", f"{bureau.url}/tiger")
        monkeypatch.setenv("BLOCKLIGHT_TIGERWEB_URL", f"{bureau.url}/web")
        CliRunner().invoke(app, ["ground", "build", str(path)])
    text = path.read_text("utf-8")
    for policy in ('labels = "hundred_block"', 'place = "nearest"'):
        path.write_text(f"{text}\n[policy]\n{policy}\n", "utf-8")
        said = " ".join(CliRunner().invoke(app, ["check", str(path), "--sample", str(sample)]).output.split())
        assert "no label is shown" not in said
        assert "5 records: 4 published" in said
        assert "Of 5 addresses that may be shown 4 were found." in said
