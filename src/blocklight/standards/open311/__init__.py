"""Open311 GeoReport v2: the published service requests for clients of 311 systems. It takes no requests."""
