"""Makes a city's approved places from its streets: knows public maps, and no calls."""
