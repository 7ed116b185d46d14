"""The demo city and its dispatch centre: invented, deterministic for a seed."""
