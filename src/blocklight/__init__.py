"""Blocklight: the open, self-hosted, live public map of a city's calls for service."""
