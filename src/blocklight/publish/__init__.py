"""Follow the change log by seq and keep what the public reads ready in memory."""
