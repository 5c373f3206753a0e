"""The simulated Jellyseerr or Seerr."""
