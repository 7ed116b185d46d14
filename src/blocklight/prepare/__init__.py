"""Offline tools that make what a city stands on: basemap, approved places, areas."""
