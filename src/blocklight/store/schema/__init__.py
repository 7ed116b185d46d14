"""The tables, how they are reached and how they are brought to this version."""
