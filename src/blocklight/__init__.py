"""Blocklight: the open, self-hosted, live public map of a city's calls for service."""

from importlib.metadata import version

__version__ = version("blocklight")
