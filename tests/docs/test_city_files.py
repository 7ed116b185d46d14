import re
import tomllib
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks

from blocklight.config.city import parse_city
from blocklight.errors import CityFileError

HOW_TO = blocks(ROOT / "docs" / "how-to" / "add-a-city.md", "toml")


def written(text: str, folder: Path) -> None:
    """Make the files that a city file names."""
    for named in re.findall(r'^file = "([^"]+)"', text, re.MULTILINE):
        path = folder / named
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"type": "FeatureCollection", "features": []}', "utf-8")


def test_the_how_to_holds_several_whole_city_files() -> None:
    assert len(HOW_TO) >= 4


@pytest.mark.parametrize("block", HOW_TO, ids=lambda block: tomllib.loads(block.body)["city"]["id"])
def test_a_city_file_of_the_how_to_is_valid(block: Block, tmp_path: Path) -> None:
    written(block.body, tmp_path)
    city = parse_city(tomllib.loads(block.body), file="how-to", folder=tmp_path)
    assert city.sources


def test_the_error_that_the_how_to_shows_is_what_one_reads() -> None:
    table = tomllib.loads(HOW_TO[0].body)
    fields = table["sources"][0]["fields"]
    fields["recieved_at"] = fields["received_at"]
    with pytest.raises(CityFileError) as error:
        parse_city(table, file="smallville.toml", folder=Path())
    shown = f"error: {error.value}"
    assert shown in (ROOT / "docs" / "how-to" / "add-a-city.md").read_text("utf-8")


def test_the_city_file_of_the_tutorial_is_valid(tmp_path: Path) -> None:
    shell = "".join(block.body for block in blocks(ROOT / "docs" / "tutorial.md", "sh"))
    first, addition = re.findall(
        r"^cat >>? my-town\.toml <<'END'\n(.*?)^END$", shell, re.MULTILINE | re.DOTALL
    )
    city = parse_city(tomllib.loads(first + addition), file="my-town.toml", folder=tmp_path)
    assert city.call_types.exact == {"WIZARDRY": "other"}
