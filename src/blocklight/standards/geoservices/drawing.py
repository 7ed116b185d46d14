"""How a client draws the layers before anybody changes it: in the map's own groups and colours."""

from blocklight.model.vocabulary import Category
from blocklight.standards.geoservices.layers import Layer

# Groups of categories with their colours; a test compares them with ``web/src``.
GROUPS: dict[str, tuple[str, tuple[Category, ...]]] = {
    "harm": ("#8e3b6b", (Category.VIOLENCE, Category.WEAPONS, Category.ROBBERY)),
    "property": (
        "#b07a12",
        (Category.BURGLARY, Category.THEFT, Category.VEHICLE_THEFT, Category.PROPERTY_DAMAGE),
    ),
    "disturbance": ("#2c7a86", (Category.DISTURBANCE, Category.SUSPICIOUS, Category.NOISE)),
    "traffic": ("#2f64b0", (Category.TRAFFIC_COLLISION, Category.TRAFFIC, Category.PARKING)),
    "fire": ("#cf5a24", (Category.FIRE, Category.HAZARD, Category.RESCUE, Category.ALARM)),
    "medical": ("#3c8757", (Category.MEDICAL, Category.WELFARE)),
    "services": (
        "#6c6f2d",
        (Category.STREET_AND_LIGHTS, Category.GRAFFITI_AND_DUMPING, Category.ANIMAL, Category.SERVICE),
    ),
    "officer": ("#6d7882", (Category.OFFICER_ACTIVITY, Category.OTHER)),
}

_OUTLINE = "#8a8674"
_WHITE = [255, 255, 255, 255]
# Groups differ in shape too, for those who cannot tell their colours apart.
_STYLES = ("esriSMSCircle", "esriSMSSquare", "esriSMSDiamond", "esriSMSTriangle")


def drawing_info(layer: Layer) -> dict[str, object] | None:
    """A layer's renderer, ``None`` for a table."""
    if layer.sort == "sources":
        return None
    renderer = _incident_renderer() if layer.sort == "incidents" else _area_renderer()
    return {"renderer": renderer, "transparency": 0, "labelingInfo": None}


def word_label(word: str) -> str:
    """One of our words as a legend and a list of values show it."""
    return word.replace("_", " ").capitalize()


def _incident_renderer() -> dict[str, object]:
    values = [
        {
            "value": str(category),
            "label": word_label(category),
            "description": "",
            "symbol": _mark(number, colour),
        }
        for number, (colour, categories) in enumerate(GROUPS.values())
        for category in categories
    ]
    return {
        "type": "uniqueValue",
        "field1": "category",
        "field2": None,
        "field3": None,
        "fieldDelimiter": ",",
        "defaultSymbol": _mark(0, GROUPS["officer"][0]),
        "defaultLabel": word_label(Category.OTHER),
        "uniqueValueInfos": values,
    }


def _area_renderer() -> dict[str, object]:
    outline = {"type": "esriSLS", "style": "esriSLSSolid", "color": _rgba(_OUTLINE), "width": 1}
    symbol = {"type": "esriSFS", "style": "esriSFSNull", "color": [0, 0, 0, 0], "outline": outline}
    return {"type": "simple", "symbol": symbol, "label": "", "description": ""}


def _mark(number: int, colour: str) -> dict[str, object]:
    return {
        "type": "esriSMS",
        "style": _STYLES[number % len(_STYLES)],
        "color": _rgba(colour),
        "size": 7,
        "angle": 0,
        "xoffset": 0,
        "yoffset": 0,
        "outline": {"color": _WHITE, "width": 0.75},
    }


def _rgba(colour: str) -> list[int]:
    return [*bytes.fromhex(colour.removeprefix("#")), 255]
