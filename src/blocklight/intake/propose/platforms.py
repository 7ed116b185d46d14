"""How the addresses of platforms look."""

import re

ARCGIS = re.compile(r"/(?:Feature|Map)Server/\d+(?:/query)?/?$")
# An address of its API, a short one, or the page of a data set: /CATEGORY/NAME/abcd-1234.
SOCRATA = re.compile(
    r"(?:/resource/|/d/|//[^/]+(?:/[^/]+){2,}/)([a-z0-9]{4}-[a-z0-9]{4})(?:(?<=/resource/.{9})\.json)?$"
)

CKAN = re.compile(r"/dataset/[^/]+/?$")
SERVICE = re.compile(r"/(?:Feature|Map)Server/?$")
