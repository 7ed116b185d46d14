"""OGC API: what is published as features and vector tiles, for QGIS, GDAL, Leaflet, MapLibre and others."""
