"""Puts a city together and runs it: its runtime, its jobs, the server, policy changes."""
