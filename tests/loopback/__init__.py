"""Real HTTP servers on this machine's loopback that behave as public feeds do, well or badly."""
