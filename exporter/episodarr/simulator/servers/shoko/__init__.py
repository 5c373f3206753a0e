"""The simulated Shoko."""
