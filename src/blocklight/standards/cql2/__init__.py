"""The Common Query Language of OGC (CQL2, 21-065r2), as text and as JSON, parsed to a tree of conditions."""
