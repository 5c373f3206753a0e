"""Everything that can happen to the simulated systems, as methods of the world."""
