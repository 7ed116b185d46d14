"""The private side: the only place where an exact location exists, and only in memory."""
