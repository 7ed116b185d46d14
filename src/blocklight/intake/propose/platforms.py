"""How the addresses of platforms look."""

import re

ARCGIS = re.compile(r"/(?:Feature|Map)Server/\d+(?:/query)?/?$")
SOCRATA = re.compile(r"/(?:resource/|d/|[^/]+/[^/]+/)([a-z0-9]{4}-[a-z0-9]{4})(?:\.json)?$")
CKAN = re.compile(r"/dataset/[^/]+/?$")
SERVICE = re.compile(r"/(?:Feature|Map)Server/?$")
