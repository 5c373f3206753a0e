"""The simulated Sonarr."""
