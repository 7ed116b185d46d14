"""Makes a PMTiles file of vector tiles out of geographic files, and reads what such a file says of itself."""
