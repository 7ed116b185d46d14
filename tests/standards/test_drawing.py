"""Layers are drawn in the groups and colours of the map."""

import re
from pathlib import Path

from blocklight.model.vocabulary import Category
from blocklight.standards.geoservices.drawing import GROUPS

_WEB = Path(__file__).parents[2] / "web" / "src"


def test_groups_and_colours_are_those_of_the_web_app() -> None:
    light = (_WEB / "tokens.css").read_text("utf-8").split("@media")[0]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", light))
    categories = (_WEB / "present" / "categories.ts").read_text("utf-8")
    grouped = dict(re.findall(r"^  (\w+): \"(\w+)\",$", categories, re.MULTILINE))
    assert len(grouped) == len(Category)
    assert {name: colour for name, (colour, _) in GROUPS.items()} == {name: colours[name] for name in GROUPS}
    assert {str(one): name for name, (_, members) in GROUPS.items() for one in members} == grouped
