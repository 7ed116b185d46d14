"""What the public may know: the only types that exist outside ``intake/``. No I/O."""
