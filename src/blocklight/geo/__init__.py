"""Geometry: areas and approved places of a city, hexagons, coordinate reference systems."""
