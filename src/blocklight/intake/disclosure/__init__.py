"""What a feed would give away by a mistake of its city file: looked for before anything is published."""
