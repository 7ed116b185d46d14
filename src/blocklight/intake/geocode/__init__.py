"""Private: finds where an address is, for feeds that do not say."""
