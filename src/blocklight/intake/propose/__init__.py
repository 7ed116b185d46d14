"""Private: looks at a sample of an unknown feed and proposes a city file for it."""
