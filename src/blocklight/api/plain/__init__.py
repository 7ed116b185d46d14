"""The pages that need no scripts: a list with filters, one incident, and data and methods."""
