"""Values in a source's own notation, turned into ours."""
