"""Makes the ground that a city stands on: its basemap, areas, street lines and approved places."""
