"""Names the streets of the demo city: each grid draws from its own lists, invented or of things."""

from collections.abc import Callable
from itertools import product

_TREES = "Alder Birch Cedar Dogwood Elm Fir Hazel Juniper Larch Magnolia Myrtle Oak Pine Quince Rowan Spruce Tamarack Walnut Yew Chestnut Hickory Madrone Laurel Linden Poplar Sycamore Buckeye Cypress Hawthorn Acacia"  # noqa: E501 - one list, one line
_BIRDS = "Avocet Bittern Curlew Dunlin Egret Fulmar Gannet Heron Ibis Kestrel Killdeer Lark Merlin Osprey Petrel Plover Rail Sanderling Tern Whimbrel Wren Godwit Turnstone Grebe Kingfisher Swift Pelican Cormorant Skua Towhee"  # noqa: E501 - the same
_SHIP = "Bowline Capstan Davit Fairlead Gaff Halyard Jib Keel Lanyard Mast Oakum Painter Rudder Sextant Tiller Topsail Windlass Yardarm Binnacle Cleat Bosun Fathom Ballast Spinnaker Mizzen Hawser Bulwark Gunwale Thwart Grommet"  # noqa: E501 - the same
_STARS = "Vega Altair Rigel Deneb Spica Antares Capella Mira Polaris Sirius Adhara Bellatrix Castor Electra Hadar Izar Lyra Mizar Procyon Regulus Sabik Tarazed Umbra Zenith Aurora Corona Solstice Equinox Perigee Halo"  # noqa: E501 - the same
_LIGHT = "Lantern Wick Tallow Filament Prism Ember Candle Mantle Glim Torch Kindle Beacon Mirror Lens Lucent Radiant Taper Gaslight Flint Spark Luster Glow Facet Tungsten Argand"  # noqa: E501 - the same
_STONES = "Agate Basalt Beryl Chert Flint Garnet Jasper Marble Onyx Opal Quartz Schist Shale Slate Topaz Travertine Dolomite Feldspar Gneiss Obsidian Pumice Serpentine Talc Zircon Amber Coral Jet Malachite"  # noqa: E501 - the same
_TRADES = "Chandler Cooper Caulker Ropemaker Sailmaker Tinsmith Cutler Turner Weaver Wright Mason Glazier Tanner Fuller Fletcher Drayman Stevedore Lighter Tollgate Weighhouse Bonded Tariff Ledger Exchange"  # noqa: E501 - the same
_FLOWERS = "Aster Bluebell Camellia Dahlia Foxglove Gentian Heather Iris Jasmine Lavender Lupine Marigold Orchid Peony Primrose Rose Sage Thistle Violet Yarrow Zinnia Clover Poppy Mallow Tansy Sorrel Verbena Columbine"  # noqa: E501 - the same
_HILL_A = "Fern Quail Owl Deer Moss Fox Stone Wind Cloud Mist Hawk Briar Thorn Glen Amber Hollow Raven Sun Oat Bell Maple Timber Clear Copper Silver"  # noqa: E501 - the same
_HILL_B = "wood ridge view dale crest brook haven mont field gate rock leaf"
_HILL_SUFFIX = "Dr Way Ln Ct Ter Pl Rd Loop"

# Of a direction that is numbered, the list is not used.
_LISTS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "port": ((_SHIP, "Way"), (_TRADES, "Wharf")),
    "downtown": ((_TRADES, "St"), (_TRADES, "St")),
    "east": ((_LIGHT, "St"), (_LIGHT, "St")),
    "waterfront": ((_SHIP, "St"), (_TRADES, "Wharf")),
    "west": ((_LIGHT, "St"), (_TREES, "St")),
    "north": ((_STARS, "St"), (_FLOWERS, "Ave")),
    "crescent": ((_BIRDS, "St"), (_SHIP, "Ave")),
    "orchard": ((_TREES, "Way"), (_STARS, "Ave")),
    "lakeside": ((_FLOWERS, "St"), (_LIGHT, "Ave")),
    "shore": ((_TRADES, "Way"), (_STONES, "Dr")),
    "far": ((_STONES, "Ave"), (_BIRDS, "Way")),
    "wick": ((_SHIP, "St"), (_STONES, "Ave")),
    "halyard": ((_BIRDS, "Ave"), (_TREES, "Ln")),
    "sandpiper": ((_FLOWERS, "Ln"), (_SHIP, "Way")),
}
_SECOND = ("Pl", "Ter", "Row")
_NUMBERED = {("downtown", 0): "St", ("east", 1): "Ave"}


def of(grid: str, direction: int) -> Callable[[int], str]:
    """The naming of one direction of a grid: line number from 0 → name."""
    if grid == "hills":
        compounds = [
            a + b for b, a in product(_HILL_B.split(), _HILL_A.split()) if not a.lower().startswith(b)
        ]
        suffixes = _HILL_SUFFIX.split()
        return lambda index: f"{compounds[index * 7 % len(compounds)]} {suffixes[index * 3 % len(suffixes)]}"
    if (grid, direction) in _NUMBERED:
        return lambda index: f"{ordinal(index + 1)} {_NUMBERED[grid, direction]}"
    words, suffix = _LISTS[grid][direction]
    names = words.split()
    return lambda index: f"{names[index % len(names)]} {(suffix, *_SECOND)[index // len(names) % 4]}"


def ordinal(number: int) -> str:
    """1 → 1st, 2 → 2nd, 11 → 11th."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"
