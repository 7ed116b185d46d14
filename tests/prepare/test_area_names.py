import pytest

from blocklight.prepare.area_names import readable_name


@pytest.mark.parametrize(
    ("name", "label", "said"),
    [
        ("CCD6", "Council districts", "Council District 6"),
        ("CD-11", "Council districts", "Council District 11"),
        ("6", "Council districts", "Council District 6"),
        ("01X", "Police beats", "Police Beat 01X"),
        ("A12", "Police beats", "Police Beat A12"),
        ("PB 12", "Police beats", "Police Beat 12"),
        ("3", "Fire companies", "Fire Company 3"),
        ("2", "Quận", "Quận 2"),
        ("COUNCIL DISTRICT 3", "Council districts", "Council District 3"),
        ("SW HILLS", "Neighborhoods", "SW Hills"),
        ("Old Town", "Neighborhoods", "Old Town"),
        ("SOMA", "Neighborhoods", "SOMA"),
        ("94607", "ZIP codes", "94607"),
    ],
)
def test_an_area_has_the_name_that_people_say(name: str, label: str, said: str) -> None:
    assert readable_name(name, label) == said
